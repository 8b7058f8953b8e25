//! Every error as the caller sees it (RFC 9457): what went wrong and what to do, never a person's values.

use crate::pipeline::repair::RepairError;
use crate::store::StoreError;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::any::Any;
use std::borrow::Cow;

/// The kinds of problems; each has a stable URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    MalformedBody,
    MalformedParameter,
    MissingKey,
    UnknownKey,
    BadSignature,
    Forbidden,
    NoSuchRoute,
    UnknownSource,
    UnknownProfile,
    UnknownRecord,
    UnknownDecision,
    UnknownReview,
    UnknownDeadLetter,
    UnknownPolicy,
    UnknownWhatIf,
    UnknownNotice,
    NoWebhook,
    UnknownSubscriber,
    UnknownSchema,
    UnknownProgramme,
    UnknownRequest,
    UnknownProblem,
    MethodNotAllowed,
    Conflict,
    ProfileGone,
    VersionMismatch,
    TooLarge,
    UnsupportedMediaType,
    InvalidRecord,
    InvalidCommand,
    InvalidPolicy,
    IdempotencyKeyReused,
    Backlog,
    Internal,
    NotResolving,
    StoreUnavailable,
    TooSlow,
}

const KINDS: [(Kind, &str, u16, &str); 37] = [
    (Kind::MalformedBody, "malformed-body", 400, "The body cannot be read"),
    (Kind::MalformedParameter, "malformed-parameter", 400, "A parameter cannot be read"),
    (Kind::MissingKey, "missing-key", 401, "An API key is needed"),
    (Kind::UnknownKey, "unknown-key", 401, "The API key is not valid"),
    (Kind::BadSignature, "bad-signature", 401, "The request is not signed as it should be"),
    (Kind::Forbidden, "forbidden", 403, "The API key does not permit this"),
    (Kind::NoSuchRoute, "no-such-route", 404, "There is nothing at this path"),
    (Kind::UnknownSource, "unknown-source", 404, "The source is not known"),
    (Kind::UnknownProfile, "unknown-profile", 404, "The golden record is not known"),
    (Kind::UnknownRecord, "unknown-record", 404, "The source record is not known"),
    (Kind::UnknownDecision, "unknown-decision", 404, "The decision is not known"),
    (Kind::UnknownReview, "unknown-review", 404, "The review is not open"),
    (Kind::UnknownDeadLetter, "unknown-dead-letter", 404, "The dead letter is not known"),
    (Kind::UnknownPolicy, "unknown-policy", 404, "The policy is not known"),
    (Kind::UnknownWhatIf, "unknown-what-if", 404, "The what-if is not known"),
    (Kind::UnknownNotice, "unknown-notice", 404, "The notice is not known"),
    (Kind::NoWebhook, "no-webhook", 404, "The source takes no webhooks"),
    (Kind::UnknownSubscriber, "unknown-subscriber", 404, "The subscriber is not known"),
    (Kind::UnknownSchema, "unknown-schema", 404, "The schema is not known"),
    (Kind::UnknownProgramme, "unknown-programme", 404, "The loyalty programme is not known"),
    (Kind::UnknownRequest, "unknown-request", 404, "The privacy request is not known"),
    (Kind::UnknownProblem, "unknown-problem", 404, "The problem is not known"),
    (Kind::MethodNotAllowed, "method-not-allowed", 405, "The path does not take this method"),
    (Kind::Conflict, "conflict", 409, "The present state forbids it"),
    (Kind::ProfileGone, "profile-gone", 410, "The golden record has no source records left"),
    (Kind::VersionMismatch, "version-mismatch", 412, "The golden record has changed meanwhile"),
    (Kind::TooLarge, "too-large", 413, "The request is too large"),
    (Kind::UnsupportedMediaType, "unsupported-media-type", 415, "The content type is not supported"),
    (Kind::InvalidRecord, "invalid-record", 422, "The record does not fulfil the contract"),
    (Kind::InvalidCommand, "invalid-command", 422, "The command cannot be carried out"),
    (Kind::InvalidPolicy, "invalid-policy", 422, "The model or the rules cannot be used"),
    (Kind::IdempotencyKeyReused, "idempotency-key-reused", 422, "The Idempotency-Key belongs to another request"),
    (Kind::Backlog, "backlog", 429, "The hub has fallen behind"),
    (Kind::Internal, "internal", 500, "The hub failed"),
    (Kind::NotResolving, "not-resolving", 503, "This node does not resolve"),
    (Kind::StoreUnavailable, "store-unavailable", 503, "The database does not answer"),
    (Kind::TooSlow, "too-slow", 503, "The answer took too long"),
];

