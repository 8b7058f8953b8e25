//! What holds a golden record together: its weakest member, the links that everything hangs on, what speaks against it.

use super::body::Segments;
use super::candidates::not_resolving;
use super::problem::{Answer, internal};
use super::profiles::{gone, moved, unknown};
use super::state::AppState;
use super::wire::RecordKey;
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::limits::HITS_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::resolver::Resolver;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use matching::Thresholds;
use serde::Serialize;
use std::sync::PoisonError;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why the source records of a golden record are held to be one person.
#[derive(Serialize, ToSchema)]
pub struct Cluster {
    golden: Uuid,
    /// The model that weighs the pairs.
    model: String,
    /// From this weight on a pair counts as a link.
    link_weight_min: f32,
    /// How many source records there are.
    records: usize,
    /// How many of them were compared with each other; of very many only the first.
    compared: usize,
    /// The record that the others support least, with its strongest pair; absent if there is but one record.
    weakest: Option<Pair>,
    /// Links without which the records would fall into two groups that know nothing of each other.
    bridges: Vec<Bridge>,
    /// Pairs that do not look like one person by themselves, least alike first, as far as the limit goes.
    against: Vec<Pair>,
    /// How many such pairs there are.
    against_total: usize,
}

/// Two source records with their weight; of the weakest pair, `left` is the record that hangs on it.
#[derive(Serialize, ToSchema)]
pub struct Pair {
    left: RecordKey,
    right: RecordKey,
    /// Log2 of the odds that the two are one person.
    weight: f32,
    probability: f32,
}

/// A link that everything on its two sides depends on.
#[derive(Serialize, ToSchema)]
pub struct Bridge {
    #[serde(flatten)]
    link: Pair,
    /// The records on its smaller side.
    side: Vec<RecordKey>,
}

/// Says what holds a golden record together, and where it would break.
#[utoipa::path(get, path = "/v1/profiles/{id}/cluster", tag = "Stewardship",
    params(("id" = Uuid, Path, description = "Golden id, present or past")),
    responses((status = 200, description = "The weakest member, the bridges, and the pairs against", body = Cluster),
              (status = 308, description = "Merged; Location names the survivor"),
              (status = 404, description = "The id was never published"),
              (status = 410, description = "No source record is left"),
              (status = 503, description = "Another node resolves; ask that one")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<GoldenId>) -> Answer<Response> {
    let resolver = state.resolver.clone();
    let found = tokio::task::spawn_blocking(move || {
        let slot = resolver.read().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|resolver| (resolver.state(id), cluster(resolver, id)))
    });
    match found.await.map_err(|_| internal())?.ok_or_else(not_resolving)? {
        (Some(GoldenState::Retired { into }), _) => Ok(moved(into, "/cluster")),
        (Some(GoldenState::Gone), _) => Err(gone()),
        (_, Some(cluster)) => Ok(Json(cluster).into_response()),
        (_, None) => Err(unknown()),
    }
}

fn cluster(resolver: &Resolver, golden: GoldenId) -> Option<Cluster> {
    let members = resolver.members(golden)?;
    let ids: Vec<u32> = members.iter().map(|member| member.0).collect();
    let index = resolver.index();
    let explained = index.explain_cluster(&ids);
    let key = |id: u32| RecordKey::from(resolver.key(RecordNo(id)));
    let pair = |link: &matching::Link| Pair {
        left: key(link.a),
        right: key(link.b),
        weight: link.weight,
        probability: Thresholds::probability(link.weight),
    };
    let bridge = |bridge: &matching::Bridge| Bridge {
        link: pair(&bridge.link),
        side: bridge.side.iter().map(|id| key(*id)).collect(),
    };
    Some(Cluster {
        golden: golden.0,
        model: index.model().version.clone(),
        link_weight_min: index.model().thresholds.link,
        records: members.len(),
        compared: explained.members,
        weakest: explained.weakest.as_ref().map(pair),
        bridges: explained.bridges.iter().take(HITS_MAX).map(bridge).collect(),
        against: explained.against.iter().take(HITS_MAX).map(pair).collect(),
        against_total: explained.against.len(),
    })
}
