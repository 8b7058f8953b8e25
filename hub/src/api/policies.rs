//! Policies: which matching model and which rules are in force, since when and why; others, and back again.

use super::body::{Body, Segments, reason};
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem};
use super::state::AppState;
use super::wire::rfc3339;
use crate::domain::command::Mandate;
use crate::domain::ids::PolicyNo;
use crate::domain::policy::{Draft, DraftError};
use crate::domain::rules::RuleSet;
use crate::pipeline::clock;
use crate::pipeline::policies::{Asked, ask, ask_back};
use crate::store::StoreError;
use crate::store::policies::{Part, PolicyRow};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use matching::Model;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Every policy ever asked for.
#[derive(Serialize, ToSchema)]
pub struct Policies {
    /// The number of the policy in force.
    in_force: Option<i32>,
    /// Newest first.
    policies: Vec<Policy>,
}

/// A matching model and a rule set, in force together.
#[derive(Serialize, ToSchema)]
pub struct Policy {
    /// The number that decisions made under it carry.
    number: i32,
    /// `weighing`: not in force yet; `renewing`: in force, and people are still being carried over; `settled`: everything
    /// follows it; `superseded`: never came into force.
    stage: &'static str,
    model: Content,
    rules: Content,
    by: String,
    reason: String,
    asked_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
    /// Records that the stage is done with.
    records_done: i64,
    records: i64,
}

/// A model or a rule set by name.
#[derive(Serialize, ToSchema)]
pub struct Content {
    id: i64,
    name: String,
    /// Of its content.
    hash: String,
}

/// A policy with its model and its rules.
#[derive(Serialize, ToSchema)]
pub struct Whole {
    #[serde(flatten)]
    policy: Policy,
    /// The survivorship rules as TOML.
    rules_text: String,
    /// The matching model.
    #[schema(value_type = Object)]
    model_content: Box<serde_json::value::RawValue>,
}

/// What is to differ from the policy in force; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Survivorship rules as TOML.
    pub rules: Option<String>,
    /// A matching model, as `hub train --output` writes it.
    #[schema(value_type = Option<Object>)]
    pub model: Option<Box<serde_json::value::RawValue>>,
    /// The weight (log2 of the odds) from which on two records are held to be one person.
    pub link_weight: Option<f32>,
}

/// A policy that is to come into force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    change: Change,
    /// Carries everybody over even if nothing differs.
    #[serde(default)]
    again: bool,
    /// Kept in history.
    reason: String,
}

/// The way back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The policy whose model and rules are wanted; left out, the one before the one in force.
    to: Option<i32>,
    reason: String,
}

/// Lists every policy, with how far a change is.
#[utoipa::path(get, path = "/v1/policies", tag = "Policies",
    responses((status = 200, description = "All policies, newest first", body = Policies)))]
pub async fn list(State(state): State<AppState>) -> Answer<Json<Policies>> {
    let in_force = state.store.policy_in_force().await?.map(|row| row.number.0);
    let policies = state.store.policies().await?.into_iter().map(Policy::from).collect();
    Ok(Json(Policies { in_force, policies }))
}

/// Shows one policy with its model and its rules.
#[utoipa::path(get, path = "/v1/policies/{number}", tag = "Policies", params(("number" = i32, Path)),
    responses((status = 200, description = "The policy", body = Whole), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(number): Segments<i32>) -> Answer<Json<Whole>> {
    let row = find(&state, number).await?;
    let rules_text = state.store.rule_set_of(&row).await?.text;
    let text = state.store.model_text(&row).await?;
    let model_content =
        serde_json::value::RawValue::from_string(text).map_err(|_| StoreError::Corrupt { what: "matching model" })?;
    Ok(Json(Whole { policy: row.into(), rules_text, model_content }))
}

/// Brings another model or other rules into force. Everybody is carried over in the background, while records come in.
#[utoipa::path(post, path = "/v1/policies", tag = "Policies", request_body = Activate,
    responses((status = 202, description = "Asked for; GET /v1/policies tells how far it is", body = Policy),
              (status = 409, description = "In force already"), (status = 422, description = "Cannot be used")))]
pub async fn activate(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(activate): Body<Activate>,
) -> Answer<Response> {
    let draft = activate.change.draft(&state).await?;
    bring(&state, &caller, &draft, activate.again, &activate.reason).await
}

