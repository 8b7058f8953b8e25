//! `hub bench search`: one record against a loaded population, in process and through the API.

mod population;

use self::population::{Query, held_out, load};
use super::client::{Load, Measured};
use crate::api::keys;
use crate::cli::output::{number, records_bar};
use crate::cli::serve::Server;
use crate::cli::{Context, Failure, Verdict};
use crate::pipeline::SharedResolver;
use crate::store::scratch::Scratch;
use clap::Args;
use demo::Retailer;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Loads a table into a scratch database beside the configured one, but for some rows that are held out, and asks for
/// those: records of the same people with other slips in them, and strangers. First by the match index in this process,
/// then by POST /v1/match at a fixed rate, each request timed from the moment at which it was due.
#[derive(Debug, Args)]
pub struct Search {
    /// A table with the columns of the common-csv manifest, instead of the demo's population
    #[arg(long, value_name = "FILE", conflicts_with = "records")]
    input: Option<PathBuf>,
    /// How many records of the demo's fictitious retailer there are
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    records: usize,
    /// One row in so many is held out and asked for
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..))]
    hold_out: u64,
    /// Requests a second
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// For how long requests are sent
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    seconds: u64,
}

/// More than ever wait for their answers, unless the server falls far behind.
const CONNECTIONS: usize = 64;

/// Requests before the measurement, which open connections and warm both sides.
const WARM_UP_SECONDS: u64 = 2;

impl Search {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let scratch = Scratch::create(&context.config.database, "search").await?;
        let folder = context.config.data_dir.join(format!("bench-search-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let result = self.measure(context, &scratch, &folder).await;
        scratch.remove().await?;
        std::fs::remove_dir_all(&folder)?;
        result
    }

    async fn measure(&self, context: &Context, scratch: &Scratch, folder: &Path) -> Result<Verdict, Failure> {
        let mut config = context.config.clone();
        (config.database, config.data_dir) = (scratch.url().to_owned(), folder.to_owned());
        let own = Context { config, json: context.json };
        let input = match &self.input {
            Some(input) => input.clone(),
            None => invented(folder, self.records)?,
        };
        let (stored, payloads) = load(&own, &input, self.hold_out).await?;
        let queries = held_out(&own, &payloads)?;
        if queries.is_empty() {
            return Err("the table has too few rows to hold any out; lower --hold-out".into());
        }
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let server = Server::start(&own, any, "search").await?;
        caught_up(&server).await?;
        let inside = tokio::task::block_in_place(|| in_process(&server.state.resolver, &queries))?;
        let outside = self.over_http(server, &queries).await?;
        report(context, stored, &queries, &inside, (self.rate, &outside));
        Ok(Verdict::Fine)
    }

    async fn over_http(&self, server: Server, queries: &[Query]) -> Result<Measured, Failure> {
        let (_, key) = keys::create(&server.state.store, "bench search", "channel").await?;
        let address = server.address;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.until(async move { drop(stopped.await) }));
        let load = Load { connections: CONNECTIONS, key };
        let requests: Arc<[String]> = queries.iter().map(|query| load.post("/v1/match", &query.body)).collect();
        load.at_rate(address, requests.clone(), self.rate, Duration::from_secs(WARM_UP_SECONDS)).await?;
        let measured = load.at_rate(address, requests, self.rate, Duration::from_secs(self.seconds)).await;
        // The database is to be removed, so nobody may go on working on it.
        drop(stop);
        serving.await??;
        measured
    }
}

/// The demo's population as a table.
fn invented(folder: &Path, records: usize) -> Result<PathBuf, Failure> {
    let (path, bar) = (folder.join("records.csv"), records_bar(records as u64, "making records"));
    Retailer { seed: 1, records }
        .write_common_csv(File::create(&path)?, std::io::sink(), &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    Ok(path)
}

/// Waits until the read side has indexed everything, which would take time from the measurement.
pub async fn caught_up(server: &Server) -> Result<(), Failure> {
    let newest = server.state.store.last_event().await?;
    while server.state.reads.search.position() < newest {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// What asking in this process gave.
struct Inside {
    times: Measured,
    /// Neighbours that weigh at least the floor, over all queries.
    neighbours: usize,
    /// Queries that the hub would link to somebody.
    linked: usize,
}

fn in_process(shared: &SharedResolver, queries: &[Query]) -> Result<Inside, Failure> {
    let slot = shared.read().unwrap_or_else(PoisonError::into_inner);
    let index = slot.as_ref().ok_or("another process resolves on the scratch database")?.index();
    let mut inside = Inside { times: Measured::default(), neighbours: 0, linked: 0 };
    for query in queries {
        let asked = Instant::now();
        let found = index.search(&query.features);
        inside.times.times_us.push(asked.elapsed().as_micros() as u32);
        inside.neighbours += found.len();
        let link = index.model().thresholds.link;
        inside.linked += usize::from(found.iter().any(|neighbour| neighbour.weight >= link));
    }
    Ok(inside)
}

fn report(context: &Context, stored: u64, queries: &[Query], inside: &Inside, (rate, outside): (u32, &Measured)) {
    let engine = context.config.database.split(':').next().unwrap_or_default();
    let times = |measured: &Measured| {
        [0.5, 0.99, 0.999, 1.0].map(|quantile| f64::from(measured.quantile_us(quantile)) / 1000.0)
    };
    let ([p50, p99, p999, longest], http) = (times(&inside.times), times(outside));
    if context.json {
        let report = serde_json::json!({
            "engine": engine, "stored": stored, "queries": queries.len(),
            "neighbours_per_query": inside.neighbours as f64 / queries.len() as f64,
            "linked_share": inside.linked as f64 / queries.len() as f64,
            "in_process": { "p50_ms": p50, "p99_ms": p99, "p999_ms": p999, "longest_ms": longest },
            "match": {
                "requests_per_second": rate, "requests": outside.times_us.len(), "errors": outside.errors,
                "p50_ms": http[0], "p99_ms": http[1], "p999_ms": http[2], "longest_ms": http[3],
            },
        });
        println!("{report}");
        return;
    }
    println!("{} records in {engine}, {} queries held out", number(stored), number(queries.len() as i64));
    println!("in process      p50 {p50:>8.3} ms, p99 {p99:>8.3} ms, longest {longest:>8.3} ms");
    println!("POST /v1/match  p50 {:>8.3} ms, p99 {:>8.3} ms, longest {:>8.3} ms", http[0], http[1], http[3]);
    println!("at {rate} requests a second, {} errors", outside.errors);
}
