//! One person: golden values with what competed for them, records, decisions, history.

mod graph;
pub mod history;
mod lanes;
pub mod likeness;
pub mod trail;

use super::consent;
use super::page::{self, Query, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::body::Segments;
use crate::api::commands::ask;
use crate::api::explain::{in_force, members};
use crate::api::loyalty;
use crate::api::problem::Answer;
use crate::domain::command::Command;
use crate::domain::decision::{Decision, Verdict};
use crate::domain::ids::{DecisionId, GoldenId, SourceKey};
use crate::domain::limits::EXPLAIN_RECORDS_MAX;
use crate::domain::plan::GoldenState;
use crate::domain::rules::Attribute;
use crate::domain::survivorship::{Explained, alone, explain};
use crate::read::profiles::member_keys;
use crate::store::StoreError;
use crate::store::events::StoredEvent;
use crate::store::profiles::{Profile, SourceRecord};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use web::person::{Attribute as Shown, Contender, PersonPage, Record};
use web::shell::Here;
use web::words::Words;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let profile = match living(&state, &visitor, id, "").await? {
        Ok(profile) => profile,
        Err(moved) => return Ok(moved),
    };
    let keys = member_keys(&profile)?;
    let mut records = Vec::new();
    for key in keys.iter().take(EXPLAIN_RECORDS_MAX) {
        records.extend(state.store.source_record(key).await?);
    }
    let rules = state.policies.rules(profile.policy).await?;
    let decisions = in_force(&state, &keys).await?;
    let history = state.store.history(id).await?;
    let name = values::name(words, &body(&profile));
    let may_undo = visitor.caller.may(Permission::Decide);
    let page = PersonPage {
        // Not the name: a title ends up in the browser's history.
        shell: visitor.shell(words.people, Here::People),
        name,
        id: id.to_string(),
        version: profile.version,
        changed: values::instant(profile.changed_us),
        attributes: attributes(words, &explain(&members(&records), &rules)),
        decisions: decisions.iter().map(|decision| shown(words, id, decision, &records, may_undo)).collect(),
        words: words.consent(),
        matrix: consent::matrix(words.consent(), &body(&profile), &state.policies.in_force().await?.consent),
        points: points(&state, &profile).await.map_err(|problem| Wrong::problem(&visitor, problem))?,
        records: records.iter().map(|record| one_record(words, record)).collect(),
        history: history::events(words, &history),
        lanes: lanes::lanes(words, &history, &named(&state, &history, &records).await?),
        graph: graph::graph(&state, id, &records).await,
        others: likeness::others(&state, &visitor, id).await?,
        notice: match query.get("done") {
            Some("pinned") => Some(words.pinned),
            Some("parted") => Some(words.parted),
            Some("undone") => Some(words.taken_back),
            Some("joined") => Some(words.joined_done),
            Some("kept_apart") => Some(words.kept_apart_done),
            _ => None,
        },
        privacy: visitor.caller.may(Permission::ManagePrivacy).then(|| words.privacy()),
        may_decide: may_undo,
    };
    Ok(page::show(&page))
}

/// The present values of somebody; a merged id leads to the survivor's page with this ending.
pub async fn living(
    state: &AppState,
    visitor: &Visitor,
    id: GoldenId,
    ending: &str,
) -> Result<Result<Profile, Response>, Wrong> {
    let profile = state.store.profile(id).await?;
    let profile = profile.ok_or_else(|| Wrong::missing(visitor, visitor.words.unknown_person))?;
    match profile.state {
        GoldenState::Live => Ok(Ok(profile)),
        GoldenState::Retired { into } => {
            Ok(Err(Redirect::permanent(&format!("/people/{into}{ending}")).into_response()))
        }
        GoldenState::Gone => Err(Wrong::gone(visitor, visitor.words.gone_person)),
    }
}

/// What the person has in each programme.
async fn points(state: &AppState, profile: &Profile) -> Answer<Vec<web::person::Points>> {
    let all = loyalty::points(state, profile).await?;
    let card = |card: &loyalty::Membership| web::person::Membership {
        number: card.number.clone(),
        available: values::number(card.available),
        pending: values::number(card.pending),
        shared: card.shared,
    };
    let programme = |programme: loyalty::ProgrammePoints| web::person::Points {
        title: programme.title,
        available: values::number(programme.available),
        pending: values::number(programme.pending),
        memberships: programme.memberships.iter().map(card).collect(),
    };
    Ok(all.into_iter().map(programme).collect())
}

