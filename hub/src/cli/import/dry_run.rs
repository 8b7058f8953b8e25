//! `hub import --dry-run`: what would come of a file, and stores nothing.

use crate::cli::{Failure, Verdict};
use crate::domain::customer::Customer;
use crate::pipeline::clock;
use connectors::Manifest;
use connectors::read::{Item, records};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

/// How many records are shown side by side.
const SHOWN: usize = 3;

/// What a whole file gave.
#[derive(Default)]
struct Seen {
    shown: Vec<Value>,
    records: u64,
    /// Reasons with how often and where first.
    errors: BTreeMap<String, (u64, u64)>,
}

pub fn run(manifest: &Manifest, files: &[PathBuf], as_json: bool) -> Result<Verdict, Failure> {
    let today = clock::today();
    let mut seen = Seen::default();
    for path in files {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        for item in records(file, manifest.read_options()) {
            seen.take(manifest, item, &today);
        }
    }
    if as_json {
        let errors: Vec<Value> = seen.error_rows().collect();
        println!("{}", json!({ "records": seen.records, "shown": seen.shown, "errors": errors }));
    } else {
        seen.print()?;
    }
    Ok(if seen.errors.is_empty() { Verdict::Fine } else { Verdict::LookAtIt })
}

impl Seen {
    fn take(&mut self, manifest: &Manifest, item: Item, today: &str) {
        self.records += 1;
        let (line, outcome) = match item {
            Item::Record { position, payload } => (position.line, self.map(manifest, &payload, today)),
            Item::Rejected { position, reason, .. } => (position.line, Err(format!("read: {reason}"))),
            Item::Failed { position, reason } => (position.line, Err(format!("read: {reason}"))),
        };
        if let Err(reason) = outcome {
            self.errors.entry(reason).or_insert((0, line)).0 += 1;
        }
    }

    fn map(&mut self, manifest: &Manifest, payload: &[u8], today: &str) -> Result<(), String> {
        let mapped = manifest.map(payload).map_err(|e| format!("map: {e}"))?;
        let customer = Customer::checked(&mapped.record, today).map_err(|e| format!("contract: {e}"))?;
        if self.shown.len() < SHOWN {
            let raw: Value = serde_json::from_slice(payload).unwrap_or_default();
            let version = mapped.version.map(|v| v.0);
            self.shown.push(json!({
                "raw": raw, "source_key": mapped.key, "version": version, "deleted": mapped.deleted,
                "canonical": customer,
            }));
        }
        Ok(())
    }

    fn error_rows(&self) -> impl Iterator<Item = Value> {
        let row = |(reason, (count, line)): (&String, &(u64, u64))| json!({ "reason": reason, "count": count, "first_line": line });
        self.errors.iter().map(row)
    }

    fn print(&self) -> Result<(), serde_json::Error> {
        for shown in &self.shown {
            println!("raw        {}", shown["raw"]);
            println!(
                "key        {}   version {}   deleted {}",
                shown["source_key"], shown["version"], shown["deleted"]
            );
            println!("canonical  {}\n", serde_json::to_string_pretty(&shown["canonical"])?);
        }
        println!("{} records read, nothing stored", self.records);
        for (reason, (count, line)) in &self.errors {
            println!("{count} x {reason} (first at line {line})");
        }
        Ok(())
    }
}
