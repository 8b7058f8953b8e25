//! How right the demo's golden records are, measured with the truth that the generator wrote beside the exports.

use crate::cli::Failure;
use crate::store::Store;
use matching::evaluate;
use std::collections::HashMap;
use std::path::Path;

/// Pairwise agreement with the truth.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Honesty {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub b3_f1: f64,
}

/// Compares who was joined with who is one person; absent without a truth file.
pub async fn compare_with_truth(store: &Store, path: &Path) -> Result<Option<Honesty>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let truth = read(path)?;
    let (mut found, mut real) = (Vec::new(), Vec::new());
    let mut labels: HashMap<_, u32> = HashMap::new();
    let mut people: HashMap<&str, u32> = HashMap::new();
    let mut after = None;
    loop {
        let page = store.crosswalk_after(after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.record);
        for row in page {
            let person = truth.get(&(row.key.source, row.key.key));
            if let (Some(golden), Some(person)) = (row.golden, person) {
                let next = labels.len() as u32;
                found.push(*labels.entry(golden).or_insert(next));
                let next = people.len() as u32;
                real.push(*people.entry(person.as_str()).or_insert(next));
            }
        }
    }
    let measured = evaluate(&found, &real);
    let Some(measured) = (!found.is_empty()).then_some(measured) else { return Ok(None) };
    Ok(Some(Honesty { precision: measured.precision, recall: measured.recall, f1: measured.f1, b3_f1: measured.b3_f1 }))
}

fn read(path: &Path) -> Result<HashMap<(String, String), String>, Failure> {
    let mut truth = HashMap::new();
    for row in csv::Reader::from_path(path)?.into_records() {
        let row = row?;
        if let (Some(source), Some(key), Some(person)) = (row.get(0), row.get(1), row.get(2)) {
            truth.insert((source.to_owned(), key.to_owned()), person.to_owned());
        }
    }
    Ok(truth)
}
