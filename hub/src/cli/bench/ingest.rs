//! `hub bench ingest`: how near the full pipeline comes to a bulk insert with no logic at all.

use crate::cli::demo::exports;
use crate::cli::import::{Read, read_file, settle};
use crate::cli::local::Local;
use crate::cli::output::number;
use crate::cli::{Context, Failure, Verdict};
use crate::store::Store;
use crate::store::scratch::Scratch;
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;

/// Imports records through the full pipeline into a scratch database, then inserts the very same rows into another one
/// with no logic at all. Both stand beside the configured database and are removed afterwards.
#[derive(Debug, Args)]
pub struct Ingest {
    /// A table with the columns of the common-csv manifest, instead of the demo's exports
    #[arg(long, value_name = "FILE", conflicts_with = "records")]
    input: Option<PathBuf>,
    /// About how many records of the demo's fictitious retailer to import
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    records: usize,
}

impl Ingest {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        std::fs::create_dir_all(&context.config.data_dir)?;
        let folder = context.config.data_dir.join(format!("bench-exports-{}", std::process::id()));
        let files = match &self.input {
            Some(file) => vec![("common-csv", file.clone())],
            None => exports::write(&folder, self.records, 1)?,
        };
        let pipeline = Scratch::create(&context.config.database, "pipeline").await?;
        let ceiling = Scratch::create(&context.config.database, "ceiling").await?;
        let result = measure(context, &files, &pipeline, &ceiling).await;
        pipeline.remove().await?;
        ceiling.remove().await?;
        if self.input.is_none() {
            std::fs::remove_dir_all(folder)?;
        }
        result
    }
}

async fn measure(
    context: &Context,
    files: &[(&str, PathBuf)],
    pipeline: &Scratch,
    ceiling: &Scratch,
) -> Result<Verdict, Failure> {
    let (store, _) = Store::migrate(pipeline.url()).await?;
    let local = Local::on(store, context).await?;
    let started = Instant::now();
    let mut read = Read::default();
    let mut failures = Vec::new();
    for (source, file) in files {
        let manifest = local.sources.get(source).ok_or_else(|| format!("no manifest is named {source}"))?;
        failures.extend(read_file(&local, manifest, file, &mut read).await?);
    }
    settle(&local, read).await?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = local.store.counts().await?;
    local.stop().await;
    let source = Store::open(pipeline.url()).await?;
    let (bare, _) = Store::migrate(ceiling.url()).await?;
    let copied = source.copy_into(&bare, |_| {}).await?;
    source.close().await;
    bare.close().await;
    let bare_seconds = copied.inserting.as_secs_f64();
    let report = serde_json::json!({
        "records": read.records, "seconds": seconds, "records_per_second": read.records as f64 / seconds,
        "ceiling_rows": copied.rows, "ceiling_seconds": bare_seconds,
        "ceiling_records_per_second": read.records as f64 / bare_seconds,
        "ratio": bare_seconds / seconds, "memory_mb_max": memory_mb_max(), "counts": counts, "failures": failures,
    });
    if context.json {
        println!("{report}");
    } else {
        println!("full pipeline   {:>10} records a second", number((read.records as f64 / seconds) as i64));
        println!("bare insert     {:>10} records a second", number((read.records as f64 / bare_seconds) as i64));
        println!("ratio           {:>10.2}", bare_seconds / seconds);
    }
    Ok(Verdict::Fine)
}

/// The process's highest memory use so far, where the system tells.
fn memory_mb_max() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
