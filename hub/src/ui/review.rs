//! One case: looked at, decided, taken back.

mod evidence;
pub mod handling;
pub mod parties;
mod points;
pub mod settle;
mod view;

use self::parties::Parties;
use self::settle::{Said, Settled, settle};
use self::view::Shown;
use super::form::Form;
use super::page::{self, Query, Wrong};
use super::reviews::Filters;
use super::session::Visitor;
use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::commands::ask;
use crate::api::reviews::parse;
use crate::domain::command::Command;
use crate::domain::ids::{DecisionId, GoldenId, RecordNo, SourceKey};
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
    Ok(state.store.review(RecordNo(a as u32), RecordNo(b as u32)).await?)
}

async fn open_or_gone(state: &AppState, visitor: &Visitor, id: &str) -> Result<OpenReview, Wrong> {
    open(state, visitor, id).await?.ok_or_else(|| Wrong::gone(visitor, visitor.words.closed_meanwhile))
}

/// Where a case is looked at.
fn case(review: &OpenReview) -> String {
    format!("/reviews/{}-{}", review.a.0, review.b.0)
}

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    query: Query,
) -> Result<Response, Wrong> {
    let review = open_or_gone(&state, &visitor, &id).await?;
    let filters = Filters::of(&query, &visitor.caller.name);
    let page = view::page(&state, &visitor, &review, &filters, Shown::of(&visitor, &query)).await?;
    Ok(page::show(&page))
}

pub async fn decide(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let review = open_or_gone(&state, &visitor, &id).await?;
    let parties = Parties::gather(&state, &review).await?;
    let said = Said { is_same: form.get("verdict") == "same", reason: form.get("reason") };
    let again = async |status: StatusCode, problem: &'static str| {
        let shown = Shown::again(problem, said.reason);
        let page = view::page(&state, &visitor, &review, &filters, shown).await?;
        Ok((status, page::show(&page)).into_response())
    };
    if parties.versions() != form.get("versions") {
        return again(StatusCode::CONFLICT, words.changed_meanwhile).await;
    }
    let next = state.store.review_beside(&filters.wanted, &review, false).await?;
    let decision = match settle(&state, &visitor, &review, &parties, said).await {
        Ok(Settled::Decided(decision)) => decision.map(|id| id.to_string()).unwrap_or_default(),
        Ok(Settled::Proposed) => {
            let path = next.as_ref().map_or("/reviews".to_owned(), case);
            return Ok(Redirect::to(&filters.link(&path, &[("done", "proposed")])).into_response());
        }
        Ok(Settled::Queued) => return Err(Wrong::told(&visitor, StatusCode::ACCEPTED, words.queued)),
        Ok(Settled::OneAlready) => return Err(Wrong::told(&visitor, StatusCode::CONFLICT, words.one_already)),
        Ok(Settled::NoReason) => return again(StatusCode::UNPROCESSABLE_ENTITY, words.reason_needed).await,
        Err(problem) => {
            return match problem.status() {
                status @ (StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => {
                    again(status, words.changed_meanwhile).await
                }
                _ => Err(Wrong::problem(&visitor, problem)),
            };
        }
    };
    if said.is_same
        && let Some(golden) = parties.survivor()
    {
        pick(&state, &visitor, golden, &parties, &form).await?;
    }
    // Joining one pair may settle the next one too.
    let open = match next {
        Some(next) => state.store.review(next.a, next.b).await?,
        None => None,
    };
    let next = match open {
        Some(next) => Some(next),
        None => state.store.review_beside(&filters.wanted, &review, false).await?,
    };
    let path = next.as_ref().map_or("/reviews".to_owned(), case);
    let was = if said.is_same { "same" } else { "different" };
    Ok(Redirect::to(&filters.link(&path, &[("decision", &decision), ("was", was), ("of", &id)])).into_response())
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
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let review = form.get("review");
    let path = match open(&state, &visitor, review).await {
        Ok(Some(_)) => format!("/reviews/{review}"),
        _ => "/reviews".to_owned(),
    };
    Ok(Redirect::to(&filters.link(&path, &[("undone", "1")])).into_response())
}