/// What the records are called that were ever part of the person, as far as anybody still knows.
async fn named(
    state: &AppState,
    history: &[StoredEvent],
    present: &[SourceRecord],
) -> Result<HashMap<SourceKey, SourceRecord>, StoreError> {
    let mut known: HashMap<SourceKey, SourceRecord> =
        present.iter().map(|record| (record.key.clone(), record.clone())).collect();
    for key in lanes::ever(history).into_iter().take(lanes::LANES_MAX) {
        if !known.contains_key(&key)
            && let Some(record) = state.store.source_record(&key).await?
        {
            known.insert(key, record);
        }
    }
    Ok(known)
}

fn body(profile: &Profile) -> Map<String, Value> {
    serde_json::from_str(&profile.body).unwrap_or_default()
}

fn attributes(words: &'static Words, explained: &Explained) -> Vec<Shown> {
    let known = Attribute::ALL.into_iter().filter_map(|attribute| Some((attribute, explained.get(attribute.name())?)));
    let shown = known.map(|(attribute, contenders)| Shown {
        name: attribute.name(),
        label: values::label(words, attribute),
        fields: values::fields(words, attribute),
        contenders: contenders
            .iter()
            .enumerate()
            .map(|(place, contender)| Contender {
                text: values::line(attribute, &contender.value),
                survived: contender.survived,
                sources: values::sources(&contender.records),
                changed: values::instant(contender.updated_us),
                lost_on: contender.lost_on.filter(|_| !contender.survived).map(|rule| lost(words, rule)),
                pin: (place > 0).then(|| first(attribute, place, contenders)),
            })
            .collect(),
    });
    shown.collect()
}

/// What a value lost on, as its criterion is named in the rules.
fn lost(words: &'static Words, rule: &str) -> &'static str {
    match rule {
        "validated" => words.lost_validated,
        "trust" => words.lost_trust,
        "recent" => words.lost_recent,
        "frequent" => words.lost_frequent,
        "complete" => words.lost_complete,
        "longest" => words.lost_longest,
        _ => words.lost_tie,
    }
}

/// What the attribute would be with one of its contenders in the first place.
fn first(attribute: Attribute, place: usize, contenders: &[crate::domain::survivorship::Contender]) -> String {
    let chosen = &contenders[place].value;
    if !attribute.is_list() {
        return chosen.to_string();
    }
    let others = contenders.iter().enumerate().filter(|(other, contender)| *other != place && contender.survived);
    let all: Vec<&Value> = std::iter::once(chosen).chain(others.map(|(_, contender)| &contender.value)).collect();
    serde_json::to_string(&all).unwrap_or_default()
}

pub fn one_record(words: &'static Words, record: &SourceRecord) -> Record {
    Record {
        source: record.key.source.clone(),
        key: record.key.key.clone(),
        name: values::name(words, &alone(&record.customer)),
        changed: values::instant(record.updated_us),
    }
}

fn shown(
    words: &'static Words,
    id: GoldenId,
    decision: &Decision,
    records: &[SourceRecord],
    may_undo: bool,
) -> web::person::Decision {
    let named = |key: &SourceKey| records.iter().find(|record| record.key == *key);
    let about = match &decision.verdict {
        Verdict::Pin { attribute, value, .. } => {
            let value = value.as_array().and_then(|all| all.first()).unwrap_or(value);
            format!("{} {}", values::label(words, *attribute), values::line(*attribute, value))
        }
        verdict => {
            let name = |key: &SourceKey| match named(key) {
                Some(record) => format!("{} ({})", values::name(words, &alone(&record.customer)), key.source),
                None => key.source.clone(),
            };
            let mut names: Vec<String> = verdict.records().map(name).collect();
            names.dedup();
            names.truncate(6);
            names.join(", ")
        }
    };
    web::person::Decision {
        what: match decision.verdict {
            Verdict::AlwaysLink { .. } => words.decision_always_link,
            Verdict::NeverLink { .. } => words.decision_never_link,
            Verdict::Pin { .. } => words.decision_pin,
        },
        about,
        by: decision.by.clone(),
        reason: decision.reason.clone(),
        at: values::instant(decision.at_us),
        undo: may_undo.then(|| format!("/people/{id}/undo/{}", decision.id.0)),
    }
}

/// Takes back a decision that concerns this person.
pub async fn undo(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments((id, decision)): Segments<(GoldenId, DecisionId)>,
) -> Result<Response, Wrong> {
    let asked = ask(&state, &visitor.caller, Command::Undo { decision }, visitor.words.default_undo).await;
    asked.map_err(|problem| Wrong::problem(&visitor, problem))?;
    Ok(Redirect::to(&format!("/people/{id}?done=undone")).into_response())
}
