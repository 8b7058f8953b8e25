//! Why a golden record is what it is: winners, losers, rules, and the decisions in force.

use super::problem::Answer;
use super::profiles::{gone, moved, unknown};
use super::state::AppState;
use super::wire::{RecordKey, rfc3339};
use crate::domain::decision::Decision;
use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::limits::EXPLAIN_RECORDS_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::rules::Attribute;
use crate::domain::survivorship::{Explained, Member, explain as contenders, survive};
use crate::read::profiles::{golden_json, member_keys};
use crate::store::StoreError;
use crate::store::profiles::SourceRecord;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// A golden record with everything that explains it.
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    /// The golden record.
    #[schema(value_type = super::profiles::Profile)]
    profile: Box<RawValue>,
    /// The rule set that chose the values.
    rules: String,
    /// The policy in force at that time; `GET /v1/policies` tells its model, its rules, and who asked for it.
    policy: i32,
    /// For each attribute the source record or decision that each value came from, and the rule that decided.
    #[schema(value_type = Object)]
    lineage: Box<RawValue>,
    /// For each attribute every value that competed, best first, with what the losers lost on.
    #[schema(value_type = Object)]
    contenders: Explained,
    /// Decisions in force that name a source record of this person.
    decisions: Vec<InForce>,
    /// The source records, as far as the limit goes.
    records: Vec<MemberRecord>,
    /// Whether there are more source records than are listed.
    truncated: bool,
}

/// A steward's decision in force.
#[derive(Serialize, ToSchema)]
pub struct InForce {
    id: Uuid,
    /// What was decided: `always_link`, `never_link` or `pin`, with its records and values.
    #[schema(value_type = Object)]
    verdict: crate::domain::decision::Verdict,
    by: String,
    reason: String,
    at: String,
}

/// A source record of the person.
#[derive(Serialize, ToSchema)]
pub struct MemberRecord {
    #[serde(flatten)]
    key: RecordKey,
    updated_at: String,
    version: i64,
}

pub async fn explain(state: &AppState, id: GoldenId) -> Answer<Response> {
    let Some(profile) = state.store.profile(id).await? else { return Err(unknown()) };
    match profile.state {
        GoldenState::Retired { into } => return Ok(moved(into, "?explain=true")),
        GoldenState::Gone => return Err(gone()),
        GoldenState::Live => {}
    }
    let keys = member_keys(&profile)?;
    let truncated = keys.len() > EXPLAIN_RECORDS_MAX;
    let mut records = Vec::new();
    for key in keys.iter().take(EXPLAIN_RECORDS_MAX) {
        records.extend(state.store.source_record(key).await?);
    }
    let text = golden_json(id, profile.version, profile.changed_us, &profile.body);
    let rules = state.policies.rules(profile.policy).await?;
    let explanation = Explanation {
        profile: raw(text, "golden record")?,
        rules: rules.version.clone(),
        policy: profile.policy.0,
        lineage: raw(profile.lineage, "lineage")?,
        contenders: contenders(&members(&records), &rules),
        decisions: in_force(state, &keys).await?.into_iter().map(InForce::from).collect(),
        records: records.into_iter().map(MemberRecord::from).collect(),
        truncated,
    };
    Ok(Json(explanation).into_response())
}

fn raw(text: String, what: &'static str) -> Result<Box<RawValue>, StoreError> {
    RawValue::from_string(text).map_err(|_| StoreError::Corrupt { what })
}
pub fn members(records: &[SourceRecord]) -> Vec<Member<'_>> {
    let live = records.iter().filter(|record| !record.deleted);
    live.map(|record| Member {
        key: &record.key,
        rank: record.key.rank(),
        updated_us: record.updated_us,
        customer: &record.customer,
        stance: record.stance.as_ref(),
    })
    .collect()
}

/// From memory where this node resolves, else from the store.
pub async fn in_force(state: &AppState, keys: &[SourceKey]) -> Result<Vec<Decision>, StoreError> {
    let shared = state.resolver.clone();
    let wanted = keys.to_vec();
    let here = tokio::task::spawn_blocking(move || {
        let slot = shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.as_ref().map(|resolver| resolver.decisions().about(&wanted).into_iter().cloned().collect::<Vec<_>>())
    });
    if let Ok(Some(found)) = here.await {
        return Ok(found);
    }
    let all = state.store.decisions_in_force().await?;
    Ok(all.into_iter().filter(|d| d.verdict.records().any(|key| keys.contains(key))).collect())
}

impl From<Decision> for InForce {
    fn from(decision: Decision) -> InForce {
        InForce {
            id: decision.id.0,
            verdict: decision.verdict,
            by: decision.by,
            reason: decision.reason,
            at: rfc3339(decision.at_us),
        }
    }
}

impl From<SourceRecord> for MemberRecord {
    fn from(record: SourceRecord) -> MemberRecord {
        MemberRecord { updated_at: rfc3339(record.updated_us), version: record.version, key: record.key.into() }
    }
}

/// What the sources say of an attribute, any pins aside.
pub async fn said_by_sources(state: &AppState, id: GoldenId, attribute: Attribute) -> Answer<serde_json::Value> {
    let profile = state.store.profile(id).await?.filter(|p| p.state == GoldenState::Live).ok_or_else(unknown)?;
    let mut records = Vec::new();
    for key in member_keys(&profile)? {
        records.extend(state.store.source_record(&key).await?);
    }
    let rules = state.policies.rules(profile.policy).await?;
    let survived = survive(&members(&records), &rules, &[]);
    let body: serde_json::Value =
        serde_json::from_str(&survived.body).map_err(|_| StoreError::Corrupt { what: "golden record" })?;
    Ok(body[attribute.name()].clone())
}
