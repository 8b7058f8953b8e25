//! One request to one source, and what its answer means.

use crate::deliver::Operator;
use crate::deliver::signature::{SecretError, Secrets};
use crate::deliver::target::{self, TargetError};
use crate::deliver::webhook;
use crate::domain::outbox::Failure;
use crate::pipeline::{Sources, clock};
use connectors::Manifest;
use connectors::write_back::{Base, Change, Method, WriteBack};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};

/// A source that is written to, with everything that is needed for it.
pub struct System {
    manifest: Manifest,
    rules: WriteBack,
    base: String,
    credentials: (HeaderName, HeaderValue),
}

/// Why a source cannot be written to, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum WriteBackError {
    #[error("no manifest is named {0}; GET /v1/subscribers shows how others are named")]
    Unknown(String),
    #[error("the manifest of {0} has no [write_back] section that says which fields may be written")]
    NotWritten(String),
    #[error("the address of {source_name} is not known: set {variable}")]
    NoBase { source_name: String, variable: String },
    #[error("the secret of {0} cannot stand in a header; write it as one line")]
    Header(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Target(#[from] TargetError),
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Taken,
    /// The record has another version by now.
    Changed,
    /// Nothing was written.
    Refused {
        failure: Failure,
        what: String,
    },
    /// Nobody knows whether it was written.
    Unknown {
        what: String,
    },
}

impl System {
    pub fn open(source: &str, sources: &Sources, operator: &Operator) -> Result<System, WriteBackError> {
        let manifest = sources.get(source).ok_or_else(|| WriteBackError::Unknown(source.to_owned()))?;
        let rules = manifest.write_back().ok_or_else(|| WriteBackError::NotWritten(source.to_owned()))?;
        let base = base(source, rules, &operator.secrets)?;
        target::check(&base, &operator.allowed)?;
        let (name, value) = rules.credentials(operator.secrets.read(rules.secret())?.trim());
        let header = || WriteBackError::Header(source.to_owned());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| header())?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| header())?;
        value.set_sensitive(true);
        Ok(System { manifest: manifest.clone(), rules: rules.clone(), base, credentials: (name, value) })
    }

    pub fn source(&self) -> &str {
        self.manifest.name()
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn rules(&self) -> &WriteBack {
        &self.rules
    }

    /// Writes to one record.
    pub async fn send(&self, client: &Client, key: &str, change: &Change) -> Answer {
        let method = match self.rules.method() {
            Method::Patch => reqwest::Method::PATCH,
            Method::Put => reqwest::Method::PUT,
            Method::Post => reqwest::Method::POST,
        };
        let request = client
            .request(method, self.rules.url(&self.base, key))
            .header(CONTENT_TYPE, "application/json")
            .header(self.credentials.0.clone(), self.credentials.1.clone())
            .headers(conditional(change))
            .body(change.body.to_string());
        match request.send().await {
            Ok(answer) => {
                let meaning = read(answer.status(), answer.headers(), change.is_conditional);
                webhook::drain(answer).await;
                meaning
            }
            // What never got a connection was not obeyed.
            Err(error) if error.is_connect() => {
                Answer::Refused { failure: Failure::Plain, what: webhook::describe(&error) }
            }
            Err(error) => Answer::Unknown { what: webhook::describe(&error) },
        }
    }
}

fn base(source: &str, rules: &WriteBack, secrets: &Secrets) -> Result<String, WriteBackError> {
    match rules.base() {
        Base::Fixed(base) => Ok(base.clone()),
        Base::Env(variable) => secrets
            .variable(variable)
            .ok_or_else(|| WriteBackError::NoBase { source_name: source.to_owned(), variable: variable.clone() }),
    }
}

fn conditional(change: &Change) -> HeaderMap {
    let header = change.header.as_ref().and_then(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    header.into_iter().collect()
}

fn read(status: StatusCode, headers: &HeaderMap, is_conditional: bool) -> Answer {
    let what = format!("status {}", status.as_u16());
    match status {
        StatusCode::PRECONDITION_FAILED => Answer::Changed,
        StatusCode::CONFLICT if is_conditional => Answer::Changed,
        status if status.is_success() => Answer::Taken,
        status if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE => Answer::Unknown { what },
        _ => Answer::Refused { failure: webhook::failure(status, headers, clock::now_us()), what },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let refused = |failure, status: u16| Answer::Refused { failure, what: format!("status {status}") };
        let cases = [
            (200, true, Answer::Taken),
            (204, false, Answer::Taken),
            (412, true, Answer::Changed),
            (409, true, Answer::Changed),
            (409, false, refused(Failure::Plain, 409)),
            (401, true, refused(Failure::Plain, 401)),
            (404, true, refused(Failure::Plain, 404)),
            (429, true, refused(Failure::Asked { wait_us: 7_000_000 }, 429)),
            (503, true, refused(Failure::Asked { wait_us: 7_000_000 }, 503)),
            (500, true, Answer::Unknown { what: "status 500".to_owned() }),
            (504, true, Answer::Unknown { what: "status 504".to_owned() }),
        ];
        let headers = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, HeaderValue::from_static("7"))]);
        for (status, is_conditional, expected) in cases {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(read(status, &headers, is_conditional), expected, "{status}");
        }
    }
}
