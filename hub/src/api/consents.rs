//! What somebody has allowed and refused: told by preference centres and forms, and read with its evidence.

use super::body::{Asked, Body, Segments};
use super::inbox::Parcel;
use super::intake::idempotency_key;
use super::keys::Caller;
use super::problem::{Answer, Kind, internal};
use super::profiles::{gone, living, unknown};
use super::state::AppState;
use super::wire::{RecordKey, page_rows, rfc3339};
use crate::domain::consent::{
    About as RecordAbout, Catalogue, Consent, Entry, Origin, Scope, State as Said, consent_record,
};
use crate::domain::customer::Customer;
use crate::domain::ids::{DeliveryId, GoldenId, RecordNo, SourceKey};
use crate::domain::limits::CONSENTS_MAX;
use crate::domain::plan::GoldenState;
use crate::pipeline::{clock, consents};
use crate::read::profiles::member_keys;
use crate::store::StoreError;
use crate::store::consents::{Place, StoredStatement};
use crate::store::idempotency::Remembered;
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::profiles::Profile;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const PAGE_ROWS: usize = 50;
/// How long a page waits for the pipeline, and how often it looks.
const SETTLE_SECS_MAX: u64 = 5;
const SETTLE_POLL_MS: u64 = 5;
const SOURCE_CHARS_MAX: usize = 64;

/// Statements of one person.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    about: About,
    /// The system that they were said to, such as `preference-centre`; a key for one source need not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// One without `captured_at` was said now.
    #[serde(default)]
    consents: Vec<Consent>,
    /// Signals of a browser or device by name, such as `gpc`; what they refuse stands in the rules.
    #[serde(default)]
    signals: Vec<String>,
}

/// Who: a golden id, or a source's own key, which may not have been sent yet.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum About {
    Golden {
        #[schema(value_type = Uuid)]
        id: GoldenId,
    },
    Record(RecordKey),
}

/// Durable; counts a moment later.
#[derive(Serialize, ToSchema)]
pub struct Taken {
    /// Number of the delivery that holds the statements.
    delivery: i64,
}

/// Takes statements in. They are kept with every record of the person, so that a person who is parted later loses no
/// refusal. A permission reaches the contact point that it names, and no other.
#[utoipa::path(post, path = "/v1/consents", tag = "Consent", request_body = Statements,
    params(("Idempotency-Key" = Option<String>, Header, description = "Same key and body: taken in once")),
    responses((status = 202, description = "Durable", body = Taken),
              (status = 404, description = "The golden id was never published"),
              (status = 409, description = "The golden record was merged away; ask for the survivor"),
              (status = 410, description = "No source record is left"),
              (status = 422, description = "A statement makes no sense, or names no purpose of the rules")))]
pub async fn tell(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    headers: HeaderMap,
    Body(statements): Body<Statements>,
) -> Answer<Response> {
    let key = idempotency_key(&headers)?;
    let request = serde_json::to_string(&statements).map_err(|_| internal())?;
    let request_hash = xxhash_rust::xxh3::xxh3_64(request.as_bytes()) as i64;
    let source = speaker(&caller, statements.source.as_deref())?;
    if let Some(key) = &key
        && let Some(earlier) = state.store.earlier(caller.key, key).await?
    {
        return again(earlier.request_hash == request_hash, &earlier.deliveries);
    }
    let remember =
        key.map(|key| Remembered { caller: caller.key, key, request_hash, before: Vec::new(), offset: 0, count: 1 });
    let Statements { about, consents, signals, .. } = statements;
    let consents = signalled(consents, &signals, &state.policies.in_force().await?.consent)?;
    let delivery = take(&state, about, source, consents, remember).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { delivery: delivery.0 })).into_response())
}

/// Makes statements durable, if each makes sense.
pub async fn take(
    state: &AppState,
    about: About,
    source: String,
    consents: Vec<Consent>,
    remember: Option<Remembered>,
) -> Answer<DeliveryId> {
    let records = records(state, about).await?;
    let consents = checked(consents, &source, &state.policies.in_force().await?.consent)?;
    let payload = serde_json::to_vec(&consents::Said { records, consents }).map_err(|_| internal())?;
    let delivery = NewDelivery { source, shape: Shape::Consents, payload, repairs: None, rejected: None };
    let id = state.inbox.append(Parcel { deliveries: vec![delivery], remember }).await?;
    super::dead_letters::wake(state);
    Ok(id)
}

