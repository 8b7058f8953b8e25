//! A hub for one measurement: a database, a source that signs, secrets, and nothing left behind.

use super::client::Load;
use crate::api::{AppState, Keep, keys};
use crate::cli::serve::Server;
use crate::cli::{Context, Failure};
use crate::store::Store;
use crate::store::scratch::Scratch;
use connectors::Manifest;
use connectors::signature::{self, Key};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The source that sends, and the secret of both directions.
pub const SOURCE: &str = "bench";
const SECRET: &str = "whsec_YmVuY2ggYmVuY2ggYmVuY2ggYmVuY2ggYmVuY2g=";

/// Settings of a hub that lives as long as the measurement.
pub struct Stage {
    pub context: Context,
    scratch: Scratch,
    folder: PathBuf,
}

impl Stage {
    /// Makes a scratch database on the configured engine, and the files that the hub reads.
    pub async fn set(context: &Context, name: &str) -> Result<Stage, Failure> {
        let folder = context.config.data_dir.join(format!("bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("manifests"))?;
        std::fs::create_dir_all(folder.join("secrets"))?;
        std::fs::write(folder.join("secrets").join(SOURCE), SECRET)?;
        let folder = folder.canonicalize()?;
        let secret = folder.join("secrets").join(SOURCE);
        std::fs::write(folder.join("manifests/bench.toml"), manifest(&secret))?;
        let mut config = context.config.clone();
        let beside = match config.database.starts_with("sqlite:") {
            true => format!("sqlite:{}", folder.join("hub.db").display()),
            false => config.database.clone(),
        };
        let scratch = Scratch::create(&beside, name).await?;
        config.database = scratch.url().to_owned();
        config.data_dir = folder.clone();
        config.manifests = Some(folder.join("manifests"));
        config.secrets = Some(folder.join("secrets"));
        config.allow_targets = vec!["127.0.0.1".to_owned()];
        Store::migrate(&config.database).await?.0.close().await;
        Ok(Stage { context: Context { config, json: context.json }, scratch, folder })
    }

    /// Removes everything; nobody may work on it any more.
    pub async fn clear(self) -> Result<(), Failure> {
        self.scratch.remove().await?;
        Ok(std::fs::remove_dir_all(self.folder)?)
    }

    /// A client that asks over so many connections.
    pub async fn load(&self, store: &Store, connections: usize) -> Result<Load, Failure> {
        let (_, key) = keys::create(store, "bench", "engineer").await?;
        Ok(Load { connections, key })
    }
}

/// A hub that serves.
pub struct Running {
    pub address: SocketAddr,
    pub state: AppState,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), Failure>>,
}

impl Running {
    pub async fn start(stage: &Stage, keep: Keep) -> Result<Running, Failure> {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let server = Server::keeping(&stage.context, any, "search", keep).await?;
        let (address, state) = (server.address, server.state.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.until(async move { drop(stopped.await) }));
        Ok(Running { address, state, stop, serving })
    }

    /// Ends everything that works on the database.
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        self.serving.await??;
        self.state.store.close().await;
        Ok(())
    }
}

/// Signs webhooks as the source does.
pub struct Sender {
    manifest: Manifest,
    key: Key,
}

impl Sender {
    pub fn new() -> Result<Sender, Failure> {
        let manifest = Manifest::parse("bench.toml", &manifest(Path::new("secret")))?;
        let key = manifest.webhook().ok_or("the bench's manifest takes no webhooks")?.scheme().key(SECRET)?;
        Ok(Sender { manifest, key })
    }

    /// The `number`th request: the newest state of a customer, which `version` orders among those of its own.
    pub fn request(&self, number: usize, customer: usize, version: usize) -> Result<String, Failure> {
        let given = word(customer * 7 + 3);
        let family = word(customer * 13 + 5);
        let body = format!(
            "{{\"id\":\"event-{number}\",\"type\":\"customer\",\"customer\":{{\"id\":\"c{customer}\",\"version\":{version},\
             \"given\":\"{given}\",\"family\":\"{family}\",\"email\":\"n{number}@{family}.example\",\
             \"city\":\"Fairhaven\",\"country\":\"GB\"}}}}"
        );
        let scheme = self.manifest.webhook().ok_or("the bench's manifest takes no webhooks")?.scheme();
        let (target, header) = (format!("/v1/sources/{SOURCE}/webhook"), |_: &str| None);
        let request = signature::Request { method: "POST", url: &target, header: &header, body: body.as_bytes() };
        let headers = scheme.sign(&request, &self.key, 0)?;
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        Ok(format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }
}

/// A name that no two numbers share, of syllables, so that it looks like others no more than names do.
fn word(mut number: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "co", "di", "fe", "gu", "ha", "jo", "ki", "le", "mu", "na", "po", "ri", "se", "tu", "va"];
    number = number.wrapping_mul(0x9e37_79b1) & 0xffff_ffff;
    (0..8).map(|place| SYLLABLES[number >> (4 * place) & 15]).collect()
}

fn manifest(secret: &Path) -> String {
    format!(
        r#"
name = "{SOURCE}"
[webhook]
signature = {{ header = "X-Signature", encoding = "hex" }}
secret = {{ file = {secret:?} }}
topic = {{ path = "$.type" }}
delivery_id = {{ path = "$.id" }}
record = "$.customer"
[webhook.topics]
customer = "customer"
[record]
key = "$.id"
version = {{ sequence = "$.version" }}
[map]
names = [{{ given = "$.given", family = "$.family" }}]
emails = [{{ value = "$.email" }}]
addresses = [{{ city = "$.city", country = "$.country" }}]
"#
    )
}
