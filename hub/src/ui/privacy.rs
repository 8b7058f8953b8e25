//! Requests of people to see what is held about them, and to be forgotten.

mod document;

pub use self::document::show as show_document;

use super::form::Form;
use super::page::{self, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::privacy::{self, NewRequest, Request, Stepped};
use crate::domain::limits::PRIVACY_REQUESTS_SHOWN_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::privacy::{Keeps, Kind, State as Stage};
use crate::pipeline::clock;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use uuid::Uuid;
use web::privacy::{Next, Party, PrivacyPage, Request as Shown, RequestPage, Step};
use web::shell::{Here, Instant};
use web::words::PrivacyWords;

pub async fn list(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
) -> Result<Response, Wrong> {
    let words = visitor.words.privacy();
    let mut requests = Vec::new();
    for stored in state.store.all_requests(PRIVACY_REQUESTS_SHOWN_MAX).await? {
        let request = privacy::shown(&state, stored).await.map_err(|problem| Wrong::problem(&visitor, problem))?;
        requests.push(one(words, &request));
    }
    Ok(page::show(&PrivacyPage { shell: visitor.shell(words.title, Here::Privacy), words, requests }))
}

fn one(words: &'static PrivacyWords, request: &Request) -> Shown {
    Shown {
        id: request.id.to_string(),
        kind: match request.kind {
            Kind::Access => words.access,
            Kind::Erasure => words.erasure,
        },
        state: match request.state {
            Stage::Open => words.open,
            Stage::Verified => words.verified,
            Stage::Held => words.held,
            Stage::Done => words.done,
            Stage::Refused => words.refused,
        },
        received: Instant { at: request.received_at.clone() },
        due: Instant { at: request.due_at.clone() },
        overdue: request.overdue,
    }
}

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
) -> Result<Response, Wrong> {
    let refused = |problem| Wrong::problem(&visitor, problem);
    let words = visitor.words.privacy();
    let stored = privacy::known(&state, id).await.map_err(refused)?;
    let profile = state.store.profile(stored.golden).await?;
    let lives = profile.is_some_and(|profile| profile.state != GoldenState::Gone);
    let request = privacy::shown(&state, stored).await.map_err(refused)?;
    let party = |party: &privacy::Party| Party {
        is_source: party.kind == "source",
        name: party.name.clone(),
        confirmed: party.confirmed,
    };
    Ok(page::show(&RequestPage {
        shell: visitor.shell(words.title, Here::Privacy),
        words,
        request: one(words, &request),
        person: lives.then(|| request.person.to_string()),
        steps: steps(words, &request),
        next: next(&request),
        erased: erased(words, &request),
        parties: request.parties.iter().map(party).collect(),
        all_confirmed: request.all_confirmed,
    }))
}

fn steps(words: &'static PrivacyWords, request: &Request) -> Vec<Step> {
    let mut steps = vec![Step {
        what: words.recorded_by,
        by: request.recorded_by.clone(),
        at: Instant { at: request.received_at.clone() },
        note: String::new(),
    }];
    let ended = match request.state {
        Stage::Held => words.held_by,
        Stage::Refused => words.refused,
        _ => words.ended_by,
    };
    for (what, asked) in [(words.verified_by, &request.verified), (ended, &request.ended)] {
        steps.extend(asked.iter().map(|asked| Step {
            what,
            by: asked.by.clone(),
            at: Instant { at: asked.at.clone() },
            note: asked.note.clone().unwrap_or_default(),
        }));
    }
    steps
}

fn next(request: &Request) -> Next {
    let (stage, is_access) = (request.state, request.kind == Kind::Access);
    let waits = matches!(stage, Stage::Open | Stage::Verified);
    Next {
        verify: stage == Stage::Open,
        document: is_access && matches!(stage, Stage::Verified | Stage::Done),
        hand_out: is_access && stage == Stage::Verified,
        erase: !is_access && stage == Stage::Verified,
        hold: waits,
        release: stage == Stage::Held,
        refuse: waits || stage == Stage::Held,
    }
}

fn erased(words: &'static PrivacyWords, request: &Request) -> Vec<(&'static str, String)> {
    let Some(erased) = &request.erased else { return Vec::new() };
    let count = |count: usize| values::number(count as i64);
    vec![
        (words.records, count(erased.records)),
        (words.deliveries, count(erased.deliveries)),
        (words.versions, count(erased.versions)),
        (words.decisions, count(erased.decisions)),
        (words.statements, count(erased.statements as usize)),
        (words.comments, count(erased.comments as usize)),
        (words.ledger, count(erased.ledger_entries as usize)),
        (words.turned_away, values::number(request.refused)),
    ]
}

/// Records that somebody asks for something.
pub async fn record(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let missing = || Wrong::missing(&visitor, visitor.words.not_found);
    let new = NewRequest {
        kind: Kind::parse(form.get("kind")).ok_or_else(missing)?,
        person: form.get("person").parse().map_err(|_| missing())?,
        received_at: None,
        keeps: Keeps { ledger: form.get("keep_ledger") == "yes" },
    };
    let request = privacy::record(&state, &visitor.caller, new).await;
    let request = request.map_err(|problem| Wrong::problem(&visitor, problem))?;
    Ok(Redirect::to(&format!("/privacy/{}", request.id)).into_response())
}

/// Takes the next step of a request.
pub async fn step(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
    form: Form,
) -> Result<Response, Wrong> {
    let refused = |problem| Wrong::problem(&visitor, problem);
    let why = form.get("why").to_owned();
    let step = match form.get("step") {
        "verify" => Stepped::Verify { how: why },
        "hold" => Stepped::Hold { reason: why },
        "release" => Stepped::Release,
        "refuse" => Stepped::Refuse { reason: why },
        "carry_out" => Stepped::CarryOut,
        _ => return Err(Wrong::missing(&visitor, visitor.words.not_found)),
    };
    let is_erasure = privacy::known(&state, id).await.map_err(refused)?.kind == Kind::Erasure;
    if matches!(step, Stepped::CarryOut) && is_erasure && form.get("sure") != "yes" {
        return Err(Wrong::told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, visitor.words.privacy().erase_about));
    }
    privacy::take_step(&state, &visitor.caller, id, step).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/privacy/{id}")).into_response())
}

/// Notes that a source has said that it has removed the person.
pub async fn confirm(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
    form: Form,
) -> Result<Response, Wrong> {
    privacy::known(&state, id).await.map_err(|problem| Wrong::problem(&visitor, problem))?;
    state.store.acknowledge(id, form.get("source"), &visitor.caller.name, clock::now_us()).await?;
    Ok(Redirect::to(&format!("/privacy/{id}")).into_response())
}
