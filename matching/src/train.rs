//! Fits a model to the records at hand, without labels.

use crate::features::{Features, Role};
use crate::model::{Model, NameFrequencies};
use std::collections::HashMap;

/// A copy of the model whose population and name frequencies are those of the records.
pub fn fit(model: &Model, features: &[Features]) -> Model {
    let mut given: HashMap<u32, u32> = HashMap::new();
    let mut family: HashMap<u32, u32> = HashMap::new();
    for record in features {
        for token in record.view().tokens().filter(|token| token.text.len() > 1) {
            match token.role {
                Role::Given => *given.entry(token.hash).or_default() += 1,
                Role::Family => *family.entry(token.hash).or_default() += 1,
                Role::Middle | Role::Either => {}
            }
        }
    }
    let mut fitted = model.clone();
    fitted.version = format!("{}+fitted", model.version);
    fitted.population = (features.len() as f64).max(1000.0);
    fitted.names = NameFrequencies {
        given: shares(&given),
        family: shares(&family),
        ..fitted.names
    };
    fitted.names.given_otherwise = 1.0 / fitted.population as f32;
    fitted.names.family_otherwise = 1.0 / fitted.population as f32;
    fitted
}

fn shares(counts: &HashMap<u32, u32>) -> std::collections::BTreeMap<u32, f32> {
    let total: f64 = counts
        .values()
        .map(|count| f64::from(*count))
        .sum::<f64>()
        .max(1000.0);
    counts
        .iter()
        .map(|(hash, count)| (*hash, ((f64::from(*count) + 1.0) / total) as f32))
        .collect()
}
