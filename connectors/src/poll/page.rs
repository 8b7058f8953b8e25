//! One page: its records as received, and what the plan has to know of them.

use serde_json::Value;

use super::answer::text_of;
use super::{Paging, Reading};
use crate::Manifest;
use crate::read::{self, Format, Item, Options, RejectReason};

/// One page, taken apart.
#[derive(Debug, Default)]
pub struct Page {
    /// The whole answer; absent where it is no JSON.
    pub body: Option<Value>,
    pub records: Vec<Paged>,
    /// What stood where a record should, and why it is none.
    pub rejected: Vec<(RejectReason, Vec<u8>)>,
    /// What the last of the records that has it says in the member that the paging asks for.
    pub last: Option<String>,
    /// The newest change among the records, in microseconds since 1970.
    pub newest_us: Option<i64>,
    /// Whether the answer came to its end.
    pub is_whole: bool,
}

/// One record of a page.
#[derive(Debug)]
pub struct Paged {
    /// Its key, if it can be mapped.
    pub key: Option<String>,
    /// As received.
    pub payload: Vec<u8>,
}

impl Page {
    /// Takes an answer apart. One that was cut off is not whole, and none of it may be used.
    pub fn read(manifest: &Manifest, reading: &Reading, count: Option<&str>, bytes: &[u8]) -> Page {
        let is_csv = reading.page.format == Format::Csv;
        let body: Option<Value> = if is_csv { None } else { serde_json::from_slice(bytes).ok() };
        let is_blank = bytes.trim_ascii().is_empty();
        let mut page = Page { is_whole: is_csv || body.is_some() || is_blank, body, ..Page::default() };
        if page.is_whole && !is_blank && page.holds_records(reading) {
            page.take_apart(manifest, &reading.page, bytes);
        }
        if let Paging::LastRecord { member, .. } = &reading.paging {
            // Of records that cannot be read, others still tell the place.
            page.last = page.records.iter().rev().find_map(|record| {
                let body: Value = serde_json::from_slice(&record.payload).ok()?;
                text_of(body.get(member)?)
            });
        }
        let found = page.records.len() + page.rejected.len();
        page.is_whole &= count.is_none_or(|count| count.trim().parse() == Ok(found));
        page
    }

    /// The record in an answer that holds one; nothing if it holds none.
    pub fn record(manifest: &Manifest, options: &Options, bytes: &[u8]) -> Option<Paged> {
        let mut page = Page::default();
        page.take_apart(manifest, options, bytes);
        page.records.into_iter().next()
    }

    /// An answer that tells the state of something, and holds no records.
    pub fn of_state(bytes: &[u8]) -> Page {
        let body: Option<Value> = serde_json::from_slice(bytes).ok();
        Page { is_whole: body.is_some(), body, ..Page::default() }
    }

    /// How many records the page has, good and bad.
    pub fn count(&self) -> u64 {
        (self.records.len() + self.rejected.len()) as u64
    }

    /// Systems leave the list out where it would be empty.
    fn holds_records(&self, reading: &Reading) -> bool {
        let Some(body) = self.body.as_ref().filter(|body| body.is_object()) else { return true };
        let found = |path: &String| path.split('.').try_fold(body, |value, name| value.get(name));
        reading.page.records.is_empty()
            || reading.page.records.iter().filter_map(found).any(|value| value.is_array() || value.is_object())
    }

    fn take_apart(&mut self, manifest: &Manifest, options: &Options, bytes: &[u8]) {
        for item in read::records(bytes, options) {
            match item {
                Item::Record { payload, .. } => {
                    let mapped = manifest.map(&payload).ok();
                    self.newest_us = self.newest_us.max(mapped.as_ref().and_then(|mapped| mapped.changed_at_us));
                    self.records.push(Paged { key: mapped.map(|mapped| mapped.key), payload });
                }
                Item::Rejected { reason, excerpt, .. } => self.rejected.push((reason, excerpt)),
                Item::Failed { .. } => self.is_whole = false,
            }
        }
    }
}
