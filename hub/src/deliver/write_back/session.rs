//! Systems that take no change without a token of their own against forged requests, which they tie to a cookie, as SAP's
//! OData services do.

use crate::deliver::webhook;
use crate::remote::{Access, AskError, SystemError};
use reqwest::Client;
use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use tokio::sync::Mutex;

const TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
/// How a token is asked for, and how a system says that the one at hand is none.
const FETCH: HeaderValue = HeaderValue::from_static("Fetch");
const REQUIRED: &str = "required";

/// What one system has given.
pub(super) struct Session {
    url: String,
    /// The token and its cookies.
    given: Mutex<Option<HeaderMap>>,
}

impl Session {
    pub(super) fn new(url: String) -> Session {
        Session { url, given: Mutex::default() }
    }

    /// The headers that a change carries besides its own, which say who asks.
    pub(super) async fn headers(
        &self,
        client: &Client,
        access: &Access,
        own: &HeaderMap,
    ) -> Result<HeaderMap, AskError> {
        let mut given = self.given.lock().await;
        if let Some(headers) = given.as_ref() {
            return Ok(headers.clone());
        }
        let url = access.url(&self.url).map_err(SystemError::from)?;
        let request = client.get(url).headers(own.clone()).header(TOKEN, FETCH);
        let answer = request.send().await.map_err(|error| match error {
            error if error.is_timeout() => AskError::Timeout,
            error if error.is_connect() => AskError::NoConnection,
            _ => AskError::Broken,
        })?;
        let status = answer.status().as_u16();
        let headers = headers(answer.headers());
        webhook::drain(answer).await;
        let headers = headers.ok_or(AskError::Token(status))?;
        Ok(given.insert(headers).clone())
    }

    /// Whether an answer wants another token; the one at hand is given up then.
    pub(super) async fn is_refused_by(&self, answer: &HeaderMap) -> bool {
        let wants = answer.get(TOKEN).and_then(|value| value.to_str().ok());
        let is_refused = wants.is_some_and(|wants| wants.eq_ignore_ascii_case(REQUIRED));
        if is_refused {
            *self.given.lock().await = None;
        }
        is_refused
    }
}

fn headers(answer: &HeaderMap) -> Option<HeaderMap> {
    let mut token = answer.get(TOKEN)?.clone();
    token.set_sensitive(true);
    let cookies = answer.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    // What follows the first semicolon is for the one that keeps it.
    let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).map(str::trim).collect();
    let mut headers = HeaderMap::from_iter([(TOKEN, token)]);
    if let Ok(mut cookie) = HeaderValue::from_str(&cookies.join("; "))
        && !cookie.is_empty()
    {
        cookie.set_sensitive(true);
        headers.insert(COOKIE, cookie);
    }
    Some(headers)
}
