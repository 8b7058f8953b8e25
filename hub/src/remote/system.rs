//! One system, asked with its own credentials and within its own budget. Nothing of what is sent or answered, and no
//! address, goes into errors.

use super::secret::{self, Environment, Unreadable};
use super::target::{self, AllowedHosts, TargetError};
use crate::domain::limits::POLL_PAGE_BYTES_MAX;
use connectors::poll::{Auth, Credentials, OAuth, Pace, Poll, Request, Setting, Token};
use connectors::webhook::SecretRef;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use std::error::Error;
use std::time::Duration;

/// One system.
pub struct System {
    client: Client,
    allowed: AllowedHosts,
    environment: Environment,
    poll: Poll,
    pace: Pace,
    token: Option<Token>,
    base: String,
}

/// An answer, read to its end.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why a system cannot be asked as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    #[error("{0} holds nothing; set it, or leave the system unpolled")]
    Missing(SecretRef),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("a secret holds signs that no header can; write it anew, without line breaks")]
    Unsendable,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    System(#[from] SystemError),
    #[error("the token was refused with status {0}; check the client's id and secret, and what it may do")]
    Token(u16),
    #[error("the answer holds no token; check `token` in the manifest")]
    NoToken,
    #[error("the answer is larger than {} MiB; ask for fewer records a page", POLL_PAGE_BYTES_MAX >> 20)]
    TooLarge,
    #[error("no answer in time")]
    Timeout,
    #[error("no connection")]
    NoConnection,
    #[error("the connection broke off")]
    Broken,
}

impl System {
    pub fn new(
        poll: &Poll,
        client: Client,
        allowed: AllowedHosts,
        environment: Environment,
    ) -> Result<System, SystemError> {
        let (poll, pace) = (poll.clone(), Pace::new(poll.budget));
        let mut system = System { client, allowed, environment, poll, pace, token: None, base: String::new() };
        system.base = system.value(&system.poll.base)?.trim_end_matches('/').to_owned();
        target::check(&system.base, &system.allowed)?;
        for place in system.poll.places() {
            system.kept(place)?;
        }
        Ok(system)
    }

    /// Scheme, host, and what stands before every path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks once, and a second time with another token if the one at hand is no longer good.
    pub async fn ask(&mut self, request: &Request, now_us: impl Fn() -> i64) -> Result<Reply, AskError> {
        let had_token = self.token.is_some();
        let reply = self.ask_once(request, &now_us).await?;
        if reply.status == 401 && had_token {
            self.token = None;
            return self.ask_once(request, &now_us).await;
        }
        Ok(reply)
    }

    async fn ask_once(&mut self, request: &Request, now_us: &impl Fn() -> i64) -> Result<Reply, AskError> {
        let auth = self.credentials(now_us).await?;
        self.wait_for_budget(now_us).await;
        let url = target::check(&request.url, &self.allowed).map_err(SystemError::from)?;
        let mut asked = match &request.body {
            None => self.client.get(url),
            Some(body) => self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.clone()),
        };
        // A manifest's own header comes in place of this one.
        if !self.poll.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            asked = asked.header(ACCEPT, "application/json, text/csv, */*;q=0.1");
        }
        let own = self.poll.headers.iter().map(|(name, value)| (name.clone(), value.clone(), false));
        for (name, value, is_secret) in own.chain(auth.map(|(name, value)| (name, value, true))) {
            let name = HeaderName::try_from(name).map_err(|_| SystemError::Unsendable)?;
            let mut value = HeaderValue::try_from(value).map_err(|_| SystemError::Unsendable)?;
            value.set_sensitive(is_secret);
            asked = asked.header(name, value);
        }
        read(asked).await
    }

    async fn wait_for_budget(&mut self, now_us: &impl Fn() -> i64) {
        while let Err(wait_us) = self.pace.ask(now_us()) {
            tokio::time::sleep(Duration::from_micros(u64::try_from(wait_us).unwrap_or(1))).await;
        }
    }

    /// The header that says who asks.
    async fn credentials(&mut self, now_us: &impl Fn() -> i64) -> Result<Option<(String, String)>, AskError> {
        let credentials = self.poll.credentials.clone();
        let (user, secret) = match &credentials {
            Credentials::None => return Ok(None),
            Credentials::Bearer(secret) | Credentials::Header { secret, .. } => (String::new(), self.kept(secret)?),
            Credentials::Basic { user, secret } => (self.value(user)?, self.kept(secret)?),
            Credentials::OAuth(oauth) => return Ok(Some(Auth::Bearer.header(&self.token(oauth, now_us).await?))),
        };
        Ok(credentials.auth(&user).map(|auth| auth.header(&secret)))
    }

    async fn token(&mut self, oauth: &OAuth, now_us: &impl Fn() -> i64) -> Result<String, AskError> {
        if let Some(token) = self.token.as_ref().filter(|token| !token.is_due(now_us())) {
            return Ok(token.secret().to_owned());
        }
        let refresh = oauth.refresh_token.as_ref().map(|place| self.kept(place)).transpose()?;
        let grant = oauth.grant(&self.value(&oauth.client_id)?);
        let form = grant.form(&self.kept(&oauth.secret)?, refresh.as_deref());
        let url = self.token_url(oauth).map_err(SystemError::from)?;
        self.wait_for_budget(now_us).await;
        let asked = self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reply = read(asked.header(ACCEPT, "application/json").body(form)).await?;
        if !(200..300).contains(&reply.status) {
            return Err(AskError::Token(reply.status));
        }
        let answer = serde_json::from_slice(&reply.body).map_err(|_| AskError::NoToken)?;
        let token = Token::read(&answer, now_us()).ok_or(AskError::NoToken)?;
        let secret = token.secret().to_owned();
        self.token = Some(token);
        Ok(secret)
    }

    fn token_url(&self, oauth: &OAuth) -> Result<Url, TargetError> {
        let below = oauth.token.starts_with('/').then(|| format!("{}{}", self.base, oauth.token));
        target::check(&below.unwrap_or_else(|| oauth.token.clone()), &self.allowed)
    }

    fn value(&self, setting: &Setting) -> Result<String, SystemError> {
        match setting {
            Setting::Fixed(text) => Ok(text.clone()),
            Setting::Kept(place) => self.kept(place),
        }
    }

    fn kept(&self, place: &SecretRef) -> Result<String, SystemError> {
        let text = secret::text(place, &*self.environment)?.ok_or_else(|| SystemError::Missing(place.clone()))?;
        Ok(text.trim().to_owned())
    }
}

async fn read(asked: RequestBuilder) -> Result<Reply, AskError> {
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

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
