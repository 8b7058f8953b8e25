//! `hub bench webhook`: signed webhooks made durable, against the same endpoint with the store call removed.

use super::client::{Load, Measured};
use super::stage::{Running, Sender, Stage};
use crate::api::Keep;
use crate::cli::output::number;
use crate::cli::{Context, Failure, Verdict};
use crate::store::Store;
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Sends signed webhooks over loopback to a hub that makes them durable, and in turns to one that checks and drops them:
/// as fast as they are answered, then so many a second. Where the hub takes in and does not resolve, as a second node
/// does, its own share of the machine is all that is measured; with --resolve the pipeline works on them meanwhile.
#[derive(Debug, Args)]
pub struct Webhook {
    /// Webhooks of each kind that are sent as fast as they are answered
    #[arg(long, default_value_t = 60_000, value_name = "N")]
    records: usize,
    /// Webhooks a second in the second part
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long the second part takes
    #[arg(long, default_value_t = 20, value_name = "SECONDS")]
    seconds: u64,
    /// Connections that send at the same time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Resolve what comes in while it comes in
    #[arg(long)]
    resolve: bool,
}

/// Parts of the first part, taken in turns, so that a slower moment of the machine meets both.
const TURNS: usize = 3;

impl Webhook {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (durable, bare) = (Stage::set(context, "durable").await?, Stage::set(context, "bare").await?);
        let result = self.measure(&durable, &bare).await;
        durable.clear().await?;
        bare.clear().await?;
        let [durable, bare, steady] = result?;
        report(context, self.rate, &durable, &bare, &steady);
        Ok(Verdict::Fine)
    }

    async fn measure(&self, durable: &Stage, bare: &Stage) -> Result<[Measured; 3], Failure> {
        // Whoever holds the lead keeps the hub from resolving.
        let store = Store::open(&durable.context.config.database).await?;
        let _lead = if self.resolve { None } else { Some(store.lead().await?) };
        let kept = Running::start(durable, Keep::Durably).await?;
        let dropped = Running::start(bare, Keep::Nothing).await?;
        let load = durable.load(&store, self.connections).await?;
        let sender = Sender::new()?;
        let mut numbers = 0..;
        let mut requests = |count: usize| -> Result<Arc<[String]>, Failure> {
            numbers.by_ref().take(count).map(|n| sender.request(n, n % (self.records / 2).max(1), n)).collect()
        };
        let warm = requests(self.connections * 4)?;
        load.each(dropped.address, &warm).await?;
        load.each(kept.address, &warm).await?;
        let (mut durable, mut bare) = (Measured::default(), Measured::default());
        for _ in 0..TURNS {
            let part = requests((self.records / TURNS).max(1))?;
            bare.add(load.each(dropped.address, &part).await?);
            durable.add(load.each(kept.address, &part).await?);
        }
        let steady = self.steady(&load, kept.address, requests(self.rate as usize * self.seconds as usize)?).await?;
        dropped.stop().await?;
        kept.stop().await?;
        store.close().await;
        Ok([durable, bare, steady])
    }

    async fn steady(&self, load: &Load, address: SocketAddr, requests: Arc<[String]>) -> Result<Measured, Failure> {
        load.at_rate(address, requests, self.rate, Duration::from_secs(self.seconds)).await
    }
}

fn report(context: &Context, rate: u32, durable: &Measured, bare: &Measured, steady: &Measured) {
    let engine = context.config.database.split(':').next().unwrap_or_default();
    let ratio = durable.per_second() / bare.per_second();
    let ms = |measured: &Measured, quantile| f64::from(measured.quantile_us(quantile)) / 1000.0;
    if context.json {
        let report = serde_json::json!({
            "engine": engine, "webhooks": durable.times_us.len(), "webhooks_per_second": durable.per_second(),
            "bare_webhooks_per_second": bare.per_second(), "ratio": ratio,
            "p50_ms": ms(durable, 0.5), "p99_ms": ms(durable, 0.99), "errors": durable.errors + bare.errors,
            "steady": {
                "webhooks_per_second": rate, "webhooks": steady.times_us.len(), "errors": steady.errors,
                "p50_ms": ms(steady, 0.5), "p99_ms": ms(steady, 0.99), "longest_ms": ms(steady, 1.0),
            },
        });
        println!("{report}");
        return;
    }
    println!("durable         {:>10} webhooks a second in {engine}", number(durable.per_second() as i64));
    println!("nothing kept    {:>10} webhooks a second", number(bare.per_second() as i64));
    println!("ratio           {ratio:>10.2}");
    let (p50, p99) = (ms(steady, 0.5), ms(steady, 0.99));
    println!("at {rate} a second: p50 {p50:.2} ms, p99 {p99:.2} ms, {} errors", steady.errors);
}
