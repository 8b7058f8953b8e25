//! The `[poll]` table: where a system is, who asks, how often, and how it is read.

use super::{Auth, Budget, Grant, Plan, Reading};
use crate::read::Options;
use crate::webhook::SecretRef;

/// How a system is read over HTTP.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Scheme, host, and what stands before every path.
    pub base: Setting,
    pub credentials: Credentials,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// From the end of one run to the next.
    pub every_secs: u32,
    pub budget: Budget,
    pub changes: Reading,
    pub first: Option<Reading>,
    /// How one record is asked for, by its key.
    pub fetch: Option<Fetch>,
}

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

/// How one record is asked for.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// After the base, with `{key}` for the key.
    pub path: String,
    /// Where in the answer the record is.
    pub page: Options,
}

impl Poll {
    /// The plan for a system at this address.
    pub fn plan(&self, base: &str) -> Plan {
        let base = base.trim_end_matches('/').to_owned();
        Plan { base, changes: self.changes.clone(), first: self.first.clone() }
    }

    /// Every place of a setting or a secret that has to hold something before the system can be asked.
    pub fn places(&self) -> Vec<&SecretRef> {
        let mut places: Vec<&SecretRef> = self.base.place().into_iter().collect();
        match &self.credentials {
            Credentials::None => {}
            Credentials::Bearer(secret) | Credentials::Header { secret, .. } => places.push(secret),
            Credentials::Basic { user, secret } => places.extend(user.place().into_iter().chain([secret])),
            Credentials::OAuth(oauth) => {
                places.extend(oauth.client_id.place().into_iter().chain([&oauth.secret]));
                places.extend(&oauth.refresh_token);
            }
        }
        places
    }

    /// The address of one record.
    pub fn record_url(&self, base: &str, key: &str) -> Option<String> {
        let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace('+', "%20");
        let path = self.fetch.as_ref()?.path.replace("{key}", &key);
        Some(format!("{}{path}", base.trim_end_matches('/')))
    }
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
