//! The page of one case.

use super::evidence::evidence;
use super::parties::Parties;
use super::{case, handling, points};
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::explain::{in_force, members};
use crate::api::reviews::explanation;
use crate::domain::decision::{Pin, Verdict};
use crate::domain::ids::DecisionId;
use crate::domain::rules::Attribute;
use crate::domain::subscriber::Target;
use crate::domain::survivorship::{alike, alone, survive};
use crate::store::StoreError;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::OpenReview;
use crate::ui::consent;
use crate::ui::page::{Query, Wrong};
use crate::ui::reviews::{Filters, done, percent, reason};
use crate::ui::session::Visitor;
use crate::ui::values;
use serde_json::{Map, Value};
use uuid::Uuid;
use web::review::{Cell, Column, ReviewPage, Row, Undo};
use web::shell::Here;
use web::{Piece, marked};

/// What a page tells of what happened before it.
#[derive(Default)]
pub struct Shown {
    decision: Option<Told>,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    /// The reason that was given and must not be lost.
    reason: String,
}

/// What the last decision was.
struct Told {
    decision: Uuid,
    was_same: bool,
    review: String,
}

impl Shown {
    /// What the address tells.
    pub fn of(visitor: &Visitor, query: &Query) -> Shown {
        let told = |query: &Query| {
            let decision = query.get("decision")?.parse().ok()?;
            Some(Told { decision, was_same: query.get("was") == Some("same"), review: query.get("of")?.to_owned() })
        };
        Shown { decision: told(query), notice: done(visitor.words, query), ..Shown::default() }
    }

    /// Nothing was decided, for a reason that can be mended.
    pub fn again(problem: &'static str, reason: &str) -> Shown {
        Shown { problem: Some(problem), reason: reason.to_owned(), ..Shown::default() }
    }
}

pub async fn page(
    state: &AppState,
    visitor: &Visitor,
    review: &OpenReview,
    filters: &Filters,
    shown: Shown,
) -> Result<ReviewPage, Wrong> {
    let words = visitor.words;
    let parties = Parties::gather(state, review).await?;
    let result = result(state, review, &parties).await?;
    let explained = explanation(state, review.a, review.b).await.map_err(|problem| Wrong::problem(visitor, problem))?;
    let beside = |backwards| state.store.review_beside(&filters.wanted, review, backwards);
    let link = |other: OpenReview| filters.link(&case(&other), &[]);
    let (reason, reason_about) = reason(words, &review.reason);
    let undo = match shown.decision {
        Some(told) => undo(state, visitor, told).await?,
        None => None,
    };
    let mut effects = effects(state, visitor, review, &parties, &result).await?;
    let points = points::effects(state, words, &parties).await;
    effects.extend(points.map_err(|problem| Wrong::problem(visitor, problem))?);
    Ok(ReviewPage {
        shell: visitor.shell(words.reviews, Here::Reviews),
        action: case(review),
        query: filters.query(),
        list: filters.link("/reviews", &[]),
        next: beside(false).await?.map(link),
        before: beside(true).await?.map(link),
        reason,
        reason_about,
        opened: values::instant(review.opened_us),
        percent: percent(review.weight),
        columns: columns(&parties),
        rows: rows(words, &parties, &result),
        evidence: explained.as_ref().map(|explained| evidence(words, explained)),
        effects,
        versions: parties.versions(),
        may_decide: visitor.caller.may(Permission::Decide),
        undo,
        notice: shown.notice,
        problem: shown.problem,
        handling: handling::shown(state, visitor, review).await?,
        reason_required: state.reviews.reason_required,
        reason_given: shown.reason,
    })
}

/// The golden values that both would have together, by the rules in force and with the pins that hold.
async fn result(state: &AppState, review: &OpenReview, parties: &Parties) -> Result<Map<String, Value>, StoreError> {
    let records: Vec<SourceRecord> = parties.records().cloned().collect();
    let keys: Vec<_> = records.iter().map(|record| record.key.clone()).collect();
    let pins = in_force(state, &keys).await?.into_iter().filter_map(|decision| match decision.verdict {
        Verdict::Pin { attribute, value, until_not, .. } => {
            Some(Pin { decision: decision.id, at_us: decision.at_us, attribute, value, until_not })
        }
        _ => None,
    });
    let pins: Vec<Pin> = pins.collect();
    let rules = state.policies.rules(review.policy).await?;
    let survived = survive(&members(&records), &rules, &pins);
    serde_json::from_str(&survived.body).map_err(|_| StoreError::Corrupt { what: "golden record" })
}

fn columns(parties: &Parties) -> Vec<Column> {
    let side = |records: &[SourceRecord], golden: Option<crate::domain::ids::GoldenId>, is_right| -> Vec<Column> {
        let one = |(place, record): (usize, &SourceRecord)| Column {
            source: record.key.source.clone(),
            key: record.key.key.clone(),
            changed: values::instant(record.updated_us),
            is_right,
            person: golden.map_or_else(String::new, |golden| format!("/people/{golden}")),
            in_doubt: place == 0,
        };
        records.iter().enumerate().map(one).collect()
    };
    let (left, right) = (&parties.left, &parties.right);
    [side(&left.records, left.golden, false), side(&right.records, right.golden, true)].concat()
}

