//! What people ask for: to see what is held about them, and to be forgotten. Requests have a clock, an identity check, and
//! an end that can be shown.

mod document;
mod wire;

pub use self::document::{Document, gather};
pub use self::wire::{About, NewRequest, Party, Readmission, Request, Requests, Stepped, shown};

use super::access::Permission;
use super::body::{Body, Segments, reason};
use super::commands::{Asked, ask};
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem};
use super::profiles::living;
use super::state::AppState;
use super::wire::{Done, keys};
use crate::domain::command::Command;
use crate::domain::customer::{ContactPoint, Customer};
use crate::domain::ids::GoldenId;
use crate::domain::limits::PRIVACY_REQUESTS_SHOWN_MAX;
use crate::domain::privacy::{Kind as Right, State as Stage};
use crate::pipeline::clock;
use crate::store::privacy::{Step, StoredRequest};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use std::sync::Arc;
use uuid::Uuid;

/// Records that somebody asks for something. The clock runs from the day on which the request was received.
#[utoipa::path(post, path = "/v1/privacy/requests", tag = "Privacy", request_body = NewRequest,
    responses((status = 201, description = "Recorded; next, check who asks", body = Request),
              (status = 404, description = "The golden id was never published"),
              (status = 409, description = "The golden record was merged away; ask for the survivor"),
              (status = 410, description = "No source record is left"),
              (status = 422, description = "The time of receipt makes no sense")))]
pub async fn ask_for(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(new): Body<NewRequest>,
) -> Answer<Response> {
    let request = record(&state, &caller, new).await?;
    Ok((StatusCode::CREATED, Json(shown(&state, request).await?)).into_response())
}

/// The same for callers that make their own answer of it.
pub async fn record(state: &AppState, caller: &Caller, new: NewRequest) -> Answer<StoredRequest> {
    let golden = GoldenId(new.person);
    if living(state, golden, "").await?.is_err() {
        return Err(Kind::Conflict.because("The golden record was merged into another one; look at that person first."));
    }
    let now_us = clock::now_us();
    let received_us = match &new.received_at {
        None => now_us,
        Some(text) => {
            let at = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_microsecond).ok();
            at.filter(|at| *at <= now_us).ok_or_else(|| {
                Kind::InvalidCommand.because("received_at takes an RFC 3339 instant that is not in the future.")
            })?
        }
    };
    let request = StoredRequest::new(new.kind, golden, received_us, new.keeps, &caller.name);
    state.store.add_request(&request).await?;
    Ok(request)
}

/// Lists requests: those that wait first, by when they are due.
#[utoipa::path(get, path = "/v1/privacy/requests", tag = "Privacy",
    responses((status = 200, description = "Requests", body = Requests)))]
pub async fn list(State(state): State<AppState>) -> Answer<Json<Requests>> {
    let found = state.store.all_requests(PRIVACY_REQUESTS_SHOWN_MAX).await?;
    let mut requests = Vec::with_capacity(found.len());
    for request in found {
        requests.push(shown(&state, request).await?);
    }
    Ok(Json(Requests { requests }))
}

/// Shows a request. Of an erasure that is done it is the certificate: what was taken out, and which systems have confirmed.
#[utoipa::path(get, path = "/v1/privacy/requests/{id}", tag = "Privacy", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request", body = Request), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<Uuid>) -> Answer<Json<Request>> {
    let request = known(&state, id).await?;
    Ok(Json(shown(&state, request).await?))
}

pub async fn known(state: &AppState, id: Uuid) -> Answer<StoredRequest> {
    state.store.request(id).await?.ok_or_else(|| {
        Kind::UnknownRequest.because("No privacy request has this id; GET /v1/privacy/requests lists them.")
    })
}

/// Takes the next step of a request: `verify` its sender, `hold` and `release` it, `refuse` it, or `carry_out`.
#[utoipa::path(post, path = "/v1/privacy/requests/{id}/steps", tag = "Privacy", request_body = Stepped,
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request as it stands now", body = Request),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 404, description = "Unknown"),
              (status = 409, description = "Not verified, on hold or done already; or the person was merged or parted meanwhile")))]
pub async fn step(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(id): Segments<Uuid>,
    Body(stepped): Body<Stepped>,
) -> Answer<Response> {
    let queued = take_step(&state, &caller, id, stepped).await?;
    let status = if queued { StatusCode::ACCEPTED } else { StatusCode::OK };
    let request = known(&state, id).await?;
    Ok((status, Json(shown(&state, request).await?)).into_response())
}

