//! Takes a system's file apart into records: streaming, in bounded memory, and so that bad input costs only itself.

use std::io::Read;

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
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes_max: 1 << 20,
            depth_max: 64,
            excerpt_bytes_max: 64 << 10,
            columns_max: 4096,
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

/// What the reader hands out, in the order of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The text of one JSON object: as received, or for CSV the header's names with the row's cells.
    Record {
        position: Position,
        payload: Vec<u8>,
    },
    /// A record that cannot be used; the next ones still come.
    Rejected {
        position: Position,
        reason: RejectReason,
        excerpt: Vec<u8>,
        bytes: u64,
    },
    /// The input cannot be read on; nothing comes after it.
    Failed {
        position: Position,
        reason: FailReason,
    },
}

/// Why one record was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    #[error("the text is not valid UTF-8 at byte {at} of the record; export the file as UTF-8")]
    InvalidUtf8 { at: usize },
    #[error("the record has {bytes} bytes, the limit is {limit}")]
    TooLarge { bytes: u64, limit: usize },
    #[error("the record is nested deeper than {limit} levels")]
    TooDeep { limit: usize },
    #[error("the JSON is malformed at byte {at} of the record: {what}")]
    MalformedJson { at: usize, what: &'static str },
    #[error("a record must be a JSON object, this is {found}")]
    NotAnObject { found: &'static str },
    #[error("the row has {found} cells, the header has {expected}")]
    CellCount { found: usize, expected: usize },
    #[error("a quoted cell of the row is not closed, or text follows its closing quote")]
    MalformedQuotes,
}

/// Why the input cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailReason {
    #[error(
        "the input is empty; an export without records still has a header line or an empty array"
    )]
    Empty,
    #[error("the gzip file ends too early; the records before are complete, send the file again")]
    TruncatedGzip,
    #[error("the gzip file is damaged: {0}")]
    CorruptGzip(String),
    #[error(
        "the input ends within a JSON array or object; the records before are complete, send the file again"
    )]
    TruncatedJson,
    #[error("{0}")]
    UnsupportedEncoding(&'static str),
    #[error(
        "the column name {name:?} stands {times} times in the header; give each column its own name"
    )]
    DuplicateColumn { name: String, times: usize },
    #[error("the header line cannot be used: {0}")]
    BadHeader(RejectReason),
    #[error("no array was found at {0}; set `records` in the manifest to the path of the array")]
    NoRecords(String),
    #[error("reading failed: {0}")]
    Io(String),
}

/// Reads the records of one input, packed by gzip or not.
pub fn records<R: Read>(input: R, options: &Options) -> impl Iterator<Item = Item> + use<R> {
    let limits = options.limits;
    let mut input = std::io::BufReader::new(input);
    let mut text = String::new();
    let failed = input
        .read_to_string(&mut text)
        .err()
        .map(|error| Item::Failed {
            position: Position::default(),
            reason: FailReason::Io(error.kind().to_string()),
        });
    let lines = text.lines().map(|line| Item::Record {
        position: Position::default(),
        payload: line.as_bytes()[..line.len().min(limits.record_bytes_max)].to_vec(),
    });
    lines.chain(failed).collect::<Vec<_>>().into_iter()
}
