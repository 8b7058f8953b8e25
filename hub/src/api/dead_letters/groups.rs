//! Dead letters by what they have in common.

use crate::api::body::Asked;
use crate::api::problem::Answer;
use crate::api::state::AppState;
use crate::api::wire::{page_rows, rfc3339};
use crate::domain::failure::kind;
use crate::store::dead_letters::Group;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Grouping {
    /// Only those of this source.
    source: Option<String>,
    /// 1 to 1000, 100 if left out.
    limit: Option<usize>,
}

/// Dead letters that wait for repair, by what they have in common.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterGroups {
    groups: Vec<DeadLetterGroup>,
}

/// Dead letters of one source that failed alike.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterGroup {
    /// Names the group, to list or retry it.
    #[schema(example = "9f86d081884c7d65")]
    fingerprint: String,
    source: String,
    step: String,
    /// The reason that they share, with `#` in place of numbers.
    reason: String,
    count: i64,
    first_at: String,
    last_at: String,
    /// The oldest one.
    example: i64,
}

/// Groups the dead letters that wait for repair by source, step and kind of reason, the largest group first.
#[utoipa::path(get, path = "/v1/dead-letters/groups", tag = "Records", params(Grouping),
    responses((status = 200, description = "The groups", body = DeadLetterGroups)))]
pub async fn groups(State(state): State<AppState>, Asked(asking): Asked<Grouping>) -> Answer<Json<DeadLetterGroups>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let found = state.store.dead_letter_groups(asking.source.as_deref(), rows).await?;
    Ok(Json(DeadLetterGroups { groups: found.into_iter().map(DeadLetterGroup::from).collect() }))
}

impl From<Group> for DeadLetterGroup {
    fn from(group: Group) -> DeadLetterGroup {
        DeadLetterGroup {
            fingerprint: group.fingerprint,
            source: group.source,
            step: group.step,
            reason: kind(&group.reason),
            count: group.count,
            first_at: rfc3339(group.first_us),
            last_at: rfc3339(group.last_us),
            example: group.example.0,
        }
    }
}
