//! A source's own list of its records against what the hub holds of it.

use super::body::{Asked, Segments, too_large};
use super::problem::{Answer, Kind, Problem, internal};
use super::state::AppState;
use crate::domain::limits::{BODY_BYTES_MAX, UNPACKED_BYTES_MAX};
use crate::domain::reconcile::{Differs, Drift};
use crate::pipeline::reconcile::{Heal, Open, ReconcileError, Report, reconcile};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use bytes::Bytes;
use connectors::read::records;
use serde::{Deserialize, Serialize};
use std::io::{Cursor, Read};
use std::sync::Arc;
use tokio_stream::StreamExt;
use utoipa::{IntoParams, ToSchema};

/// Records that one answer lists; all of them are counted.
const LISTED_MAX: usize = 1000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Healing {
    /// Take in again what is missing here or different.
    heal: Option<bool>,
    /// Mark as deleted what the list does not hold; be sure that it is complete.
    delete_missing: Option<bool>,
}

/// How a source's list and the hub differ.
#[derive(Serialize, ToSchema)]
pub struct Reconciliation {
    /// Records that the hub holds of the source, and that the list holds.
    ours: u64,
    theirs: u64,
    /// Records of the list that cannot be read or mapped.
    unusable: u64,
    /// Of 256 ranges of the keys' hashes, those in which the two sides differ.
    windows: usize,
    missing_here: u64,
    missing_there: u64,
    different: u64,
    /// Those of which the hub knows a later version than the list.
    newer_here: u64,
    /// Deliveries that were made to heal; they are on their way through the pipeline.
    healed: u64,
    /// The first 1000 that differ.
    records: Vec<DriftingRecord>,
}

/// A record that differs.
#[derive(Serialize, ToSchema)]
pub struct DriftingRecord {
    source_key: String,
    /// `missing_here`, `missing_there`, `different` or `newer_here`.
    drift: &'static str,
}

/// Compares a full list of a source's records with what the hub holds of it, and heals if it is told to.
///
/// The body is what the system's export is: a JSON array, NDJSON or CSV, plain or gzip, as its manifest reads files. Counts
/// and checksums are compared first, and keys where those differ. Longer lists go through `hub reconcile`.
#[utoipa::path(post, path = "/v1/sources/{source}/reconcile", tag = "Records",
    params(("source" = String, Path, description = "Name of the source"), Healing),
    request_body(description = "All records of the source", content(
        (serde_json::Value = "application/json"), (String = "application/x-ndjson"), (String = "text/csv"),
        (Vec<u8> = "application/gzip"))),
    responses((status = 200, description = "What differs, and what was done about it", body = Reconciliation),
              (status = 400, description = "The list cannot be read to its end; nothing was compared"),
              (status = 404, description = "The source has no manifest"),
              (status = 409, description = "Another list is being compared"),
              (status = 413, description = "Too large"),
              (status = 429, description = "Deliveries still wait for the pipeline, and would be taken for missing")))]
pub async fn reconcile_source(
    State(state): State<AppState>,
    Segments(source): Segments<String>,
    Asked(healing): Asked<Healing>,
    request: Request,
) -> Answer<Json<Reconciliation>> {
    let manifest = state.sources.get(&source).cloned();
    let manifest = manifest.ok_or_else(|| Kind::UnknownSource.because("No manifest has this name."))?;
    let _alone = state.reconciling.try_acquire().map_err(|_| {
        Kind::Conflict.because("Another list is being compared, and one at a time is held in memory; repeat later.")
    })?;
    let list = whole(request.into_body()).await?;
    let (done, last) = state.store.progress().await?;
    if done < last {
        let detail =
            "Deliveries still wait for the pipeline, and would be taken for missing; repeat the request later.";
        return Err(Kind::Backlog.because(detail).with("backlog", last.0 - done.0));
    }
    let open: Open = Arc::new(move |options| {
        let mut options = options.clone();
        options.limits.unpacked_bytes_max = UNPACKED_BYTES_MAX;
        Ok(records(Box::new(Cursor::new(list.clone())) as Box<dyn Read>, &options))
    });
    let heal = Heal { take: healing.heal.unwrap_or(false), delete: healing.delete_missing.unwrap_or(false) };
    let mut listed = Vec::new();
    let report = reconcile(&state.store, &manifest, &open, heal, |differs| {
        if listed.len() < LISTED_MAX {
            listed.push(DriftingRecord::from(differs));
        }
    })
    .await?;
    if let Some(control) = state.control() {
        control.wake();
    }
    Ok(Json(Reconciliation::new(&report, listed)))
}

/// The list in memory, because it is read more than once.
async fn whole(body: Body) -> Answer<Bytes> {
    let mut stream = body.into_data_stream();
    let mut list = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Kind::MalformedBody.because("The body broke off; send the request again."))?;
        if list.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large(BODY_BYTES_MAX));
        }
        list.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(list))
}

impl Reconciliation {
    fn new(report: &Report, records: Vec<DriftingRecord>) -> Reconciliation {
        let count = |drift: Drift| report.counts[drift as usize];
        Reconciliation {
            ours: report.ours,
            theirs: report.theirs,
            unusable: report.unusable,
            windows: report.windows,
            missing_here: count(Drift::MissingHere),
            missing_there: count(Drift::MissingThere),
            different: count(Drift::Different),
            newer_here: count(Drift::NewerHere),
            healed: report.healed,
            records,
        }
    }
}

impl From<&Differs> for DriftingRecord {
    fn from(differs: &Differs) -> DriftingRecord {
        DriftingRecord { source_key: differs.key.clone(), drift: differs.drift.name() }
    }
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Problem {
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Broken { .. } => Kind::MalformedBody.because(format!("{error}.")),
            ReconcileError::Io(_) | ReconcileError::Panicked => internal(),
        }
    }
}
