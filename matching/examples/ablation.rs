//! What each main idea is worth: matches a table with one idea after the other taken away and prints, as one line of JSON
//! each, how well the clusters agree with the truth: `ablation FILE TRUTH`.

use matching::{Features, Field, Index, Model, Reach, Records, Resolution, Truth, evaluate, read_table, read_truth};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (file, truth) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let mut records = read_table(file.as_ref(), |_| {})?;
    let truth = read_truth(truth.as_ref())?;
    let features = std::mem::take(&mut records.features);
    let whole = resolved(fitted(wide(), &features), &features);
    report("everything", &records, &truth, &whole.labels);
    report("without constrained clustering", &records, &truth, &connected(&whole));
    for (what, model) in variants(&features) {
        report(what, &records, &truth, &resolved(model, &features).labels);
    }
    Ok(())
}

fn wide() -> Model {
    Model { reach: Reach::Wide, ..Model::default() }
}

/// One idea less each.
fn variants(features: &[Features]) -> Vec<(&'static str, Model)> {
    vec![
        ("without anything estimated from the data", wide()),
        ("without estimated m and u", matching::fit_frequencies(&wide(), features)),
        ("without frequencies of names", unfrequent(fitted(wide(), features))),
        ("without the household", alone(fitted(wide(), features))),
        ("without counting the carriers of a value", uncounted(fitted(wide(), features))),
        ("without the wide reach", fitted(Model::default(), features)),
        ("without tolerance of typing errors", exact(fitted(wide(), features))),
        ("without swapped names", without(fitted(wide(), features), Field::NameOrder)),
        ("without birth dates", without(fitted(wide(), features), Field::Birth)),
    ]
}

/// Fitted to the table as `hub match` does it.
fn fitted(model: Model, features: &[Features]) -> Model {
    let mut index = Index::new(Arc::new(matching::fit_frequencies(&model, features)));
    index.update(&[], (0u32..).zip(features.iter().cloned()).collect());
    matching::fit(&index).0
}

fn resolved(model: Model, features: &[Features]) -> Resolution {
    let ranks: Vec<u128> = (0..features.len() as u128).collect();
    matching::resolve(Arc::new(model), features.to_vec(), &ranks)
}

fn unfrequent(mut model: Model) -> Model {
    (model.names.given, model.names.family) = Default::default();
    (model.names.given_otherwise, model.names.family_otherwise) = (0.004, 0.0005);
    model
}

/// People of one household look like strangers.
fn alone(mut model: Model) -> Model {
    model.fields.iter_mut().flat_map(|field| &mut field.levels).for_each(|level| level.household = level.stranger);
    model
}

/// Every carrier but one counts as one.
fn uncounted(mut model: Model) -> Model {
    for field in &mut model.fields {
        if let Some(first) = field.levels.first().filter(|level| level.name == "exact").cloned() {
            for level in field.levels.iter_mut().filter(|level| level.name.starts_with("exact, of")) {
                (level.same, level.household, level.stranger) = (first.same, first.household, first.stranger);
            }
        }
    }
    model
}

/// Whatever is nearly equal counts as different.
fn exact(mut model: Model) -> Model {
    for field in &mut model.fields {
        let Some(last) = field.levels.last().cloned() else { continue };
        let fuzzy = ["typing error", "similar", "one digit differs", "same house or a slip", "parts of it"];
        for level in field.levels.iter_mut().filter(|level| fuzzy.contains(&level.name.as_str())) {
            (level.same, level.household, level.stranger) = (last.same, last.household, last.stranger);
        }
    }
    model
}

/// A field says nothing.
fn without(mut model: Model, field: Field) -> Model {
    for level in model.fields.iter_mut().filter(|entry| entry.field == field).flat_map(|entry| &mut entry.levels) {
        // Where a swap is impossible, names are compared as they stand.
        let same = if field == Field::NameOrder { 1e-9 } else { 1.0 };
        (level.same, level.household, level.stranger) = (same, 1.0, 1.0);
    }
    model
}

/// Connected components of the links.
fn connected(resolution: &Resolution) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..resolution.labels.len() as u32).collect();
    let link = resolution.model.thresholds.link;
    loop {
        let mut changed = false;
        for edge in resolution.edges.iter().filter(|edge| edge.weight >= link) {
            let low = labels[edge.a as usize].min(labels[edge.b as usize]);
            changed |= labels[edge.a as usize] != low || labels[edge.b as usize] != low;
            (labels[edge.a as usize], labels[edge.b as usize]) = (low, low);
        }
        if !changed {
            return labels;
        }
    }
}

fn report(what: &str, records: &Records, truth: &Truth, labels: &[u32]) {
    let known = (0..records.len()).filter_map(|row| Some((labels[row], truth.rows.get(records.name(row))?.person)));
    let (found, people): (Vec<u32>, Vec<u32>) = known.unzip();
    let e = evaluate(&found, &people);
    println!(
        "{{\"what\":\"{what}\",\"f1\":{:.4},\"b3\":{:.4},\"precision\":{:.4},\"recall\":{:.4},\"largest\":{}}}",
        e.f1, e.b3_f1, e.precision, e.recall, e.largest_cluster
    );
}
