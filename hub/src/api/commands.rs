//! What stewards ask for: merge, unmerge, pin. Queued durably, carried out in turn, answered with what came of it.

use super::body::{Body, Segments, reason};
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem, internal};
use super::state::AppState;
use super::wire::{Done, RecordKey, expected_version, keys};
use crate::domain::command::{Command, Mandate};
use crate::domain::ids::{DecisionId, GoldenId};
use crate::domain::rules::Attribute;
use crate::pipeline::{Outcome, Request, clock};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an answer waits for its turn; afterwards the command is still carried out.
const TURN_SECS_MAX: u64 = 20;
/// How long it then waits for this node to notice the changes, so that stewards read their own writes.
const NOTICE_SECS_MAX: u64 = 2;
const POLL_MS: u64 = 100;

/// A merge of two golden records.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The other golden id. The earlier of the two survives, whichever is named here.
    with: Uuid,
    /// Kept in history.
    reason: String,
}

/// Either `records`, which are somebody else, or `undo`, a decision that was wrong.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unmerge {
    #[serde(default)]
    records: Vec<RecordKey>,
    undo: Option<Uuid>,
    reason: String,
}

/// A value that the golden record is to show.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// `name`, `birth_date`, `gender`, `emails`, `phones`, `addresses`, `identifiers`, `organisation`, `language`
    /// or `country`.
    #[schema(value_type = String)]
    attribute: Attribute,
    /// In the shape that the attribute has in golden records.
    #[schema(value_type = Object)]
    value: serde_json::Value,
    #[serde(default)]
    until: Until,
    reason: String,
}

/// How long a pin holds.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    #[default]
    Forever,
    /// Until the sources say something else than they do now.
    SourceChanges,
}

/// Merges two golden records by an always-link decision; undo it to part them again.
#[utoipa::path(post, path = "/v1/profiles/{id}/merge", tag = "Stewardship", request_body = Merge,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "ETag of the profile as it was looked at")),
    responses((status = 200, description = "Merged", body = Done), (status = 409, description = "A decision keeps them apart, or an id was merged away"),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 404, description = "Unknown golden id"), (status = 410, description = "No source record is left"),
              (status = 412, description = "The profile has changed since"), (status = 422, description = "Both ids are one person")))]
pub async fn merge(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(golden): Segments<GoldenId>,
    headers: HeaderMap,
    Body(merge): Body<Merge>,
) -> Answer<Response> {
    let expected_version = expected_version(&headers)?;
    let command = Command::Merge { golden, with: GoldenId(merge.with), expected_version };
    carry_out(&state, &caller, command, &merge.reason).await
}

/// Parts a golden record: some of its records are somebody else, or a decision that joined it was wrong.
#[utoipa::path(post, path = "/v1/profiles/{id}/unmerge", tag = "Stewardship", request_body = Unmerge,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "ETag of the profile as it was looked at")),
    responses((status = 200, description = "Parted; the original golden ids are live again", body = Done),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 404, description = "Unknown golden id or decision"), (status = 412, description = "The profile has changed since"),
              (status = 422, description = "Not its records, or nothing would be left")))]
pub async fn unmerge(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(golden): Segments<GoldenId>,
    headers: HeaderMap,
    Body(unmerge): Body<Unmerge>,
) -> Answer<Response> {
    let expected_version = expected_version(&headers)?;
    let command = match (unmerge.undo, unmerge.records) {
        (None, records) if !records.is_empty() => Command::Unmerge { golden, records: keys(records), expected_version },
        (Some(decision), records) if records.is_empty() => {
            check_about(&state, golden, DecisionId(decision), expected_version).await?;
            Command::Undo { decision: DecisionId(decision) }
        }
        _ => return Err(Kind::InvalidCommand.because("Give either records to part with, or the decision to undo.")),
    };
    carry_out(&state, &caller, command, &unmerge.reason).await
}

/// Makes the golden record show a value, for ever or until the sources say something new.
#[utoipa::path(post, path = "/v1/profiles/{id}/pins", tag = "Stewardship", request_body = Pin,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "ETag of the profile as it was looked at")),
    responses((status = 200, description = "Pinned", body = Done), (status = 404, description = "Unknown golden id"),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 412, description = "The profile has changed since"), (status = 422, description = "The value does not have the attribute's shape")))]
