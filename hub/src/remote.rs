//! Systems that the hub asks: which addresses may be called, and with which credentials.

mod access;
mod answer;
pub mod secret;
mod system;
pub mod target;

pub use self::access::Access;
pub use self::answer::Reply;
pub use self::system::System;

use self::secret::Unreadable;
use self::target::{AllowedHosts, Resolver, TargetError};
use crate::domain::limits::POLL_PAGE_BYTES_MAX;
use connectors::webhook::SecretRef;
use reqwest::Client;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const IDLE_PER_HOST_MAX: usize = 64;

/// Why a system cannot be asked as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    #[error("{0} holds nothing; set it, or leave the system alone")]
    Missing(SecretRef),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("a secret holds signs that no header can; write it anew, without line breaks")]
    Unsendable,
}

/// Why there is no answer. Nothing of what was sent or answered, and no address, is in it.
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

/// Makes a client that follows no redirect, uses no proxy, and connects to checked addresses alone.
pub fn client(allowed: &AllowedHosts, answer_secs_max: u64) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Resolver(allowed.clone())))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(answer_secs_max))
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .user_agent(concat!("customer-data-hub/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}
