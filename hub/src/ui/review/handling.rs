//! Who is to decide a case, until when, and what stewards say to each other about it.

use super::{case, open_or_gone};
use crate::api::AppState;
use crate::api::access::{Permission, Role};
use crate::api::body::Segments;
use crate::domain::ids::RecordNo;
use crate::pipeline::clock;
use crate::store::StoreError;
use crate::store::reviews::{Comment, OpenReview};
use crate::ui::form::Form;
use crate::ui::page::{Query, Wrong};
use crate::ui::reviews::Filters;
use crate::ui::session::Visitor;
use crate::ui::values;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use uuid::Uuid;
use web::review::{Comment as Said, Handling, Proposal};

const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// Nobody puts a case off for longer than that.
const DEFERRED_DAYS_MAX: i64 = 366;

/// How a case stands, for its page.
pub async fn shown(state: &AppState, visitor: &Visitor, review: &OpenReview) -> Result<Handling, StoreError> {
    let words = visitor.words;
    let handling = &review.handling;
    let said = |comment: Comment| Said { by: comment.by, at: values::instant(comment.at_us), text: comment.text };
    let now_us = clock::now_us();
    Ok(Handling {
        assignee: handling.assignee.clone(),
        due: handling.due_us.map(|due_us| values::due(due_us, now_us)),
        deferred: handling.deferred_us.filter(|until_us| *until_us > now_us).map(values::instant),
        proposal: handling.proposal.as_ref().map(|proposal| Proposal {
            text: if proposal.is_same { words.proposed_same } else { words.proposed_different },
            by: proposal.by.clone(),
            reason: proposal.reason.clone(),
            is_own: proposal.by == *visitor.caller.name,
        }),
        comments: state.store.comments((review.a, review.b)).await?.into_iter().map(said).collect(),
        colleagues: colleagues(state, &handling.assignee).await?,
    })
}

/// Who may decide, and whoever is to, even if they may no longer.
pub async fn colleagues(state: &AppState, assignee: &str) -> Result<Vec<String>, StoreError> {
    let accounts = state.store.accounts().await?.into_iter().filter(|account| account.disabled_us.is_none());
    let decides = |role: &str| Role::parse(role).is_some_and(|role| role.may(Permission::Decide));
    let able = accounts.filter(|account| decides(&account.role) || account.name == assignee);
    Ok(able.map(|account| account.name).collect())
}

/// Who is to decide, until when, and what is to be said.
pub async fn handle(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, Wrong> {
    let review = open_or_gone(&state, &visitor, &id).await?;
    let assignee = form.get("assignee");
    check_colleague(&state, &visitor, assignee).await?;
    let due_us = match form.get("due") {
        "" => None,
        day => Some(end_of(day).ok_or_else(|| unprocessable(&visitor, visitor.words.bad_day))?),
    };
    let handling = &review.handling;
    let pair = (review.a, review.b);
    if (handling.assignee.as_str(), handling.due_us) != (assignee, due_us) {
        state.store.assign_review(pair, assignee, due_us).await?;
    }
    let text = form.get("comment").trim();
    if !text.is_empty() {
        let by = visitor.caller.name.to_string();
        let comment =
            Comment { id: Uuid::now_v7(), by, at_us: clock::now_us(), text: text.chars().take(2000).collect() };
        state.store.add_comment(pair, &comment).await?;
    }
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let place = filters.link(&case(&review), &[("done", "saved")]);
    Ok(Redirect::to(&format!("{place}#discussion")).into_response())
}

/// Puts a case off for some days, and goes on with the next; no days at all have it asked again.
pub async fn defer(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, Wrong> {
    let review = open_or_gone(&state, &visitor, &id).await?;
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let days = form.get("days").parse().unwrap_or(1_i64).clamp(0, DEFERRED_DAYS_MAX);
    if days == 0 {
        state.store.defer_review((review.a, review.b), None).await?;
        return Ok(Redirect::to(&filters.link(&case(&review), &[])).into_response());
    }
    let next = state.store.review_beside(&filters.wanted, &review, false).await?;
    put_off(&state, (review.a, review.b), days).await?;
    let path = next.map_or("/reviews".to_owned(), |next| case(&next));
    Ok(Redirect::to(&filters.link(&path, &[("done", "deferred")])).into_response())
}

pub async fn put_off(state: &AppState, pair: (RecordNo, RecordNo), days: i64) -> Result<bool, StoreError> {
    state.store.defer_review(pair, Some(clock::now_us() + days * DAY_US)).await
}

/// Nobody is handed a case who could not decide it.
pub async fn check_colleague(state: &AppState, visitor: &Visitor, name: &str) -> Result<(), Wrong> {
    let known = colleagues(state, "").await?;
    match name.is_empty() || known.iter().any(|colleague| colleague == name) {
        true => Ok(()),
        false => Err(unprocessable(visitor, visitor.words.unknown_colleague)),
    }
}

fn unprocessable(visitor: &Visitor, text: &'static str) -> Wrong {
    Wrong::told(visitor, StatusCode::UNPROCESSABLE_ENTITY, text)
}

/// The last microsecond of a day such as 2026-12-31, UTC.
fn end_of(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let end: jiff::Timestamp = format!("{day}T23:59:59.999999Z").parse().ok()?;
    Some(end.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_late() {
        assert_eq!(end_of("1970-01-02"), Some(2 * DAY_US - 1));
        assert_eq!(values::due(2 * DAY_US - 1, DAY_US).day, "1970-01-02");
        assert_eq!((end_of("1970-02-30"), end_of("tomorrow")), (None, None));
    }
}
