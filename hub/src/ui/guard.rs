//! Lets a visitor through to a page only if they are signed in, their role permits it, and what they send comes from a page
//! of this hub.

use super::access::{self, Access};
use super::page::{self, Wrong};
use super::session::{self, Visitor};
use crate::api::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Result<Response, Wrong> {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let access = template.and_then(|template| access::of(request.method(), template));
    let words = page::words(request.headers());
    if request.method() == Method::POST && !is_own(request.headers()) {
        return Err(Wrong::foreign(words));
    }
    let visitor = match access {
        None => return Err(Wrong::forbidden(words, None)),
        Some(Access::Open) => None,
        Some(Access::SignedIn | Access::Needs(_)) => match session::visitor(&state, request.headers()).await? {
            Some(visitor) => Some(visitor),
            None => return Ok(to_the_door(&request)),
        },
    };
    if let (Some(Access::Needs(permission)), Some(visitor)) = (access, &visitor)
        && !visitor.caller.may(permission)
    {
        return Err(Wrong::forbidden(words, Some(visitor)));
    }
    if let Some(visitor) = visitor {
        request.extensions_mut().insert::<Arc<Visitor>>(Arc::new(visitor));
    }
    Ok(next.run(request).await)
}

/// Pages come back to where somebody wanted to go; what was sent has to be sent again.
fn to_the_door(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let next = if request.method() == Method::GET { wanted } else { "/" };
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
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
