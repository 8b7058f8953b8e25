//! `hub bench deliver`: how soon a change reaches a subscriber, who delays whom, and how fast a backlog drains.

mod backlog;
mod receiver;

use self::receiver::{Manner, Receiver};
use super::client::Connection;
use super::stage::{Running, SOURCE, Sender, Stage};
use crate::api::{AppState, Keep};
use crate::cli::{Context, Failure, Verdict};
use crate::domain::ids::{EventSeq, SubscriberId};
use crate::domain::subscriber::{Filter, SecretName, Settings, Target};
use crate::pipeline::clock::now_us;
use crate::store::subscribers::Subscriber;
use clap::Args;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Sends signed webhooks at a fixed rate to a hub with a subscriber, and times each change from its acknowledgement to the
/// call of the subscriber's webhook: alone, and in turns beside one subscriber that hangs for ever and one that fails every
/// second time. With --backlog, fills a feed and lets a webhook and, with --nats, a stream drain it.
#[derive(Debug, Args)]
pub struct Deliver {
    /// Changes a second
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Length of each measurement; there are three of each kind
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    seconds: u64,
    /// People who change
    #[arg(long, default_value_t = 4_000, value_name = "N")]
    people: usize,
    /// Drain a feed of about so many events instead
    #[arg(long, value_name = "N")]
    backlog: Option<usize>,
    /// A NATS server of hub.toml to drain it to as well; its secret has to stand in the environment
    #[arg(long, value_name = "NAME", requires = "backlog")]
    nats: Option<String>,
}

/// Measurements of each kind, taken in turns, so that a slower moment of the machine meets both.
const TURNS: usize = 3;
/// Connections that send; more than ever wait for an answer.
const SENDERS: usize = 32;
/// Before the first measurement.
const WARM_UP_SECONDS: u64 = 3;
/// What is not delivered by then is counted as lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// From acknowledgement to call, in microseconds; a change that is not called for has none.
#[derive(Default)]
struct Lags {
    us: Vec<u64>,
    lost: usize,
}

impl Deliver {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if let Some(events) = self.backlog {
            return backlog::run(context, events, self.nats.as_deref()).await;
        }
        let stage = Stage::set(context, "deliver").await?;
        let result = self.measure(&stage).await;
        stage.clear().await?;
        let (alone, beside) = result?;
        self.report(context, alone, beside);
        Ok(Verdict::Fine)
    }

    async fn measure(&self, stage: &Stage) -> Result<(Lags, Lags), Failure> {
        let hub = Running::start(stage, Keep::Durably).await?;
        let mut healthy = Receiver::start(Manner::Healthy).await?;
        let (hanging, failing) = (Receiver::start(Manner::Hangs).await?, Receiver::start(Manner::Fails).await?);
        subscribe(&hub.state, "healthy", healthy.target()).await?;
        let sender = Sender::new()?;
        let (mut sent, mut alone, mut beside) = (0, Lags::default(), Lags::default());
        self.turn(&hub, &sender, &mut healthy, &mut sent, WARM_UP_SECONDS).await?;
        for _ in 0..TURNS {
            alone.add(self.turn(&hub, &sender, &mut healthy, &mut sent, self.seconds).await?);
            let bad = [
                subscribe(&hub.state, "hanging", hanging.target()).await?,
                subscribe(&hub.state, "failing", failing.target()).await?,
            ];
            beside.add(self.turn(&hub, &sender, &mut healthy, &mut sent, self.seconds).await?);
            for id in bad {
                hub.state.store.remove_subscriber(id).await?;
            }
            hub.state.deliveries.changed();
        }
        hub.stop().await?;
        Ok((alone, beside))
    }

    /// Sends at the rate for a while, and waits for what was sent to be delivered.
    async fn turn(
        &self,
        hub: &Running,
        sender: &Sender,
        receiver: &mut Receiver,
        sent: &mut usize,
        seconds: u64,
    ) -> Result<Lags, Failure> {
        let (first, count) = (*sent, self.rate as usize * seconds as usize);
        *sent += count;
        let requests: Vec<String> =
            (first..*sent).map(|n| sender.request(n, n % self.people.max(1), n)).collect::<Result<_, _>>()?;
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for own in 0..SENDERS {
            let (requests, rate, address) = (every(&requests, own), self.rate, hub.address);
            tasks
                .spawn(send(address, requests, move |n| started + Duration::from_secs_f64(n as f64 / f64::from(rate))));
        }
        let mut acknowledged = vec![None; count];
        while let Some(done) = tasks.join_next().await {
            done??.into_iter().for_each(|(place, at)| acknowledged[place] = at);
        }
        let mut lags = Lags::default();
        let mut left = acknowledged.iter().flatten().count();
        lags.lost = count - left;
        let until = tokio::time::Instant::now() + PATIENCE;
        while left > 0 {
            let Ok(Some((number, at))) = tokio::time::timeout_at(until, receiver.called.recv()).await else { break };
            let place = number.checked_sub(first).and_then(|place| acknowledged.get_mut(place));
            if let Some(acknowledged) = place.and_then(Option::take) {
                lags.us.push(at.saturating_duration_since(acknowledged).as_micros() as u64);
                left -= 1;
            }
        }
        lags.lost += left;
        Ok(lags)
    }

    fn report(&self, context: &Context, mut alone: Lags, mut beside: Lags) {
        let engine = context.config.database.split(':').next().unwrap_or_default();
        let growth = beside.ms(0.99) / alone.ms(0.99).max(f64::MIN_POSITIVE);
        if context.json {
            let of = |lags: &mut Lags| {
                serde_json::json!({
                    "changes": lags.us.len(), "lost": lags.lost, "p50_ms": lags.ms(0.5), "p99_ms": lags.ms(0.99),
                    "longest_ms": lags.ms(1.0),
                })
            };
            let report = serde_json::json!({
                "engine": engine, "changes_per_second": self.rate, "alone": of(&mut alone), "beside": of(&mut beside),
                "p99_growth": growth,
            });
            println!("{report}");
            return;
        }
        println!("{} changes a second in {engine}, from acknowledgement to the subscriber's webhook", self.rate);
        for (what, lags) in [("alone", &mut alone), ("beside bad ones", &mut beside)] {
            let (p50, p99, longest) = (lags.ms(0.5), lags.ms(0.99), lags.ms(1.0));
            println!("{what:<16} p50 {p50:>7.2} ms, p99 {p99:>7.2} ms, longest {longest:>7.2} ms, {} lost", lags.lost);
        }
        println!("p99 beside those that hang and fail: {growth:.2} times");
    }
}

