//! What mapping one record gives: the canonical customer, or the reason why there is none.

use std::fmt;

/// One source record in canonical form.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The record's key in its source, exactly as the source writes it.
    pub key: String,
    /// Orders the states of one record; absent if the source does not say.
    pub version: Option<Version>,
    /// When the source last changed the record, in microseconds since the epoch, for rules on recency.
    pub changed_at_us: Option<i64>,
    /// The source says that the record is gone.
    pub deleted: bool,
    /// Canonical customer v1: unknown fields are left out, never null.
    pub record: serde_json::Value,
    /// Fields that the manifest allows to be left out when their value is unusable, and were.
    pub omitted: Vec<MapError>,
    /// Equal for payloads of the same fields with the same kinds of value, as long as the process lives.
    pub fingerprint: u64,
}

/// Orders the states of one source record: microseconds since the epoch or the source's own counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub i64);

/// Where in the mapping a record failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The payload is no JSON object, or breaks a limit.
    Parse,
    /// The record's key.
    Key,
    /// The record's version or time of change.
    Version,
    /// A transform could not use the value it was given.
    Transform,
    /// The value does not have the type that the canonical contract asks for.
    Contract,
}

/// Why a record could not be mapped. It names fields and types, never a person's values, so it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {field} from {source_path}: {reason}")]
pub struct MapError {
    pub step: Step,
    /// The canonical field, such as `addresses[].city`.
    pub field: String,
    /// The JSONPath in the payload, or the constant's name.
    pub source_path: String,
    pub reason: String,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Parse => "parse",
            Step::Key => "key",
            Step::Version => "version",
            Step::Transform => "transform",
            Step::Contract => "contract",
        })
    }
}
