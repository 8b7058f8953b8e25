//! A trial's outcome for people and for programs.

use super::row;
use crate::cli::{Failure, output};
use crate::pipeline::trial::{Outcome, Tried};
use connectors::{Manifest, Mapped};
use serde_json::{Value, json};
use std::fmt::Write;

/// How often each kind of outcome came.
#[derive(Default)]
struct Sums {
    mapped: usize,
    kept: usize,
    failed: usize,
}

/// Shows the first records and the first failures, counts all, and says whether one failed.
pub fn show(
    manifest: &Manifest,
    tried: impl Iterator<Item = Tried>,
    limit: usize,
    as_json: bool,
) -> Result<bool, Failure> {
    let (mut sums, mut shown) = (Sums::default(), Vec::new());
    for one in tried {
        let is_failed = sums.count(&one.outcome);
        if sums.all() <= limit || is_failed && sums.failed <= limit {
            shown.push(one);
        }
    }
    let more = sums.all() - shown.len();
    let Sums { mapped, kept, failed } = sums;
    if as_json {
        let rows: Vec<Value> = shown.iter().map(row).collect();
        let report = json!({
            "mapped": mapped, "kept_for_others": kept, "failed": failed, "records": rows,
            "keeps_not_mapped": manifest.keeps_unread(),
        });
        println!("{report}");
        return Ok(failed > 0);
    }
    let mut text = String::new();
    for one in &shown {
        text.push_str(&described(manifest, one)?);
    }
    if more > 0 {
        writeln!(text, "{more} more are not shown; --limit shows them")?;
    }
    writeln!(text, "{mapped} mapped, {kept} kept for others, {failed} failed; nothing was stored")?;
    output::text(&text)?;
    Ok(failed > 0)
}

impl Sums {
    /// Counts one outcome and says whether it is a failure.
    fn count(&mut self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Mapped { .. } => self.mapped += 1,
            Outcome::Kept { .. } => self.kept += 1,
            Outcome::Failed(_) => self.failed += 1,
        }
        matches!(outcome, Outcome::Failed(_))
    }

    fn all(&self) -> usize {
        self.mapped + self.kept + self.failed
    }
}

fn described(manifest: &Manifest, tried: &Tried) -> Result<String, Failure> {
    let mut text = format!("{}: ", tried.place);
    match &tried.outcome {
        Outcome::Mapped { mapped, customer, unread } => {
            writeln!(text, "{}\n{}", head(mapped), serde_json::to_string_pretty(customer)?)?;
            for omitted in &mapped.omitted {
                writeln!(text, "  left out: {omitted}")?;
            }
            if !unread.is_empty() {
                let kept = if manifest.keeps_unread() { " (kept in extensions)" } else { "" };
                writeln!(text, "  not mapped{kept}: {}", unread.join(", "))?;
            }
        }
        Outcome::Kept { topic, purpose, key } => {
            let about = key.as_ref().map_or(String::new(), |key| format!(", about record {key}"));
            writeln!(text, "topic {topic:?} is kept for {purpose}{about}")?;
        }
        Outcome::Failed(reason) => writeln!(text, "failed: {reason}")?,
    }
    text.push('\n');
    Ok(text)
}

fn head(mapped: &Mapped) -> String {
    let version = mapped.version.map_or("none".to_owned(), |version| version.0.to_string());
    let deleted = if mapped.deleted { ", deleted" } else { "" };
    format!("key {}, version {version}{deleted}", mapped.key)
}
