//! What stewards ask for, turned into decisions: merge, unmerge, undo, decide.

use super::decision::{Decision, DecisionError, Verdict};
use super::ids::{DecisionId, GoldenId, SourceKey};
use super::plan::{DecisionChange, GoldenState};
use super::privacy::{Keeps, Tombstone, without};
use super::resolver::Resolver;
use serde::{Deserialize, Serialize};

/// A steward's request; it is judged against the population as it is when its turn comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// These two golden records are one person.
    Merge { golden: GoldenId, with: GoldenId, expected_version: Option<i32> },
    /// These records are somebody else than the rest of their golden record.
    Unmerge { golden: GoldenId, records: Vec<SourceKey>, expected_version: Option<i32> },
    /// A decision was wrong; everything is as if it had never been taken.
    Undo { decision: DecisionId },
    /// A decision about records by their source keys.
    Decide {
        verdict: Verdict,
        /// Golden records that were looked at, with the versions that they had.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        seen: Vec<(GoldenId, i32)>,
    },
    /// The golden record shows this value of an attribute.
    Pin {
        golden: GoldenId,
        attribute: super::rules::Attribute,
        value: serde_json::Value,
        /// What the sources say now, if the pin is to lift once they say something else.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::decision::said")]
        until_not: Option<serde_json::Value>,
        expected_version: Option<i32>,
    },
    /// The person is to be forgotten, as a request asks for that was checked.
    Erase { golden: GoldenId, request: uuid::Uuid, keeps: Keeps },
    /// People who were forgotten may come back, by these tombstones.
    Readmit { tombstones: Vec<Tombstone> },
}

/// Who asks, why, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mandate {
    pub by: String,
    pub reason: String,
    pub at_us: i64,
}

/// Why a command cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("golden record {0} is not known")]
    Unknown(GoldenId),
    #[error("golden record {0} was merged into {1}; repeat the command with that id")]
    Retired(GoldenId, GoldenId),
    #[error("golden record {0} has no source records left")]
    Gone(GoldenId),
    #[error("golden record {golden} is at version {current}, not {expected}; look at it again before deciding")]
    Changed { golden: GoldenId, current: i32, expected: i32 },
    #[error("both ids stand for the same golden record")]
    SamePerson,
    #[error("never-link decision {0} keeps these apart; undo it first")]
    KeptApart(DecisionId),
    #[error("record {place} of the request is no member of the golden record")]
    NotMember { place: usize },
    #[error("name at least one record and leave at least one behind")]
    NothingToPart,
    #[error("decision {0} says the same already")]
    Decided(DecisionId),
    #[error("decision {0} is not in force")]
    NoDecision(DecisionId),
    #[error(transparent)]
    Decision(#[from] DecisionError),
}

/// Turns a command into decisions; `fresh` draws the id of each new decision.
pub fn evaluate(
    resolver: &Resolver,
    command: Command,
    mandate: &Mandate,
    mut fresh: impl FnMut() -> DecisionId,
) -> Result<Vec<DecisionChange>, CommandError> {
    let mut take = |verdict: Verdict| -> Result<DecisionChange, DecisionError> {
        let verdict = verdict.checked()?;
        let Mandate { by, reason, at_us } = mandate.clone();
        Ok(DecisionChange::Take(Box::new(Decision { id: fresh(), verdict, by, reason, at_us })))
    };
    let changes = match command {
        Command::Merge { golden, with, expected_version } => {
            let records = merged(resolver, golden, with, expected_version)?;
            vec![take(Verdict::AlwaysLink { records })?]
        }
        Command::Unmerge { golden, records, expected_version } => {
            let parting = Parting::new(resolver, golden, records, expected_version)?;
            let mut changes = Vec::new();
            for decision in parting.crossing(resolver) {
                changes.push(revoke(decision.id, mandate));
                for records in parting.halves(decision) {
                    changes.push(take(Verdict::AlwaysLink { records })?);
                }
            }
            changes.push(take(Verdict::NeverLink { left: parting.left, right: parting.right })?);
            changes
        }
        Command::Undo { decision } => {
            resolver.decisions().get(decision).ok_or(CommandError::NoDecision(decision))?;
            vec![revoke(decision, mandate)]
        }
        Command::Decide { verdict, seen } => {
            for (golden, version) in seen {
                members(resolver, golden, Some(version))?;
            }
            let change = take(verdict)?;
            if let DecisionChange::Take(decision) = &change
                && let Some(earlier) = same(resolver, &decision.verdict)
            {
                return Err(CommandError::Decided(earlier));
            }
            vec![change]
        }
        Command::Pin { golden, attribute, value, until_not, expected_version } => {
            let records = members(resolver, golden, expected_version)?;
            let record = records.into_iter().min().ok_or(CommandError::Gone(golden))?;
            vec![take(Verdict::Pin { record, attribute, value, until_not })?]
        }
        Command::Erase { golden, .. } => {
            let records = members(resolver, golden, None)?.into_iter().collect();
            let mut changes = Vec::new();
            for decision in resolver.decisions().about(&records) {
                changes.push(revoke(decision.id, mandate));
                if let Some(rest) = without(&decision.verdict, &records) {
                    changes.push(take(rest)?);
                }
            }
            changes
        }
        Command::Readmit { .. } => Vec::new(),
    };
    Ok(changes)
}

