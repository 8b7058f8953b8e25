//! One call of one webhook. Nothing of what is sent or answered, and no address, goes into the log.

use super::signature::Signer;
use super::target::{AllowedHosts, TargetError};
use crate::domain::ids::EventSeq;
use crate::domain::outbox::Failure;
use crate::remote;
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use std::error::Error;

const ANSWER_SECS_MAX: u64 = 15;
/// A short answer is read to its end, so that the connection serves again.
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    Failed {
        failure: Failure,
        what: String,
    },
    /// The receiver says that there is nobody any more.
    Gone,
    /// Something else has to happen first; nothing has failed.
    Early,
}

/// Makes the client that all subscribers share.
pub fn client(allowed: &AllowedHosts) -> Result<Client, Box<dyn Error + Send + Sync>> {
    remote::client(allowed, ANSWER_SECS_MAX)
}

/// Where one subscriber is called.
#[derive(Clone)]
pub struct Line {
    pub client: Client,
    pub url: Url,
    pub signer: Signer,
}

impl Line {
    /// Sends one message. Its id is the event's own, so that a receiver knows a repeated one.
    pub async fn call(&self, seq: EventSeq, body: Bytes, now_us: i64) -> Outcome {
        let id = format!("evt_{}", seq.0);
        let signature = self.signer.sign(&id, now_us, &body);
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/cloudevents+json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now_us / 1_000_000)
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(answer) => {
                let outcome = read(answer.status(), answer.headers(), now_us);
                drain(answer).await;
                outcome
            }
            Err(error) => Outcome::Failed { failure: Failure::Plain, what: describe(&error) },
        }
    }
}

fn read(status: StatusCode, headers: &HeaderMap, now_us: i64) -> Outcome {
    match status {
        StatusCode::GONE => Outcome::Gone,
        status if status.is_success() => Outcome::Delivered,
        _ => Outcome::Failed { failure: failure(status, headers, now_us), what: format!("status {}", status.as_u16()) },
    }
}

/// What an answer that is no success asks for.
pub fn failure(status: StatusCode, headers: &HeaderMap, now_us: i64) -> Failure {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    match (status, asked.and_then(|text| retry_after_us(text, now_us))) {
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait_us)) => Failure::Asked { wait_us },
        _ => Failure::Plain,
    }
}

/// Seconds, or a date.
fn retry_after_us(text: &str, now_us: i64) -> Option<i64> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(i64::from(seconds) * 1_000_000);
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some((at.timestamp().as_microsecond() - now_us).max(0))
}

/// Reads a short answer to its end.
pub async fn drain(answer: Response) {
    drop(short(answer).await);
}

/// A short answer; nothing if it is longer, or breaks off.
pub async fn short(mut answer: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// The kind of error; its own text would show the address.
pub fn describe(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<TargetError>() {
            return refused.to_string();
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        format!("no answer within {ANSWER_SECS_MAX} s")
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke off".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn check(status: u16, retry_after: Option<&'static str>, expected: Option<Failure>) {
        let headers = retry_after.map(|text| (RETRY_AFTER, HeaderValue::from_static(text)));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let outcome = read(status, &HeaderMap::from_iter(headers), 1_700_000_000_000_000);
        let failure = match &outcome {
            Outcome::Failed { failure, .. } => Some(*failure),
            _ => None,
        };
        assert_eq!(failure, expected, "{outcome:?}");
    }

    #[test]
    fn answers() {
        check(204, None, None);
        for status in [302, 307, 400, 401, 404, 500, 502] {
            check(status, Some("7"), Some(Failure::Plain));
        }
        check(429, None, Some(Failure::Plain));
        check(429, Some("7"), Some(Failure::Asked { wait_us: 7_000_000 }));
        let minute = Failure::Asked { wait_us: 60_000_000 };
        check(503, Some("Tue, 14 Nov 2023 22:14:20 GMT"), Some(minute));
        check(503, Some("soon"), Some(Failure::Plain));
        assert_eq!(read(StatusCode::GONE, &HeaderMap::new(), 0), Outcome::Gone);
    }
}
