//! A change of rules: drafted, tried on everybody on paper, and brought into force by whoever has seen what it does.

use super::consent;
use super::form::Form;
use super::page::{self, Wrong};
use super::reviews::percent;
use super::session::Visitor;
use super::values::{label, line};
use crate::api::AppState;
use crate::api::access::Permission;
use crate::api::body::Segments;
use crate::api::policies::{self, Change};
use crate::api::what_if::{self, Job, JobState};
use crate::domain::policy::Draft;
use crate::domain::rules::Attribute;
use crate::domain::what_if::{Listed, PermissionChange, Person, Report as Told, ReviewChange, ValueChange};
use crate::pipeline::what_if::Step;
use crate::store::policies::PolicyRow;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use matching::Thresholds;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;
use web::rules::{Consequence, DraftPage, Report, Section, WhatIfPage};
use web::shell::Here;
use web::words::Words;

/// Consequences of each kind that are listed by name.
const LISTED: usize = 40;

async fn in_force(state: &AppState, visitor: &Visitor) -> Result<(PolicyRow, Draft), Wrong> {
    let row = state.store.policy_in_force().await?;
    let row = row.ok_or_else(|| Wrong::missing(visitor, visitor.words.no_policy))?;
    let draft = state.store.draft_of(&row).await?;
    Ok((row, draft))
}

/// What is in force, ready to be changed; what was tried last, if that was against it.
pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
) -> Result<Response, Wrong> {
    let (row, present) = in_force(&state, &visitor).await?;
    let tried = state.what_ifs.get().filter(|job| job.against == row.number);
    let draft = tried.map_or_else(|| Arc::new(present.clone()), |job| job.draft);
    let link = number(draft.model.thresholds.link);
    let page = form(&visitor, row.number.0, &present, link, draft.rules.text.clone(), None);
    Ok(page::show(&page))
}

fn form(
    visitor: &Visitor,
    number_in_force: i32,
    present: &Draft,
    link: String,
    rules: String,
    problem: Option<String>,
) -> DraftPage {
    DraftPage {
        shell: visitor.shell(visitor.words.draft, Here::Rules),
        number: number_in_force,
        link,
        link_least: number(present.model.thresholds.review),
        rules,
        problem,
    }
}

/// A weight as a percentage that can be changed.
fn number(weight: f32) -> String {
    format!("{:.4}", Thresholds::probability(weight) * 100.0)
}

/// The weight (log2 of the odds) of a percentage. Nothing if it is none.
fn weight(percent: &str) -> Option<f32> {
    let share: f64 = percent.trim().replace(',', ".").parse::<f64>().ok()? / 100.0;
    (share > 0.0 && share < 1.0).then(|| (share / (1.0 - share)).log2() as f32)
}

pub async fn begin(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    sent: Form,
) -> Result<Response, Wrong> {
    let (row, present) = in_force(&state, &visitor).await?;
    // Browsers send line ends of their own.
    let rules = sent.get("rules").replace("\r\n", "\n");
    let is_same = sent.get("link") == number(present.model.thresholds.link);
    let change = Change {
        rules: (rules.trim() != present.rules.text.trim()).then(|| rules.clone()),
        link_weight: if is_same { None } else { Some(weight(sent.get("link")).unwrap_or(f32::NAN)) },
        ..Change::default()
    };
    let begun = match change.draft(&state).await {
        Ok(draft) => what_if::start(&state, draft, LISTED).await,
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(job) => Ok(Redirect::to(&format!("/rules/what-if/{}", job.id)).into_response()),
        Err(problem) => {
            let (status, detail) = (problem.status(), Some(problem.detail().to_owned()));
            let again = form(&visitor, row.number.0, &present, sent.get("link").to_owned(), rules, detail);
            Ok((status, page::show(&again)).into_response())
        }
    }
}

fn job(state: &AppState, visitor: &Visitor, id: Uuid) -> Result<Job, Wrong> {
    let found = state.what_ifs.get().filter(|job| job.id == id);
    found.ok_or_else(|| Wrong::missing(visitor, visitor.words.no_what_if))
}

pub async fn what_if(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
) -> Result<Response, Wrong> {
    let job = job(&state, &visitor, id)?;
    let (_, present) = in_force(&state, &visitor).await?;
    Ok(page::show(&tried(&visitor, &job, &present, None)))
}

fn tried(visitor: &Visitor, job: &Job, present: &Draft, problem: Option<String>) -> WhatIfPage {
    let words = visitor.words;
    let link = |draft: &Draft| percent(draft.model.thresholds.link);
    let precise = |draft: &Draft| format!("{} %", number(draft.model.thresholds.link));
    let told = if link(present) == link(&job.draft) { precise } else { link };
    WhatIfPage {
        shell: visitor.shell(words.what_if, Here::Rules),
        id: job.id.to_string(),
        differences: differences(&present.rules.text, &job.draft.rules.text),
        link: (told(present), told(&job.draft)),
        running: match job.state {
            JobState::Running(step) => Some(share(step).to_string()),
            JobState::Done(_) | JobState::Failed(_) => None,
        },
        failure: match job.state {
            JobState::Failed(why) => Some(why),
            JobState::Running(_) | JobState::Done(_) => None,
        },
        report: match &job.state {
            JobState::Done(told) => Some(report(words, told)),
            JobState::Running(_) | JobState::Failed(_) => None,
        },
        may_change: visitor.caller.may(Permission::ChangePolicies),
        problem,
    }
}

/// Percent of both halves of the work.
fn share(step: Step) -> usize {
    (step.weighed + step.decided) * 100 / (2 * step.of.max(1))
}