/// Waits a moment until a delivery counts, so that whoever sent it sees what it has changed.
pub async fn settled(state: &AppState, delivery: DeliveryId) -> Result<(), StoreError> {
    let deadline = Instant::now() + Duration::from_secs(SETTLE_SECS_MAX);
    while state.store.progress().await?.0 < delivery && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(SETTLE_POLL_MS)).await;
    }
    let newest = state.store.last_event().await?;
    state.reads.feed.reached(newest, deadline.saturating_duration_since(Instant::now())).await;
    Ok(())
}

fn again(same: bool, deliveries: &[(i64, i64)]) -> Answer<Response> {
    if !same {
        let detail = "The key was used for a request with another body. Use a fresh key for each request.";
        return Err(Kind::IdempotencyKeyReused.because(detail));
    }
    let delivery = deliveries.first().map_or(0, |(first, _)| *first);
    Ok((StatusCode::ACCEPTED, Json(Taken { delivery })).into_response())
}

/// The system that the statements were said to.
pub fn speaker(caller: &Caller, named: Option<&str>) -> Answer<String> {
    let source = named
        .or(caller.source.as_deref())
        .ok_or_else(|| Kind::InvalidCommand.because("Name the system that the statements were said to in `source`."))?;
    if !caller.speaks_for(source) {
        return Err(Kind::Forbidden.because("The key is bound to another source."));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=SOURCE_CHARS_MAX).contains(&source.len()) || !source.chars().all(plain) {
        let detail = format!("A source is named by 1 to {SOURCE_CHARS_MAX} letters, digits, -, _ and dots.");
        return Err(Kind::InvalidCommand.because(detail));
    }
    Ok(source.to_owned())
}

async fn records(state: &AppState, about: About) -> Answer<Vec<SourceKey>> {
    match about {
        About::Record(key) => Ok(vec![key.into()]),
        About::Golden { id } => {
            let profile = state.store.profile(id).await?.ok_or_else(unknown)?;
            match profile.state {
                GoldenState::Live => Ok(member_keys(&profile)?),
                GoldenState::Gone => Err(gone()),
                GoldenState::Retired { into } => {
                    let detail = "The golden record was merged into another one; tell that one.";
                    Err(Kind::Conflict.because(detail).with("into", into.to_string()))
                }
            }
        }
    }
}

/// The statements as they are kept, if each makes sense.
fn checked(mut consents: Vec<Consent>, source: &str, catalogue: &Catalogue) -> Answer<Vec<Consent>> {
    if consents.is_empty() || consents.len() > CONSENTS_MAX {
        let detail = format!("Send 1 to {CONSENTS_MAX} statements in `consents`, or signals.");
        return Err(Kind::InvalidCommand.because(detail));
    }
    let now = clock::now();
    for consent in &mut consents {
        consent.captured_at.get_or_insert_with(|| now.to_string());
        if !catalogue.purpose.contains_key(&consent.purpose) {
            let names: Vec<&str> = catalogue.purpose.keys().map(String::as_str).collect();
            let detail = format!("The rules in force know no such purpose; they have {}.", names.join(", "));
            return Err(Kind::InvalidCommand.because(detail));
        }
        if consent.state == Said::Granted && consent.channel.has_points() && consent.point.is_none() {
            let detail = "A permission reaches one contact point alone; name it in `point`.";
            return Err(Kind::InvalidCommand.because(detail));
        }
        let received_us = now.as_microsecond();
        let nobody = Customer::default();
        let origin =
            Origin { by: source, version: received_us, changed_us: received_us, received_us, customer: &nobody };
        consent.clone().understood(origin).map_err(|error| Kind::InvalidCommand.because(format!("{error}.")))?;
    }
    Ok(consents)
}

/// Statements with what signals refuse besides.
fn signalled(mut consents: Vec<Consent>, signals: &[String], catalogue: &Catalogue) -> Answer<Vec<Consent>> {
    for name in signals {
        let signal = catalogue.signal.get(name).ok_or_else(|| {
            let names: Vec<&str> = catalogue.signal.keys().map(String::as_str).collect();
            let detail = format!("The rules in force know no such signal; they have {}.", names.join(", "));
            Kind::InvalidCommand.because(detail)
        })?;
        consents.extend(signal.purposes.iter().map(|purpose| {
            let scope = Scope { purpose: purpose.clone(), channel: signal.channel };
            Consent { signal: Some(name.to_owned()), ..Consent::new(scope, signal.says) }
        }));
    }
    Ok(consents)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The `next_before` of the page before.
    before: Option<String>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
    /// `iso27560`: consent records of ISO/IEC TS 27560 instead.
    format: Option<RecordFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordFormat {
    Iso27560,
}

/// What a person has allowed and refused.
#[derive(Serialize, ToSchema)]
pub struct Consents {
    id: Uuid,
    /// What all statements come to, by purpose, channel and contact point.
    #[schema(value_type = Vec<Object>)]
    effective: Vec<Entry>,
    /// Every statement, newest first, page by page.
    statements: Vec<Statement>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

/// One statement, with its evidence and where it came from.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    #[serde(flatten)]
    said: Consent,
    /// The system that it was said to.
    to: String,
    /// The source record that it is kept with.
    record: RecordKey,
    /// When it was said or, where the source does not say, when the record was changed.
    at: String,
    received_at: String,
}

/// Shows what somebody has allowed and refused, and every statement that it follows from.
#[utoipa::path(get, path = "/v1/profiles/{id}/consents", tag = "Consent",
    params(("id" = Uuid, Path, description = "Golden id, present or past"), Asking),
    responses((status = 200, description = "Effective consent, and a page of statements", body = Consents),
              (status = 308, description = "Merged; Location names the survivor"),
              (status = 404, description = "The id was never published"),
              (status = 410, description = "No source record is left")))]
