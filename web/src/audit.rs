//! Who did what.

use crate::shell::{Instant, Shell};
use crate::words::PrivacyWords;
use askama::Template;

/// The audit chain, newest first.
#[derive(Template)]
#[template(path = "audit.html")]
pub struct AuditPage {
    pub shell: Shell,
    pub words: &'static PrivacyWords,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub entries: Vec<Entry>,
    /// Where older ones are.
    pub older: Option<String>,
}

/// One deed.
#[derive(Debug, Clone)]
pub struct Entry {
    pub seq: String,
    pub at: Instant,
    pub actor: String,
    pub role: String,
    pub action: String,
    pub subject: String,
    pub denied: bool,
    /// The beginning of its hash.
    pub hash: String,
}
