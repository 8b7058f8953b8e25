//! Explains pairs of a table: `why FILE ID,ID ...`; with one id, its neighbours.

use matching::{Index, Model, fit, fit_frequencies, read_table};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut records = read_table(arguments.next().unwrap_or_default().as_ref(), |_| {})?;
    let features = std::mem::take(&mut records.features);
    let mut index = Index::new(Arc::new(fit_frequencies(&Model::default(), &features)));
    let count = features.len() as u32;
    index.update(&[], (0..count).zip(features).collect());
    let (model, _) = fit(&index);
    index.set_model(Arc::new(model));
    let find = |id: &str| (0..count).find(|row| records.name(*row as usize).ends_with(id));
    for pair in arguments {
        let (a, b) = pair.split_once(',').unwrap_or((&pair, ""));
        let Some(a) = find(a) else { continue };
        let neighbours = index.neighbours(a);
        let others = if b.is_empty() {
            neighbours.iter().map(|neighbour| neighbour.id).collect()
        } else {
            find(b).into_iter().collect::<Vec<_>>()
        };
        for b in others {
            let (Some(left), Some(right)) = (index.features(a), index.features(b)) else {
                continue;
            };
            let explanation = index.explain(left, right);
            let found = neighbours.iter().any(|neighbour| neighbour.id == b);
            println!(
                "{} {} prior {:.2} weight {:.2} neighbours {found}",
                records.name(a as usize),
                records.name(b as usize),
                explanation.prior,
                explanation.weight
            );
            for line in explanation.lines {
                println!(
                    "    {:12} {:26} {:+6.2} {:+6.2}  {} | {}  ({:.4} {:.4} {:.6})",
                    format!("{:?}", line.field),
                    line.level,
                    line.weight,
                    line.running_total,
                    line.left,
                    line.right,
                    line.m,
                    line.household,
                    line.u
                );
            }
        }
    }
    Ok(())
}
