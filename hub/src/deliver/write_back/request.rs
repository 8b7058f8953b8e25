//! One request to one source, and what its answer means.

use super::session::Session;
use crate::deliver::Operator;
use crate::deliver::webhook;
use crate::domain::outbox::Failure;
use crate::pipeline::{Sources, clock};
use crate::remote::{Access, AskError, SystemError};
use connectors::Manifest;
use connectors::write_back::{Change, Method, WriteBack};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode};

/// A source that is written to, with everything that is needed for it.
pub struct System {
    manifest: Manifest,
    rules: WriteBack,
    access: Access,
    /// Where the system wants a token against forged requests.
    session: Option<Session>,
}

/// Why a source cannot be written to, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum WriteBackError {
    #[error("no manifest is named {0}; GET /v1/subscribers shows how others are named")]
    Unknown(String),
    #[error("the manifest of {0} has no [write_back] section that says which fields may be written")]
    NotWritten(String),
    #[error("{0} cannot be written to: {1}")]
    System(String, #[source] SystemError),
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
        let environment = operator.secrets.environment();
        let access = Access::new(&rules.base, &rules.credentials, operator.allowed.clone(), environment)
            .map_err(|error| WriteBackError::System(source.to_owned(), error))?;
        let session = rules.csrf.as_ref().map(|path| Session::new(format!("{}{path}", access.base())));
        Ok(System { manifest: manifest.clone(), rules: rules.clone(), access, session })
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

    /// Writes to one record; a second time where the token at hand is no longer taken.
    pub async fn send(&self, client: &Client, key: &str, change: &Change) -> Answer {
        let first = match self.ask(client, key, change).await {
            Ok(answer) if self.is_outdated(&answer).await => {
                webhook::drain(answer).await;
                self.ask(client, key, change).await
            }
            other => other,
        };
        match first {
            Ok(answer) => self.meaning(answer, change).await,
            Err(answer) => answer,
        }
    }

    async fn ask(&self, client: &Client, key: &str, change: &Change) -> Result<Response, Answer> {
        let unsent = |error: AskError| Answer::Refused { failure: Failure::Plain, what: error.to_string() };
        let url = self.rules.url(self.access.base(), key);
        let url = self.access.url(&url).map_err(|error| unsent(SystemError::from(error).into()))?;
        let mut headers = conditional(change);
        headers.extend(self.access.header(client, clock::now_us).await.map_err(unsent)?);
        if let Some(session) = &self.session {
            headers.extend(session.headers(client, &self.access, &headers).await.map_err(unsent)?);
        }
        let method = match self.rules.method {
            Method::Patch => reqwest::Method::PATCH,
            Method::Put => reqwest::Method::PUT,
            Method::Post => reqwest::Method::POST,
        };
        let (media, body) = self.rules.encoded(&change.body);
        let request = client.request(method, url).header(CONTENT_TYPE, media).headers(headers).body(body);
        request.send().await.map_err(|error| {
            let what = webhook::describe(&error);
            // What never got a connection was not obeyed.
            if error.is_connect() {
                Answer::Refused { failure: Failure::Plain, what }
            } else {
                Answer::Unknown { what }
            }
        })
    }

    /// Whether another token, which is asked for next, would be taken.
    async fn is_outdated(&self, answer: &Response) -> bool {
        match (answer.status(), &self.session) {
            (StatusCode::UNAUTHORIZED, _) => self.access.forget_token().await,
            (StatusCode::FORBIDDEN, Some(session)) => session.is_refused_by(answer.headers()).await,
            _ => false,
        }
    }

    async fn meaning(&self, answer: Response, change: &Change) -> Answer {
        let meaning = read(answer.status(), answer.headers(), change.is_conditional);
        if meaning != Answer::Taken || !self.rules.reads_answers() {
            webhook::drain(answer).await;
            return meaning;
        }
        match webhook::short(answer).await.and_then(|body| self.rules.is_refusal(&body)) {
            Some(false) => Answer::Taken,
            Some(true) => Answer::Refused { failure: Failure::Plain, what: "an error in the answer".to_owned() },
            None => Answer::Unknown { what: "an answer that cannot be read".to_owned() },
        }
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
