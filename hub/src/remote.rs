//! Systems that the hub asks: which addresses may be called, and with which credentials.

pub mod secret;
mod system;
pub mod target;

pub use self::system::{AskError, Reply, System, SystemError};

use self::target::{AllowedHosts, Resolver};
use reqwest::Client;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const IDLE_PER_HOST_MAX: usize = 64;

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
