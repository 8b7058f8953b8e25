//! Systems that are told of changes: who they are, how they are doing, and what to send them again.

mod wire;

use self::wire::Subscriber;
pub use self::wire::{NewSubscriber, Resending, Rotation};
use super::body::{Body, Segments};
use super::problem::{Answer, Kind, Problem};
use super::purpose;
use super::state::AppState;
use crate::deliver::target;
use crate::deliver::write_back::System;
use crate::domain::ids::SubscriberId;
use crate::domain::limits::{RESEND_EVENTS_MAX, SUBSCRIBERS_MAX};
use crate::domain::subscriber::{Previous, SecretName, Settings, Target};
use crate::pipeline::clock;
use crate::store::subscribers::{Edit, Resent, Subscriber as Stored};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

const HOUR_US: i64 = 3_600_000_000;

/// Every subscriber.
#[derive(Serialize, ToSchema)]
pub struct Subscribers {
    subscribers: Vec<Subscriber>,
}

/// Registers a system that is told of changes, from now on or from any point of the feed.
#[utoipa::path(post, path = "/v1/subscribers", tag = "Changes", request_body = NewSubscriber,
    responses((status = 201, description = "Registered; deliveries begin at once", body = Subscriber),
              (status = 409, description = "The name is taken"),
              (status = 422, description = "The target, the secret or the filter cannot be used")))]
pub async fn create(
    State(state): State<AppState>,
    Body(new): Body<NewSubscriber>,
) -> Answer<(StatusCode, Json<Subscriber>)> {
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Kind::InvalidCommand.because("A subscriber needs a name of 1 to 100 characters."));
    }
    let newest = state.store.last_event().await?;
    let cursor = new.cursor(newest)?;
    let settings = new.settings();
    check(&state, &settings).await?;
    if state.store.subscribers().await?.len() >= SUBSCRIBERS_MAX {
        return Err(Kind::Conflict.because("There are as many subscribers as the hub serves; delete one first."));
    }
    let stored = Stored::new(name, settings, cursor, clock::now_us());
    state.store.add_subscriber(&stored).await.map_err(|error| match error.is_conflict() {
        true => Kind::Conflict.because("Another subscriber has this name; choose one that is free."),
        false => Problem::from(error),
    })?;
    state.deliveries.changed();
    Ok((StatusCode::CREATED, Json(Subscriber::new(&stored, newest))))
}

/// Lists the subscribers with their lag and health, oldest first.
#[utoipa::path(get, path = "/v1/subscribers", tag = "Changes",
    responses((status = 200, description = "Every subscriber", body = Subscribers)))]
pub async fn list(State(state): State<AppState>) -> Answer<Json<Subscribers>> {
    let newest = state.store.last_event().await?;
    let found = state.store.subscribers().await?;
    Ok(Json(Subscribers { subscribers: found.iter().map(|stored| Subscriber::new(stored, newest)).collect() }))
}

/// Shows one subscriber with its latest failed attempts.
#[utoipa::path(get, path = "/v1/subscribers/{id}", tag = "Changes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The subscriber", body = Subscriber), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<Uuid>) -> Answer<Json<Subscriber>> {
    let stored = find(&state, id).await?;
    let newest = state.store.last_event().await?;
    let owed = state.store.saved(&stored).await?.owed.len();
    let failures = state.store.subscriber_failures(stored.id).await?;
    Ok(Json(Subscriber::new(&stored, newest).in_full(owed, &failures)))
}

/// Ends a subscriber and forgets how far it had come.
#[utoipa::path(delete, path = "/v1/subscribers/{id}", tag = "Changes", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"), (status = 404, description = "Unknown")))]
pub async fn delete(State(state): State<AppState>, Segments(id): Segments<Uuid>) -> Answer<StatusCode> {
    if !state.store.remove_subscriber(SubscriberId(id)).await? {
        return Err(unknown());
    }
    state.deliveries.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Holds deliveries back until they are resumed. What is on its way still arrives.
#[utoipa::path(post, path = "/v1/subscribers/{id}/pause", tag = "Changes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Paused", body = Subscriber), (status = 404, description = "Unknown")))]
pub async fn pause(state: State<AppState>, id: Segments<Uuid>) -> Answer<Json<Subscriber>> {
    edit(state, id, &Edit::Pause).await
}

/// Goes on from where deliveries stood, after a pause or after the hub has disabled the subscriber.
#[utoipa::path(post, path = "/v1/subscribers/{id}/resume", tag = "Changes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Resumed", body = Subscriber), (status = 404, description = "Unknown")))]
pub async fn resume(state: State<AppState>, id: Segments<Uuid>) -> Answer<Json<Subscriber>> {
    edit(state, id, &Edit::Resume).await
}

/// Signs with another secret from now on, and with the one before as well for some hours.
#[utoipa::path(post, path = "/v1/subscribers/{id}/rotate", tag = "Changes", params(("id" = Uuid, Path)),
    request_body = Rotation,
    responses((status = 200, description = "Both secrets sign", body = Subscriber), (status = 404, description = "Unknown"),
              (status = 409, description = "Nothing is signed for this subscriber"),
              (status = 422, description = "The secret cannot be used")))]
