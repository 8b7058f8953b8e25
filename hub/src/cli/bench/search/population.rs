//! The population of the bench: all rows of a table but those that are held out to be asked for.

use crate::cli::import::{Read, append, settle};
use crate::cli::local::Local;
use crate::cli::output::bytes_bar;
use crate::cli::{Context, Failure};
use crate::collect::files::delivery;
use crate::domain::customer::Customer;
use crate::domain::limits::INBOX_RECORDS_MAX;
use crate::pipeline::{Sources, clock};
use crate::store::inbox::NewDelivery;
use connectors::Manifest;
use connectors::read::{Item, records};
use matching::Features;
use std::fs::File;
use std::path::Path;

const SOURCE: &str = "common-csv";

/// A held-out record as it is asked for.
pub struct Query {
    /// As the API takes it.
    pub body: String,
    /// As the API would compare it: of no source.
    pub features: Features,
}

/// Rows for the database, and rows that stay out of it.
type Parted = (Vec<NewDelivery>, Vec<Vec<u8>>);

/// Loads a table into the database and through the pipeline, every so manieth row excepted. Returns how many records
/// were loaded, and the rows that were not.
pub async fn load(context: &Context, path: &Path, hold_out: u64) -> Result<(u64, Vec<Vec<u8>>), Failure> {
    let local = Local::start(context).await?;
    let manifest = manifest(&local.sources)?;
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let bar = bytes_bar(file.metadata()?.len(), "loading");
    let mut items = records(bar.wrap_read(file), manifest.read_options());
    let (mut read, mut held) = (Read::default(), Vec::new());
    loop {
        // Reading and unpacking is work for a thread that serves nobody.
        let (rest, parted) = tokio::task::spawn_blocking(move || {
            let parted = next_chunk(&mut items, hold_out);
            (items, parted)
        })
        .await?;
        items = rest;
        let (chunk, mut out) = parted?;
        held.append(&mut out);
        if chunk.is_empty() {
            break;
        }
        append(&local, chunk, &mut read).await?;
    }
    bar.finish_and_clear();
    settle(&local, read).await?;
    let stored = read.records - read.rejected;
    local.stop().await;
    Ok((stored, held))
}

fn manifest(sources: &Sources) -> Result<&Manifest, Failure> {
    sources.get(SOURCE).ok_or_else(|| format!("no manifest is named {SOURCE}").into())
}

fn next_chunk(items: &mut impl Iterator<Item = Item>, hold_out: u64) -> Result<Parted, String> {
    let (mut chunk, mut held) = (Vec::with_capacity(INBOX_RECORDS_MAX), Vec::new());
    for item in items {
        match item {
            Item::Failed { position, reason } => return Err(format!("line {}: {reason}", position.line)),
            Item::Record { position, payload } if position.index % hold_out == 0 => held.push(payload),
            item => chunk.extend(delivery(SOURCE, item)),
        }
        if chunk.len() == INBOX_RECORDS_MAX {
            break;
        }
    }
    Ok((chunk, held))
}

/// The held-out rows as requests; those that the contract would refuse are left out.
pub fn held_out(context: &Context, payloads: &[Vec<u8>]) -> Result<Vec<Query>, Failure> {
    let sources = Sources::load(context.config.manifests.as_deref())?;
    let (manifest, today) = (manifest(&sources)?, clock::today());
    let query = |payload: &Vec<u8>| {
        let mapped = manifest.map(payload).ok()?;
        let customer = Customer::checked(&mapped.record, &today).ok()?;
        let guest = matching::Person { source: None, ..customer.to_person("") };
        Some(Query { body: mapped.record.to_string(), features: matching::standardise(&guest) })
    };
    Ok(payloads.iter().filter_map(query).collect())
}
