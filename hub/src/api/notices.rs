//! What webhooks told that is no customer's state: merges, privacy requests, thin notices, and what is kept for others.

use super::body::{Asked, Segments};
use super::problem::{Answer, Kind};
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use crate::domain::ids::DeliveryId;
use crate::store::notices::StoredNotice;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The `next_after` of the page before.
    after: Option<i64>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
    /// Only those of this source.
    source: Option<String>,
    /// Only those for this: `merge`, `privacy`, `fetch` or `keep`.
    purpose: Option<String>,
}

/// One page of notices.
#[derive(Serialize, ToSchema)]
pub struct Notices {
    notices: Vec<Notice>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// Something that a system told.
#[derive(Serialize, ToSchema)]
pub struct Notice {
    /// Number of the delivery.
    id: i64,
    source: String,
    /// As the system names it; empty if it does not.
    topic: String,
    /// What it is for: `merge`, `privacy`, `fetch` or `keep`.
    purpose: String,
    /// The record that it is about, where the manifest says how to find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key: Option<String>,
    at: String,
    payload_bytes: usize,
}

/// A notice with its payload.
#[derive(Serialize, ToSchema)]
pub struct NoticeInFull {
    #[serde(flatten)]
    notice: Notice,
    /// As received; what is no UTF-8 is replaced.
    payload: String,
}

/// Lists notices, oldest first, without their payloads.
#[utoipa::path(get, path = "/v1/notices", tag = "Records", params(Asking),
    responses((status = 200, description = "A page of notices", body = Notices)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<Notices>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let after = DeliveryId(asking.after.unwrap_or(0));
    let (source, purpose) = (asking.source.as_deref(), asking.purpose.as_deref());
    let found = state.store.notices_after(after, source, purpose, rows).await?;
    let next_after = found.last().filter(|_| found.len() == rows).map(|notice| notice.delivery.0);
    Ok(Json(Notices { notices: found.iter().map(Notice::from).collect(), next_after }))
}

/// Shows one notice with its payload.
#[utoipa::path(get, path = "/v1/notices/{id}", tag = "Records", params(("id" = i64, Path)),
    responses((status = 200, description = "The notice", body = NoticeInFull), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<i64>) -> Answer<Json<NoticeInFull>> {
    let stored = state.store.notice(DeliveryId(id)).await?;
    let stored =
        stored.ok_or_else(|| Kind::UnknownNotice.because("No notice has this number; GET /v1/notices lists them."))?;
    let payload = String::from_utf8_lossy(&stored.payload).into_owned();
    Ok(Json(NoticeInFull { notice: Notice::from(&stored), payload }))
}

impl From<&StoredNotice> for Notice {
    fn from(stored: &StoredNotice) -> Notice {
        Notice {
            id: stored.delivery.0,
            source: stored.source.clone(),
            topic: stored.topic.clone(),
            purpose: stored.purpose.clone(),
            source_key: stored.source_key.clone(),
            at: rfc3339(stored.at_us),
            payload_bytes: stored.payload.len(),
        }
    }
}