/// Asks for a draft to come into force.
pub async fn bring(state: &AppState, caller: &Caller, draft: &Draft, again: bool, why: &str) -> Answer<Response> {
    let asked = mandate(caller, why)?;
    answer(state, ask(&state.store, draft, &asked, again).await?).await
}

/// Goes back to an earlier policy; its model and rules come into force under a new number.
#[utoipa::path(post, path = "/v1/policies/rollback", tag = "Policies", request_body = Rollback,
    responses((status = 202, description = "Asked for", body = Policy),
              (status = 200, description = "What was to come into force will not; the policy in force stays", body = Policy),
              (status = 404, description = "No such policy was in force"), (status = 409, description = "In force already")))]
pub async fn rollback(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(rollback): Body<Rollback>,
) -> Answer<Response> {
    go_back(&state, &caller, rollback.to, &rollback.reason).await
}

/// Asks for an earlier policy once more.
pub async fn go_back(state: &AppState, caller: &Caller, to: Option<i32>, why: &str) -> Answer<Response> {
    let asked = mandate(caller, why)?;
    answer(state, ask_back(&state.store, to.map(PolicyNo), &asked).await?).await
}

fn mandate(caller: &Caller, why: &str) -> Answer<Mandate> {
    Ok(Mandate { by: caller.name.to_string(), reason: reason(why)?, at_us: clock::now_us() })
}

async fn answer(state: &AppState, asked: Asked) -> Answer<Response> {
    let (status, number) = match asked {
        Asked::For(number) => (StatusCode::ACCEPTED, number),
        Asked::Withdrawn => {
            let row = state.store.policy_in_force().await?.ok_or_else(unknown)?;
            (StatusCode::OK, row.number)
        }
        Asked::InForce => {
            let detail = "This model and these rules are in force already; `again` carries everybody over anew.";
            return Err(Kind::Conflict.because(detail));
        }
        Asked::NoneBefore => return Err(unknown()),
    };
    if let Some(control) = state.control() {
        control.wake();
    }
    Ok((status, Json(Policy::from(find(state, number.0).await?))).into_response())
}

async fn find(state: &AppState, number: i32) -> Answer<PolicyRow> {
    let found = state.store.policies().await?.into_iter().find(|row| row.number.0 == number);
    found.ok_or_else(unknown)
}

fn unknown() -> Problem {
    Kind::UnknownPolicy.because("No policy that was in force has this number; GET /v1/policies lists them.")
}

impl Change {
    /// The policy in force with what differs.
    pub async fn draft(self, state: &AppState) -> Answer<Draft> {
        let row = state.store.policy_in_force().await?.ok_or_else(unknown)?;
        let mut draft = state.store.draft_of(&row).await?;
        if let Some(text) = self.rules {
            draft.rules = RuleSet::parse(&text).map_err(|error| invalid(&error.to_string()))?;
        }
        if let Some(json) = self.model {
            draft.model = Arc::new(Model::from_json(json.get()).map_err(|error| invalid(&error.to_string()))?);
        }
        if let Some(weight) = self.link_weight {
            draft = draft.linking_from(weight).map_err(misfit)?;
        }
        draft.checked().map_err(misfit)
    }
}

fn misfit(error: DraftError) -> Problem {
    invalid(&error.to_string())
}

/// Rules and models hold no person's values, so what is wrong with them can be quoted.
fn invalid(what: &str) -> Problem {
    Kind::InvalidPolicy.because(format!("The draft cannot be used: {}.", what.trim().trim_end_matches('.')))
}

impl From<PolicyRow> for Policy {
    fn from(row: PolicyRow) -> Policy {
        Policy {
            number: row.number.0,
            stage: row.stage.name(),
            model: row.model.into(),
            rules: row.rules.into(),
            by: row.asked.by,
            reason: row.asked.reason,
            asked_at: rfc3339(row.asked.at_us),
            in_force_since: row.in_force_us.map(rfc3339),
            settled_at: row.settled_us.map(rfc3339),
            records_done: row.position,
            records: row.total,
        }
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Content {
        Content { id: part.id, name: part.name, hash: part.hash }
    }
}
