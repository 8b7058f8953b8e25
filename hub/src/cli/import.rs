//! `hub import`: a source's export into the inbox, and through the pipeline.

mod dry_run;

use super::local::Local;
use super::output::{bytes_bar, number, records_bar};
use super::{Context, Failure, Verdict};
use crate::collect::files::{End, Examined, Exceptions, Expected, Outcome, Taker, examine};
use crate::domain::ids::DeliveryId;
use crate::pipeline::{Sources, clock};
use crate::store::inbox::NewDelivery;
use clap::Args;
use connectors::Manifest;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::Seek;
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
    /// Read nothing unless the file holds so many records, good and bad
    #[arg(long, value_name = "N")]
    expect_records: Option<u64>,
    /// Read a file even if one with the same content was read before
    #[arg(long)]
    again: bool,
    /// Write line, step and reason of each record that cannot be used into this file, as CSV
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
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

impl Read {
    fn add(&mut self, outcome: &Outcome) {
        self.records += outcome.taken as u64;
        self.last = outcome.last.unwrap_or(self.last);
    }
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
        let (mut failures, mut known) = (Vec::new(), 0);
        let mut exceptions = Exceptions::default();
        for file in &self.files {
            let outcome = self.take(&local, manifest, file).await?;
            match &outcome.end {
                End::Complete => {}
                End::Known => known += 1,
                End::Refused { reason } | End::Broken { reason } => {
                    failures.push(format!("{}: {reason}", file.display()))
                }
            }
            read.add(&outcome);
            exceptions.extend(outcome.exceptions);
        }
        if let Some(path) = &self.report {
            exceptions.write(File::create(path).map_err(|e| format!("{}: {e}", path.display()))?)?;
        }
        settle(&local, read).await?;
        if known > 0 {
            // What an interrupted import had stored may still wait.
            let (_, newest) = local.store.progress().await?;
            local.reached(newest, |_| ()).await?;
        }
        let dead_letters = local.store.dead_letter_count().await? - before;
        let seconds = started.elapsed().as_secs_f64();
        report(context, read, dead_letters, &failures, known, seconds);
        local.stop().await;
        Ok(if failures.is_empty() && dead_letters <= 0 { Verdict::Fine } else { Verdict::LookAtIt })
    }

    async fn take(&self, local: &Local, manifest: &Manifest, path: &Path) -> Result<Outcome, Failure> {
        let expected = Expected { records: self.expect_records, sha256: None };
        let taking = Taking { expected, again: self.again, checks: self.report.is_some() };
        take_file(local, manifest, path, taking).await
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

/// Takes one file in, whether it was before or not; returns why it could not be read to its end.
pub async fn read_file(
    local: &Local,
    manifest: &Manifest,
    path: &Path,
    read: &mut Read,
) -> Result<Option<String>, Failure> {
    let outcome = take_file(local, manifest, path, Taking { again: true, ..Taking::default() }).await?;
    read.add(&outcome);
    Ok(match outcome.end {
        End::Complete | End::Known => None,
        End::Refused { reason } | End::Broken { reason } => Some(reason),
    })
}

/// How a file is to be taken in.
#[derive(Default)]
pub struct Taking {
    pub expected: Expected,
    /// Even if it was before.
    pub again: bool,
    /// Whether records are mapped for a report.
    pub checks: bool,
}

/// Takes one file into the inbox.
pub async fn take_file(local: &Local, manifest: &Manifest, path: &Path, taking: Taking) -> Result<Outcome, Failure> {
    let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut file = File::open(path).map_err(|e| failed(&e))?;
    let about = file.metadata().map_err(|e| failed(&e))?;
    let size = about.len();
    let (options, expected) = (manifest.read_options().clone(), taking.expected.clone());
    let (file, examined) = tokio::task::spawn_blocking(move || {
        if !about.is_file() {
            return Ok((file, Examined::of_a_pipe(clock::now_us())));
        }
        let examined = examine(&mut file, &options, &expected)?;
        file.rewind()?;
        Ok::<_, std::io::Error>((file, examined))
    })
    .await?
    .map_err(|e| failed(&e))?;
    let bar = bytes_bar(size, &format!("reading {}", manifest.name()));
    let taker = Taker { store: local.store.clone(), wake: local.waker(), checks: taking.checks };
    let input = bar.wrap_read(file);
    let outcome = taker.take(manifest, &examined, &taking.expected, taking.again, input).await;
    bar.finish_and_clear();
    Ok(outcome.map_err(|e| failed(&e))?)
}

/// Makes records durable that come from elsewhere than a file, and wakes the pipeline.
pub async fn append(local: &Local, chunk: Vec<NewDelivery>, read: &mut Read) -> Result<(), Failure> {
    if chunk.is_empty() {
        return Ok(());
    }
    let count = chunk.len() as u64;
    read.rejected += chunk.iter().filter(|delivery| delivery.rejected.is_some()).count() as u64;
    let first = local.store.append(chunk, clock::now_us(), Vec::new()).await?;
    read.records += count;
    read.last = DeliveryId(first.0 + count as i64 - 1);
    (local.waker())();
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

fn report(context: &Context, read: Read, dead_letters: i64, failures: &[String], known: usize, seconds: f64) {
    let rate = read.records as f64 / seconds;
    if context.json {
        let report = serde_json::json!({
            "records": read.records, "dead_letters": dead_letters, "failures": failures, "known": known,
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
    if known > 0 {
        println!("{known} files had been read before and were left out; read them once more with --again");
    }
    for failure in failures {
        println!("not read to its end: {failure}");
    }
}
