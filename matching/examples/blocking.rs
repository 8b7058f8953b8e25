//! Prints what each blocking rule brings and costs: `blocking FILE TRUTH`.

use matching::{Index, Model, explain_blocking, read_table, read_truth};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (file, truth) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let mut records = read_table(file.as_ref(), |_| {})?;
    let truth = read_truth(truth.as_ref())?;
    let features = std::mem::take(&mut records.features);
    let count = features.len() as u32;
    let people: Vec<u32> = (0..count).map(|row| truth.rows[records.name(row as usize)].person).collect();
    let mut index = Index::new(Arc::new(Model::default()));
    index.update(&[], (0..count).zip(features).collect());
    for report in explain_blocking(&index, |a, b| people[a as usize] == people[b as usize]) {
        println!(
            "{:16} pairs {:9} alone {:9} true {:8} alone {:7} cut {:8}",
            format!("{:?}", report.rule),
            report.pairs,
            report.pairs_alone,
            report.true_pairs,
            report.true_pairs_alone,
            report.cut
        );
    }
    Ok(())
}
