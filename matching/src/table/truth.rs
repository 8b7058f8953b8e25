//! Reads the truth about a table, where one exists.

use super::{TableError, csv_reader, reading_failed};
use std::collections::HashMap;
use std::path::Path;

/// What is known of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TruthRow {
    /// Records with the same number are one person.
    pub person: u32,
    /// Records with the same number are one household, where the truth says so.
    pub household: Option<u32>,
    /// What was done to the record, as indices into [`Truth::tags`].
    pub tags: Vec<u16>,
}

/// The truth about a table.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// By `record_id`.
    pub rows: HashMap<String, TruthRow>,
    /// The words used as tags.
    pub tags: Vec<String>,
}

/// Reads `record_id,cluster_id` and, where present, `household_id` and `tags`.
pub fn read_truth(path: &Path) -> Result<Truth, TableError> {
    let mut reader = csv_reader(path)?;
    let header = reader.headers().map_err(|error| reading_failed(path, &error))?.clone();
    let at = |name: &str| header.iter().position(|column| column == name);
    let (Some(id), Some(cluster)) = (at("record_id"), at("cluster_id")) else {
        return Err(TableError::new(path, "the header must name record_id and cluster_id"));
    };
    let (household, tags) = (at("household_id"), at("tags"));
    let mut numbers = Numbers::default();
    let mut truth = Truth::default();
    for row in reader.records() {
        let row = row.map_err(|error| reading_failed(path, &error))?;
        let known = TruthRow {
            person: numbers.person.of(row.get(cluster).unwrap_or("")),
            household: household
                .and_then(|at| row.get(at))
                .filter(|text| !text.is_empty())
                .map(|text| numbers.household.of(text)),
            tags: tags.and_then(|at| row.get(at)).map(|text| numbers.tags(text)).unwrap_or_default(),
        };
        truth.rows.insert(row.get(id).unwrap_or("").to_owned(), known);
    }
    truth.tags = numbers.tag.in_order();
    Ok(truth)
}

/// Numbers texts in the order of their appearance.
#[derive(Default)]
struct Numbering(HashMap<String, u32>);

impl Numbering {
    fn of(&mut self, text: &str) -> u32 {
        let next = self.0.len() as u32;
        match self.0.get(text) {
            Some(number) => *number,
            None => *self.0.entry(text.to_owned()).or_insert(next),
        }
    }

    fn in_order(self) -> Vec<String> {
        let mut texts: Vec<(u32, String)> = self.0.into_iter().map(|(text, number)| (number, text)).collect();
        texts.sort_unstable();
        texts.into_iter().map(|entry| entry.1).collect()
    }
}

#[derive(Default)]
struct Numbers {
    person: Numbering,
    household: Numbering,
    tag: Numbering,
}

impl Numbers {
    fn tags(&mut self, text: &str) -> Vec<u16> {
        text.split(';').filter(|tag| !tag.is_empty()).filter_map(|tag| u16::try_from(self.tag.of(tag)).ok()).collect()
    }
}
