//! What decides who is who and which values survive: a matching model and a rule set, in force together.
//!
//! Policies are numbered. Each decision of the hub carries the number of the policy that it was made under.

use super::ids::PolicyNo;
use super::rules::{RuleSet, Rules};
use matching::{Model, Reach};
use serde::Serialize;
use std::sync::Arc;

/// The policy in force.
#[derive(Clone)]
pub struct Policy {
    pub number: PolicyNo,
    pub model: Arc<Model>,
    pub rules: Arc<Rules>,
}

/// A model and a rule set that might come into force.
#[derive(Clone, Debug)]
pub struct Draft {
    pub model: Arc<Model>,
    pub rules: RuleSet,
}

/// How far a policy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Pairs are weighed under it; everything else still follows the policy before.
    Weighing,
    /// In force; people whom nothing has touched since may still be as the policy before left them.
    Renewing,
    /// In force, and everything follows it.
    Settled,
    /// Never came into force, because a later one was asked for meanwhile.
    Superseded,
}

/// Why a draft cannot come into force.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum DraftError {
    #[error("{0}")]
    Model(#[from] matching::ModelError),
    #[error("compare_all_max has to be 0 here: a population that grows would lose links as it passes the limit")]
    ComparesAll,
    #[error("reach has to be \"lean\" here: the wide rules' small blocks overflow as a population grows")]
    Reach,
    #[error("the link weight has to be a number at or above the review threshold, {0}")]
    LinkWeight(f32),
}

/// In the name of a model, stands before a link weight that is not the one it came with.
const LINKING_FROM: &str = ", link from ";

impl Draft {
    /// Checks that the hub can work by the draft.
    pub fn checked(self) -> Result<Draft, DraftError> {
        self.model.check()?;
        if self.model.compare_all_max > 0 {
            return Err(DraftError::ComparesAll);
        }
        if self.model.reach != Reach::Lean {
            return Err(DraftError::Reach);
        }
        Ok(self)
    }

    /// The same with another weight from which on two records are held to be one person; the model's name tells it.
    pub fn linking_from(self, weight: f32) -> Result<Draft, DraftError> {
        let thresholds = self.model.thresholds;
        if !weight.is_finite() || weight < thresholds.review {
            return Err(DraftError::LinkWeight(thresholds.review));
        }
        if weight == thresholds.link {
            return Ok(self);
        }
        let mut model = (*self.model).clone();
        model.thresholds.link = weight;
        let name = model.version.split(LINKING_FROM).next().unwrap_or_default();
        model.version = format!("{name}{LINKING_FROM}{weight}");
        Ok(Draft { model: Arc::new(model), ..self })
    }
}

impl Stage {
    const ALL: [Stage; 4] = [Stage::Weighing, Stage::Renewing, Stage::Settled, Stage::Superseded];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Weighing => "weighing",
            Stage::Renewing => "renewing",
            Stage::Settled => "settled",
            Stage::Superseded => "superseded",
        }
    }

    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Whether the hub is still at work on it.
    pub fn is_under_way(self) -> bool {
        matches!(self, Stage::Weighing | Stage::Renewing)
    }
}

/// Recognises the same content, however it is written.
pub fn fingerprint(content: &impl Serialize) -> String {
    // Plain data with text keys can always be written.
    let text = serde_json::to_string(content).unwrap_or_default();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(change: impl FnOnce(&mut Model)) -> Draft {
        let mut model = Model::default();
        change(&mut model);
        Draft { model: Arc::new(model), rules: RuleSet::shipped().expect("shipped rules") }
    }

    fn check(draft: Result<Draft, DraftError>, expected: Option<&str>) {
        match (draft.and_then(Draft::checked), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, expected) => panic!("{:?} instead of {expected:?}", got.map(|draft| draft.model.thresholds)),
        }
    }

    #[test]
    fn drafts_are_checked() {
        check(Ok(draft(|_| {})), None);
        check(Ok(draft(|model| model.compare_all_max = 1)), Some("compare_all_max"));
        check(Ok(draft(|model| model.reach = Reach::Wide)), Some("reach"));
        check(Ok(draft(|model| model.population = 0.0)), Some("population"));
        check(draft(|_| {}).linking_from(4.0), None);
        check(draft(|_| {}).linking_from(f32::NAN), Some("link weight"));
        check(draft(|_| {}).linking_from(-90.0), Some("review threshold"));
    }

    #[test]
    fn a_model_is_called_after_its_last_link_weight() {
        let plain = draft(|model| model.version = "ours".to_owned());
        let once = plain.clone().linking_from(4.0).expect("a weight above the review threshold");
        let twice = once.clone().linking_from(5.5).expect("a weight above the review threshold");
        assert_eq!(
            (once.model.version.as_str(), twice.model.version.as_str()),
            ("ours, link from 4", "ours, link from 5.5")
        );
        assert_eq!(once.model, once.clone().linking_from(4.0).expect("the same weight").model);
        assert_eq!(plain.model, plain.clone().linking_from(plain.model.thresholds.link).expect("the same").model);
    }

    #[test]
    fn a_comment_makes_no_other_rules() {
        let plain = RuleSet::shipped().expect("shipped rules");
        let commented = RuleSet::parse(&format!("# Ours.\n{}", plain.text)).expect("the same rules");
        assert_eq!(fingerprint(&plain.rules), fingerprint(&commented.rules));
        let trusted = RuleSet::parse(&plain.text.replacen("trust = 50", "trust = 51", 1)).expect("other rules");
        assert_ne!(fingerprint(&plain.rules), fingerprint(&trusted.rules));
    }

    #[test]
    fn stages_are_found_by_their_names() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.name()), Some(stage));
        }
        assert_eq!(Stage::parse("active"), None);
    }
}
