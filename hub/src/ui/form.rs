//! What a form sends.

use super::page::{self, Wrong};
use crate::api::body::Raw;
use axum::extract::{FromRequest, Request};

/// The fields of a form, in the order in which they came.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// A field's value; nothing sent is an empty text.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The reason that somebody gives, or the usual one.
    pub fn reason(&self, usual: &'static str) -> &str {
        Some(self.get("reason").trim()).filter(|why| !why.is_empty()).unwrap_or(usual)
    }

    /// Every value of a field that may come more than once.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The fields whose names begin so, with the rest of their names.
    pub fn beginning<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Wrong;

    async fn from_request(request: Request, state: &S) -> Result<Form, Wrong> {
        let words = page::words(request.headers());
        let Raw(bytes) = Raw::from_request(request, state).await.map_err(|_| Wrong::failed(words))?;
        Ok(Form(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}
