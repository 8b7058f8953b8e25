//! Where the head of the audit chain is written down, and how often.

use super::ConfigError;
use serde::Deserialize;
use std::path::PathBuf;

/// A file that whoever can write to the database should not be able to change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchoring {
    pub anchors: PathBuf,
    #[serde(default = "hourly")]
    pub minutes: u64,
}

fn hourly() -> u64 {
    60
}

pub fn checked(anchoring: Option<Anchoring>) -> Result<Option<Anchoring>, ConfigError> {
    match anchoring {
        Some(Anchoring { minutes: 0, .. }) => {
            let remedy = "minutes takes a whole number above 0";
            Err(ConfigError::Entry { place: "[audit]".to_owned(), remedy })
        }
        checked => Ok(checked),
    }
}
