//! Where a system is and who asks it, whether it is read or written to.

mod auth;

pub use auth::{Auth, Grant, Token};

use crate::webhook::SecretRef;

/// A value that stands in the manifest, or where the hub runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    Fixed(String),
    Kept(SecretRef),
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Whoever can reach the system may read it.
    None,
    Bearer(SecretRef),
    Basic {
        user: Setting,
        secret: SecretRef,
    },
    Header {
        name: String,
        secret: SecretRef,
    },
    OAuth(OAuth),
}

/// How a token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth {
    /// After the base, or a whole address.
    pub token: String,
    pub client_id: Setting,
    pub secret: SecretRef,
    /// With one, tokens are refreshed; without one, they are for the client itself.
    pub refresh_token: Option<SecretRef>,
    pub scope: Option<String>,
}

impl Setting {
    /// Where the value is kept, if it does not stand in the manifest.
    pub fn place(&self) -> Option<&SecretRef> {
        match self {
            Setting::Fixed(_) => None,
            Setting::Kept(place) => Some(place),
        }
    }
}

impl Credentials {
    /// Every place that has to hold something before anybody can ask.
    pub fn places(&self) -> Vec<&SecretRef> {
        match self {
            Credentials::None => Vec::new(),
            Credentials::Bearer(secret) | Credentials::Header { secret, .. } => vec![secret],
            Credentials::Basic { user, secret } => user.place().into_iter().chain([secret]).collect(),
            Credentials::OAuth(oauth) => {
                oauth.client_id.place().into_iter().chain([&oauth.secret]).chain(&oauth.refresh_token).collect()
            }
        }
    }

    /// How the secret is sent; nothing where there is none. The user's name is the setting's value.
    pub fn auth(&self, user: &str) -> Option<Auth> {
        match self {
            Credentials::None => None,
            Credentials::Bearer(_) | Credentials::OAuth(_) => Some(Auth::Bearer),
            Credentials::Basic { .. } => Some(Auth::Basic { user: user.to_owned() }),
            Credentials::Header { name, .. } => Some(Auth::Header { name: name.clone() }),
        }
    }
}

impl OAuth {
    pub fn grant(&self, client_id: &str) -> Grant {
        let client_id = client_id.to_owned();
        match self.refresh_token {
            Some(_) => Grant::Refresh { client_id },
            None => Grant::ClientCredentials { client_id, scope: self.scope.clone() },
        }
    }
}
