//! Answers of systems, read to their end.

use super::AskError;
use super::SystemError;
use super::target::TargetError;
use crate::domain::limits::POLL_PAGE_BYTES_MAX;
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use std::error::Error;

/// An answer, read to its end.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

pub(super) async fn read(asked: RequestBuilder) -> Result<Reply, AskError> {
    let mut answer = asked.send().await.map_err(|error| kind(&error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| kind(&error))? {
        if body.len() + chunk.len() > POLL_PAGE_BYTES_MAX {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body })
}

/// The kind of error; its own text would show the address.
fn kind(error: &reqwest::Error) -> AskError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<TargetError>() {
            return SystemError::from(refused.clone()).into();
        }
        cause = inner.source();
    }
    match error {
        error if error.is_timeout() => AskError::Timeout,
        error if error.is_connect() => AskError::NoConnection,
        _ => AskError::Broken,
    }
}
