//! Points of loyalty programmes: entries, and the double-entry postings that they come to. Nothing is ever overwritten, and
//! a balance is a sum.
//!
//! Points belong to a *membership* (the number on a card) and not to a person: whoever a merge or an unmerge makes of the
//! records, the points stay with their card, and none is created or lost (I12). What is spent is spent from the card that
//! was shown, so that a parted person loses no more than their own card has paid for.

mod entry;
#[cfg(test)]
mod tests;

pub use self::entry::{Account, Bucket, Entry, EntryError, Kind, Posting, postings};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The programmes of a retailer: data, a part of the rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loyalty {
    pub programme: BTreeMap<String, Programme>,
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    pub title: String,
    /// The schemes of identifiers whose values are its membership numbers.
    pub schemes: Vec<String>,
}

/// A membership number as it is compared: letters and digits alone.
pub fn membership(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
