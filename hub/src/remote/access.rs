//! Who asks one system: its address, and credentials that are read anew for every request.

use super::answer;
use super::secret::{self, Environment, Unreadable};
use super::target::{self, AllowedHosts, TargetError};
use super::{AskError, SystemError};
use connectors::access::{Auth, Credentials, OAuth, Setting, Token};
use connectors::webhook::SecretRef;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use tokio::sync::Mutex;

/// The way to one system.
pub struct Access {
    allowed: AllowedHosts,
    environment: Environment,
    credentials: Credentials,
    base: String,
    /// One request at a time asks for another token.
    token: Mutex<Option<Token>>,
}

impl Access {
    /// Every place of a secret has to hold something already.
    pub fn new(
        base: &Setting,
        credentials: &Credentials,
        allowed: AllowedHosts,
        environment: Environment,
    ) -> Result<Access, SystemError> {
        let credentials = credentials.clone();
        let mut access = Access { allowed, environment, credentials, base: String::new(), token: Mutex::default() };
        access.base = access.value(base)?.trim_end_matches('/').to_owned();
        access.url(&access.base)?;
        for place in access.credentials.places() {
            access.kept(place)?;
        }
        Ok(access)
    }

    /// Scheme, host, and what stands before every path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address, if it may be asked.
    pub fn url(&self, url: &str) -> Result<Url, TargetError> {
        target::check(url, &self.allowed)
    }

    /// The header that says who asks.
    pub async fn header(
        &self,
        client: &Client,
        now_us: impl Fn() -> i64,
    ) -> Result<Option<(HeaderName, HeaderValue)>, AskError> {
        let (user, secret) = match &self.credentials {
            Credentials::None => return Ok(None),
            Credentials::Bearer(secret) | Credentials::Header { secret, .. } => (String::new(), self.kept(secret)?),
            Credentials::Basic { user, secret } => (self.value(user)?, self.kept(secret)?),
            Credentials::OAuth(oauth) => {
                let token = self.granted(client, oauth, now_us).await?;
                return Ok(Some(sendable(Auth::Bearer.header(&token), true)?));
            }
        };
        let header = self.credentials.auth(&user).map(|auth| auth.header(&secret));
        Ok(header.map(|header| sendable(header, true)).transpose()?)
    }

    /// Gives up the token at hand, which the system no longer takes; answers whether there was one.
    pub async fn forget_token(&self) -> bool {
        self.token.lock().await.take().is_some()
    }

    async fn granted(&self, client: &Client, oauth: &OAuth, now_us: impl Fn() -> i64) -> Result<String, AskError> {
        let mut known = self.token.lock().await;
        if let Some(token) = known.as_ref().filter(|token| !token.is_due(now_us())) {
            return Ok(token.secret().to_owned());
        }
        let refresh = oauth.refresh_token.as_ref().map(|place| self.kept(place)).transpose()?;
        let grant = oauth.grant(&self.value(&oauth.client_id)?);
        let form = grant.form(&self.kept(&oauth.secret)?, refresh.as_deref());
        let below = oauth.token.starts_with('/').then(|| format!("{}{}", self.base, oauth.token));
        let url = self.url(below.as_ref().unwrap_or(&oauth.token)).map_err(SystemError::from)?;
        let asked = client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reply = answer::read(asked.header(ACCEPT, "application/json").body(form)).await?;
        if !(200..300).contains(&reply.status) {
            return Err(AskError::Token(reply.status));
        }
        let answer = serde_json::from_slice(&reply.body).map_err(|_| AskError::NoToken)?;
        let token = Token::read(&answer, now_us()).ok_or(AskError::NoToken)?;
        let secret = token.secret().to_owned();
        *known = Some(token);
        Ok(secret)
    }

    fn value(&self, setting: &Setting) -> Result<String, SystemError> {
        match setting {
            Setting::Fixed(text) => Ok(text.clone()),
            Setting::Kept(place) => self.kept(place),
        }
    }

    fn kept(&self, place: &SecretRef) -> Result<String, SystemError> {
        let text = secret::text(place, &*self.environment).map_err(|error: Unreadable| SystemError::from(error))?;
        text.map(|text| text.trim().to_owned()).ok_or_else(|| SystemError::Missing(place.clone()))
    }
}

/// A header as a request carries it.
pub(super) fn sendable(
    (name, value): (String, String),
    is_secret: bool,
) -> Result<(HeaderName, HeaderValue), SystemError> {
    let name = HeaderName::try_from(name).map_err(|_| SystemError::Unsendable)?;
    let mut value = HeaderValue::try_from(value).map_err(|_| SystemError::Unsendable)?;
    value.set_sensitive(is_secret);
    Ok((name, value))
}
