//! A manifest with the made-up system in the place of the real one.

use super::SECRET_NAME;
use crate::Manifest;
use crate::access::{Credentials, OAuth, Setting};
use crate::poll::Budget;
use crate::webhook::SecretRef;

/// Nobody has to be spared.
const BUDGET: Budget = Budget { requests: 1_000_000, refill_secs: 1 };
/// Runs are asked for, and do not begin by themselves.
const EVERY_SECS: u32 = 2_678_400;

/// The manifest with the system's address replaced, and every secret and setting kept in the variable
/// [`SECRET_NAME`](super::SECRET_NAME).
pub fn in_place_of(manifest: &Manifest, base: &str) -> Manifest {
    let mut manifest = manifest.clone();
    if let Some(webhook) = &mut manifest.webhook {
        webhook.secrets = vec![kept()];
        webhook.url = None;
    }
    if let Some(poll) = &mut manifest.poll {
        poll.base = Setting::Fixed(base.to_owned());
        poll.budget = BUDGET;
        poll.every_secs = EVERY_SECS;
        poll.credentials = with_made_up_secrets(&poll.credentials);
    }
    manifest
}

fn kept() -> SecretRef {
    SecretRef::Env(SECRET_NAME.to_owned())
}

fn with_made_up_secrets(credentials: &Credentials) -> Credentials {
    let setting = || Setting::Kept(kept());
    match credentials {
        Credentials::None => Credentials::None,
        Credentials::Bearer(_) => Credentials::Bearer(kept()),
        Credentials::Basic { .. } => Credentials::Basic { user: setting(), secret: kept() },
        Credentials::Header { name, .. } => Credentials::Header { name: name.clone(), secret: kept() },
        Credentials::OAuth(oauth) => {
            let refresh_token = oauth.refresh_token.as_ref().map(|_| kept());
            let token = below_base(&oauth.token);
            let (client_id, secret) = (setting(), kept());
            Credentials::OAuth(OAuth { token, client_id, secret, refresh_token, scope: oauth.scope.clone() })
        }
    }
}

/// The path of a whole address.
fn below_base(token: &str) -> String {
    let rest = token.split_once("://").map_or(token, |(_, rest)| rest);
    rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned())
}
