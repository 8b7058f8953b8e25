//! `hub demo`: from nothing to golden records on one command.

pub mod exports;
mod honesty;
mod ledger;
mod requests;
mod summary;

use self::summary::Summary;
use super::import::{Read, read_file, settle};
use super::local::Local;
use super::serve::Server;
use super::{Context, Failure, Verdict};
use crate::api::keys;
use crate::pipeline::clock;
use crate::store::Store;
use crate::ui::accounts;
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Makes a fictitious retailer's exports from four systems, imports them through the manifests and the pipeline that
/// production uses, shows what came out, and serves it. A second run continues from what the first one made.
#[derive(Debug, Args)]
pub struct Demo {
    /// About how many customer records to make
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    records: usize,
    /// Chooses the population; the same seed makes the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Start over: remove the demo's database and exports first
    #[arg(long)]
    reset: bool,
    /// End after the summary instead of serving
    #[arg(long)]
    exit: bool,
    /// Address to serve on [env: HUB_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// How long the printing of the lines waits for the search index.
const SEARCH_READY_MAX: Duration = Duration::from_secs(60);

/// Where the demo keeps its things.
struct Place {
    exports: PathBuf,
    /// Says that everything was imported, and from which population.
    done: PathBuf,
}

impl Demo {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut config = context.config.clone();
        std::fs::create_dir_all(&config.data_dir)?;
        let place = Place::new(&config.data_dir);
        if config.database.starts_with("sqlite:") {
            let database = config.data_dir.join("demo.db");
            if self.reset {
                place.clear(&database)?;
            }
            config.database = format!("sqlite:{}", database.display());
        } else if self.reset {
            return Err("--reset removes only the embedded database; empty the PostgreSQL one yourself".into());
        }
        let context = Context { config, json: context.json };
        let started = Instant::now();
        let imported = self.import(&context, &place).await?;
        let store = Store::open(&context.config.database).await?;
        let mut summary = Summary::gather(&store, &place.exports, imported, started.elapsed()).await?;
        if self.exit {
            summary.print(context.json, None)?;
            store.close().await;
            return Ok(Verdict::Fine);
        }
        let access = summary::Access { key: demo_key(&store).await?, password: demo_account(&store).await? };
        store.close().await;
        let address = self.listen.unwrap_or(context.config.listen);
        let server = Server::start(&context, address, "demo-search").await?;
        // The printed search is to find something at once.
        let last = server.state.store.last_event().await?;
        server.state.reads.search.reached(last, SEARCH_READY_MAX).await;
        summary.address = Some(server.address);
        summary.print(context.json, Some(&access))?;
        server.until_stopped().await?;
        Ok(Verdict::Fine)
    }

    /// Makes and imports the exports unless an earlier run has done so; returns what was read now.
    async fn import(&self, context: &Context, place: &Place) -> Result<Option<Read>, Failure> {
        let population = format!("{} records of seed {}", self.records, self.seed);
        match std::fs::read_to_string(&place.done) {
            Ok(earlier) if earlier == population => return Ok(None),
            Ok(earlier) => {
                let message = format!("there is a demo of {earlier} already; use it as it is, or add --reset");
                return Err(message.into());
            }
            Err(_) => {}
        }
        let files = exports::write(&place.exports, self.records, self.seed)?;
        let local = Local::start(context).await?;
        let mut read = Read::default();
        for (source, file) in &files {
            let manifest = local.sources.get(source).ok_or_else(|| format!("no manifest is named {source}"))?;
            if let Some(reason) = read_file(&local, manifest, file, &mut read).await? {
                return Err(format!("{}: {reason}", file.display()).into());
            }
        }
        settle(&local, read).await?;
        for (_, file) in files.iter().filter(|(source, _)| *source == "loyalty") {
            ledger::post(&local.store, file).await?;
        }
        requests::record(&local).await?;
        local.stop().await;
        std::fs::write(&place.done, population)?;
        Ok(Some(read))
    }
}

impl Place {
    fn new(data_dir: &Path) -> Place {
        let exports = data_dir.join("demo-exports");
        Place { done: exports.join("imported"), exports }
    }

    fn clear(&self, database: &Path) -> Result<(), Failure> {
        for end in ["", "-wal", "-shm"] {
            remove(std::fs::remove_file(format!("{}{end}", database.display())))?;
        }
        remove(std::fs::remove_dir_all(&self.exports))?;
        remove(std::fs::remove_dir_all(database.with_file_name("demo-search")))?;
        Ok(())
    }
}

fn remove(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A fresh password for the account that the printed lines name.
async fn demo_account(store: &Store) -> Result<String, Failure> {
    let password = accounts::made_up()?;
    if !accounts::set_password(store, summary::ACCOUNT, &password).await? {
        accounts::create(store, summary::ACCOUNT, "admin", &password).await?;
    }
    Ok(password)
}

/// A fresh key for the printed lines; the ones of earlier runs end.
async fn demo_key(store: &Store) -> Result<String, Failure> {
    const NAME: &str = "demo";
    for key in store.keys().await?.iter().filter(|key| key.name == NAME && key.revoked_us.is_none()) {
        store.revoke_key(key.id, clock::now_us()).await?;
    }
    let (_, secret) = keys::create(store, NAME, "admin").await?;
    Ok(secret)
}
