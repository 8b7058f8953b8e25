//! Finds people by what somebody remembers of them.

use super::body::Body;
use super::keys::Caller;
use super::problem::{Answer, Kind, internal};
use super::purpose::{Declared, declared};
use super::state::AppState;
use crate::domain::ids::GoldenId;
use crate::domain::limits::{HITS_MAX, SEARCH_CHARS_MAX};
use crate::read::profiles::Rendered;
use crate::read::search::{Found, SearchError};
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

const HITS: usize = 20;

/// What to look for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Names, e-mails, phones, places, card numbers, in any order; typing errors and unfinished words are forgiven.
    #[schema(example = "silva ana lisbon")]
    text: String,
    /// 1 to 100, 20 if left out.
    limit: Option<usize>,
}

/// Golden records, best first.
#[derive(Serialize, ToSchema)]
pub struct Hits {
    /// How many there are altogether.
    total: usize,
    hits: Vec<Hit>,
}

/// A golden record that was found.
#[derive(Serialize, ToSchema)]
pub struct Hit {
    /// Higher is better; comparable within one answer only.
    score: f32,
    #[schema(value_type = super::profiles::Profile)]
    profile: Box<RawValue>,
}

/// Searches golden records. New values are found within a second.
#[utoipa::path(post, path = "/v1/search", tag = "Profiles", request_body = Question,
    responses((status = 200, description = "What was found, best first", body = Hits)))]
pub async fn search(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(question): Body<Question>,
) -> Answer<Json<Hits>> {
    let declared = declared(&state, &caller, None).await?;
    if question.text.chars().count() > SEARCH_CHARS_MAX {
        let detail = format!("A search text has at most {SEARCH_CHARS_MAX} characters.");
        return Err(Kind::TooLarge.because(detail));
    }
    let limit = question.limit.unwrap_or(HITS).clamp(1, HITS_MAX);
    let index = state.reads.search.clone();
    let found = blocking(move || index.find(&question.text, limit)).await?;
    let mut hits = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        let found = present(&state, hit.id, declared.as_ref()).await?;
        hits.extend(found.map(|(_, profile)| Hit { score: hit.score, profile }));
    }
    Ok(Json(Hits { total: found.total, hits }))
}

/// Keeps long searches off the threads that serve requests.
pub async fn blocking(work: impl FnOnce() -> Result<Found, SearchError> + Send + 'static) -> Answer<Found> {
    let found = tokio::task::spawn_blocking(work).await.map_err(|_| internal())?;
    found.map_err(|error| {
        tracing::error!(%error, "a search failed");
        internal()
    })
}

/// What the id of a hit stands for now: the index may be a moment behind a merge. As it may be seen for a declared purpose.
pub async fn present(
    state: &AppState,
    id: GoldenId,
    declared: Option<&Declared>,
) -> Answer<Option<(GoldenId, Box<RawValue>)>> {
    let (id, rendered) = match state.reads.profiles.get(id).await? {
        Some(Rendered::Retired { into }) => (into, state.reads.profiles.get(into).await?),
        rendered => (id, rendered),
    };
    let Some(Rendered::Live { body, .. }) = rendered else { return Ok(None) };
    if let Some(declared) = declared {
        return Ok(Some((id, declared.narrowed(&body)?)));
    }
    let text = String::from_utf8(body.to_vec()).map_err(|_| internal())?;
    Ok(Some((id, RawValue::from_string(text).map_err(|_| internal())?)))
}