/// The decision in force that says the same, if there is one: two stewards who press the same key decide once.
fn same(resolver: &Resolver, verdict: &Verdict) -> Option<DecisionId> {
    let about = resolver.decisions().about(verdict.records());
    about.into_iter().find(|decision| decision.verdict == *verdict).map(|decision| decision.id)
}

fn revoke(id: DecisionId, mandate: &Mandate) -> DecisionChange {
    DecisionChange::Revoke { id, by: mandate.by.clone(), at_us: mandate.at_us }
}

/// The members of a live golden record at the version that the steward looked at.
fn members(resolver: &Resolver, golden: GoldenId, expected: Option<i32>) -> Result<Vec<SourceKey>, CommandError> {
    match resolver.state(golden) {
        None => return Err(CommandError::Unknown(golden)),
        Some(GoldenState::Retired { into }) => return Err(CommandError::Retired(golden, into)),
        Some(GoldenState::Gone) => return Err(CommandError::Gone(golden)),
        Some(GoldenState::Live) => {}
    }
    let current = resolver.version(golden).ok_or(CommandError::Unknown(golden))?;
    if let Some(expected) = expected.filter(|expected| *expected != current) {
        return Err(CommandError::Changed { golden, current, expected });
    }
    let members = resolver.members(golden).unwrap_or_default();
    Ok(members.iter().map(|&record| resolver.key(record)).collect())
}

fn merged(
    resolver: &Resolver,
    golden: GoldenId,
    with: GoldenId,
    expected: Option<i32>,
) -> Result<Vec<SourceKey>, CommandError> {
    if golden == with {
        return Err(CommandError::SamePerson);
    }
    let one = members(resolver, golden, expected)?;
    let other = members(resolver, with, None)?;
    let across = |left: &[SourceKey], right: &[SourceKey]| {
        left.iter().any(|k| one.contains(k)) && right.iter().any(|k| other.contains(k))
    };
    for decision in resolver.decisions().about(&one) {
        if let Verdict::NeverLink { left, right } = &decision.verdict
            && (across(left, right) || across(right, left))
        {
            return Err(CommandError::KeptApart(decision.id));
        }
    }
    Ok([one, other].concat())
}

/// The two sides of an unmerge.
struct Parting {
    left: Vec<SourceKey>,
    right: Vec<SourceKey>,
}

impl Parting {
    fn new(
        resolver: &Resolver,
        golden: GoldenId,
        records: Vec<SourceKey>,
        expected: Option<i32>,
    ) -> Result<Parting, CommandError> {
        let all = members(resolver, golden, expected)?;
        if let Some(place) = records.iter().position(|record| !all.contains(record)) {
            return Err(CommandError::NotMember { place });
        }
        let (left, right): (Vec<_>, Vec<_>) = all.into_iter().partition(|key| records.contains(key));
        if left.is_empty() || right.is_empty() {
            return Err(CommandError::NothingToPart);
        }
        Ok(Parting { left, right })
    }

    /// Always-links that would pull the two sides together again.
    fn crossing<'r>(&self, resolver: &'r Resolver) -> Vec<&'r Decision> {
        let crosses = |decision: &&Decision| match &decision.verdict {
            Verdict::AlwaysLink { records } => records.iter().any(|k| self.right.contains(k)),
            _ => false,
        };
        resolver.decisions().about(&self.left).into_iter().filter(crosses).collect()
    }

    /// What remains of an always-link on either side; records elsewhere stay with the side that is left behind.
    fn halves(&self, decision: &Decision) -> Vec<Vec<SourceKey>> {
        let Verdict::AlwaysLink { records } = &decision.verdict else { return Vec::new() };
        let (left, rest): (Vec<_>, Vec<_>) = records.iter().cloned().partition(|key| self.left.contains(key));
        [left, rest].into_iter().filter(|half| half.len() > 1).collect()
    }
}
