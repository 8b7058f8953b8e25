//! `hub reconcile`: what a source says it holds against what the hub holds of it, and healing.

use super::local::Local;
use super::output::number;
use super::{Context, Failure, Verdict, local};
use crate::domain::reconcile::{Differs, Drift};
use crate::pipeline::Sources;
use crate::pipeline::reconcile::{Heal, Open, Report, reconcile};
use clap::Args;
use connectors::read::records;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Records that the answer lists; all of them are counted.
const LISTED_MAX: usize = 1000;

/// Compares a full export of a source with what the hub holds of it, by counts and checksums first and by key where those
/// differ. Exit code 3 if anything differs that was not healed.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The source, by the name of its manifest
    source: String,
    /// A file with all of its records, as `hub import` would read it
    file: PathBuf,
    /// Take in again what is missing here or different
    #[arg(long)]
    heal: bool,
    /// Mark as deleted what the file does not hold; be sure that it is complete
    #[arg(long)]
    delete_missing: bool,
}

impl Reconcile {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let sources = Sources::load(context.config.manifests.as_deref())?;
        let manifest = sources.get(&self.source).cloned();
        let manifest =
            manifest.ok_or_else(|| format!("no source is named {}; see `hub connectors list`", self.source))?;
        let store = local::open(context).await?;
        let (done, last) = store.progress().await?;
        // Looking takes no population into memory; healing does, and so does what is still on its way and would be taken
        // for missing.
        let works = self.heal || self.delete_missing || done < last;
        let local = if works { Some(Local::on(store.clone(), context).await?) } else { None };
        if let Some(local) = &local {
            local.reached(last, |_| {}).await?;
        }
        let path = self.file.clone();
        let open: Open = Arc::new(move |options| Ok(records(Box::new(File::open(&path)?) as Box<dyn Read>, options)));
        let heal = Heal { take: self.heal, delete: self.delete_missing };
        let mut listed = Vec::new();
        let report = reconcile(&store, &manifest, &open, heal, |differs| {
            if listed.len() < LISTED_MAX {
                listed.push(differs.clone());
            }
        })
        .await
        .map_err(|error| format!("{}: {error}", self.file.display()))?;
        match local {
            Some(local) => {
                (local.waker())();
                local.reached(store.progress().await?.1, |_| {}).await?;
                local.stop().await;
            }
            None => store.close().await,
        }
        match context.json {
            true => println!("{}", as_json(&report, &listed)),
            false => print(&report, &listed),
        }
        Ok(if self.is_sound(&report) { Verdict::Fine } else { Verdict::LookAtIt })
    }

    /// Whether nothing is left to be seen to. That the hub knows later states than an export is as it should be.
    fn is_sound(&self, report: &Report) -> bool {
        let left = |drift: Drift| report.counts[drift as usize] > 0;
        let taken = self.heal || !(left(Drift::MissingHere) || left(Drift::Different));
        taken && (self.delete_missing || !left(Drift::MissingThere)) && report.unusable == 0
    }
}

fn as_json(report: &Report, listed: &[Differs]) -> Value {
    let counts = Drift::ALL.map(|drift| (drift.name().to_owned(), Value::from(report.counts[drift as usize])));
    let listed: Vec<Value> =
        listed.iter().map(|one| json!({ "source_key": one.key, "drift": one.drift.name() })).collect();
    json!({
        "ours": report.ours, "theirs": report.theirs, "unusable": report.unusable, "windows": report.windows,
        "drift": serde_json::Map::from_iter(counts), "healed": report.healed, "records": listed,
    })
}

fn print(report: &Report, listed: &[Differs]) {
    println!("{} records here, {} in the file", number(report.ours as i64), number(report.theirs as i64));
    for one in listed {
        println!("{:<13}  {}", one.drift.name(), one.key);
    }
    for drift in Drift::ALL {
        println!("{:<13}  {}", drift.name(), number(report.counts[drift as usize] as i64));
    }
    if report.unusable > 0 {
        println!("{} records of the file cannot be used; see `hub import --dry-run`", number(report.unusable as i64));
    }
    if report.healed > 0 {
        println!("{} deliveries were made to heal", number(report.healed as i64));
    }
}
