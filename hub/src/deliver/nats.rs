//! NATS servers that the operator has named. Nobody else can make the hub connect anywhere: subscribers and streams say
//! the name of a server, and servers that a cluster announces are ignored.

use super::signature::{SecretError, Secrets};
use crate::domain::subscriber::SecretName;
use async_nats::jetstream::{self, Context};
use async_nats::{Auth, AuthError, Client, ConnectOptions};
use foldhash::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long the server may take to acknowledge.
pub const ACK_SECS_MAX: u64 = 5;

/// One server as the operator has named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `nats://HOST:PORT`, or `tls://HOST:PORT`.
    pub url: String,
    /// With a secret, its password; without a user a secret is a token.
    pub user: Option<String>,
    pub secret: Option<SecretName>,
}

/// The operator's servers, and one connection to each that is in use.
#[derive(Clone)]
pub struct Servers {
    known: Arc<HashMap<String, Server>>,
    secrets: Secrets,
    connected: Arc<Mutex<HashMap<String, Client>>>,
}

/// Why a server cannot be used; it holds neither address nor secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NatsError {
    #[error("no NATS server is named {0}; the operator names them under [nats] in hub.toml")]
    Unknown(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the address of the NATS server {0} cannot be used; write it like nats://127.0.0.1:4222")]
    Address(String),
}

impl Servers {
    pub fn new(known: impl IntoIterator<Item = (String, Server)>, secrets: Secrets) -> Servers {
        Servers { known: Arc::new(known.into_iter().collect()), secrets, connected: Arc::default() }
    }

    /// Whether the operator has named a server so.
    pub fn check(&self, name: &str) -> Result<(), NatsError> {
        self.server(name).map(drop)
    }

    fn server(&self, name: &str) -> Result<&Server, NatsError> {
        self.known.get(name).ok_or_else(|| NatsError::Unknown(name.to_owned()))
    }

    /// The way to a server's JetStream. The connection is made in the background and made again whenever it breaks;
    /// until then whatever is asked of the server fails.
    pub async fn jetstream(&self, name: &str) -> Result<Context, NatsError> {
        let known = || self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known().get(name).cloned() {
            return Ok(context(client));
        }
        let server = self.server(name)?;
        let client = self.connect(name, server).await?;
        // Whoever was faster has made the connection that all share.
        Ok(context(known().entry(name.to_owned()).or_insert(client).clone()))
    }

    async fn connect(&self, name: &str, server: &Server) -> Result<Client, NatsError> {
        // A secret that is missing is said at once; later it is read anew for each connection, so that it can be changed.
        let (secrets, wanted) = (self.secrets.clone(), server.clone());
        auth(&secrets, &wanted)?;
        let options = ConnectOptions::with_auth_callback(move |_| {
            let auth = auth(&secrets, &wanted).map_err(AuthError::new);
            async move { auth }
        });
        let options = options
            .name("customer-data-hub")
            .retry_on_initial_connect()
            .ignore_discovered_servers()
            .require_tls(server.url.starts_with("tls://"))
            .connection_timeout(Duration::from_secs(ACK_SECS_MAX))
            .reconnect_delay_callback(|attempts| Duration::from_millis((100 << attempts.min(5)).min(2_000)));
        options.connect(server.url.as_str()).await.map_err(|_| NatsError::Address(name.to_owned()))
    }
}

fn context(client: Client) -> Context {
    let mut context = jetstream::new(client);
    context.set_timeout(Duration::from_secs(ACK_SECS_MAX));
    context
}

fn auth(secrets: &Secrets, server: &Server) -> Result<Auth, SecretError> {
    let secret = server.secret.as_ref().map(|name| secrets.text(name)).transpose()?;
    let mut auth = Auth::new();
    match &server.user {
        Some(user) => (auth.username, auth.password) = (Some(user.clone()), secret),
        None => auth.token = secret,
    }
    Ok(auth)
}
