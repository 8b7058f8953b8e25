//! Looks into how a table is matched: what each blocking rule brings, and why a pair weighs what it weighs.

use crate::blocking::{RuleReport, explain_blocking};
use crate::explain::Explanation;
use crate::index::Index;
use crate::model::Model;
use crate::resolve::{TableOptions, fitted_index};
use crate::table::{Records, TableError, read_table, read_truth};
use std::path::Path;
use std::sync::Arc;

/// Reports on every blocking rule for a table; with the truth also on the true pairs that each finds.
pub fn explain_table_blocking(input: &Path, truth: Option<&Path>) -> Result<Vec<RuleReport>, TableError> {
    let mut records = read_table(input, |_| {})?;
    let truth = truth.map(read_truth).transpose()?.unwrap_or_default();
    let person = |row: usize| truth.rows.get(records.name(row)).map(|known| known.person);
    let people: Vec<Option<u32>> = (0..records.len()).map(person).collect();
    let mut index = Index::new(Arc::new(Model::default()));
    index.replace(&[], (0u32..).zip(std::mem::take(&mut records.features)).collect());
    let same = |a: u32, b: u32| people[a as usize].is_some() && people[a as usize] == people[b as usize];
    Ok(explain_blocking(&index, same))
}

/// Explains a pair of a table's records, as matching the whole table weighs it.
pub fn explain_table_pair(options: &TableOptions, left: &str, right: &str) -> Result<Explanation, TableError> {
    let mut records = read_table(&options.input, |_| {})?;
    let (a, b) = (row_of(&records, options, left, "first")?, row_of(&records, options, right, "second")?);
    let index = fitted_index(options, std::mem::take(&mut records.features)).index;
    match (index.features(a), index.features(b)) {
        (Some(a), Some(b)) => Ok(index.explain(a, b)),
        _ => Err(TableError::new(&options.input, "the table changed while it was read; repeat")),
    }
}

/// Record ids may be personal, so the message tells only which of the two is missing.
fn row_of(records: &Records, options: &TableOptions, name: &str, which: &str) -> Result<u32, TableError> {
    let row = (0..records.len()).find(|&row| records.name(row) == name);
    let missing = || TableError::new(&options.input, format!("the {which} record_id is not in the table"));
    row.map(|row| row as u32).ok_or_else(missing)
}
