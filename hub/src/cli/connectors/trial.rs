//! `hub connectors try`: what would come of a sample, record by record.

mod show;

use crate::cli::{Context, Failure, Verdict};
use crate::pipeline::clock;
use crate::pipeline::trial::{Outcome, Trial, Tried};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Reads a sample by a manifest and shows each record as the hub would hold it. A sample is an export, or with
/// --webhook the body of a webhook. Exit code 3 if something failed.
#[derive(Debug, Args)]
pub struct Try {
    /// A source, or a manifest's file
    source: String,
    /// The sample
    #[arg(value_name = "FILE")]
    sample: PathBuf,
    /// The sample is the body of a webhook
    #[arg(long)]
    webhook: bool,
    /// A header of the webhook, such as its topic; implies --webhook
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Show so many records
    #[arg(long, default_value_t = 10)]
    limit: usize,
}

impl Try {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let manifest = super::manifest(context, &self.source)?;
        let trial = Trial { manifest: &manifest, today: clock::today() };
        let unreadable = |e: std::io::Error| format!("{}: {e}", self.sample.display());
        let has_failed = match self.webhook || !self.headers.is_empty() {
            true => {
                let headers: Vec<(&str, &str)> = self.headers.iter().filter_map(|line| line.split_once(": ")).collect();
                let body = std::fs::read(&self.sample).map_err(unreadable)?;
                let tried = trial.webhook(&headers, &body);
                let tried = tried.ok_or("the manifest has no [webhook]; add one, see MANIFEST.md")?;
                show::show(&manifest, tried, self.limit, context.json)?
            }
            false => {
                let file = std::fs::File::open(&self.sample).map_err(unreadable)?;
                show::show(&manifest, trial.export(file), self.limit, context.json)?
            }
        };
        Ok(if has_failed { Verdict::LookAtIt } else { Verdict::Fine })
    }
}

/// A record as programs read it.
fn row(tried: &Tried) -> Value {
    let mut row = match &tried.outcome {
        Outcome::Mapped { mapped, customer, unread } => {
            let omitted: Vec<String> = mapped.omitted.iter().map(ToString::to_string).collect();
            json!({
                "source_key": mapped.key, "version": mapped.version.map(|version| version.0),
                "changed_at_us": mapped.changed_at_us, "deleted": mapped.deleted, "canonical": customer,
                "omitted": omitted, "not_mapped": unread,
            })
        }
        Outcome::Kept { topic, purpose, key } => json!({ "topic": topic, "kept_for": purpose, "source_key": key }),
        Outcome::Failed(reason) => json!({ "failed": reason }),
    };
    row["place"] = json!(tried.place);
    row
}
