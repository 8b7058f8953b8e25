//! Prints, for a table with a truth, how often each comparison level is seen among pairs of one person, of one
//! household and of strangers, beside what the model holds: `levels FILE TRUTH`.

use matching::{Field, Index, Model, fit, fit_frequencies, read_table, read_truth};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pairs of one person, of one household, of strangers.
type Counts = [f64; 3];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (file, truth) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let mut records = read_table(file.as_ref(), |_| {})?;
    let truth = read_truth(truth.as_ref())?;
    let features = std::mem::take(&mut records.features);
    let mut model = fit_frequencies(&Model::default(), &features);
    model.thresholds.floor = f32::MIN;
    let mut index = Index::new(Arc::new(model));
    let count = features.len() as u32;
    index.update(&[], (0..count).zip(features).collect());
    let (fitted, _) = fit(&index);
    index.set_model(Arc::new(fitted));
    let mut seen: BTreeMap<(Field, String), (Counts, [f32; 3])> = BTreeMap::new();
    for a in 0..count {
        let known = &truth.rows[records.name(a as usize)];
        for neighbour in index.neighbours(a).into_iter().filter(|neighbour| neighbour.id > a) {
            let other = &truth.rows[records.name(neighbour.id as usize)];
            let kind = match () {
                () if known.person == other.person => 0,
                () if known.household.is_some() && known.household == other.household => 1,
                () => 2,
            };
            let (Some(left), Some(right)) = (index.features(a), index.features(neighbour.id)) else {
                continue;
            };
            for line in index.explain(left, right).lines {
                let entry =
                    seen.entry((line.field, line.level)).or_insert(([0.0; 3], [line.m, line.household, line.u]));
                entry.0[kind] += 1.0;
            }
        }
    }
    let mut totals: BTreeMap<Field, Counts> = BTreeMap::new();
    for ((field, _), (counts, _)) in &seen {
        let total = totals.entry(*field).or_default();
        (0..3).for_each(|kind| total[kind] += counts[kind]);
    }
    for ((field, level), (counts, model)) in &seen {
        let share = |kind: usize| counts[kind] / totals[field][kind].max(1.0);
        println!(
            "{:12} {:28} same {:7.4} ({:6}) model {:6.4} | household {:7.4} ({:5}) model {:6.4} | stranger {:7.5} ({:5}) model {:8.6}",
            format!("{field:?}"),
            level,
            share(0),
            counts[0],
            model[0],
            share(1),
            counts[1],
            model[1],
            share(2),
            counts[2],
            model[2]
        );
    }
    Ok(())
}