/// Each `SENDERS`th request from one on, with its place.
fn every(requests: &[String], own: usize) -> Vec<(usize, String)> {
    requests.iter().cloned().enumerate().skip(own).step_by(SENDERS).collect()
}

/// Sends each request when it is due; answers when each was acknowledged, if it was.
async fn send(
    address: SocketAddr,
    requests: Vec<(usize, String)>,
    due: impl Fn(usize) -> Instant,
) -> Result<Vec<(usize, Option<Instant>)>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut acknowledged = Vec::with_capacity(requests.len());
    for (place, request) in requests {
        tokio::time::sleep_until(due(place).into()).await;
        let good = connection.ask(&request).await?;
        acknowledged.push((place, good.then(Instant::now)));
    }
    Ok(acknowledged)
}

/// Adds a subscriber that is told of everything from now on.
async fn subscribe(state: &AppState, name: &str, target: Target) -> Result<SubscriberId, Failure> {
    let newest = state.store.last_event().await?;
    subscribe_from(state, name, target, newest).await
}

async fn subscribe_from(
    state: &AppState,
    name: &str,
    target: Target,
    cursor: EventSeq,
) -> Result<SubscriberId, Failure> {
    let settings = Settings {
        target,
        filter: Filter::default(),
        attributes: None,
        purpose: None,
        rate_per_second: None,
        parallel: PARALLEL,
    };
    let subscriber = Subscriber::new(name.to_owned(), settings, cursor, now_us());
    state.store.add_subscriber(&subscriber).await?;
    state.deliveries.changed();
    Ok(subscriber.id)
}

/// Events on their way to one subscriber.
const PARALLEL: u32 = 16;

impl Receiver {
    fn target(&self) -> Target {
        Target::Webhook { url: self.url.clone(), secret: SecretName(SOURCE.to_owned()), previous: None }
    }
}

impl Lags {
    fn add(&mut self, mut other: Lags) {
        self.us.append(&mut other.us);
        self.lost += other.lost;
    }

    fn ms(&mut self, quantile: f64) -> f64 {
        self.us.sort_unstable();
        let place = (self.us.len() as f64 * quantile) as usize;
        self.us.get(place.min(self.us.len().saturating_sub(1))).map_or(0.0, |us| *us as f64 / 1000.0)
    }
}