fn rows(words: &'static web::words::Words, parties: &Parties, result: &Map<String, Value>) -> Vec<Row> {
    let records: Vec<(String, bool, Map<String, Value>)> = [(&parties.left, false), (&parties.right, true)]
        .into_iter()
        .flat_map(|(party, is_right)| party.records.iter().map(move |record| (record, is_right)))
        .map(|(record, is_right)| {
            (format!("{}/{}", record.key.source, record.key.key), is_right, alone(&record.customer))
        })
        .collect();
    let has = |attribute: &Attribute| records.iter().any(|(.., values)| values.contains_key(attribute.name()));
    let row = |attribute: Attribute| {
        let golden = values::lines(result, attribute);
        let cells = records.iter().map(|(key, is_right, record)| Cell {
            values: values::lines(record, attribute).iter().map(|value| beside(value, &golden)).collect(),
            pick: record.contains_key(attribute.name()).then(|| key.clone()),
            is_right: *is_right,
        });
        Row {
            attribute: attribute.name(),
            label: values::label(words, attribute),
            cells: cells.collect(),
            agrees: agree(attribute, records.iter().filter_map(|(.., record)| record.get(attribute.name()))),
            result: golden,
        }
    };
    Attribute::ALL.into_iter().filter(has).map(row).collect()
}

/// A value with what the nearest golden one does not have marked.
fn beside(value: &str, golden: &[String]) -> Vec<Piece> {
    let differing = |pieces: &Vec<Piece>| -> usize {
        pieces.iter().filter(|piece| piece.differs).map(|piece| piece.text.chars().count()).sum()
    };
    let all = golden.iter().map(|other| marked(value, other));
    all.min_by_key(differing).unwrap_or_else(|| marked(value, ""))
}

/// Whether everybody who says anything says the same, in whatever spelling.
fn agree<'v>(attribute: Attribute, values: impl Iterator<Item = &'v Value>) -> bool {
    let values: Vec<&Value> = values.collect();
    let lists = |value: &'v Value| value.as_array().map_or_else(|| vec![value], |all| all.iter().collect());
    let same = |a: &'v Value, b: &'v Value| {
        let (a, b) = (lists(a), lists(b));
        a.len() == b.len() && a.iter().all(|one| b.iter().any(|other| alike(attribute, one, other)))
    };
    values.len() > 1 && values.windows(2).all(|pair| same(pair[0], pair[1]))
}

/// What joining the two would bring about beyond this hub.
async fn effects(
    state: &AppState,
    visitor: &Visitor,
    review: &OpenReview,
    parties: &Parties,
    result: &Map<String, Value>,
) -> Result<Vec<String>, StoreError> {
    let words = visitor.words;
    let rules = state.policies.rules(review.policy).await?;
    let name = values::name(words, result);
    let count = parties.left.keys.len() + parties.right.keys.len();
    let mut effects = vec![format!("{name} {} {count}", words.effect_ids), words.effect_survivor.to_owned()];
    let alone = [&parties.left, &parties.right].map(|party| {
        let survived = survive(&members(&party.records), &rules, &[]);
        serde_json::from_str(&survived.body).unwrap_or_default()
    });
    effects.extend(consent::lost(words, &alone, result, &state.policies.in_force().await?.consent));
    let sources: Vec<&str> = parties.records().map(|record| record.key.source.as_str()).collect();
    let (mut told, mut written) = (Vec::new(), Vec::new());
    for subscriber in state.store.subscribers().await? {
        match &subscriber.settings.target {
            Target::WriteBack { source } if sources.contains(&source.as_str()) => written.push(source.clone()),
            Target::WriteBack { .. } => {}
            _ => told.push(subscriber.name),
        }
    }
    if told.is_empty() && written.is_empty() {
        effects.push(words.effect_none.to_owned());
    }
    for (names, text) in [(told, words.effect_subscribers), (written, words.effect_write)] {
        if !names.is_empty() {
            effects.push(format!("{text} {}", names.join(", ")));
        }
    }
    Ok(effects)
}

/// The decision that was just taken, if it still holds and this visitor may take it back.
async fn undo(state: &AppState, visitor: &Visitor, told: Told) -> Result<Option<Undo>, StoreError> {
    if !visitor.caller.may(Permission::Decide) {
        return Ok(None);
    }
    let recorded = state.store.decision(DecisionId(told.decision)).await?;
    let Some(recorded) = recorded.filter(|recorded| recorded.revoked_us.is_none()) else { return Ok(None) };
    let mut names: Vec<String> = Vec::new();
    for key in recorded.decision.verdict.records() {
        let record = state.store.source_record(key).await?;
        names.extend(record.map(|record| values::name(visitor.words, &alone(&record.customer))));
    }
    names.dedup();
    names.truncate(3);
    Ok(Some(Undo {
        decision: told.decision.to_string(),
        text: if told.was_same { visitor.words.decided_same } else { visitor.words.decided_different },
        who: names.join(", "),
        review: told.review,
    }))
}
