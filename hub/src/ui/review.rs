//! One case: looked at, decided, taken back.

mod evidence;
mod parties;
mod view;

use self::parties::Parties;
use super::form::Form;
use super::page::{self, Query, Wrong};
use super::reviews::Filters;
use super::session::Visitor;
use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::commands::{Asked, ask};
use crate::api::problem::Problem;
use crate::api::reviews::parse;
use crate::domain::command::Command;
use crate::domain::decision::Verdict;
use crate::domain::ids::{DecisionId, GoldenId, RecordNo, SourceKey};
use crate::domain::limits::DECISION_RECORDS_MAX;
use crate::domain::rules::Attribute;
use crate::store::reviews::OpenReview;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use uuid::Uuid;

/// How a form names a value that the golden record is to have.
const PICK: &str = "pick.";

async fn open(state: &AppState, visitor: &Visitor, id: &str) -> Result<Option<OpenReview>, Wrong> {
    let (a, b) = parse(id).map_err(|_| Wrong::missing(visitor, visitor.words.not_found))?;
    let found = state.store.review(RecordNo(a as u32), RecordNo(b as u32)).await;
    found.map_err(|error| Wrong::store(visitor.words, error))
}

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    query: Query,
) -> Result<Response, Wrong> {
    let Some(review) = open(&state, &visitor, &id).await? else {
        return Err(Wrong::gone(&visitor, visitor.words.closed_meanwhile));
    };
    let page = view::page(&state, &visitor, &review, &Filters::of(&query), view::told(&query), None).await?;
    Ok(page::show(&page))
}

pub async fn decide(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let failed = |error| Wrong::store(words, error);
    let filters = Filters::of(&Query::parse(form.get("query")));
    let Some(review) = open(&state, &visitor, &id).await? else {
        return Err(Wrong::gone(&visitor, words.closed_meanwhile));
    };
    let parties = Parties::gather(&state, &review).await.map_err(failed)?;
    if parties.versions() != form.get("versions") {
        let again = view::page(&state, &visitor, &review, &filters, None, Some(words.changed_meanwhile)).await?;
        return Ok((StatusCode::CONFLICT, page::show(&again)).into_response());
    }
    let next = state.store.review_beside(&filters.wanted, &review, false).await.map_err(failed)?;
    let is_same = form.get("verdict") == "same";
    let usual = if is_same { words.default_same } else { words.default_different };
    let command = if is_same { joining(&parties) } else { parting(&review, &parties) };
    let asked = match command {
        Some(command) => ask(&state, &visitor.caller, command, form.reason(usual)).await,
        None => return Err(Wrong::told(&visitor, StatusCode::CONFLICT, words.one_already)),
    };
    let done = match asked {
        Ok(Asked::Done(done)) => done,
        Ok(Asked::Queued(_)) => return Err(Wrong::told(&visitor, StatusCode::ACCEPTED, words.queued)),
        Err(problem) => return refused(&state, &visitor, &review, &filters, problem).await,
    };
    if is_same && let Some(golden) = parties.survivor() {
        pick(&state, &visitor, golden, &parties, &form).await?;
    }
    let decision = done.decisions.first().map(Uuid::to_string).unwrap_or_default();
    // Joining one pair may settle the next one too.
    let open = match next {
        Some(next) => state.store.review(next.a, next.b).await.map_err(failed)?,
        None => None,
    };
    let next = match open {
        Some(next) => Some(next),
        None => state.store.review_beside(&filters.wanted, &review, false).await.map_err(failed)?,
    };
    let path = next.map_or("/reviews".to_owned(), |next| format!("/reviews/{}-{}", next.a.0, next.b.0));
    let was = if is_same { "same" } else { "different" };
    Ok(Redirect::to(&filters.link(&path, &[("decision", &decision), ("was", was), ("of", &id)])).into_response())
}

/// The page again, with what was refused, and nothing lost but the picked values.
async fn refused(
    state: &AppState,
    visitor: &Visitor,
    review: &OpenReview,
    filters: &Filters,
    problem: Problem,
) -> Result<Response, Wrong> {
    let status = problem.status();
    if status != StatusCode::CONFLICT && status != StatusCode::PRECONDITION_FAILED {
        return Err(Wrong::problem(visitor, problem));
    }
    let again = view::page(state, visitor, review, filters, None, Some(visitor.words.changed_meanwhile)).await?;
    Ok((status, page::show(&again)).into_response())
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
    Some(Command::Decide { verdict: Verdict::NeverLink { left, right } })
}

/// Pins the values that were picked for the golden record.
async fn pick(
    state: &AppState,
    visitor: &Visitor,
    golden: GoldenId,
    parties: &Parties,
    form: &Form,
) -> Result<(), Wrong> {
    for (name, record) in form.beginning(PICK) {
        let attribute = Attribute::ALL.into_iter().find(|attribute| attribute.name() == name);
        let value = attribute.and_then(|attribute| parties.value(&key(record)?, attribute));
        let (Some(attribute), Some(value)) = (attribute, value) else { continue };
        let command = Command::Pin { golden, attribute, value, until_not: None, expected_version: None };
        let asked = ask(state, &visitor.caller, command, visitor.words.default_pick).await;
        asked.map_err(|problem| Wrong::problem(visitor, problem))?;
    }
    Ok(())
}

/// A record's key as pages name it: the source, which holds no slash, and the source's own key.
fn key(text: &str) -> Option<SourceKey> {
    let (source, key) = text.split_once('/')?;
    Some(SourceKey::new(source, key))
}

/// Takes a decision back, and goes to the case that it was about.
pub async fn undo(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let missing = || Wrong::missing(&visitor, visitor.words.not_found);
    let decision: Uuid = form.get("decision").parse().map_err(|_| missing())?;
    let command = Command::Undo { decision: DecisionId(decision) };
    let asked = ask(&state, &visitor.caller, command, visitor.words.default_undo).await;
    asked.map_err(|problem| Wrong::problem(&visitor, problem))?;
    let filters = Filters::of(&Query::parse(form.get("query")));
    let review = form.get("review");
    let path = match open(&state, &visitor, review).await {
        Ok(Some(_)) => format!("/reviews/{review}"),
        _ => "/reviews".to_owned(),
    };
    Ok(Redirect::to(&filters.link(&path, &[("undone", "1")])).into_response())
}
