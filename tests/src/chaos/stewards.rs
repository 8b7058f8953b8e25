//! Stewards who merge, part and set values, and undo it, while everything breaks.

use super::cast::Stage;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::population::Dice;
use tokio::task::JoinHandle;

/// What became of the stewards' requests.
#[derive(Debug, Default)]
pub struct Steps {
    /// Decisions that were answered for.
    pub decided: Vec<String>,
    /// Decisions that were undone, as was answered.
    pub undone: Vec<String>,
}

/// Decides until the round is over.
pub fn start(stage: &Arc<Stage>, seed: u64) -> JoinHandle<Steps> {
    let (stage, mut dice) = (stage.clone(), Dice::new(seed ^ 3));
    tokio::spawn(async move {
        let mut steps = Steps::default();
        while !stage.is_over() {
            if decide(&stage, &mut dice, &mut steps).await.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            tokio::time::sleep(Duration::from_millis(dice.below(100))).await;
        }
        steps
    })
}

/// One decision; nothing when it could not be made, for nobody answered or the people are not there (any more).
async fn decide(stage: &Stage, dice: &mut Dice, steps: &mut Steps) -> Option<()> {
    let (one, record) = somebody(stage, dice).await?;
    let (path, body) = match dice.below(5) {
        0 | 1 => {
            let (other, _) = somebody(stage, dice).await?;
            (format!("/v1/profiles/{one}/merge"), json!({"with": other, "reason": "said so on the phone"}))
        }
        2 => (format!("/v1/profiles/{one}/unmerge"), json!({"records": [record], "reason": "two people"})),
        3 => {
            let pin =
                json!({"attribute": "gender", "value": "female", "until": "source_changes", "reason": "she said so"});
            (format!("/v1/profiles/{one}/pins"), pin)
        }
        _ => {
            let decision = steps.decided.get(dice.below(steps.decided.len() as u64) as usize)?.clone();
            let path = format!("/v1/decisions/{decision}/undo");
            let (status, _) = stage.post(&path, &json!({"reason": "a mistake"})).await?;
            if status == 200 {
                steps.undone.push(decision);
            }
            return Some(());
        }
    };
    let (status, answer) = stage.post(&path, &body).await?;
    if status == 200 {
        steps.decided.extend(answer["decisions"].as_array()?.iter().filter_map(|id| id.as_str().map(str::to_owned)));
    }
    Some(())
}

/// The golden id of some record, and that record.
async fn somebody(stage: &Stage, dice: &mut Dice) -> Option<(String, Value)> {
    // Not everybody has been sent yet.
    for _ in 0..10 {
        let number = dice.below(500) * 3 + dice.below(2);
        let source = ["salesforce", "square"][number as usize % 3];
        let answer = stage.get(&format!("/v1/crosswalk/{source}/r{number}")).await;
        if let Some(golden) = answer["golden"].as_str() {
            return Some((golden.to_owned(), json!({"source": source, "source_key": format!("r{number}")})));
        }
    }
    None
}
