//! A table in a directory of its own, matched by itself.

use matching::{Report, TableOptions, run_table};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What matching a table gave: the report, and the table of clusters as it was written.
pub type Matched = Result<(Report, String), Box<dyn std::error::Error>>;

/// Writes a table, with a truth if there is one, and matches it.
pub fn run(name: &str, table: &str, truth: Option<&str>) -> Matched {
    let directory = std::env::temp_dir().join(format!("matching-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let file = |name: &str, text: &str| -> std::io::Result<PathBuf> {
        let path = directory.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let output = directory.join("clusters.csv");
    let options = TableOptions {
        input: file("records.csv", table)?,
        output: Some(output.clone()),
        truth: truth.map(|text| file("truth.csv", text)).transpose()?,
        ..TableOptions::default()
    };
    let result = run_table(&options, |_, _| {});
    let clusters = std::fs::read_to_string(&output).unwrap_or_default();
    std::fs::remove_dir_all(&directory)?;
    Ok((result?, clusters))
}

/// The members of each cluster of more than one record, in order.
#[allow(dead_code, reason = "not every test looks at members")]
pub fn company(clusters: &str) -> Vec<Vec<String>> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in clusters.lines().skip(1) {
        let mut cells = row.split(',');
        if let (Some(record), Some(cluster)) = (cells.next(), cells.next()) {
            found.entry(cluster).or_default().push(record.to_owned());
        }
    }
    found.into_values().filter(|members| members.len() > 1).collect()
}
