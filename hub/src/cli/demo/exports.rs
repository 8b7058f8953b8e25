//! The fictitious retailer's exports, one file for each of its systems.

use crate::cli::Failure;
use crate::cli::output::records_bar;
use demo::Retailer;
use std::path::{Path, PathBuf};

/// The exports in the order in which they are read, each with its source.
const EXPORTS: [(&str, &str); 4] = [
    ("salesforce", "salesforce-contacts.csv"),
    ("shopify", "shopify-customers.json"),
    ("square", "square-customers.json"),
    ("loyalty", "loyalty-members.ndjson"),
];

/// Writes about so many records into a folder, with progress; returns each source with its file.
pub fn write(folder: &Path, records: usize, seed: u64) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    std::fs::create_dir_all(folder)?;
    let bar = records_bar(records as u64, "making exports");
    Retailer { seed, records }.write_exports(folder, &mut |written| bar.set_position(written))?;
    bar.finish_and_clear();
    Ok(EXPORTS.iter().map(|(source, file)| (*source, folder.join(file))).collect())
}
