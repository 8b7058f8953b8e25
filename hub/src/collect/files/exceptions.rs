//! What was wrong with a file's records: line, step and reason, never a value.

use crate::domain::customer::Customer;
use connectors::Manifest;
use connectors::read::Item;
use std::io::{self, Write};

/// Records that are listed one by one; the rest is counted.
const LISTED_MAX: usize = 10_000;

/// The records of a file that cannot be used.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    listed: Vec<(u64, &'static str, String)>,
    count: u64,
}

impl Exceptions {
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Notes a record that cannot be read or, if there is something to check it by, not mapped. It is mapped here only to
    /// see whether it can be; the pipeline maps it again, and one that fails is a dead letter there.
    pub(super) fn look(&mut self, item: &Item, check: Option<(&Manifest, &str)>) {
        let (line, step, reason) = match item {
            Item::Rejected { position, reason, .. } => (position.line, "read", reason.to_string()),
            Item::Failed { position, reason } => (position.line, "read", reason.to_string()),
            Item::Record { position, payload } => {
                let Some((manifest, today)) = check else { return };
                let wrong = match manifest.map(payload) {
                    Err(error) => Some(("map", error.to_string())),
                    Ok(mapped) if mapped.deleted => None,
                    Ok(mapped) => Customer::checked(&mapped.record, today).err().map(|e| ("contract", e.to_string())),
                };
                let Some((step, reason)) = wrong else { return };
                (position.line, step, reason)
            }
        };
        self.add(line, step, reason);
    }

    /// Those of another file behind these.
    pub fn extend(&mut self, other: Exceptions) {
        self.count += other.count;
        let room = LISTED_MAX - self.listed.len();
        self.listed.extend(other.listed.into_iter().take(room));
    }

    pub(super) fn add(&mut self, line: u64, step: &'static str, reason: String) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push((line, step, reason));
        }
    }

    /// The report as CSV. Line 0 stands for the whole file.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut rows = csv::Writer::from_writer(to);
        rows.write_record(["line", "step", "reason"])?;
        for (line, step, reason) in &self.listed {
            rows.write_record([line.to_string().as_str(), step, reason])?;
        }
        let rest = self.count - self.listed.len() as u64;
        if rest > 0 {
            rows.write_record(["", "", format!("and {rest} more").as_str()])?;
        }
        rows.flush()
    }
}
