//! `hub connectors try`: what would come of a sample, record by record.

mod show;

use crate::cli::{Context, Failure, Verdict};
use crate::domain::customer::Customer;
use crate::pipeline::clock;
use clap::Args;
use connectors::read::{Item, records};
use connectors::webhook::{Opened, Received};
use connectors::{Manifest, Mapped};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

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

/// What came of one record.
enum Outcome {
    Mapped { mapped: Box<Mapped>, customer: Box<Customer>, unread: Vec<String> },
    Kept { topic: String, purpose: &'static str, key: Option<String> },
    Failed(String),
}

struct Tried {
    /// Where in the sample it stands.
    place: String,
    outcome: Outcome,
}

impl Try {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let manifest = super::manifest(context, &self.source)?;
        let trial = Trial { manifest: &manifest, today: clock::today() };
        let has_failed = match self.webhook || !self.headers.is_empty() {
            true => show::show(&manifest, trial.webhook(&self.sample, &self.headers)?, self.limit, context.json)?,
            false => show::show(&manifest, trial.file(&self.sample)?, self.limit, context.json)?,
        };
        Ok(if has_failed { Verdict::LookAtIt } else { Verdict::Fine })
    }
}

struct Trial<'m> {
    manifest: &'m Manifest,
    today: String,
}

impl Trial<'_> {
    fn file(&self, path: &Path) -> Result<impl Iterator<Item = Tried>, Failure> {
        let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let items = records(file, self.manifest.read_options());
        Ok(items.map(|item| self.record(item)))
    }

    fn record(&self, item: Item) -> Tried {
        let (position, outcome) = match item {
            Item::Record { position, payload } => {
                let mapped = self.manifest.map(&payload).map_err(|e| format!("map: {e}"));
                let unread = || self.manifest.unread(&payload);
                (position, mapped.and_then(|mapped| self.checked(mapped, unread)))
            }
            Item::Rejected { position, reason, .. } => (position, Err(format!("read: {reason}"))),
            Item::Failed { position, reason } => (position, Err(format!("read: {reason}"))),
        };
        Tried { place: format!("line {}", position.line), outcome: outcome.unwrap_or_else(Outcome::Failed) }
    }

    fn webhook(&self, path: &Path, headers: &[String]) -> Result<impl Iterator<Item = Tried>, Failure> {
        let webhook = self.manifest.webhook().ok_or("the manifest has no [webhook]; add one, see MANIFEST.md")?;
        let headers: Vec<(&str, &str)> = headers.iter().filter_map(|header| header.split_once(": ")).collect();
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        let body = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let received = webhook.notices(&header, &body);
        Ok(received.into_iter().enumerate().map(|(number, received)| {
            let outcome = match received {
                Received::Notice(notice) => self.notice(&notice.topic, &notice.payload),
                Received::Unreadable { reason, .. } => Err(format!("read: {reason}")),
            };
            Tried { place: format!("notice {}", number + 1), outcome: outcome.unwrap_or_else(Outcome::Failed) }
        }))
    }

    fn notice(&self, topic: &str, payload: &[u8]) -> Result<Outcome, String> {
        match self.manifest.open(topic, payload).map_err(|e| format!("map: {e}"))? {
            Opened::Record(mapped) => self.checked(*mapped, || self.manifest.unread_in_notice(topic, payload)),
            Opened::Kept { purpose, key } => {
                Ok(Outcome::Kept { topic: topic.to_owned(), purpose: purpose.name(), key })
            }
        }
    }

    fn checked(&self, mapped: Mapped, unread: impl FnOnce() -> Vec<String>) -> Result<Outcome, String> {
        // Nobody needs the values of what is gone.
        let record = if mapped.deleted { json!({}) } else { mapped.record.clone() };
        let customer = Customer::checked(&record, &self.today).map_err(|e| format!("contract: {e}"))?;
        let unread = if mapped.deleted { Vec::new() } else { unread() };
        Ok(Outcome::Mapped { mapped: Box::new(mapped), customer: Box::new(customer), unread })
    }
}

impl Tried {
    fn row(&self) -> Value {
        let mut row = match &self.outcome {
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
        row["place"] = json!(self.place);
        row
    }
}
