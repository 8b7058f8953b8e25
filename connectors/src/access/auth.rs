//! Credentials in requests. Secrets are handed in for the moment and not kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt;

/// A token is renewed so long before it ends.
const MARGIN_SECS: i64 = 60;

/// How a system wants to know who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer SECRET`, or the token that a grant gave.
    Bearer,
    /// `Authorization: Basic`, with this name and the secret.
    Basic { user: String },
    /// The secret alone in a header of its own.
    Header { name: String },
}

/// How a token is asked for (OAuth 2.0, RFC 6749).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    ClientCredentials { client_id: String, scope: Option<String> },
    Refresh { client_id: String },
}

/// A token with its end; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: String,
    expires_us: Option<i64>,
}

impl Auth {
    /// The header's name and value.
    pub fn header(&self, secret: &str) -> (String, String) {
        match self {
            Auth::Bearer => ("authorization".to_owned(), format!("Bearer {secret}")),
            Auth::Basic { user } => {
                ("authorization".to_owned(), format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))))
            }
            Auth::Header { name } => (name.clone(), secret.to_owned()),
        }
    }
}

impl Grant {
    /// The form to send to the token's address. A refresh needs the refresh token beside the client's secret.
    pub fn form(&self, client_secret: &str, refresh_token: Option<&str>) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match self {
            Grant::ClientCredentials { client_id, scope } => {
                form.append_pair("grant_type", "client_credentials").append_pair("client_id", client_id);
                form.append_pair("client_secret", client_secret);
                if let Some(scope) = scope {
                    form.append_pair("scope", scope);
                }
            }
            Grant::Refresh { client_id } => {
                form.append_pair("grant_type", "refresh_token").append_pair("client_id", client_id);
                form.append_pair("client_secret", client_secret);
                form.append_pair("refresh_token", refresh_token.unwrap_or_default());
            }
        }
        form.finish()
    }
}

impl Token {
    /// Reads the token from the answer.
    pub fn read(answer: &Value, now_us: i64) -> Option<Token> {
        let secret = answer["access_token"].as_str().filter(|secret| !secret.is_empty())?.to_owned();
        let lasts = &answer["expires_in"];
        // Some systems write the number as a text.
        let lasts = lasts.as_i64().or_else(|| lasts.as_str()?.parse().ok());
        Some(Token { secret, expires_us: lasts.map(|secs| now_us.saturating_add(secs.saturating_mul(1_000_000))) })
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether another one should be asked for.
    pub fn is_due(&self, now_us: i64) -> bool {
        self.expires_us.is_some_and(|end| now_us >= end - MARGIN_SECS * 1_000_000)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_us", &self.expires_us).finish_non_exhaustive()
    }
}
