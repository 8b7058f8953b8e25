//! Lets a visitor through to a page only if they are signed in, their role permits it, and what they send comes from a page
//! of this hub.

use super::access::{self, Access};
use super::page::{self, Wrong};
use super::session::{self, Visitor};
use crate::api::AppState;
use crate::api::access::Audited;
use crate::api::audit;
use crate::api::body::Raw;
use crate::api::problem::no_such_route;
use crate::domain::audit::Outcome;
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use std::time::Duration;
use web::words::Words;

/// What the guard needs.
#[derive(Clone)]
pub struct Door {
    pub state: AppState,
    /// How long a page may take.
    pub patience: Duration,
}

pub async fn guard(State(door): State<Door>, request: Request, next: Next) -> Result<Response, Wrong> {
    let words = page::words(request.headers());
    let answered = tokio::time::timeout(door.patience, let_in(&door.state, request, next)).await;
    match answered {
        Ok(Err(Wrong::Store(problem))) => Err(Wrong::strange(words, None, problem.status())),
        Ok(answer) => answer,
        Err(_) => Err(Wrong::late(words)),
    }
}

async fn let_in(state: &AppState, mut request: Request, next: Next) -> Result<Response, Wrong> {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let access = access::of(request.method(), template);
    let words = page::words(request.headers());
    if request.method() == Method::POST && !is_own(request.headers()) {
        return Err(Wrong::foreign(words));
    }
    let visitor = match access {
        None => return Err(Wrong::forbidden(words, None)),
        Some(Access::Open) => None,
        Some(Access::SignedIn | Access::Needs(_)) => match session::visitor(state, request.headers()).await? {
            Some(visitor) => Some(Arc::new(visitor)),
            None => return to_the_door(words, request).await,
        },
    };
    if let Some(visitor) = &visitor {
        let (method, path) = (request.method(), request.uri().path());
        let audited = Audited { method, template, path, query: request.uri().query().unwrap_or_default() };
        let may = !matches!(access, Some(Access::Needs(permission)) if !visitor.caller.may(permission));
        let outcome = if may { Outcome::Permitted } else { Outcome::Denied };
        audit::note(state, &visitor.caller, audited, outcome).await?;
        if !may {
            return Err(Wrong::forbidden(words, Some(visitor)));
        }
    }
    if let Some(visitor) = &visitor {
        request.extensions_mut().insert::<Arc<Visitor>>(visitor.clone());
    }
    let response = next.run(request).await;
    // What programs are told about an address that cannot be read is a page for people.
    match is_problem(&response) {
        true => Err(Wrong::strange(words, visitor.as_deref(), response.status())),
        false => Ok(response),
    }
}

/// An address that leads nowhere: a page for people, a problem for programs.
pub async fn lost(State(state): State<AppState>, request: Request) -> Response {
    let headers = request.headers();
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/html") || request.uri().path().starts_with("/v1/") {
        return no_such_route(request.uri().clone()).await.into_response();
    }
    let visitor = session::visitor(&state, headers).await.ok().flatten();
    Wrong::strange(page::words(headers), visitor.as_ref(), StatusCode::NOT_FOUND).into_response()
}

fn is_problem(response: &Response) -> bool {
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("application/problem+json"))
}

/// Pages come back to where somebody wanted to go; what somebody has sent is kept until they are signed in again. Passwords
/// are not.
async fn to_the_door(words: &'static Words, request: Request) -> Result<Response, Wrong> {
    let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if request.method() == Method::POST && !wanted.starts_with("/account") && wanted != "/sign-out" {
        let Raw(body) = Raw::from_request(request, &()).await.map_err(|_| Wrong::failed(words))?;
        let fields = form_urlencoded::parse(&body).into_owned().collect();
        return Ok(session::ask_again(words, &wanted, fields));
    }
    let next = if request.method() == Method::GET { wanted.as_str() } else { "/" };
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    Ok(Redirect::to(&format!("/sign-in?{query}")).into_response())
}

/// Whether a page of this hub sent it: every browser of today says so itself, older ones at least name the origin. A request
/// without either is no browser's and carries no cookie that somebody else could use.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text(header::HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, own)| own == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn what_another_site_sends_is_refused() {
        let cases: [(&[(&'static str, &'static str)], bool); 7] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (
                &[("sec-fetch-site", "same-site"), ("origin", "https://hub.example.com"), ("host", "hub.example.com")],
                false,
            ),
            (&[("origin", "https://hub.example.com"), ("host", "hub.example.com")], true),
            (&[("origin", "https://evil.example.com"), ("host", "hub.example.com")], false),
            (&[("origin", "null"), ("host", "hub.example.com")], false),
            (&[], true),
        ];
        for (headers, expected) in cases {
            let headers =
                headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers: HeaderMap = headers.collect();
            assert_eq!(is_own(&headers), expected, "{headers:?}");
        }
    }
}
