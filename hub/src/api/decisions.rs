//! Decisions about records by their source keys, which outlive every golden record.

use super::body::{Body, Segments};
use super::commands::carry_out;
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem};
use super::state::AppState;
use super::wire::{Done, RecordKey, keys, rfc3339};
use crate::domain::command::Command;
use crate::domain::decision::Verdict;
use crate::domain::ids::DecisionId;
use crate::domain::rules::Attribute;
use crate::store::decisions::Recorded;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A decision to be taken.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decide {
    /// All of these are one person.
    AlwaysLink { records: Vec<RecordKey>, reason: String },
    /// Nobody on the left is anybody on the right.
    NeverLink { left: Vec<RecordKey>, right: Vec<RecordKey>, reason: String },
    /// The golden record that holds this source record shows this value.
    Pin {
        record: RecordKey,
        #[schema(value_type = String)]
        attribute: Attribute,
        #[schema(value_type = Object)]
        value: serde_json::Value,
        reason: String,
    },
}

/// A decision that is to be undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    reason: String,
}

/// A decision with what became of it.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    id: Uuid,
    /// What was decided, with its records and values.
    #[schema(value_type = Object)]
    verdict: Verdict,
    by: String,
    reason: String,
    at: String,
    in_force: bool,
    /// The policy that was in force when it was taken.
    policy: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

/// Takes a decision. It holds for ever, also for records that come later, until it is undone.
#[utoipa::path(post, path = "/v1/decisions", tag = "Stewardship", request_body = Decide,
    responses((status = 200, description = "In force", body = Done),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 422, description = "The decision contradicts itself")))]
pub async fn decide(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(decide): Body<Decide>,
) -> Answer<Response> {
    let (verdict, reason) = match decide {
        Decide::AlwaysLink { records, reason } => (Verdict::AlwaysLink { records: keys(records) }, reason),
        Decide::NeverLink { left, right, reason } => {
            (Verdict::NeverLink { left: keys(left), right: keys(right) }, reason)
        }
        Decide::Pin { record, attribute, value, reason } => {
            (Verdict::Pin { record: record.into(), attribute, value, until_not: None }, reason)
        }
    };
    carry_out(&state, &caller, Command::Decide { verdict, seen: Vec::new() }, &reason).await
}

/// Undoes a decision: everything is as if it had never been taken.
#[utoipa::path(post, path = "/v1/decisions/{id}/undo", tag = "Stewardship", request_body = Undo,
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "No longer in force", body = Done),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 404, description = "Not in force")))]
pub async fn undo(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(id): Segments<DecisionId>,
    Body(undo): Body<Undo>,
) -> Answer<Response> {
    carry_out(&state, &caller, Command::Undo { decision: id }, &undo.reason).await
}

/// Shows a decision, in force or not.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "Stewardship", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The decision", body = Decision), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<DecisionId>) -> Answer<Json<Decision>> {
    let recorded = state.store.decision(id).await?.ok_or_else(unknown)?;
    Ok(Json(Decision::from(recorded)))
}

pub fn unknown() -> Problem {
    Kind::UnknownDecision.because("No decision has this id; GET /v1/profiles/{id}?explain=true lists those in force.")
}

impl From<Recorded> for Decision {
    fn from(recorded: Recorded) -> Decision {
        let decision = recorded.decision;
        Decision {
            id: decision.id.0,
            verdict: decision.verdict,
            by: decision.by,
            reason: decision.reason,
            at: rfc3339(decision.at_us),
            in_force: recorded.revoked_us.is_none(),
            policy: recorded.policy.0,
            revoked_by: recorded.revoked_by,
            revoked_at: recorded.revoked_us.map(rfc3339),
        }
    }
}
