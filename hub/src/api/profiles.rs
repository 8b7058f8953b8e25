//! One golden record: now, at a past instant, or with everything that explains it.

use super::access::Permission;
use super::body::{Asked, Segments};
use super::explain;
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem};
use super::purpose;
use super::state::AppState;
use super::wire::{RecordKey, golden_path, matches_etag};
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::ids::GoldenId;
use crate::domain::plan::{EventKind, GoldenState};
use crate::read::profiles::{Rendered, golden_json};
use crate::store::events::StoredEvent;
use crate::store::profiles::Profile as StoredProfile;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A golden record as it is answered.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "described here, rendered from the stored text")]
pub struct Profile {
    pub id: Uuid,
    /// Grows by one with every change; also the ETag.
    pub version: i32,
    pub changed_at: String,
    pub name: Option<Name>,
    pub birth_date: Option<String>,
    pub gender: Option<String>,
    pub emails: Option<Vec<ContactPoint>>,
    pub phones: Option<Vec<ContactPoint>>,
    pub addresses: Option<Vec<Address>>,
    pub identifiers: Option<Vec<Identifier>>,
    pub organisation: Option<String>,
    pub language: Option<String>,
    pub country: Option<String>,
    /// What the person has allowed and refused; see `GET /v1/profiles/{id}/consents`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub consents: Option<Vec<serde_json::Value>>,
    /// Whose law counts, where the country does not tell: `countries`, and the contact points that only records without one
    /// hold.
    #[schema(value_type = Option<Object>)]
    pub jurisdictions: Option<serde_json::Value>,
    /// The source records that are this person.
    pub records: Vec<RecordKey>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// `true` adds lineage, the values that lost, and the decisions in force.
    explain: Option<bool>,
    /// An RFC 3339 instant: the profile as it was then.
    as_of: Option<String>,
    /// What the profile is used for: contact points that may not be used for it are left out, and so is the ETag, because
    /// time alone can end a permission.
    purpose: Option<String>,
}

/// Gives one golden record. An id that was merged away redirects to the survivor.
#[utoipa::path(get, path = "/v1/profiles/{id}", tag = "Profiles",
    params(("id" = Uuid, Path, description = "Golden id, present or past"), Asking,
           ("If-None-Match" = Option<String>, Header, description = "An ETag; 304 if it is still the present one")),
    responses(
        (status = 200, description = "The golden record; with `explain=true` an explanation with the profile in it", body = Profile),
        (status = 304, description = "Still the version that If-None-Match names"),
        (status = 308, description = "Merged; Location names the survivor"),
        (status = 404, description = "The id was never published"),
        (status = 410, description = "No source record is left")))]
pub async fn show(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(id): Segments<GoldenId>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    if caller.purpose.is_some() || uri.query().is_some_and(|query| !query.is_empty()) {
        return asked(&state, &caller, id, &uri).await;
    }
    match state.reads.profiles.get(id).await? {
        Some(Rendered::Live { etag, .. }) if matches_etag(&headers, &etag) => {
            Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, shared(etag))]).into_response())
        }
        Some(Rendered::Live { etag, body }) => Ok(live(etag, body)),
        Some(Rendered::Retired { into }) => Ok(moved(into, "")),
        Some(Rendered::Gone) => Err(gone()),
        None => Err(unknown()),
    }
}

