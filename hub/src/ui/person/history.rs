//! The versions of a person, each with what differs from the one before; two of them beside each other.

use crate::api::AppState;
use crate::api::body::Segments;
use crate::domain::ids::GoldenId;
use crate::domain::plan::EventKind;
use crate::domain::rules::Attribute;
use crate::store::events::StoredEvent;
use crate::ui::consent;
use crate::ui::page::{self, Query, Wrong};
use crate::ui::session::Visitor;
use crate::ui::values;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;
use web::person::{Change, Event, Moment, ThenPage, ThenRow};
use web::shell::Here;
use web::words::Words;

/// Versions that the page shows, the newest first.
const HISTORY_MAX: usize = 50;

/// What a version said.
pub fn values_of(event: &StoredEvent) -> Map<String, Value> {
    serde_json::from_str(&event.body).unwrap_or_default()
}

/// Two versions beside each other; the newest, and the one before it, if nobody says which.
pub async fn then(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let history = state.store.history(id).await?;
    let newest = history.last().ok_or_else(|| Wrong::missing(&visitor, words.unknown_person))?.version;
    let asked = |name: &str, usual: i32| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let to = asked("to", newest);
    let from = asked("from", to - 1);
    let version = |number: i32| history.iter().find(|event| event.version == number);
    let now = version(to).ok_or_else(|| Wrong::missing(&visitor, words.not_found))?;
    let (before, after) = (version(from).map(values_of).unwrap_or_default(), values_of(now));
    let row = |attribute: Attribute| {
        let (before, after) = (values::lines(&before, attribute), values::lines(&after, attribute));
        beside(values::label(words, attribute), &before, &after)
    };
    let consents = beside(words.consent().title, &consent::lines(words, &before), &consent::lines(words, &after));
    let rows = Attribute::ALL.into_iter().map(row).chain([consents]);
    let rows = rows.filter(|row| !row.before.is_empty() || !row.after.is_empty());
    let moment = |event: &StoredEvent| Moment {
        version: event.version,
        at: values::instant(event.at_us),
        what: what(words, event.kind),
        records: values_of(event).get("records").and_then(Value::as_array).map_or(0, Vec::len),
    };
    let name = if after.contains_key("records") { &after } else { &before };
    let page = ThenPage {
        shell: visitor.shell(words.people, Here::People),
        name: values::name(words, name),
        id: id.to_string(),
        moments: history.iter().rev().map(moment).collect(),
        before: version(from).map(moment),
        after: moment(now),
        rows: rows.collect(),
    };
    Ok(page::show(&page))
}

/// One line of both moments, with what the other has not.
fn beside(label: &'static str, before: &[String], after: &[String]) -> ThenRow {
    let mark = |these: &[String], others: &[String]| {
        these.iter().map(|line| (line.clone(), !others.contains(line))).collect::<Vec<_>>()
    };
    ThenRow { label, before: mark(before, after), after: mark(after, before) }
}

fn what(words: &'static Words, kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => words.event_created,
        EventKind::Updated => words.event_updated,
        EventKind::Restored => words.event_restored,
        EventKind::Merged => words.event_merged,
        EventKind::Deleted => words.event_deleted,
    }
}

/// The newest first, each with what differs from the one before it.
pub fn events(words: &'static Words, history: &[StoredEvent]) -> Vec<Event> {
    let shown = history.iter().enumerate().rev().take(HISTORY_MAX).map(|(place, event)| {
        let now = values_of(event);
        let before = place.checked_sub(1).map(|before| values_of(&history[before])).unwrap_or_default();
        Event {
            version: event.version,
            what: what(words, event.kind),
            at: values::instant(event.at_us),
            changes: changes(words, &before, &now),
            sources: joined_sources(&before, &now),
        }
    });
    shown.collect()
}

pub fn changes(words: &'static Words, before: &Map<String, Value>, now: &Map<String, Value>) -> Vec<Change> {
    let differs = |attribute: &Attribute| before.get(attribute.name()) != now.get(attribute.name());
    // Of a list only what came and what went.
    let without = |these: &[String], others: &[String]| {
        these.iter().filter(|value| !others.contains(value)).cloned().collect::<Vec<_>>().join("; ")
    };
    let change = |label, before: &[String], after: &[String]| Change {
        label,
        before: without(before, after),
        after: without(after, before),
    };
    let of = |attribute| {
        let (before, after) = (values::lines(before, attribute), values::lines(now, attribute));
        change(values::label(words, attribute), &before, &after)
    };
    let consents = change(words.consent().title, &consent::lines(words, before), &consent::lines(words, now));
    let says_something = |change: &Change| !change.before.is_empty() || !change.after.is_empty();
    let all = Attribute::ALL.into_iter().filter(differs).map(of).chain([consents]);
    all.filter(says_something).collect()
}

/// The sources of the records that came with a version.
fn joined_sources(before: &Map<String, Value>, now: &Map<String, Value>) -> String {
    let records = |values: &Map<String, Value>| values.get("records").and_then(Value::as_array).cloned();
    let (before, now) = (records(before).unwrap_or_default(), records(now).unwrap_or_default());
    let new = now.iter().filter(|record| !before.contains(record));
    let mut sources: Vec<&str> = new.filter_map(|record| record["source"].as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.iter().map(|source| format!("+ {source}")).collect::<Vec<_>>().join(" ")
}
