//! Why a golden id vanished into another one, or appeared beside it.

use super::decision::{Decision, Verdict};
use super::ids::{DecisionId, SourceKey};
use serde::{Deserialize, Serialize};

/// What did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// These two records weigh enough to be one person.
    Match { weight: f32, records: [SourceKey; 2] },
    /// A steward's decision came into force or, revoked, went out of it.
    Decision {
        decision: DecisionId,
        /// Not known of a revoked one; `GET /v1/decisions/{id}` tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<String>,
        revoked: bool,
        /// Who decided.
        by: String,
    },
    /// The sources say something else of these records, or that they are gone.
    Records { records: Vec<SourceKey> },
    /// Another model or other rules came into force; the policy's number stands with the event.
    Policy {
        /// The pair that weighs enough under the new policy, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f32>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        records: Vec<SourceKey>,
    },
    /// The person asked to be forgotten: whoever has a copy removes it.
    Erasure,
}

impl Cause {
    pub const KINDS: [&str; 5] = ["match", "decision", "records", "policy", "erasure"];

    /// A decision in force.
    pub fn decided(decision: &Decision) -> Cause {
        let verdict = match decision.verdict {
            Verdict::AlwaysLink { .. } => "always_link",
            Verdict::NeverLink { .. } => "never_link",
            Verdict::Pin { .. } => "pin",
        };
        let (verdict, by) = (Some(verdict.to_owned()), decision.by.clone());
        Cause::Decision { decision: decision.id, verdict, revoked: false, by }
    }
}
