//! What a source's payloads are made of, and what has changed of that. Paths and counts, never a value.

use super::body::Segments;
use super::connectors::manifest;
use super::problem::Answer;
use super::state::AppState;
use super::wire::rfc3339;
use crate::domain::layout::{Became, FieldChange, Layout};
use axum::Json;
use axum::extract::State;
use connectors::{Feeds, Manifest};
use serde::Serialize;
use utoipa::ToSchema;

/// What has changed of a source's payloads since they were accepted.
#[derive(Serialize, ToSchema)]
pub struct SchemaDrift {
    pub source: String,
    /// Records first, then the notices of each topic.
    pub payloads: Vec<Payloads>,
}

/// Payloads of one kind.
#[derive(Serialize, ToSchema)]
pub struct Payloads {
    /// The topic of notices; absent for records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// How many were seen.
    pub records: i64,
    pub first_at: String,
    pub last_at: String,
    pub changes: Vec<Changed>,
}

/// One field that is not what it was; what stands inside it is not listed.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    /// Such as `$.addresses[*].city`.
    pub path: String,
    /// `new`, `missing` or `retyped`.
    pub change: &'static str,
    /// `text`, `number`, `boolean`, `list` or `object`.
    pub kind: &'static str,
    /// What it held before, if it is retyped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<&'static str>,
    /// When it was seen first; a missing one last.
    pub since: String,
    /// Payloads with the field; of a missing one those until then.
    pub records: i64,
    /// Payloads since then.
    pub of: i64,
    /// The canonical fields that the manifest reads from it; a new field feeds none unless the manifest knows it.
    pub feeds: Vec<String>,
}

/// How many changes were accepted.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    accepted: usize,
}

/// Shows which fields of a source's payloads are new, missing, or hold another kind of value than before.
///
/// A change is told once it is no accident: a field that is rare is neither new when it comes nor missing when it does not.
#[utoipa::path(get, path = "/v1/connectors/{source}/drift", tag = "Records", params(("source" = String, Path)),
    responses((status = 200, description = "What has changed", body = SchemaDrift),
              (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(source): Segments<String>) -> Answer<Json<SchemaDrift>> {
    let manifest = manifest(&state, &source)?;
    let known = state.store.layouts(Some(&source)).await?;
    Ok(Json(SchemaDrift::new(manifest, known)))
}

/// Takes what a source's payloads are made of now for what they are to be.
#[utoipa::path(post, path = "/v1/connectors/{source}/drift/accept", tag = "Records",
    params(("source" = String, Path)),
    responses((status = 200, description = "Accepted", body = Accepted), (status = 404, description = "Unknown")))]
pub async fn accept(State(state): State<AppState>, Segments(source): Segments<String>) -> Answer<Json<Accepted>> {
    manifest(&state, &source)?;
    Ok(Json(Accepted { accepted: state.store.accept_layouts(&source).await? }))
}

impl SchemaDrift {
    /// As the API and the command line show it.
    pub fn new(manifest: &Manifest, known: Vec<(Layout, Vec<FieldChange>)>) -> SchemaDrift {
        let payloads = known.into_iter().map(|(layout, changes)| Payloads::new(manifest, layout, changes));
        SchemaDrift { source: manifest.name().to_owned(), payloads: payloads.collect() }
    }
}

impl Payloads {
    fn new(manifest: &Manifest, layout: Layout, changes: Vec<FieldChange>) -> Payloads {
        let topic = Some(layout.origin.topic).filter(|topic| !topic.is_empty());
        let feeds = manifest.feeds(topic.as_deref());
        Payloads {
            topic,
            records: layout.records,
            first_at: rfc3339(layout.first_us),
            last_at: rfc3339(layout.last_us),
            changes: changes.into_iter().map(|change| Changed::new(&feeds, change)).collect(),
        }
    }
}

impl Changed {
    fn new(feeds: &Feeds, change: FieldChange) -> Changed {
        let FieldChange { field, became, since_us, records, of } = change;
        let was = match became {
            Became::Retyped { from } => Some(from.name()),
            Became::New | Became::Missing => None,
        };
        Changed {
            change: became.name(),
            kind: field.kind.name(),
            was,
            since: rfc3339(since_us),
            records,
            of,
            feeds: feeds.of(&field.path).into_iter().map(str::to_owned).collect(),
            path: field.path,
        }
    }
}
