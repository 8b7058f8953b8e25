//! `hub serve`: the API, and the pipeline if no other process runs it on this database.

use super::connectors::access;
use super::local::{Local, Worker, first_policy};
use super::{Context, Failure, Verdict, audit};
use crate::api::{AppState, Doors, Keep, Setup, listen};
use crate::collect::{self, Collecting, Collection};
use crate::deliver::Operator;
use crate::deliver::nats::Servers;
use crate::deliver::signature::Secrets;
use crate::deliver::target::AllowedHosts;
use crate::domain::policy::Draft;
use crate::pipeline::{Control, Pipeline, spawn};
use crate::read::search::Place;
use crate::store::StoreError;
use crate::ui;
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves the API on the configured address and resolves what comes in. Ends cleanly on Ctrl-C and SIGTERM.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on [env: HUB_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// How often a node that does not resolve asks whether it may.
const TAKE_OVER_MS: u64 = 1_000;

impl Serve {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let address = self.listen.unwrap_or(context.config.listen);
        let server = Server::start(context, address, "search").await?;
        eprintln!("listening on http://{}", server.address);
        server.until_stopped().await?;
        Ok(Verdict::Fine)
    }
}

/// A node that serves.
pub struct Server {
    pub address: SocketAddr,
    pub state: AppState,
    local: Local,
    listener: TcpListener,
    _collecting: Collecting,
}

impl Server {
    /// Starts everything and takes the address; `search` names the folder of the search index.
    pub async fn start(context: &Context, address: SocketAddr, search: &str) -> Result<Server, Failure> {
        Server::keeping(context, address, search, Keep::Durably).await
    }

    /// The same, for a server that may keep nothing of what it is sent.
    pub async fn keeping(context: &Context, address: SocketAddr, search: &str, keep: Keep) -> Result<Server, Failure> {
        let listener = TcpListener::bind(address).await.map_err(|e| {
            format!("cannot listen on {address}: {e}. Choose another address with --listen or HUB_LISTEN")
        })?;
        let address = listener.local_addr()?;
        let local = Local::start(context).await?;
        check_sources(context, &local)?;
        let operator = operator(context);
        std::fs::create_dir_all(&context.config.data_dir)?;
        let state = AppState::start(Setup {
            keep,
            store: local.store.clone(),
            sources: local.sources.clone(),
            resolver: local.resolver.clone(),
            search: Place::Folder(context.config.data_dir.join(search)),
            origin: context.config.public_url.clone().unwrap_or_else(|| format!("http://{address}")),
            doors: Doors::load(&local.sources, |name| std::env::var(name).ok())?,
            operator: operator.clone(),
            access: access(context),
            reviews: context.config.reviews,
        })
        .await?;
        match &local.worker {
            Worker::Here(control, _) => state.resolves(control.clone()),
            Worker::Elsewhere => drop(tokio::spawn(take_over(state.clone(), first_policy(context)?))),
        }
        if let Some(anchoring) = context.config.audit.clone() {
            tokio::spawn(audit::keep_anchoring(local.store.clone(), anchoring));
        }
        let collecting = collect::start(collection(context, &state, operator.nats));
        Ok(Server { address, state, local, listener, _collecting: collecting })
    }

    /// Serves until the task is dropped.
    pub async fn serve(self) {
        let pages = ui::pages(&self.state);
        listen::serve(self.listener, self.state, pages, std::future::pending()).await;
    }

    /// Serves until Ctrl-C or SIGTERM.
    pub async fn until_stopped(self) -> Result<(), Failure> {
        self.until(stop_signal()).await
    }

    /// Serves until `stop` completes, and then ends everything.
    pub async fn until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Failure> {
        let pages = ui::pages(&self.state);
        listen::serve(self.listener, self.state, pages, stop).await;
        self.local.stop().await;
        Ok(())
    }
}

/// What is collected for a source that nobody knows could not be read.
fn check_sources(context: &Context, local: &Local) -> Result<(), Failure> {
    let config = &context.config;
    let streams = config.streams.iter().map(|stream| &stream.source);
    let mut named = streams.chain(config.folders.iter().map(|folder| &folder.source));
    match named.find(|source| local.sources.get(source).is_none()) {
        Some(source) => {
            let remedy = "add a manifest with --manifests, or correct hub.toml";
            Err(format!("hub.toml: no source is named {source}; {remedy}").into())
        }
        None => Ok(()),
    }
}

fn collection(context: &Context, state: &AppState, servers: Servers) -> Collection {
    let (store, sources, waking) = (state.store.clone(), state.sources.clone(), state.clone());
    let (streams, folders) = (context.config.streams.clone(), context.config.folders.clone());
    let wake = move || {
        if let Some(control) = waking.control() {
            control.wake();
        }
    };
    Collection { store, servers, sources, streams, folders, wake: Arc::new(wake) }
}

fn operator(context: &Context) -> Operator {
    let config = &context.config;
    let secrets = Secrets::new(config.secrets.clone(), |name| std::env::var(name).ok());
    Operator {
        allowed: AllowedHosts::new(config.allow_targets.iter().cloned()),
        nats: Servers::new(config.nats.iter().cloned(), secrets.clone()),
        secrets,
        drops: config.drops.clone(),
        schedule: Arc::default(),
    }
}

/// Waits for the process that resolves to end, and then takes its place.
async fn take_over(state: AppState, first: Draft) {
    loop {
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
        match Pipeline::start(state.store.clone(), &first, state.resolver.clone()).await {
            Ok(pipeline) => {
                tracing::info!("this node resolves from now on");
                let (control, _worker): (Control, _) = spawn(pipeline, state.sources.clone());
                state.resolves(control);
                return;
            }
            Err(StoreError::LeaderElsewhere) => {}
            Err(error) => tracing::warn!(%error, "could not ask whether another process resolves"),
        }
    }
}

async fn stop_signal() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}
