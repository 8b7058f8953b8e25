//! What comes in, what goes out, what is stuck, and what an engineer does about it.

use super::form::Form;
use super::page::{self, Query, Wrong};
use super::session::Visitor;
use super::values::instant;
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::body::{Body, Raw, Segments};
use crate::api::dead_letters::{self, Retry};
use crate::api::{connectors as api_connectors, subscribers as api_subscribers};
use crate::domain::ids::DeliveryId;
use crate::domain::outbox::Circuit;
use crate::domain::polling::Status as Polling;
use crate::domain::subscriber::{Status, Target};
use crate::poll;
use crate::store::StoreError;
use crate::store::dead_letters::{Group as Alike, StoredDeadLetter};
use crate::store::polls::Poll;
use crate::store::reconciliations::Reconciled;
use crate::store::subscribers::Subscriber as Stored;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use connectors::Manifest;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;
use uuid::Uuid;
use web::flows::{FlowsPage, Group, LetterPage, Source, Subscriber};
use web::shell::Here;
use web::words::Words;

/// Groups of dead letters that the page shows, the newest first.
const GROUPS_MAX: usize = 50;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let may = |permission| visitor.caller.may(permission);
    let (sources, unused) = sources(&state, words).await?;
    let subscribers = match may(Permission::ReadSubscribers) {
        true => Some(subscribers(&state, words, may(Permission::ManageSubscribers)).await?),
        false => None,
    };
    let letters = match may(Permission::ReadDeadLetters) {
        true => Some(state.store.dead_letter_groups(None, GROUPS_MAX).await?),
        false => None,
    };
    let page = FlowsPage {
        shell: visitor.shell(words.flows, Here::Flows),
        sources,
        unused,
        subscribers,
        letters: letters.map(|groups| groups.into_iter().map(group).collect()),
        may_manage: may(Permission::ManageConnectors),
        may_repair: may(Permission::RepairDeadLetters),
        notice: query.get("done").map(|_| words.on_its_way),
    };
    Ok(page::show(&page))
}

/// Sources in use, and the names of the others.
async fn sources(state: &AppState, words: &'static Words) -> Result<(Vec<Source>, Vec<String>), StoreError> {
    let polls = state.store.polls().await?;
    let compared = state.store.reconciliations().await?;
    let known = state.store.known_sources().await?;
    let mut seen: HashMap<String, (i64, i64, i64)> = HashMap::new();
    for (layout, changes) in state.store.layouts(None).await? {
        let entry = seen.entry(layout.origin.source).or_default();
        *entry = (entry.0 + layout.records, entry.1.max(layout.last_us), entry.2 + changes.len() as i64);
    }
    let (mut used, mut unused) = (Vec::new(), Vec::new());
    for manifest in state.sources.iter() {
        let poll = polls.iter().find(|poll| poll.source == manifest.name());
        let is_read = poll::is_configured(manifest, &state.access.environment);
        let compared = compared.iter().find(|done| done.source == manifest.name());
        let payloads = seen.get(manifest.name());
        let has_sent = payloads.is_some() || known.iter().any(|source| source == manifest.name());
        if !is_read && !has_sent && compared.is_none() {
            unused.push(manifest.name().to_owned());
            continue;
        }
        let payloads = payloads.copied().unwrap_or_default();
        used.push(source(state, words, manifest, poll.filter(|_| is_read), payloads, compared));
    }
    Ok((used, unused))
}

fn source(
    state: &AppState,
    words: &'static Words,
    manifest: &Manifest,
    poll: Option<&Poll>,
    (records, last_us, drift): (i64, i64, i64),
    compared: Option<&Reconciled>,
) -> Source {
    let (state_word, mood, actions) = match poll {
        None => (words.receives, "fine", vec![]),
        Some(poll) if poll.status == Polling::Paused => (words.paused, "warn", vec![("resume", words.resume)]),
        Some(poll) if poll.standing.is_open() => {
            (words.failing, "bad", vec![("run", words.run_now), ("pause", words.pause)])
        }
        Some(_) => (words.reads, "fine", vec![("run", words.run_now), ("pause", words.pause)]),
    };
    let finished = poll.and_then(|poll| poll.standing.finished_us).unwrap_or(0);
    let failure = poll.filter(|poll| poll.standing.failures > 0).and_then(|poll| poll.standing.failure.clone());
    Source {
        name: manifest.name().to_owned(),
        title: manifest.title().to_owned(),
        state: state_word,
        mood,
        webhook: state.doors.keys(manifest.name()).is_some(),
        last: Some(last_us.max(finished)).filter(|last| *last > 0).map(instant),
        records,
        drift,
        // What was put right differs no longer.
        compared: compared.map(|done| (instant(done.at_us), (done.differ - done.healed).max(0))),
        failure,
        actions,
    }
}

