//! What a person has allowed and refused: what may be done, every statement, and one that a steward records.

pub mod record;

use super::page::{self, Query, Wrong};
use super::person::living;
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::body::Segments;
use crate::api::consents as told;
use crate::domain::consent::{Catalogue, Channel, Entry, Permission as May, Purpose, Question, Reason, State as Said};
use crate::domain::consent::{View, decide, forbidden};
use crate::domain::ids::{GoldenId, RecordNo, SourceKey};
use crate::pipeline::clock;
use crate::store::consents::StoredStatement;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use web::consent::{Cell, ConsentsPage, Matrix, Row, Statement};
use web::shell::Here;
use web::words::{ConsentWords, Words};

const PAGE_ROWS: usize = 50;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words.consent();
    let profile = match living(&state, &visitor, id, "/consents").await? {
        Ok(profile) => profile,
        Err(moved) => return Ok(moved),
    };
    let refused = |problem| Wrong::problem(&visitor, problem);
    let before = query.get("before").map(told::place).transpose().map_err(refused)?;
    let (found, keys) = told::statements(&state, &profile, before, PAGE_ROWS).await.map_err(refused)?;
    let older = found.last().filter(|_| found.len() == PAGE_ROWS).map(|last| told::cursor(last.place));
    let catalogue = &state.policies.in_force().await?.consent;
    let values: Map<String, Value> = serde_json::from_str(&profile.body).unwrap_or_default();
    let may_tell = visitor.caller.may(Permission::TellConsents);
    let page = ConsentsPage {
        shell: visitor.shell(visitor.words.people, Here::People),
        words,
        name: values::name(visitor.words, &values),
        id: id.to_string(),
        matrix: matrix(words, &values, catalogue),
        statements: found.iter().map(|stored| statement(words, stored, &keys, catalogue)).collect(),
        older: older.map(|cursor| format!("/people/{id}/consents?before={cursor}")),
        recording: may_tell.then(|| record::choices(words, &view(&values), catalogue)),
        notice: (query.get("done") == Some("recorded")).then_some(words.recorded),
    };
    Ok(page::show(&page))
}

/// The channels on which a person can be reached at all, and the one that stands for all.
fn channels(view: &View) -> Vec<Channel> {
    let reaches = |channel: &Channel| *channel == Channel::Any || !view.points(*channel).is_empty();
    Channel::ALL.into_iter().filter(reaches).collect()
}

/// What may be done with a golden record's values.
pub fn matrix(words: &'static ConsentWords, values: &Map<String, Value>, catalogue: &Catalogue) -> Matrix {
    let view = view(values);
    let channels = channels(&view);
    let now = clock::now();
    let row = |(name, purpose): (&String, &Purpose)| {
        let cell = |&channel: &Channel| {
            let asked = Question { purpose: name, channel, now };
            cell(words, &view, channel, &decide(&view, &asked, purpose, catalogue))
        };
        Row { purpose: purpose.title.clone(), cells: channels.iter().map(cell).collect() }
    };
    let rows = catalogue.purpose.iter().map(row).collect();
    Matrix { channels: channels.iter().map(|channel| named(words, *channel)).collect(), rows }
}

fn view(values: &Map<String, Value>) -> View {
    View::deserialize(Value::Object(values.clone())).unwrap_or_default()
}

fn cell(words: &'static ConsentWords, view: &View, channel: Channel, permission: &May) -> Cell {
    let all = permission.points.iter().all(|point| point.allowed == permission.allowed);
    let points = view.points(channel);
    let allowed = permission.points.iter().filter(|point| point.allowed);
    let allowed: Vec<&str> = allowed.filter_map(|point| points.get(point.place)).map(String::as_str).collect();
    Cell {
        allowed: permission.allowed,
        why: reason(words, &permission.reason),
        points: if all { String::new() } else { allowed.join(", ") },
        refused: matches!(&permission.reason, Reason::Refused { .. } | Reason::Expired { .. }),
        disputed: matches!(&permission.reason, Reason::Granted { by } | Reason::Refused { by } if by.disputed),
    }
}

pub fn named(words: &ConsentWords, channel: Channel) -> &'static str {
    match channel {
        Channel::Any => words.any,
        Channel::Email => words.email,
        Channel::Sms => words.sms,
        Channel::Phone => words.phone,
        Channel::Post => words.post,
        Channel::App => words.app,
        Channel::Web => words.web,
    }
}