pub async fn rotate(
    state: State<AppState>,
    Segments(id): Segments<Uuid>,
    Body(rotation): Body<Rotation>,
) -> Answer<Json<Subscriber>> {
    let mut settings = find(&state, id).await?.settings;
    let Target::Webhook { secret, previous, .. } = &mut settings.target else {
        return Err(Kind::Conflict.because("Only webhooks are signed; this subscriber has no secret."));
    };
    let before = std::mem::replace(secret, SecretName(rotation.secret));
    let overlap_us = i64::from(rotation.overlap_hours.unwrap_or(24).min(24 * 30)) * HOUR_US;
    *previous = Some(Previous { secret: before, until_us: clock::now_us() + overlap_us });
    check(&state, &settings).await?;
    edit(state, Segments(id), &Edit::Settings(Box::new(settings))).await
}

/// Sends again: everything after an event, or the events of a range. After each event of a range the same person's later
/// events follow once more, so that a receiver that keeps the last one ends with the newest.
#[utoipa::path(post, path = "/v1/subscribers/{id}/resend", tag = "Changes", params(("id" = Uuid, Path)),
    request_body = Resending,
    responses((status = 202, description = "On their way", body = Subscriber), (status = 404, description = "Unknown"),
              (status = 409, description = "A file drop takes no ranges"),
              (status = 422, description = "No range, or one that is too long")))]
pub async fn resend(
    state: State<AppState>,
    Segments(id): Segments<Uuid>,
    Body(resending): Body<Resending>,
) -> Answer<(StatusCode, Json<Subscriber>)> {
    let what = resending.what()?;
    let stored = find(&state, id).await?;
    if matches!(stored.settings.target, Target::Files { .. }) && resending.is_range() {
        return Err(Kind::Conflict.because("A file drop is a sequence of pages; ask for everything `after` an event."));
    }
    match state.store.resend(stored.id, what).await? {
        Resent::Done => state.deliveries.changed(),
        Resent::Unknown => return Err(unknown()),
        Resent::TooMany => {
            let detail = format!("The range holds more than {RESEND_EVENTS_MAX} events; ask in parts, or use `after`.");
            return Err(Kind::InvalidCommand.because(detail));
        }
    }
    Ok((StatusCode::ACCEPTED, show(state, Segments(id)).await?))
}

async fn edit(state: State<AppState>, Segments(id): Segments<Uuid>, edit: &Edit) -> Answer<Json<Subscriber>> {
    if !state.store.edit_subscriber(SubscriberId(id), edit).await? {
        return Err(unknown());
    }
    state.deliveries.changed();
    show(state, Segments(id)).await
}

/// Refuses settings that could not be served.
async fn check(state: &AppState, settings: &Settings) -> Answer<()> {
    if let Some(purpose) = &settings.purpose {
        purpose::known(&*state.policies.in_force().await?, purpose)?;
    }
    let refuse = |why: &dyn std::fmt::Display| Kind::InvalidCommand.because(format!("This cannot be served: {why}."));
    settings.check().map_err(|error| refuse(&error))?;
    match &settings.target {
        Target::Webhook { url, secret, .. } => {
            target::check(url, &state.operator.allowed).map_err(|error| refuse(&error))?;
            state.operator.secrets.key(secret).map(drop).map_err(|error| refuse(&error))
        }
        Target::Files { .. } if state.operator.drops.is_none() => {
            Err(refuse(&"there is no folder for file drops; the operator names one with `drops` or HUB_DROPS"))
        }
        Target::Files { .. } => Ok(()),
        Target::Nats { server, .. } => state.operator.nats.check(server).map_err(|error| refuse(&error)),
        Target::WriteBack { source } => {
            System::open(source, &state.sources, &state.operator).map(drop).map_err(|error| refuse(&error))
        }
    }
}

async fn find(state: &AppState, id: Uuid) -> Answer<Stored> {
    state.store.subscriber(SubscriberId(id)).await?.ok_or_else(unknown)
}

fn unknown() -> Problem {
    Kind::UnknownSubscriber.because("No subscriber has this id; GET /v1/subscribers lists them.")
}
