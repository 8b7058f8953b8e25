//! From a source's own key to the golden id.

use super::body::Segments;
use super::problem::{Answer, Kind};
use super::state::AppState;
use super::wire::{RecordKey, rfc3339};
use crate::domain::ids::SourceKey;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a source record belongs.
#[derive(Serialize, ToSchema)]
pub struct Crosswalk {
    #[serde(flatten)]
    key: RecordKey,
    /// The golden record; absent when the source has deleted the record.
    golden: Option<Uuid>,
    deleted: bool,
    updated_at: String,
}

/// Tells which golden record a source record belongs to.
#[utoipa::path(get, path = "/v1/crosswalk/{source}/{source_key}", tag = "Profiles",
    params(("source" = String, Path, description = "Name of the source"),
           ("source_key" = String, Path, description = "The source's own key")),
    responses((status = 200, description = "The golden id", body = Crosswalk),
              (status = 404, description = "The source never sent a record with this key")))]
pub async fn show(
    State(state): State<AppState>,
    Segments((source, key)): Segments<(String, String)>,
) -> Answer<Json<Crosswalk>> {
    let record = state.store.source_record(&SourceKey::new(source, key)).await?.ok_or_else(|| {
        Kind::UnknownRecord.because("The source has sent no record with this key, or it is not processed yet.")
    })?;
    Ok(Json(Crosswalk {
        golden: record.golden.map(|id| id.0),
        deleted: record.deleted,
        updated_at: rfc3339(record.updated_us),
        key: record.key.into(),
    }))
}