/// The lines of one text that the other has not, each with whether it is new.
fn differences(before: &str, after: &str) -> Vec<(bool, String)> {
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (before, after) = (lines(before), lines(after));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| (false, line.clone()));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| (true, line.clone()));
    gone.chain(new).collect()
}

fn report(words: &'static Words, told: &Told) -> Report {
    let count = |number: usize| number.to_string();
    Report {
        totals: vec![
            (words.golden_records, count(told.golden_records_before), count(told.golden_records_after)),
            (words.largest, count(told.largest_before), count(told.largest_after)),
        ],
        sections: vec![
            section(words.merges, &told.merges, |merge| at(&merge.into, names(&merge.from), String::new())),
            section(words.splits, &told.splits, |split| at(&split.from, String::new(), names(&split.into))),
            section(words.changed_values, &told.values, |change| value(words, change)),
            section(words.consent().lost, &told.permissions_lost, |change| permission(words, change, true)),
            section(words.consent().gained, &told.permissions_gained, |change| permission(words, change, false)),
            section(words.more_reviews, &told.reviews_opened, review),
            section(words.fewer_reviews, &told.reviews_closed, review),
        ],
        events: count(told.change_events),
    }
}

fn permission(words: &'static Words, change: &PermissionChange, is_lost: bool) -> Consequence {
    let channel = consent::named(words.consent(), change.channel);
    let what = format!("{} · {channel} {}", change.purpose, change.point.as_deref().unwrap_or_default());
    match is_lost {
        true => at(&change.golden, what, String::new()),
        false => at(&change.golden, String::new(), what),
    }
}

fn section<T>(title: &'static str, listed: &Listed<T>, one: impl Fn(&T) -> Consequence) -> Section {
    Section {
        title,
        count: listed.count.to_string(),
        lines: listed.first.iter().map(one).collect(),
        more: listed.count - listed.first.len(),
    }
}

fn at(person: &Person, before: String, after: String) -> Consequence {
    Consequence { who: person.name.clone(), href: format!("/people/{}", person.id), before, after }
}

fn names(people: &[Person]) -> String {
    people.iter().map(|person| format!("{} ({})", person.name, person.records)).collect::<Vec<_>>().join(" + ")
}

fn value(words: &'static Words, change: &ValueChange) -> Consequence {
    let told = |value: &Value| told(words, change.attribute, value);
    let attribute = Attribute::ALL.into_iter().find(|attribute| attribute.name() == change.attribute);
    let called = attribute.map_or(words.consent().title, |attribute| label(words, attribute));
    let who = format!("{} · {called}", change.golden.name);
    Consequence { who, ..at(&change.golden, told(&change.old), told(&change.new)) }
}

/// A value in words; consents are the one member of golden records that is no attribute.
fn told(words: &'static Words, name: &str, value: &Value) -> String {
    let attribute = Attribute::ALL.into_iter().find(|attribute| attribute.name() == name);
    match (attribute, value) {
        (_, Value::Null) => String::new(),
        (None, value) => {
            let values = serde_json::Map::from_iter([(name.to_owned(), value.clone())]);
            consent::lines(words, &values).join("; ")
        }
        (Some(attribute), Value::Array(all)) => {
            all.iter().map(|one| line(attribute, one)).collect::<Vec<_>>().join("; ")
        }
        (Some(attribute), value) => line(attribute, value),
    }
}

fn review(change: &ReviewChange) -> Consequence {
    let side = |named: &crate::domain::what_if::Named| format!("{} ({})", named.name, named.key.source);
    let who = format!("{} · {}", side(&change.left), side(&change.right));
    Consequence { who, href: String::new(), before: String::new(), after: String::new() }
}

/// Brings exactly what was tried into force.
pub async fn activate(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
    sent: Form,
) -> Result<Response, Wrong> {
    let job = job(&state, &visitor, id)?;
    let (row, present) = in_force(&state, &visitor).await?;
    let refused = |status: StatusCode, why: String| {
        (status, page::show(&tried(&visitor, &job, &present, Some(why)))).into_response()
    };
    if row.number != job.against || !matches!(job.state, JobState::Done(_)) {
        return Ok(refused(StatusCode::CONFLICT, visitor.words.policy_meanwhile.to_owned()));
    }
    match policies::bring(&state, &visitor.caller, &job.draft, false, sent.get("reason")).await {
        Ok(_) => Ok(Redirect::to("/rules?done=activated").into_response()),
        Err(problem) => Ok(refused(problem.status(), problem.detail().to_owned())),
    }
}

/// Brings an earlier policy into force once more.
pub async fn go_back(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    sent: Form,
) -> Result<Response, Wrong> {
    let to = sent.get("to").parse().map_err(|_| Wrong::missing(&visitor, visitor.words.not_found))?;
    let asked = policies::go_back(&state, &visitor.caller, Some(to), sent.get("reason")).await;
    asked.map_err(|problem| Wrong::problem(&visitor, problem))?;
    Ok(Redirect::to("/rules?done=activated").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_a_weight_and_back() {
        for percent in ["50.0000", "99.0000", "12.5000"] {
            assert_eq!(weight(percent).map(number).as_deref(), Some(percent));
        }
        assert_eq!(["0", "100", "x", ""].map(weight), [None; 4]);
        assert_eq!(weight("99,9"), weight("99.9"));
    }

    #[test]
    fn lines_that_differ_are_told() {
        let told = differences("a = 1\nb = 2\n\nc = 3", "a = 1\nb = 3\nc = 3  \n");
        assert_eq!(told, [(false, "b = 2".to_owned()), (true, "b = 3".to_owned())]);
    }
}
