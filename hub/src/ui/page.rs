//! Pages on their way out, and what is shown when there is none.

use super::accounts::AccountError;
use super::session::Visitor;
use crate::api::problem::Problem;
use crate::store::StoreError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::collections::HashMap;
use std::convert::Infallible;
use web::Template;
use web::shell::{Here, Message, Shell};
use web::words::Words;

/// Nothing runs that does not come from this hub, nothing stands in the page itself, and nobody may frame it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
pub const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");
pub const LANGUAGE: &str = "hub_language";

/// A page for this visitor alone.
pub fn show(page: &impl Template) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match page.render() {
        Ok(html) => (headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The words that a visitor has chosen, or whose browser asks for.
pub fn words(headers: &HeaderMap) -> &'static Words {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    cookie(headers, LANGUAGE).map_or_else(|| Words::asked(asked), |code| Words::of(&code))
}

/// What a cookie holds.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Parameters of an address; what is not known is of no consequence.
pub struct Query(HashMap<String, String>);

impl Query {
    pub fn parse(text: &str) -> Query {
        Query(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Nothing where the parameter is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Infallible> {
        Ok(Query::parse(parts.uri.query().unwrap_or_default()))
    }
}

/// Why there is no page.
pub enum Wrong {
    /// Told to whoever asked, in their words.
    Told { status: StatusCode, shell: Box<Shell>, text: String },
    /// The store has failed; the guard tells it, who knows the words.
    Store(Box<Problem>),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Wrong {
        // Logged where every error of the store is.
        Wrong::Store(Box::new(Problem::from(error)))
    }
}

impl Wrong {
    fn new(status: StatusCode, words: &'static Words, visitor: Option<&Visitor>, text: impl Into<String>) -> Wrong {
        let title = status.canonical_reason().unwrap_or_default();
        let shell = match visitor {
            Some(visitor) => visitor.shell(title, Here::Nowhere),
            None => Shell { words, title: title.into(), here: Here::Nowhere, visitor: None, searched: String::new() },
        };
        Wrong::Told { status, shell: Box::new(shell), text: text.into() }
    }

    pub fn foreign(words: &'static Words) -> Wrong {
        Wrong::new(StatusCode::FORBIDDEN, words, None, words.foreign_form)
    }

    pub fn forbidden(words: &'static Words, visitor: Option<&Visitor>) -> Wrong {
        Wrong::new(StatusCode::FORBIDDEN, words, visitor, words.forbidden)
    }

    /// An address that cannot be read, or leads nowhere.
    pub fn strange(words: &'static Words, visitor: Option<&Visitor>, status: StatusCode) -> Wrong {
        match status {
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
                Wrong::new(StatusCode::NOT_FOUND, words, visitor, words.not_found)
            }
            other => Wrong::new(other, words, visitor, words.failed),
        }
    }

    /// The database does not answer in time.
    pub fn late(words: &'static Words) -> Wrong {
        Wrong::new(StatusCode::SERVICE_UNAVAILABLE, words, None, words.too_late)
    }

    pub fn failed(words: &'static Words) -> Wrong {
        Wrong::new(StatusCode::INTERNAL_SERVER_ERROR, words, None, words.failed)
    }

    pub fn told(visitor: &Visitor, status: StatusCode, text: &'static str) -> Wrong {
        Wrong::new(status, visitor.words, Some(visitor), text)
    }

    pub fn missing(visitor: &Visitor, text: &'static str) -> Wrong {
        Wrong::new(StatusCode::NOT_FOUND, visitor.words, Some(visitor), text)
    }

    pub fn gone(visitor: &Visitor, text: &'static str) -> Wrong {
        Wrong::new(StatusCode::GONE, visitor.words, Some(visitor), text)
    }

    pub fn account(words: &'static Words, error: &AccountError) -> Wrong {
        tracing::error!(%error, "an account could not be looked at");
        Wrong::failed(words)
    }

    /// What the functions that programs call as well have refused.
    pub fn problem(visitor: &Visitor, problem: Problem) -> Wrong {
        Wrong::new(problem.status(), visitor.words, Some(visitor), problem.detail().to_owned())
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Wrong::Told { status, shell, text } => (status, show(&Message { shell: *shell, text })).into_response(),
            Wrong::Store(problem) => problem.into_response(),
        }
    }
}
