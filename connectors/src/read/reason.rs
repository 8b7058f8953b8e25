//! Why a record, or all that follows, cannot be read: one message each, and what to do.

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
    #[error("the input is empty; an export without records still has a header line or an empty array")]
    Empty,
    #[error("the gzip file ends too early; the records before are complete, send the file again")]
    TruncatedGzip,
    #[error("the gzip file is damaged: {0}")]
    CorruptGzip(String),
    #[error("the gzip file unpacks to more than is allowed; the records before are complete, send the rest in parts")]
    UnpackedTooLarge,
    #[error("the input ends within a JSON array or object; the records before are complete, send the file again")]
    TruncatedJson,
    #[error("the input is no JSON: neither `[` nor `{{` begins it")]
    NotJson,
    #[error("the header has {found} columns, the limit is {limit}")]
    TooManyColumns { found: usize, limit: usize },
    #[error("{0}")]
    UnsupportedEncoding(&'static str),
    #[error("the column name {name:?} stands {times} times in the header; give each column its own name")]
    DuplicateColumn { name: String, times: usize },
    #[error("the header line cannot be used: {0}")]
    BadHeader(RejectReason),
    #[error("no array was found at {0}; set `records` in the manifest to the path of the array")]
    NoRecords(String),
    #[error("reading failed: {0}")]
    Io(String),
}

impl RejectReason {
    /// A short name that does not change, to group and count by.
    pub fn code(&self) -> &'static str {
        match self {
            RejectReason::InvalidUtf8 { .. } => "invalid_utf8",
            RejectReason::TooLarge { .. } => "too_large",
            RejectReason::TooDeep { .. } => "too_deep",
            RejectReason::MalformedJson { .. } => "malformed_json",
            RejectReason::NotAnObject { .. } => "not_an_object",
            RejectReason::CellCount { .. } => "cell_count",
            RejectReason::MalformedQuotes => "malformed_quotes",
        }
    }
}

impl FailReason {
    /// A short name that does not change, to group and count by.
    pub fn code(&self) -> &'static str {
        match self {
            FailReason::Empty => "empty",
            FailReason::TruncatedGzip => "truncated_gzip",
            FailReason::CorruptGzip(_) => "corrupt_gzip",
            FailReason::UnpackedTooLarge => "unpacked_too_large",
            FailReason::TruncatedJson => "truncated_json",
            FailReason::NotJson => "not_json",
            FailReason::TooManyColumns { .. } => "too_many_columns",
            FailReason::UnsupportedEncoding(_) => "unsupported_encoding",
            FailReason::DuplicateColumn { .. } => "duplicate_column",
            FailReason::BadHeader(_) => "bad_header",
            FailReason::NoRecords(_) => "no_records",
            FailReason::Io(_) => "io",
        }
    }
}