pub async fn show(
    State(state): State<AppState>,
    Segments(id): Segments<GoldenId>,
    Asked(asking): Asked<Asking>,
) -> Answer<Response> {
    let profile = match living(&state, id, "/consents").await? {
        Ok(profile) => profile,
        Err(moved) => return Ok(moved),
    };
    let before = asking.before.as_deref().map(place).transpose()?;
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let (found, keys) = statements(&state, &profile, before, rows).await?;
    let next_before = found.last().filter(|_| found.len() == rows).map(|last| cursor(last.place));
    if asking.format == Some(RecordFormat::Iso27560) {
        let catalogue = &state.policies.in_force().await?.consent;
        let records = found.iter().map(|stored| as_record(stored, id, catalogue));
        let records = serde_json::json!({ "records": records.collect::<Vec<_>>(), "next_before": next_before });
        return Ok(Json(records).into_response());
    }
    let statements = found.into_iter().filter_map(|stored| shown(stored, &keys)).collect();
    Ok(Json(Consents { id: id.0, effective: effective(&profile)?, statements, next_before }).into_response())
}

/// A statement as it is answered; `keys` names the records.
pub fn shown(stored: StoredStatement, keys: &[(RecordNo, SourceKey)]) -> Option<Statement> {
    let (_, record) = keys.iter().find(|(known, _)| *known == stored.place.record)?;
    Some(Statement {
        to: stored.statement.by,
        record: record.clone().into(),
        at: rfc3339(stored.place.at_us),
        received_at: rfc3339(stored.received_us),
        said: stored.statement.kept,
    })
}

/// A statement as a consent record of ISO/IEC TS 27560.
fn as_record(stored: &StoredStatement, person: GoldenId, catalogue: &Catalogue) -> serde_json::Value {
    let record_id = format!("{}-{:x}", stored.delivery.0, stored.place.digest as u64);
    let (principal, at) = (person.to_string(), rfc3339(stored.place.at_us));
    let about = RecordAbout { record_id: &record_id, principal: &principal, at: &at };
    consent_record(&stored.statement, &about, catalogue)
}

/// A page of a person's statements, with the names of the records that they are kept with.
pub async fn statements(
    state: &AppState,
    profile: &Profile,
    before: Option<Place>,
    rows: usize,
) -> Answer<(Vec<StoredStatement>, Vec<(RecordNo, SourceKey)>)> {
    let keys = state.store.record_numbers(&member_keys(profile)?).await?;
    let records: Vec<RecordNo> = keys.iter().map(|(record, _)| *record).collect();
    Ok((state.store.statements(&records, before, rows).await?, keys))
}

/// What a golden record's values say of consent.
pub fn effective(profile: &Profile) -> Answer<Vec<Entry>> {
    #[derive(Deserialize)]
    struct Values {
        #[serde(default)]
        consents: Vec<Entry>,
    }
    let values: Result<Values, _> = serde_json::from_str(&profile.body);
    values.map(|values| values.consents).map_err(|_| internal())
}

pub fn cursor(place: Place) -> String {
    format!("{:x}-{:x}-{:x}", place.at_us as u64, place.digest as u64, place.record.0)
}

pub fn place(cursor: &str) -> Answer<Place> {
    let mut parts = cursor.split('-').map(|part| u64::from_str_radix(part, 16).ok());
    let mut next = || parts.next().flatten();
    let place = (|| {
        let (at_us, digest, record) = (next()? as i64, next()? as i64, u32::try_from(next()?).ok()?);
        Some(Place { at_us, digest, record: RecordNo(record) })
    })();
    place.ok_or_else(|| Kind::MalformedParameter.because("`before` takes the next_before of a page."))
}
