//! What stewards change about one person: a value that is shown, records that are somebody else's.

use super::consent;
use super::form::Form;
use super::page::{self, Wrong};
use super::person::one_record;
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::commands::ask;
use crate::api::explain::{members, said_by_sources};
use crate::api::problem::Problem;
use crate::domain::command::Command;
use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::limits::EXPLAIN_RECORDS_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::rules::{Attribute, Rules};
use crate::domain::survivorship::survive;
use crate::read::profiles::member_keys;
use crate::store::profiles::SourceRecord;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};
use std::sync::Arc;
use web::person::{Half, PartPage};
use web::shell::Here;

/// How a form names the parts of a value that was typed.
const FIELD: &str = "field.";

/// Has the golden record show a value: one of those that competed, or one that was typed.
pub async fn pin(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    form: Form,
) -> Result<Response, Wrong> {
    let refused = |problem| wrong(&visitor, problem);
    let missing = || Wrong::missing(&visitor, visitor.words.not_found);
    let attribute = Attribute::ALL.into_iter().find(|attribute| attribute.name() == form.get("attribute"));
    let attribute = attribute.ok_or_else(missing)?;
    let value = match form.get("value") {
        "" => {
            let profile = state.store.profile(id).await?;
            let present = profile.and_then(|profile| serde_json::from_str(&profile.body).ok()).unwrap_or_default();
            let typed = values::typed(attribute, form.beginning(FIELD), &present);
            let nothing = || Wrong::told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, visitor.words.nothing_typed);
            typed.ok_or_else(nothing)?
        }
        chosen => serde_json::from_str(chosen).map_err(|_| missing())?,
    };
    let until_not = match form.get("until") {
        "source_changes" => Some(said_by_sources(&state, id, attribute).await.map_err(refused)?),
        _ => None,
    };
    let command = Command::Pin { golden: id, attribute, value, until_not, expected_version: version(&form) };
    ask(&state, &visitor.caller, command, visitor.words.default_pin).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/people/{id}?done=pinned")).into_response())
}

/// Shows what would become of both halves, and parts them once somebody is sure.
pub async fn part(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let profile = state.store.profile(id).await?;
    let profile = profile.filter(|profile| profile.state == GoldenState::Live);
    let profile = profile.ok_or_else(|| Wrong::missing(&visitor, words.unknown_person))?;
    if version(&form) != Some(profile.version) {
        return Err(Wrong::told(&visitor, StatusCode::CONFLICT, words.changed_meanwhile));
    }
    let chosen: Vec<&str> = form.all("record").collect();
    let keys = member_keys(&profile)?;
    let named = |key: &SourceKey| chosen.contains(&format!("{}/{}", key.source, key.key).as_str());
    let (leaving, staying): (Vec<SourceKey>, Vec<SourceKey>) = keys.into_iter().partition(named);
    if leaving.is_empty() || staying.is_empty() {
        return Err(Wrong::told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, words.part_none));
    }
    if form.get("sure").is_empty() {
        let rules = state.policies.rules(profile.policy).await?;
        let mut halves = Vec::new();
        for (title, keys) in [(words.part_stays, &staying), (words.part_leaves, &leaving)] {
            halves.push(half(&state, &visitor, title, keys, &rules).await?);
        }
        let body: Map<String, Value> = serde_json::from_str(&profile.body).unwrap_or_default();
        let page = PartPage {
            shell: visitor.shell(words.part_title, Here::People),
            name: values::name(words, &body),
            id: id.to_string(),
            version: profile.version,
            chosen: chosen.iter().map(|record| (*record).to_owned()).collect(),
            halves,
        };
        return Ok(page::show(&page));
    }
    let command = Command::Unmerge { golden: id, records: leaving, expected_version: Some(profile.version) };
    ask(&state, &visitor.caller, command, form.reason(words.default_part))
        .await
        .map_err(|problem| wrong(&visitor, problem))?;
    // The id stays with the records that are older, which may be the ones that were to leave.
    let stays = state.store.source_record(&staying[0]).await?.and_then(|record| record.golden);
    Ok(Redirect::to(&format!("/people/{}?done=parted", stays.unwrap_or(id))).into_response())
}

async fn half(
    state: &AppState,
    visitor: &Visitor,
    title: &'static str,
    keys: &[SourceKey],
    rules: &Rules,
) -> Result<Half, Wrong> {
    let words = visitor.words;
    let mut records: Vec<SourceRecord> = Vec::new();
    for key in keys.iter().take(EXPLAIN_RECORDS_MAX) {
        records.extend(state.store.source_record(key).await?);
    }
    let survived = survive(&members(&records), rules, &[]);
    let body: Map<String, Value> = serde_json::from_str(&survived.body).unwrap_or_default();
    let consents = (words.consent().title, consent::lines(words, &body));
    let shown =
        Attribute::ALL.into_iter().map(|attribute| (values::label(words, attribute), values::lines(&body, attribute)));
    let shown = shown.chain([consents]);
    Ok(Half {
        title,
        name: values::name(words, &body),
        values: shown.filter(|(_, lines)| !lines.is_empty()).collect(),
        records: records.iter().map(|record| one_record(words, record)).collect(),
    })
}

fn version(form: &Form) -> Option<i32> {
    form.get("version").parse().ok()
}

/// A refusal in the visitor's words where it is about what others did meanwhile.
pub fn wrong(visitor: &Visitor, problem: Problem) -> Wrong {
    match problem.status() {
        status @ (StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => {
            Wrong::told(visitor, status, visitor.words.changed_meanwhile)
        }
        _ => Wrong::problem(visitor, problem),
    }
}
