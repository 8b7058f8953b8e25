//! `hub bench read`: profile and permission reads over loopback, against an empty handler of the same server.

use super::client::{Load, Measured};
use crate::api::keys;
use crate::api::listen::empty_handler;
use crate::cli::output::number;
use crate::cli::serve::Server;
use crate::cli::{Context, Failure, Verdict};
use crate::domain::ids::GoldenId;
use crate::store::Store;
use clap::Args;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Reads random golden records of the configured database over loopback, asks whether people may be written to, and reads
/// an empty handler of the same server beside it, in turns within one run. Fill the database first: `hub demo --exit --records 1000000`, or `hub import`.
#[derive(Debug, Args)]
pub struct Read {
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Length of each measurement; there are three of each kind
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    seconds: u64,
}

/// Measurements of each kind, taken in turns, so that a slower moment of the machine meets both.
const TURNS: usize = 3;

impl Read {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let server = Server::start(context, any, "search").await?;
        let ids = golden_ids(&server.state.store).await?;
        if ids.is_empty() {
            return Err("the database holds no golden records; import something first".into());
        }
        let (_, key) = keys::create(&server.state.store, "bench read", "channel").await?;
        let records = server.state.store.counts().await?.records;
        let address = server.address;
        let serving = tokio::spawn(server.serve());
        let listener = TcpListener::bind(any).await?;
        let empty = listener.local_addr()?;
        tokio::spawn(empty_handler(listener));
        let targets: Vec<String> = ids.iter().map(|id| format!("/v1/profiles/{id}")).collect();
        let permission = |id: &GoldenId| format!("/v1/permissions?id={id}&purpose=marketing&channel=email");
        let questions: Vec<String> = ids.iter().map(permission).collect();
        let load = Load { connections: self.connections, key };
        load.warm_up(address, &targets).await?;
        let mut profile = Measured::default();
        let mut permission = Measured::default();
        let mut bare = Measured::default();
        for turn in 0..TURNS {
            let span = Duration::from_secs(self.seconds);
            bare.add(load.run(empty, &["/".to_owned()], span, turn as u64).await?);
            profile.add(load.run(address, &targets, span, turn as u64).await?);
            permission.add(load.run(address, &questions, span, turn as u64).await?);
        }
        serving.abort();
        report(context.json, records, ids.len(), &Kinds { profile, permission, bare });
        Ok(Verdict::Fine)
    }
}

async fn golden_ids(store: &Store) -> Result<Vec<GoldenId>, Failure> {
    let mut ids = Vec::new();
    loop {
        let page = store.golden_ids_after(ids.last().copied(), 50_000).await?;
        if page.is_empty() {
            return Ok(ids);
        }
        ids.extend(page);
    }
}

/// What was measured of each kind of request.
struct Kinds {
    profile: Measured,
    permission: Measured,
    bare: Measured,
}

fn report(json: bool, records: i64, goldens: usize, kinds: &Kinds) {
    let Kinds { profile, permission, bare } = kinds;
    let ratio = profile.per_second() / bare.per_second();
    let (p99, bare_p99) = (profile.quantile_us(0.99), bare.quantile_us(0.99));
    let tail = p99 as f64 / bare_p99.max(1) as f64;
    let permission_p99 = permission.quantile_us(0.99);
    let permission_tail = permission_p99 as f64 / p99.max(1) as f64;
    if json {
        let report = serde_json::json!({
            "records": records, "golden_records": goldens,
            "requests_per_second": profile.per_second(), "empty_requests_per_second": bare.per_second(),
            "ratio": ratio, "p50_us": profile.quantile_us(0.5), "p99_us": p99, "empty_p99_us": bare_p99,
            "p99_ratio": tail, "permissions_per_second": permission.per_second(),
            "permission_p50_us": permission.quantile_us(0.5), "permission_p99_us": permission_p99,
            "permission_p99_to_profile": permission_tail,
            "errors": profile.errors + permission.errors + bare.errors,
        });
        println!("{report}");
        return;
    }
    println!("profiles        {:>10} requests a second, p99 {p99} us", number(profile.per_second() as i64));
    println!(
        "permissions     {:>10} requests a second, p99 {permission_p99} us",
        number(permission.per_second() as i64)
    );
    println!("empty handler   {:>10} requests a second, p99 {bare_p99} us", number(bare.per_second() as i64));
    println!(
        "ratio           {ratio:>10.2}, p99 {tail:.2} times; permissions p99 {permission_tail:.2} times a profile's"
    );
}