fn reason(words: &ConsentWords, reason: &Reason) -> &'static str {
    match reason {
        Reason::Granted { .. } => words.granted,
        Reason::ExistingCustomer { .. } => words.existing_customer,
        Reason::NotRefused => words.not_refused,
        Reason::NotNeeded => words.not_needed,
        Reason::Refused { by } => state_word(words, by.state),
        Reason::Expired { .. } => words.expired,
        Reason::OtherContactPoint => words.other_contact_point,
        Reason::NeverGranted => words.never_granted,
        Reason::NoContactPoint => words.no_contact_point,
    }
}

fn state_word(words: &ConsentWords, state: Said) -> &'static str {
    match state {
        Said::Unknown => words.unknown,
        Said::Granted => words.granted,
        Said::Expired => words.expired,
        Said::Denied => words.refused,
        Said::Withdrawn => words.withdrawn,
    }
}

fn statement(
    words: &'static ConsentWords,
    stored: &StoredStatement,
    keys: &[(RecordNo, SourceKey)],
    catalogue: &Catalogue,
) -> Statement {
    let said = &stored.statement.kept;
    let record = keys.iter().find(|(record, _)| *record == stored.place.record);
    let told = [
        (words.form, &said.form),
        ("", &said.wording),
        (words.place, &said.place),
        (words.receipt, &said.receipt),
        (words.signal, &said.signal),
        (words.valid_until, &said.valid_until),
    ];
    let line = |(label, text): (&str, &Option<String>)| Some(format!("{label} {}", text.as_ref()?).trim().to_owned());
    let confirmed = (said.double_opt_in == Some(true)).then(|| words.confirmed.to_owned());
    Statement {
        at: values::instant(stored.place.at_us),
        purpose: catalogue.purpose.get(&said.purpose).map_or(&said.purpose, |purpose| &purpose.title).clone(),
        channel: named(words, said.channel),
        state: state_word(words, said.state),
        refuses: said.state.refuses(),
        point: said.point.clone().unwrap_or_default(),
        evidence: told.into_iter().filter_map(line).chain(confirmed).collect(),
        source: stored.statement.by.clone(),
        record: record.map(|(_, key)| format!("{} {}", key.source, key.key)).unwrap_or_default(),
    }
}

/// Each line of the consents of a golden record, as its history shows them.
pub fn lines(words: &'static Words, values: &Map<String, Value>) -> Vec<String> {
    let consent = words.consent();
    let line = |entry: &Entry| {
        let point = entry.point.as_deref().unwrap_or_default();
        let what = format!("{} · {} {point}", entry.purpose, named(consent, entry.channel));
        format!("{}: {}", what.trim(), state_word(consent, entry.state))
    };
    view(values).consents.iter().map(line).collect()
}

/// What is allowed of people today, and would not be of the one that they become.
pub fn lost(
    words: &'static Words,
    before: &[Map<String, Value>],
    after: &Map<String, Value>,
    catalogue: &Catalogue,
) -> Vec<String> {
    let consent = words.consent();
    let (together, now) = (view(after), clock::now());
    let alone: Vec<View> = before.iter().map(view).collect();
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let gone = forbidden(&alone, std::slice::from_ref(&together), [catalogue; 2], now);
    for use_ in &gone {
        let Some(purpose) = catalogue.purpose.get(&use_.purpose) else { continue };
        let decided =
            decide(&together, &Question { purpose: &use_.purpose, channel: use_.channel, now }, purpose, catalogue);
        let points = together.points(use_.channel);
        let own = decided.points.iter().find(|point| points.get(point.place) == use_.point.as_ref());
        let why = reason(consent, own.map_or(&decided.reason, |point| &point.reason));
        // The comparable form of a postal address is nobody's reading.
        let point = use_.point.as_deref().filter(|_| use_.channel != Channel::Post).unwrap_or_default();
        let what = format!("{} {point}", named(consent, use_.channel)).trim_end().to_owned();
        let whats = groups.entry((&purpose.title, why)).or_default();
        if !whats.contains(&what) {
            whats.push(what);
        }
    }
    let line = |((purpose, why), whats): (&(&str, &str), &Vec<String>)| {
        format!("{purpose}: {} {} ({why})", whats.join(", "), consent.no_longer)
    };
    let mut lost: Vec<String> = groups.iter().map(line).collect();
    if lost.is_empty() {
        lost.push(consent.nothing_lost.to_owned());
    }
    lost
}
