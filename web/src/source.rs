//! One source: its mapping, its drift, and a sample on trial.

use crate::shell::{Instant, Shell};
use askama::Template;

/// The page of one source.
#[derive(Template)]
#[template(path = "source.html")]
pub struct SourcePage {
    pub shell: Shell,
    pub title: String,
    pub name: String,
    pub version: String,
    /// What the manifest does not map stays with the record.
    pub keeps_unread: bool,
    pub mappings: Vec<Mapping>,
    pub drift: Vec<Drifted>,
    pub may_accept: bool,
    pub has_webhook: bool,
    pub sample: Sample,
    pub came: Vec<Came>,
}

/// What feeds one canonical field.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub field: String,
    /// Paths in the payload; none where the manifest itself says the value.
    pub sources: Vec<String>,
    pub transforms: String,
    /// The golden attribute that it competes for.
    pub golden: &'static str,
}

/// A field that is not what it was.
#[derive(Debug, Clone)]
pub struct Drifted {
    pub topic: String,
    pub path: String,
    pub change: String,
    pub feeds: String,
    pub since: Instant,
    /// Payloads with it, of how many.
    pub share: String,
}

/// What somebody has pasted.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub text: String,
    pub headers: String,
}

/// What would come of one record of it.
#[derive(Debug, Clone, Default)]
pub struct Came {
    pub place: String,
    pub key: String,
    pub note: String,
    pub values: Vec<(&'static str, Vec<String>)>,
    pub omitted: Vec<String>,
    pub unread: Vec<String>,
    pub failure: Option<String>,
}
