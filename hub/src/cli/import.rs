//! `hub import`: a source's export into the inbox, and through the pipeline.

mod dry_run;

use super::local::{Local, delivery};
use super::output::{bytes_bar, number, records_bar};
use super::{Context, Failure, Verdict};
use crate::domain::ids::DeliveryId;
use crate::domain::limits::INBOX_RECORDS_MAX;
use crate::pipeline::{Sources, clock};
use crate::store::inbox::NewDelivery;
use clap::Args;
use connectors::Manifest;
use connectors::read::{Item, records};
use indicatif::ProgressBar;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Reads a source's export by its manifest. Every record is durable before it is processed; records that cannot be
/// used become dead letters and cost only themselves.
#[derive(Debug, Args)]
pub struct Import {
    /// The source, by the name of its manifest
    #[arg(long)]
    source: String,
    /// Show the first mapped records beside the raw ones and all errors, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Files to read, in this order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What reading files gave.
#[derive(Clone, Copy, Debug, Default)]
pub struct Read {
    pub records: u64,
    pub rejected: u64,
    pub last: DeliveryId,
}

impl Import {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if self.dry_run {
            let sources = Sources::load(context.config.manifests.as_deref())?;
            return dry_run::run(manifest(&sources, &self.source)?, &self.files, context.json);
        }
        let local = Local::start(context).await?;
        let manifest = manifest(&local.sources, &self.source)?;
        let started = Instant::now();
        let before = local.store.dead_letter_count().await?;
        let mut read = Read::default();
        let mut failures = Vec::new();
        for file in &self.files {
            if let Some(reason) = read_file(&local, manifest, file, &mut read).await? {
                failures.push(format!("{}: {reason}", file.display()));
            }
        }
        settle(&local, read).await?;
        let dead_letters = local.store.dead_letter_count().await? - before;
        let seconds = started.elapsed().as_secs_f64();
        report(context, read, dead_letters, &failures, seconds);
        local.stop().await;
        Ok(if failures.is_empty() && dead_letters <= 0 { Verdict::Fine } else { Verdict::LookAtIt })
    }
}

/// The manifest of a source, or a message that lists what there is.
fn manifest<'s>(sources: &'s Sources, name: &str) -> Result<&'s Manifest, Failure> {
    sources.get(name).ok_or_else(|| {
        let known: Vec<&str> = sources.iter().map(Manifest::name).collect();
        let known = known.join(", ");
        format!("no source is named {name}; there are {known}. Add a manifest with --manifests").into()
    })
}

/// Appends one file's records to the inbox; returns why it could not be read to its end.
pub async fn read_file(
    local: &Local,
    manifest: &Manifest,
    path: &Path,
    read: &mut Read,
) -> Result<Option<String>, Failure> {
    let unreadable = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let bar = bytes_bar(size, &format!("reading {}", manifest.name()));
    let mut items = records(bar.wrap_read(file), manifest.read_options());
    loop {
        let source = manifest.name().to_owned();
        // Reading and unpacking is work for a thread that serves nobody.
        let (rest, chunk, failed) = tokio::task::spawn_blocking(move || {
            let (chunk, failed) = next_chunk(&mut items, &source);
            (items, chunk, failed)
        })
        .await?;
        items = rest;
        let ended = chunk.len() < INBOX_RECORDS_MAX;
        append(local, chunk, read).await?;
        if failed.is_some() || ended {
            bar.finish_and_clear();
            return Ok(failed);
        }
    }
}

fn next_chunk(items: &mut impl Iterator<Item = Item>, source: &str) -> (Vec<NewDelivery>, Option<String>) {
    let mut chunk = Vec::with_capacity(INBOX_RECORDS_MAX);
    for item in items {
        if let Item::Failed { position, reason } = &item {
            return (chunk, Some(format!("line {}: {reason}", position.line)));
        }
        chunk.extend(delivery(source, item));
        if chunk.len() == INBOX_RECORDS_MAX {
            break;
        }
    }
    (chunk, None)
}

/// Makes records durable and wakes the pipeline.
pub async fn append(local: &Local, chunk: Vec<NewDelivery>, read: &mut Read) -> Result<(), Failure> {
    if chunk.is_empty() {
        return Ok(());
    }
    let count = chunk.len() as u64;
    read.rejected += chunk.iter().filter(|d| d.rejected.is_some()).count() as u64;
    let first = local.store.append(chunk, clock::now_us(), Vec::new()).await?;
    read.records += count;
    read.last = DeliveryId(first.0 + count as i64 - 1);
    if let super::local::Worker::Here(control, _) = &local.worker {
        control.wake();
    }
    Ok(())
}

/// Waits until everything read has gone through the pipeline.
pub async fn settle(local: &Local, read: Read) -> Result<(), Failure> {
    let bar: ProgressBar = records_bar(read.records, "resolving");
    let first = read.last.0 - read.records as i64;
    local.reached(read.last, |done| bar.set_position((done.0 - first).clamp(0, read.records as i64) as u64)).await?;
    bar.finish_and_clear();
    Ok(())
}

fn report(context: &Context, read: Read, dead_letters: i64, failures: &[String], seconds: f64) {
    let rate = read.records as f64 / seconds;
    if context.json {
        let report = serde_json::json!({
            "records": read.records, "dead_letters": dead_letters, "failures": failures,
            "seconds": seconds, "records_per_second": rate,
        });
        println!("{report}");
        return;
    }
    println!("{} records in {seconds:.1} s ({} a second)", number(read.records), number(rate as i64));
    if dead_letters > 0 {
        println!(
            "{} could not be used: see `hub dead-letters groups`, or `hub import --dry-run`",
            number(dead_letters)
        );
    }
    for failure in failures {
        println!("not read to its end: {failure}");
    }
}
