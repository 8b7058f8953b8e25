//! Decides a case, or proposes to where two people are asked for.

use super::parties::Parties;
use crate::api::AppState;
use crate::api::commands::{Asked, ask};
use crate::api::problem::{Kind, Problem};
use crate::domain::command::Command;
use crate::domain::decision::Verdict;
use crate::domain::ids::DecisionId;
use crate::domain::limits::DECISION_RECORDS_MAX;
use crate::pipeline::clock;
use crate::store::reviews::{OpenReview, Outcome, Proposal};
use crate::ui::session::Visitor;
use uuid::Uuid;

/// What a steward says of a case, with the reason in their own words or none.
#[derive(Clone, Copy)]
pub struct Said<'t> {
    pub is_same: bool,
    pub reason: &'t str,
}

/// What became of it.
pub enum Settled {
    Decided(Option<Uuid>),
    /// It waits for a second person.
    Proposed,
    /// No node resolves now; one will.
    Queued,
    /// Both are one person already.
    OneAlready,
    /// A reason is asked for.
    NoReason,
}

pub async fn settle(
    state: &AppState,
    visitor: &Visitor,
    review: &OpenReview,
    parties: &Parties,
    said: Said<'_>,
) -> Result<Settled, Problem> {
    let words = visitor.words;
    let agreed = review.handling.proposal.as_ref().filter(|proposal| proposal.is_same == said.is_same);
    let seconded = agreed.filter(|proposal| proposal.by != *visitor.caller.name);
    // Whoever agrees need not say again what was said.
    let reason = match (said.reason.trim(), seconded) {
        ("", Some(proposal)) => proposal.reason.as_str(),
        (own, _) => own,
    };
    if state.reviews.reason_required && reason.is_empty() {
        return Ok(Settled::NoReason);
    }
    if state.reviews.four_eyes && seconded.is_none() {
        let by = visitor.caller.name.to_string();
        let proposal = Proposal { is_same: said.is_same, by, reason: reason.to_owned() };
        let is_open = state.store.propose_review((review.a, review.b), &proposal).await?;
        return if is_open { Ok(Settled::Proposed) } else { Err(closed(visitor)) };
    }
    let command = if said.is_same { joining(parties) } else { parting(review, parties) };
    let Some(command) = command else { return Ok(Settled::OneAlready) };
    let usual = if said.is_same { words.default_same } else { words.default_different };
    let mut why = if reason.is_empty() { usual.to_owned() } else { reason.to_owned() };
    if let Some(proposal) = seconded {
        why = format!("{why} ({} {})", words.proposed_by, proposal.by);
    }
    let done = match ask(state, &visitor.caller, command, &why).await? {
        Asked::Queued(_) => return Ok(Settled::Queued),
        Asked::Done(done) => done,
    };
    let decision = done.decisions.first().copied();
    if let Some(decision) = decision {
        let outcome = Outcome { weight: review.weight, is_same: said.is_same, at_us: clock::now_us() };
        state.store.note_outcome(DecisionId(decision), outcome).await?;
    }
    Ok(Settled::Decided(decision))
}

fn closed(visitor: &Visitor) -> Problem {
    Kind::Conflict.because(visitor.words.closed_meanwhile)
}

/// Both people are one. Nothing if they are already.
fn joining(parties: &Parties) -> Option<Command> {
    let (left, right) = (parties.left.golden?, parties.right.golden?);
    (left != right).then_some(Command::Merge { golden: left, with: right, expected_version: parties.left.version })
}

/// Nobody of the one is anybody of the other; within one person, the two records in doubt are parted.
fn parting(review: &OpenReview, parties: &Parties) -> Option<Command> {
    let (mut left, mut right) = (parties.left.keys.clone(), parties.right.keys.clone());
    if parties.left.golden == parties.right.golden || left.len() + right.len() > DECISION_RECORDS_MAX {
        (left, right) = (vec![review.left.0.clone()], vec![review.right.0.clone()]);
    }
    let seen = [&parties.left, &parties.right].map(|party| party.golden.zip(party.version));
    let seen = seen.into_iter().flatten().collect();
    Some(Command::Decide { verdict: Verdict::NeverLink { left, right }, seen })
}
