//! Settings of NATS servers and of the streams that are followed.

use super::ConfigError;
use crate::collect::streams::Stream;
use crate::deliver::nats::Server;
use crate::domain::subscriber::SecretName;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A `[nats.NAME]` as somebody wrote it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawServer {
    url: String,
    user: Option<String>,
    secret: Option<SecretName>,
}

/// A `[[streams]]` as somebody wrote it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStream {
    source: String,
    server: String,
    stream: String,
    subject: Option<String>,
    durable: Option<String>,
}

pub fn servers(raw: BTreeMap<String, RawServer>) -> Result<Vec<(String, Server)>, ConfigError> {
    let checked = |(name, raw): (String, RawServer)| {
        let refuse = |remedy| Err(ConfigError::Entry { place: format!("[nats.{name}]"), remedy });
        let host = raw.url.strip_prefix("nats://").or_else(|| raw.url.strip_prefix("tls://"));
        match host {
            // A password in an address ends in a log one day.
            Some(host) if host.contains('@') => {
                return refuse("leave user and password out of `url`; there are `user` and `secret`");
            }
            Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => {}
            _ => return refuse("write `url` like nats://127.0.0.1:4222, or tls://HOST:PORT"),
        }
        if !SecretName(name.clone()).is_valid() {
            return refuse("a server is named by 1 to 64 letters, digits, - and _");
        }
        if raw.secret.as_ref().is_some_and(|secret| !secret.is_valid()) {
            return refuse("`secret` is the name of a secret, not the secret; crm-2026 is in HUB_SECRET_CRM_2026");
        }
        if raw.user.is_some() && raw.secret.is_none() {
            return refuse("a `user` needs a `secret`, the name of its password");
        }
        Ok((name, Server { url: raw.url, user: raw.user, secret: raw.secret }))
    };
    raw.into_iter().map(checked).collect()
}

pub fn streams(raw: Vec<RawStream>, servers: &[(String, Server)]) -> Result<Vec<Stream>, ConfigError> {
    let checked = |raw: RawStream| {
        let RawStream { source, server, stream, subject, durable } = raw;
        let durable = durable.unwrap_or_else(|| format!("customer-hub-{source}"));
        let place = || format!("[[streams]] of {source}");
        if !servers.iter().any(|(name, _)| *name == server) {
            let place = format!("{}, `server`: there is no [nats.{server}]", place());
            return Err(ConfigError::Entry { place, remedy: "add one with the server's `url`" });
        }
        if !is_name(&stream) || !is_name(&durable) {
            let remedy = "`stream` and `durable` are names without spaces, dots, slashes and wildcards";
            return Err(ConfigError::Entry { place: place(), remedy });
        }
        if subject.as_ref().is_some_and(|subject| subject.is_empty() || subject.contains(char::is_whitespace)) {
            let remedy = "`subject` is a subject without spaces, such as crm.customers.>; leave it out for all";
            return Err(ConfigError::Entry { place: place(), remedy });
        }
        Ok(Stream { source, server, stream, subject, durable })
    };
    raw.into_iter().map(checked).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ".*>/\\".contains(c))
}