async fn subscribers(state: &AppState, words: &'static Words, may_manage: bool) -> Result<Vec<Subscriber>, StoreError> {
    let newest = state.store.last_event().await?;
    let all = state.store.subscribers().await?;
    let one = |stored: Stored| {
        let pause = ("pause", words.pause);
        let (state_word, mood, action) = match &stored.status {
            Status::Active if stored.note.is_some() => (words.failing, "bad", pause),
            Status::Active if matches!(stored.circuit, Circuit::Open { .. }) => (words.held, "bad", pause),
            Status::Active => (words.active, "fine", pause),
            Status::Paused => (words.paused, "warn", ("resume", words.resume)),
            Status::Disabled { .. } => (words.disabled, "bad", ("resume", words.resume)),
        };
        let note = match stored.status {
            Status::Disabled { reason } => Some(reason),
            Status::Active | Status::Paused => stored.note,
        };
        Subscriber {
            id: stored.id.0.to_string(),
            kind: match stored.settings.target {
                Target::WriteBack { .. } => "write-back",
                Target::Webhook { .. } => "webhook",
                Target::Nats { .. } => "nats",
                Target::Files { .. } => "files",
            },
            name: stored.name,
            state: state_word,
            mood,
            lag: (newest.0 - stored.cursor.0).max(0),
            delivered: stored.delivered,
            failed: stored.failed,
            last: stored.delivered_us.map(instant),
            note,
            actions: if may_manage { vec![action] } else { vec![] },
        }
    };
    Ok(all.into_iter().map(one).collect())
}

fn group(alike: Alike) -> Group {
    Group {
        fingerprint: alike.fingerprint,
        source: alike.source,
        step: alike.step,
        reason: alike.reason,
        count: alike.count,
        last: instant(alike.last_us),
        example: format!("/flows/dead-letters/{}", alike.example.0),
    }
}

fn back() -> Response {
    Redirect::to("/flows?done=1").into_response()
}

/// Asks something of a source that is read.
pub async fn source_action(
    state: State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments((source, action)): Segments<(String, String)>,
) -> Result<Response, Wrong> {
    let source = Segments(source);
    let done = match action.as_str() {
        "run" => api_connectors::run(state, source).await,
        "pause" => api_connectors::pause(state, source).await,
        "resume" => api_connectors::resume(state, source).await,
        _ => return Err(Wrong::missing(&visitor, visitor.words.not_found)),
    };
    done.map(|_| back()).map_err(|problem| Wrong::problem(&visitor, problem))
}

/// Asks something of a subscriber.
pub async fn subscriber_action(
    state: State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments((id, action)): Segments<(Uuid, String)>,
) -> Result<Response, Wrong> {
    let done = match action.as_str() {
        "pause" => api_subscribers::pause(state, Segments(id)).await,
        "resume" => api_subscribers::resume(state, Segments(id)).await,
        _ => return Err(Wrong::missing(&visitor, visitor.words.not_found)),
    };
    done.map(|_| back()).map_err(|problem| Wrong::problem(&visitor, problem))
}

/// Sends every dead letter of a group through the pipeline again.
pub async fn retry_group(
    state: State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let retry = Body(Retry::of_group(form.get("fingerprint")));
    let done = dead_letters::retry_many(state, retry).await;
    done.map(|_| back()).map_err(|problem| Wrong::problem(&visitor, problem))
}

pub async fn letter(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<i64>,
) -> Result<Response, Wrong> {
    let found = find(&state, &visitor, id).await?;
    let payload = String::from_utf8_lossy(&found.payload).into_owned();
    Ok(page::show(&letter_page(&visitor, &found, pretty(payload), None)))
}

async fn find(state: &AppState, visitor: &Visitor, id: i64) -> Result<StoredDeadLetter, Wrong> {
    let found = state.store.dead_letter(DeliveryId(id)).await?;
    found.ok_or_else(|| Wrong::missing(visitor, visitor.words.not_found))
}

/// JSON with a line for each member; numbers keep their digits.
fn pretty(payload: String) -> String {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&payload);
    parsed.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(payload)
}

fn letter_page(visitor: &Visitor, found: &StoredDeadLetter, payload: String, problem: Option<String>) -> LetterPage {
    LetterPage {
        shell: visitor.shell(visitor.words.dead_letter, Here::Flows),
        id: found.delivery.0,
        source: found.source.clone(),
        step: found.step.clone(),
        reason: found.reason.clone(),
        at: instant(found.at_us),
        payload,
        is_repaired: found.repaired_by.is_some(),
        may_repair: visitor.caller.may(Permission::RepairDeadLetters),
        problem,
    }
}

/// Puts a corrected record in a dead letter's place, or sends it again as it is. What was typed is not lost.
pub async fn repair(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<i64>,
    form: Form,
) -> Result<Response, Wrong> {
    let found = find(&state, &visitor, id).await?;
    let payload = form.get("payload").to_owned();
    let done = match form.get("act") {
        "retry" => dead_letters::retry(State(state), Segments(id)).await,
        _ => dead_letters::repair(State(state), Segments(id), Raw(payload.clone().into_bytes())).await,
    };
    match done {
        Ok(_) => Ok(back()),
        Err(problem) if problem.status().is_server_error() => Err(Wrong::problem(&visitor, problem)),
        Err(problem) => {
            let again = letter_page(&visitor, &found, payload, Some(problem.detail().to_owned()));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page::show(&again)).into_response())
        }
    }
}
