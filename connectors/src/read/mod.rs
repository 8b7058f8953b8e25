//! Takes a system's file apart into records: streaming, in bounded memory, and so that bad input costs only itself.

mod csv;
mod elements;
#[cfg(test)]
mod fuzz;
mod lines;
mod reason;
mod recover;
mod seek;
mod sniff;
mod source;
#[cfg(test)]
mod tests;
mod unpack;

use std::io::Read;

pub use reason::{FailReason, RejectReason};

/// How a file is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub format: Format,
    /// Members of a wrapping JSON object that may hold the records, such as `customers` or `data.items`.
    pub records: Vec<String>,
    /// The CSV delimiter; found from the header line if not given.
    pub delimiter: Option<u8>,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `[` begins a JSON array, `{` JSON objects or one that wraps an array, anything else is CSV.
    #[default]
    Auto,
    Csv,
    JsonArray,
    Ndjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub record_bytes_max: usize,
    pub depth_max: usize,
    /// So much of a rejected record's raw bytes is kept.
    pub excerpt_bytes_max: usize,
    pub columns_max: usize,
    /// A packed input is read no further than this; whoever reads a file of their own need not limit it.
    pub unpacked_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes_max: 1 << 20,
            depth_max: 64,
            excerpt_bytes_max: 64 << 10,
            columns_max: 4096,
            unpacked_bytes_max: u64::MAX,
        }
    }
}

/// Where a record begins in the (unpacked) input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Counts from 1.
    pub line: u64,
    /// Bytes before the record.
    pub offset: u64,
    /// Records before this one, good and bad.
    pub index: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, byte {}", self.line, self.offset)
    }
}

/// What the reader hands out, in the order of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The text of one JSON object: as received, or for CSV the header's names with the row's cells.
    Record { position: Position, payload: Vec<u8> },
    /// A record that cannot be used; the next ones still come.
    Rejected { position: Position, reason: RejectReason, excerpt: Vec<u8>, bytes: u64 },
    /// The input cannot be read on; nothing comes after it.
    Failed { position: Position, reason: FailReason },
}

/// The records of one input; see [`records`].
pub struct Records<R> {
    state: State<R>,
}

enum State<R> {
    Start(R, Options),
    Csv(source::Source<unpack::Unpacked<R>>, csv::Rows),
    Lines(source::Source<unpack::Unpacked<R>>, lines::Lines),
    Elements(source::Source<unpack::Unpacked<R>>, elements::Elements),
    Done,
}

/// Reads the records of one input, packed by gzip or not.
pub fn records<R: Read>(input: R, options: &Options) -> Records<R> {
    Records { state: State::Start(input, options.clone()) }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if matches!(self.state, State::Start(..)) {
            self.start();
        }
        let item = match &mut self.state {
            State::Csv(source, rows) => rows.next(source),
            State::Lines(source, lines) => lines.next(source),
            State::Elements(source, elements) => elements.next(source),
            State::Start(..) | State::Done => None,
        };
        if matches!(item, None | Some(Item::Failed { .. })) {
            self.state = State::Done;
        }
        item
    }
}

impl<R: Read> Records<R> {
    fn start(&mut self) {
        let State::Start(input, options) = std::mem::replace(&mut self.state, State::Done) else {
            return;
        };
        let mut source = source::Source::new(unpack::unpacked(input, options.limits.unpacked_bytes_max));
        self.state = match sniff::found_format(&mut source, &options) {
            Ok(sniff::Found::Csv) => State::Csv(source, csv::Rows::new(&options)),
            Ok(sniff::Found::Lines) => State::Lines(source, lines::Lines::new(options.limits)),
            Ok(sniff::Found::Elements { records }) => {
                State::Elements(source, elements::Elements::new(records, options.limits))
            }
            Err(reason) => {
                source.fail(reason);
                State::Lines(source, lines::Lines::new(options.limits))
            }
        };
    }
}