/// One problem on its way to the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    extras: Option<Box<Map<String, Value>>>,
}

pub type Answer<T> = Result<T, Problem>;

impl Problem {
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// What went wrong and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl Kind {
    fn row(self) -> &'static (Kind, &'static str, u16, &'static str) {
        // The table is complete, a test checks it; the first row stands in for the compiler's sake.
        KINDS.iter().find(|row| row.0 == self).unwrap_or(&KINDS[0])
    }

    pub fn slug(self) -> &'static str {
        self.row().1
    }

    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().2).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn title(self) -> &'static str {
        self.row().3
    }

    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().map(|row| row.0)
    }

    /// A problem of this kind; the detail says what to do about it.
    pub fn because(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { kind: self, detail: detail.into(), extras: None }
    }
}

impl Problem {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds a member for programs to read.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.extras.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (_, slug, status, title) = self.kind.row();
        let mut body = Map::new();
        body.insert("type".into(), json!(format!("/problems/{slug}")));
        body.insert("title".into(), json!(title));
        body.insert("status".into(), json!(status));
        body.insert("detail".into(), json!(self.detail));
        body.extend(self.extras.into_iter().flat_map(|extras| *extras));
        let mut response = (self.kind.status(), Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let extra = match self.kind {
            Kind::MissingKey | Kind::UnknownKey => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"hub\"")),
            Kind::BadSignature => Some((header::WWW_AUTHENTICATE, "Signature realm=\"hub\"")),
            Kind::Backlog | Kind::StoreUnavailable => Some((header::RETRY_AFTER, "5")),
            Kind::NotResolving | Kind::TooSlow => Some((header::RETRY_AFTER, "2")),
            // The rest of the body is not read, so that no other request can follow on this connection.
            Kind::TooLarge => Some((header::CONNECTION, "close")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let cause = error.cause();
        tracing::error!(%error, cause, "the store failed a request");
        if error.is_transient() {
            Kind::StoreUnavailable.because("The database did not answer. Nothing was changed; repeat the request.")
        } else {
            internal()
        }
    }
}

impl From<RepairError> for Problem {
    fn from(error: RepairError) -> Problem {
        let detail = format!("Nothing was sent: {error}.");
        match error {
            RepairError::AlreadyRepaired(by) => Kind::Conflict.because(detail).with("repaired_by", by.0),
            RepairError::Unreadable => Kind::Conflict.because(detail),
            RepairError::NotOneRecord(_) => Kind::InvalidRecord.because(detail),
        }
    }
}

pub fn internal() -> Problem {
    Kind::Internal.because("The hub failed. The operator finds the cause in the log under this X-Request-Id.")
}

pub async fn no_such_route(uri: Uri) -> Problem {
    let hint =
        if uri.path().starts_with("/v1/") { "see /docs for what there is" } else { "the API is under /v1, see /docs" };
    Kind::NoSuchRoute.because(format!("Nothing is served at this path; {hint}."))
}

pub async fn method_not_allowed(method: Method) -> Problem {
    Kind::MethodNotAllowed.because(format!("{method} is not served at this path; the Allow header names what is."))
}

/// A panic is answered, not shown: its text may hold a person's values.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    internal().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_in_the_table_once() {
        for (place, (kind, slug, status, _)) in KINDS.iter().enumerate() {
            assert_eq!(KINDS.iter().position(|row| row.1 == *slug), Some(place));
            assert_eq!(kind.slug(), *slug);
            assert_eq!(kind.status().as_u16(), *status);
        }
        // The last variant's number tells how many there are.
        assert_eq!(Kind::TooSlow as usize + 1, KINDS.len());
    }

    #[test]
    fn a_problem_is_small_enough_to_be_an_error() {
        assert!(size_of::<Problem>() <= 64);
    }
}
