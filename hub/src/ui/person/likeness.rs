//! Who else it might be: people who look like this one, joined or kept apart for ever from here.

use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::commands::ask;
use crate::domain::command::Command;
use crate::domain::decision::Verdict;
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::limits::DECISION_RECORDS_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::resolver::Resolver;
use crate::read::profiles::member_keys;
use crate::store::StoreError;
use crate::store::profiles::Profile;
use crate::ui::amend::wrong;
use crate::ui::form::Form;
use crate::ui::page::Wrong;
use crate::ui::reviews::percent;
use crate::ui::session::Visitor;
use crate::ui::values;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use foldhash::HashMap;
use std::sync::{Arc, PoisonError};
use web::person::Other;

const OTHERS_MAX: usize = 5;
/// Records of the person that are looked up.
const PROBES_MAX: usize = 4;

pub async fn others(state: &AppState, visitor: &Visitor, id: GoldenId) -> Result<Vec<Other>, StoreError> {
    let resolver = state.resolver.clone();
    let found = tokio::task::spawn_blocking(move || {
        let slot = resolver.read().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|resolver| alike(resolver, id)).unwrap_or_default()
    });
    let mut others = Vec::new();
    for (golden, weight) in found.await.unwrap_or_default() {
        let Some(profile) = state.store.profile(golden).await? else { continue };
        let body = serde_json::from_str(&profile.body).unwrap_or_default();
        others.push(Other {
            id: golden.to_string(),
            version: profile.version,
            name: values::name(visitor.words, &body),
            detail: values::detail(&body),
            percent: percent(weight),
        });
    }
    Ok(others)
}

/// The likeliest first, each by the pair of records that fits best.
fn alike(resolver: &Resolver, id: GoldenId) -> Vec<(GoldenId, f32)> {
    let index = resolver.index();
    let mut best: HashMap<GoldenId, f32> = HashMap::default();
    for member in resolver.members(id).unwrap_or_default().iter().take(PROBES_MAX) {
        let Some(features) = index.features(member.0) else { continue };
        for neighbour in index.search(features) {
            if let Some(golden) = resolver.golden_of(RecordNo(neighbour.id)).filter(|golden| *golden != id) {
                let weight = best.entry(golden).or_insert(f32::NEG_INFINITY);
                *weight = weight.max(neighbour.weight);
            }
        }
    }
    let mut found: Vec<(GoldenId, f32)> = best.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(OTHERS_MAX);
    found
}

/// The other is the same person, or nobody of the one is anybody of the other.
pub async fn decide(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let other = form.get("other").parse().map_err(|_| Wrong::missing(&visitor, words.unknown_person))?;
    let (one, other) = (live(&state, &visitor, id).await?, live(&state, &visitor, GoldenId(other)).await?);
    let seen = |name: &str| form.get(name).parse::<i32>().ok();
    if (seen("version"), seen("other_version")) != (Some(one.version), Some(other.version)) {
        return Err(Wrong::told(&visitor, StatusCode::CONFLICT, words.changed_meanwhile));
    }
    let is_same = form.get("verdict") == "same";
    let (command, usual) = if is_same {
        let merge = Command::Merge { golden: one.id, with: other.id, expected_version: Some(one.version) };
        (merge, words.default_same)
    } else {
        let (left, right) = (member_keys(&one)?, member_keys(&other)?);
        if left.len() + right.len() > DECISION_RECORDS_MAX {
            return Err(Wrong::told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, words.too_many_records));
        }
        let seen = vec![(one.id, one.version), (other.id, other.version)];
        (Command::Decide { verdict: Verdict::NeverLink { left, right }, seen }, words.default_different)
    };
    let asked = ask(&state, &visitor.caller, command, form.reason(usual)).await;
    asked.map_err(|problem| wrong(&visitor, problem))?;
    let (stays, done) = if is_same { (one.id.min(other.id), "joined") } else { (one.id, "kept_apart") };
    Ok(Redirect::to(&format!("/people/{stays}?done={done}")).into_response())
}

async fn live(state: &AppState, visitor: &Visitor, id: GoldenId) -> Result<Profile, Wrong> {
    let profile = state.store.profile(id).await?;
    let profile = profile.ok_or_else(|| Wrong::missing(visitor, visitor.words.unknown_person))?;
    match profile.state {
        GoldenState::Live => Ok(profile),
        // Somebody was faster.
        _ => Err(Wrong::told(visitor, StatusCode::CONFLICT, visitor.words.changed_meanwhile)),
    }
}