/// Takes a step; answers whether it is still waiting for its turn.
pub async fn take_step(state: &AppState, caller: &Caller, id: Uuid, stepped: Stepped) -> Answer<bool> {
    let request = known(state, id).await?;
    let step = match stepped {
        Stepped::Verify { how } => Step::Verify { how: reason(&how)? },
        Stepped::Hold { reason: why } => Step::Hold { why: reason(&why)? },
        Stepped::Release => Step::Release,
        Stepped::Refuse { reason: why } => Step::Refuse { why: reason(&why)? },
        Stepped::CarryOut if request.kind == Right::Erasure => return erase(state, caller, &request).await,
        Stepped::CarryOut => Step::Finish,
    };
    if state.store.step_request(id, &step, &caller.name, clock::now_us()).await? {
        return Ok(false);
    }
    Err(misplaced(request.state))
}

fn misplaced(stage: Stage) -> Problem {
    let detail = match stage {
        Stage::Open => "Nobody has checked yet that the request comes from the person; take the step verify first.",
        Stage::Verified => "The request is verified already.",
        Stage::Held => "The request is on hold; take the step release first.",
        Stage::Done => "The request is done.",
        Stage::Refused => "The request was refused; record a new one.",
    };
    Kind::Conflict.because(detail)
}

async fn erase(state: &AppState, caller: &Caller, request: &StoredRequest) -> Answer<bool> {
    if request.state != Stage::Verified {
        return Err(misplaced(request.state));
    }
    let command = Command::Erase { golden: request.golden, request: request.id, keeps: request.keeps };
    match ask(state, caller, command, "privacy request").await? {
        Asked::Done(_) => Ok(false),
        Asked::Queued(_) => Ok(true),
    }
}

/// Everything that is held about the person of a request, once it is verified: by source record as received and as
/// understood, with history, consents, points, decisions, recipients and purposes.
#[utoipa::path(get, path = "/v1/privacy/requests/{id}/document", tag = "Privacy", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What is held", body = Document), (status = 404, description = "Unknown"),
              (status = 409, description = "Not verified, or no request for access")))]
pub async fn show_document(State(state): State<AppState>, Segments(id): Segments<Uuid>) -> Answer<Json<Document>> {
    let request = known(&state, id).await?;
    Ok(Json(held(&state, &request).await?))
}

/// What is held about the person of an access request.
pub async fn held(state: &AppState, request: &StoredRequest) -> Answer<Document> {
    if request.kind != Right::Access {
        return Err(Kind::Conflict.because("Only a request for access has a document; record one."));
    }
    if !matches!(request.state, Stage::Verified | Stage::Done) {
        return Err(misplaced(request.state));
    }
    match living(state, request.golden, "").await? {
        Ok(profile) => gather(state, request.golden, profile).await,
        Err(_) => {
            Err(Kind::Conflict
                .because("The person was merged into another one; look at them and record a new request."))
        }
    }
}

/// Notes that a source has removed a person who was forgotten. A source that sends the deletion says so by that.
#[utoipa::path(post, path = "/v1/privacy/requests/{id}/acknowledgements", tag = "Privacy", request_body = About,
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Noted"), (status = 404, description = "Unknown"),
              (status = 409, description = "The source had no records, or has confirmed before")))]
pub async fn acknowledge(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(id): Segments<Uuid>,
    Body(about): Body<About>,
) -> Answer<StatusCode> {
    if !caller.speaks_for(&about.source) && !caller.may(Permission::ManagePrivacy) {
        return Err(Kind::Forbidden.because("The key is bound to another source."));
    }
    known(&state, id).await?;
    if !state.store.acknowledge(id, &about.source, &caller.name, clock::now_us()).await? {
        return Err(Kind::Conflict.because("The source had no records of the person, or has confirmed before."));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Lets somebody come back who was forgotten: what is named here is no longer refused.
#[utoipa::path(post, path = "/v1/privacy/readmissions", tag = "Privacy", request_body = Readmission,
    responses((status = 200, description = "No longer refused", body = Done),
              (status = 202, description = "Queued; no node has carried it out yet"),
              (status = 404, description = "Nothing of it is refused")))]
pub async fn readmit(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(readmission): Body<Readmission>,
) -> Answer<Response> {
    let why = reason(&readmission.reason)?;
    let known = state.store.tombstones().await?;
    let point = |value: String| ContactPoint { value, kind: None, verified: None };
    let customer = Customer {
        emails: readmission.emails.into_iter().map(point).collect(),
        phones: readmission.phones.into_iter().map(point).collect(),
        identifiers: readmission.identifiers,
        country: readmission.country,
        ..Customer::default()
    };
    let features = matching::standardise(&customer.to_person(""));
    let mut tombstones: Vec<_> = keys(readmission.records).iter().map(|key| known.of_key(key).tombstone).collect();
    tombstones.extend(features.known_by().iter().map(|value| known.of_value(value).tombstone));
    tombstones.retain(|tombstone| known.contains(tombstone));
    if tombstones.is_empty() {
        return Err(Kind::UnknownRecord.because("Nothing of what is named is refused."));
    }
    super::commands::carry_out(&state, &caller, Command::Readmit { tombstones }, &why).await
}
