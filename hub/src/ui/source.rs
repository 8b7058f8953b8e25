//! One source: which of its fields feed what, what has changed of them, and what would come of a sample.

use super::form::Form;
use super::page::{self, Wrong};
use super::session::Visitor;
use super::values::{label, lines};
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::body::Segments;
use crate::api::drift::{Changed, SchemaDrift};
use crate::domain::rules::Attribute;
use crate::domain::survivorship::alone;
use crate::pipeline::clock;
use crate::pipeline::trial::{Outcome, Trial, Tried};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use connectors::Manifest;
use std::io::Cursor;
use std::sync::Arc;
use web::shell::Here;
use web::source::{Came, Drifted, Mapping, Sample, SourcePage};
use web::words::Words;

/// Records of a sample that are shown.
const SHOWN_MAX: usize = 20;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(source): Segments<String>,
) -> Result<Response, Wrong> {
    whole(&state, &visitor, &source, Sample::default(), Vec::new()).await
}

/// Shows what would come of a sample. Nothing is stored of it.
pub async fn attempt(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(source): Segments<String>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let sample = Sample { text: form.get("sample").to_owned(), headers: form.get("headers").to_owned() };
    let manifest = find(&state, &visitor, &source)?;
    let trial = Trial { manifest, today: clock::today() };
    let came: Vec<Came> = if sample.headers.trim().is_empty() {
        let text = Cursor::new(sample.text.clone().into_bytes());
        trial.export(text).take(SHOWN_MAX).map(|tried| came(words, tried)).collect()
    } else {
        let headers = sample.headers.lines().filter_map(|line| line.split_once(':'));
        let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (name.trim(), value.trim())).collect();
        match trial.webhook(&headers, sample.text.as_bytes()) {
            Some(tried) => tried.take(SHOWN_MAX).map(|tried| came(words, tried)).collect(),
            None => vec![Came { failure: Some(words.no_webhook.to_owned()), ..Came::default() }],
        }
    };
    whole(&state, &visitor, &source, sample, came).await
}

/// Takes what a source's payloads are made of now for what they are to be.
pub async fn accept(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(source): Segments<String>,
) -> Result<Response, Wrong> {
    find(&state, &visitor, &source)?;
    state.store.accept_layouts(&source).await?;
    Ok(Redirect::to(&format!("/flows/sources/{source}")).into_response())
}

fn find<'s>(state: &'s AppState, visitor: &Visitor, source: &str) -> Result<&'s Manifest, Wrong> {
    state.sources.get(source).ok_or_else(|| Wrong::missing(visitor, visitor.words.unknown_source))
}

async fn whole(
    state: &AppState,
    visitor: &Visitor,
    source: &str,
    sample: Sample,
    came: Vec<Came>,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let manifest = find(state, visitor, source)?;
    let known = state.store.layouts(Some(source)).await?;
    let drift = SchemaDrift::new(manifest, known);
    let changes = drift.payloads.into_iter().flat_map(|payloads| {
        let topic = payloads.topic.unwrap_or_default();
        payloads.changes.into_iter().map(move |change| drifted(words, &topic, change))
    });
    let page = SourcePage {
        shell: visitor.shell(words.flows, Here::Flows),
        title: manifest.title().to_owned(),
        name: source.to_owned(),
        version: manifest.version().to_owned(),
        keeps_unread: manifest.keeps_unread(),
        mappings: manifest.lineage().into_iter().map(|line| mapping(words, line)).collect(),
        drift: changes.collect(),
        may_accept: visitor.caller.may(Permission::ManageConnectors),
        has_webhook: manifest.webhook().is_some(),
        sample,
        came,
    };
    Ok(page::show(&page))
}

fn mapping(words: &'static Words, line: connectors::Lineage) -> Mapping {
    Mapping {
        golden: Attribute::fed_by(&line.field).map_or("", |attribute| label(words, attribute)),
        field: line.field,
        sources: line.sources,
        transforms: line.transforms.join(", "),
    }
}

fn drifted(words: &'static Words, topic: &str, change: Changed) -> Drifted {
    let kind = change.kind;
    Drifted {
        topic: topic.to_owned(),
        path: change.path,
        change: match (change.change, change.was) {
            ("missing", _) => words.drift_missing.to_owned(),
            (_, Some(was)) => format!("{} {was} → {kind}", words.drift_retyped),
            _ => format!("{} ({kind})", words.drift_new),
        },
        feeds: change.feeds.join(", "),
        since: web::shell::Instant { at: change.since },
        share: format!("{} / {}", change.records, change.of),
    }
}

fn came(words: &'static Words, tried: Tried) -> Came {
    let place = tried.place;
    match tried.outcome {
        Outcome::Failed(reason) => Came { place, failure: Some(reason), ..Came::default() },
        Outcome::Kept { topic, purpose, key } => {
            let key = key.unwrap_or_default();
            Came { place, key, note: format!("{} {purpose} ({topic})", words.kept_for), ..Came::default() }
        }
        Outcome::Mapped { mapped, customer, unread } => {
            let values = alone(&customer);
            let told = Attribute::ALL.into_iter().map(|attribute| (label(words, attribute), lines(&values, attribute)));
            Came {
                place,
                key: mapped.key.clone(),
                note: if mapped.deleted { words.deleted_there.to_owned() } else { String::new() },
                values: told.filter(|(_, lines)| !lines.is_empty()).collect(),
                omitted: mapped.omitted.iter().map(ToString::to_string).collect(),
                unread,
                failure: None,
            }
        }
    }
}