pub async fn pin(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(golden): Segments<GoldenId>,
    headers: HeaderMap,
    Body(pin): Body<Pin>,
) -> Answer<Response> {
    let expected_version = expected_version(&headers)?;
    let until_not = match pin.until {
        Until::Forever => None,
        Until::SourceChanges => Some(super::explain::said_by_sources(&state, golden, pin.attribute).await?),
    };
    let Pin { attribute, value, reason, .. } = pin;
    let command = Command::Pin { golden, attribute, value, until_not, expected_version };
    carry_out(&state, &caller, command, &reason).await
}

/// An undo by way of a profile must concern that profile, at the version that was looked at.
async fn check_about(state: &AppState, golden: GoldenId, decision: DecisionId, expected: Option<i32>) -> Answer<()> {
    let profile = state.store.profile(golden).await?.ok_or_else(super::profiles::unknown)?;
    if expected.is_some_and(|expected| expected != profile.version) {
        let detail = format!("The golden record is at version {}; look at it again before deciding.", profile.version);
        return Err(Kind::VersionMismatch.because(detail));
    }
    let recorded = state.store.decision(decision).await?.ok_or_else(super::decisions::unknown)?;
    for key in recorded.decision.verdict.records() {
        let record = state.store.source_record(key).await?;
        if record.is_some_and(|record| record.golden == Some(golden)) {
            return Ok(());
        }
    }
    Err(Kind::InvalidCommand.because("The decision names no record of this golden record."))
}

/// Queues a command, waits for its turn and for this node to notice what changed; answers with what came of it.
pub async fn carry_out(state: &AppState, caller: &Caller, command: Command, why: &str) -> Answer<Response> {
    Ok(match ask(state, caller, command, why).await? {
        Asked::Done(done) => Json(done).into_response(),
        Asked::Queued(id) => {
            let queued = serde_json::json!({ "status": "queued", "command": id });
            (StatusCode::ACCEPTED, Json(queued)).into_response()
        }
    })
}

/// What became of a command.
pub enum Asked {
    Done(Done),
    /// No node has carried it out yet; one will.
    Queued(i64),
}

/// The same for callers that make their own answer of it.
pub async fn ask(state: &AppState, caller: &Caller, command: Command, why: &str) -> Answer<Asked> {
    let mandate = Mandate { by: caller.name.to_string(), reason: reason(why)?, at_us: clock::now_us() };
    let request = serde_json::to_string(&Request { command, mandate }).map_err(|_| internal())?;
    let id = state.store.queue_command(&request).await?;
    match outcome(state, id).await? {
        None => Ok(Asked::Queued(id)),
        Some(Outcome::Refused { code, message }) => Err(refusal(&code, message)),
        Some(Outcome::Done { decisions, revoked, changed }) => {
            let newest = state.store.last_event().await?;
            state.reads.feed.reached(newest, Duration::from_secs(NOTICE_SECS_MAX)).await;
            Ok(Asked::Done(Done::new(&decisions, &revoked, changed)))
        }
    }
}

async fn outcome(state: &AppState, id: i64) -> Answer<Option<Outcome>> {
    let deadline = Instant::now() + Duration::from_secs(TURN_SECS_MAX);
    let mut totals = state.control().map(|control| control.watch());
    while Instant::now() < deadline {
        if let Some(text) = state.store.command_outcome(id).await? {
            return serde_json::from_str(&text).map(Some).map_err(|_| internal());
        }
        let pause = Duration::from_millis(POLL_MS);
        match (&mut totals, state.control()) {
            (Some(totals), Some(control)) => {
                control.wake();
                let _ = tokio::time::timeout(pause, totals.changed()).await;
            }
            _ => tokio::time::sleep(pause).await,
        }
    }
    Ok(None)
}

fn refusal(code: &str, message: String) -> Problem {
    let kind = match code {
        "unknown_golden_record" => Kind::UnknownProfile,
        "gone_golden_record" => Kind::ProfileGone,
        "no_such_decision" => Kind::UnknownDecision,
        "version_mismatch" => Kind::VersionMismatch,
        "retired_golden_record" | "kept_apart" | "decided_already" => Kind::Conflict,
        _ => Kind::InvalidCommand,
    };
    let mut letters = message.chars();
    let detail = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".");
    kind.because(detail.unwrap_or_default()).with("code", code)
}