async fn asked(state: &AppState, caller: &Caller, id: GoldenId, uri: &Uri) -> Answer<Response> {
    let Asked(Asking { explain, as_of, purpose: named }) = asking(uri)?;
    let explain = explain.unwrap_or(false);
    if (explain || as_of.is_some()) && !caller.may(Permission::ExplainProfiles) {
        let detail =
            format!("A key of role {} may read present profiles only, without their history.", caller.role.name());
        return Err(Kind::Forbidden.because(detail));
    }
    let declared = purpose::declared(state, caller, named.as_deref()).await?;
    if declared.is_some() && (explain || as_of.is_some()) {
        let detail = "What may be seen for a purpose is the present profile; leave explain and as_of out.";
        return Err(Kind::MalformedParameter.because(detail));
    }
    match (explain, as_of) {
        (true, Some(_)) => Err(Kind::MalformedParameter
            .because("explain and as_of cannot be combined; the losers of the past are not kept.")),
        (true, None) => explain::explain(state, id).await,
        (false, Some(instant)) => as_it_was(state, id, &instant).await,
        (false, None) => match state.reads.profiles.get(id).await? {
            Some(Rendered::Live { etag, body }) => match declared {
                None => Ok(live(etag, body)),
                Some(declared) => Ok(narrowed(&declared.narrowed(&body)?)),
            },
            Some(Rendered::Retired { into }) => {
                let query = named.map(|purpose| format!("?purpose={purpose}")).unwrap_or_default();
                Ok(moved(into, &query))
            }
            Some(Rendered::Gone) => Err(gone()),
            None => Err(unknown()),
        },
    }
}

fn asking(uri: &Uri) -> Answer<Asked<Asking>> {
    let query = axum::extract::Query::try_from_uri(uri);
    query.map(|axum::extract::Query(asking)| Asked(asking)).map_err(|_| {
        Kind::MalformedParameter
            .because("A profile takes explain=true, as_of=INSTANT or purpose=NAME and no other parameter.")
    })
}

async fn as_it_was(state: &AppState, id: GoldenId, instant: &str) -> Answer<Response> {
    let at: jiff::Timestamp = instant.parse().map_err(|_| {
        Kind::MalformedParameter
            .because("as_of takes an RFC 3339 instant such as 2026-11-23T09:30:00Z (write + as %2B).")
    })?;
    let Some(event) = state.store.as_of(id, at.as_microsecond()).await? else {
        let known = state.store.profile(id).await?.is_some();
        return Err(if known {
            Kind::UnknownProfile.because("The golden id did not exist at that instant.")
        } else {
            unknown()
        });
    };
    match event.kind {
        EventKind::Merged => {
            let into = merged_into(&event).ok_or_else(super::problem::internal)?;
            let query = format!("?as_of={}", jiff_query(at));
            Ok(moved(into, &query))
        }
        EventKind::Deleted => Err(gone()),
        EventKind::Created | EventKind::Updated | EventKind::Restored => {
            let body = golden_json(id, event.version, event.at_us, &event.body);
            Ok(live(format!("\"{}\"", event.version).into(), body.into()))
        }
    }
}

/// An instant in UTC needs no escaping in a query.
fn jiff_query(at: jiff::Timestamp) -> String {
    at.to_string()
}

pub fn merged_into(event: &StoredEvent) -> Option<GoldenId> {
    #[derive(Deserialize)]
    struct Merged {
        into: GoldenId,
    }
    serde_json::from_str::<Merged>(&event.body).ok().map(|merged| merged.into)
}

fn live(etag: Bytes, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::ETAG, shared(etag));
    response
}

fn narrowed(profile: &RawValue) -> Response {
    let mut response = axum::Json(profile).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

fn shared(etag: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

pub fn moved(into: GoldenId, query: &str) -> Response {
    moved_to(into, format!("{}{query}", golden_path(into)))
}

/// The present values of a golden id; a merged one leads to the survivor's address with this ending.
pub async fn living(state: &AppState, id: GoldenId, ending: &str) -> Answer<Result<StoredProfile, Response>> {
    let profile = state.store.profile(id).await?.ok_or_else(unknown)?;
    match profile.state {
        GoldenState::Live => Ok(Ok(profile)),
        GoldenState::Retired { into } => Ok(Err(moved(into, ending))),
        GoldenState::Gone => Err(gone()),
    }
}

pub fn moved_to(into: GoldenId, location: String) -> Response {
    let body = axum::Json(serde_json::json!({ "into": into }));
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)], body).into_response()
}

pub fn gone() -> Problem {
    Kind::ProfileGone
        .because("Every source deleted its record of this person. It comes back if one sends the record again.")
}

pub fn unknown() -> Problem {
    Kind::UnknownProfile.because("This hub never published the golden id; find the person with POST /v1/search.")
}
