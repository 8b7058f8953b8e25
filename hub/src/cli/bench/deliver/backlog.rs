//! A feed that nobody has read yet, drained by a webhook and by a NATS stream.

use super::receiver::{Manner, Receiver};
use super::{PATIENCE, subscribe_from};
use crate::api::Keep;
use crate::cli::bench::stage::{Running, Stage};
use crate::cli::demo::exports;
use crate::cli::import::{Read, read_file, settle};
use crate::cli::local::Local;
use crate::cli::output::{number, records_bar};
use crate::cli::{Context, Failure, Verdict};
use crate::domain::ids::{EventSeq, SubscriberId};
use crate::domain::subscriber::Target;
use async_nats::jetstream::{self, stream::Config};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SUBJECT: &str = "bench.{golden}";
const LOOK: Duration = Duration::from_millis(100);

/// How one subscriber drained the feed.
struct Drained {
    what: &'static str,
    events: i64,
    seconds: f64,
    /// Resident memory before, at most, and at the end, in megabytes.
    memory_mb: [u64; 3],
}

pub async fn run(context: &Context, events: usize, nats: Option<&str>) -> Result<Verdict, Failure> {
    let stage = Stage::set(context, "backlog").await?;
    let result = measure(&stage, events, nats).await;
    stage.clear().await?;
    report(context, &result?);
    Ok(Verdict::Fine)
}

async fn measure(stage: &Stage, events: usize, nats: Option<&str>) -> Result<Vec<Drained>, Failure> {
    fill(stage, events).await?;
    let hub = Running::start(stage, Keep::Durably).await?;
    let mut drained = Vec::new();
    let receiver = Receiver::start(Manner::Healthy).await?;
    let id = subscribe_from(&hub.state, "webhook", receiver.target(), EventSeq(0)).await?;
    drained.push(drain(&hub, "webhook", id).await?);
    if let Some(server) = nats {
        let stream = hub.state.operator.nats.jetstream(server).await?;
        make_stream(&stream).await?;
        let target = Target::Nats { server: server.to_owned(), subject: SUBJECT.to_owned() };
        let id = subscribe_from(&hub.state, "stream", target, EventSeq(0)).await?;
        drained.push(drain(&hub, "nats", id).await?);
        stream.delete_stream(stream_name()).await?;
    }
    hub.stop().await?;
    Ok(drained)
}

/// Real events of real golden records: the demo's exports through the whole pipeline.
async fn fill(stage: &Stage, events: usize) -> Result<(), Failure> {
    let local = Local::start(&stage.context).await?;
    let mut seed = 0;
    while local.store.last_event().await?.0 < events as i64 {
        seed += 1;
        let folder = stage.context.config.data_dir.join("exports");
        for (source, file) in exports::write(&folder, events, seed)? {
            let manifest = local.sources.get(source).ok_or_else(|| format!("no manifest is named {source}"))?;
            let mut read = Read::default();
            read_file(&local, manifest, &file, &mut read).await?;
            settle(&local, read).await?;
        }
        std::fs::remove_dir_all(folder)?;
    }
    local.stop().await;
    Ok(())
}

async fn drain(hub: &Running, what: &'static str, id: SubscriberId) -> Result<Drained, Failure> {
    let newest = hub.state.store.last_event().await?;
    let bar = records_bar(newest.0 as u64, what);
    let (started, before) = (Instant::now(), memory_mb());
    let (mut most, mut moved) = (before, (Instant::now(), EventSeq(0)));
    loop {
        tokio::time::sleep(LOOK).await;
        let subscriber = hub.state.store.subscriber(id).await?.ok_or("the subscriber has gone")?;
        bar.set_position(subscriber.cursor.0 as u64);
        most = most.max(memory_mb());
        if subscriber.cursor >= newest {
            break;
        }
        if subscriber.cursor > moved.1 {
            moved = (Instant::now(), subscriber.cursor);
        } else if moved.0.elapsed() > PATIENCE {
            return Err(format!("{what}: nothing has been delivered for half a minute").into());
        }
    }
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    Ok(Drained { what, events: newest.0, seconds, memory_mb: [before, most, memory_mb()] })
}

fn stream_name() -> String {
    format!("bench-{}", std::process::id())
}

/// A stream of this run alone, that takes what the hub publishes.
async fn make_stream(server: &jetstream::Context) -> Result<(), Failure> {
    let settings =
        Config { name: stream_name(), subjects: vec![SUBJECT.replace("{golden}", "*")], ..Default::default() };
    server.create_stream(settings).await?;
    Ok(())
}

/// Resident memory now, where the system tells; zero elsewhere.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn report(context: &Context, drained: &[Drained]) {
    let engine = context.config.database.split(':').next().unwrap_or_default();
    if context.json {
        let one = |drained: &Drained| {
            let Drained { what, events, seconds, memory_mb: [before, most, after] } = drained;
            json!({
                "to": what, "events": events, "seconds": seconds, "events_per_second": *events as f64 / seconds,
                "memory_mb_before": before, "memory_mb_max": most, "memory_mb_after": after,
            })
        };
        println!("{}", json!({ "engine": engine, "drained": drained.iter().map(one).collect::<Vec<Value>>() }));
        return;
    }
    for Drained { what, events, seconds, memory_mb: [before, most, after] } in drained {
        let (rate, events) = (number((*events as f64 / seconds) as i64), number(*events));
        println!(
            "{what:<8} {events} events, {rate} a second; memory {before} MB before, {most} at most, {after} after"
        );
    }
}
