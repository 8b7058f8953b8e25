//! Several cases at once: looked at together first, then decided one by one.

use super::{Filters, row};
use crate::api::AppState;
use crate::api::reviews::parse;
use crate::domain::ids::RecordNo;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::OpenReview;
use crate::ui::form::Form;
use crate::ui::page::{self, Query, Wrong};
use crate::ui::review::handling::{check_colleague, put_off};
use crate::ui::review::parties::Parties;
use crate::ui::review::settle::{Said, Settled, settle};
use crate::ui::session::Visitor;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use foldhash::HashMap;
use std::sync::Arc;
use web::reviews::{BulkCase, BulkPage};
use web::shell::Here;

/// Cases that one form may name: as many as a page shows.
const CASES_MAX: usize = 50;
const DEFERRED_DAYS: i64 = 7;

/// A ticked case, with the two versions that were looked at once there was a preview.
struct Ticked<'f> {
    id: &'f str,
    versions: &'f str,
}

pub async fn act(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let ticked = form.all("case").take(CASES_MAX).map(|case| {
        let (id, versions) = case.split_once(' ').unwrap_or((case, ""));
        Ticked { id, versions }
    });
    let ticked: Vec<Ticked> = ticked.collect();
    if ticked.is_empty() {
        return Err(Wrong::told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, words.bulk_none));
    }
    let back = |done: &str| Redirect::to(&filters.link("/reviews", &[("done", done)])).into_response();
    match form.get("action") {
        "defer" => {
            for review in open(&state, &visitor, &ticked).await? {
                put_off(&state, (review.a, review.b), DEFERRED_DAYS).await?;
            }
            Ok(back("deferred"))
        }
        "assign" => {
            let assignee = form.get("assignee");
            check_colleague(&state, &visitor, assignee).await?;
            for review in open(&state, &visitor, &ticked).await? {
                state.store.assign_review((review.a, review.b), assignee, review.handling.due_us).await?;
            }
            Ok(back("assigned"))
        }
        action @ ("same" | "different") => {
            let is_same = action == "same";
            match form.get("sure") {
                "" => preview(&state, &visitor, &filters, &ticked, is_same).await,
                _ => decide(&state, &visitor, &filters, &ticked, Said { is_same, reason: form.get("reason") }).await,
            }
        }
        _ => Err(Wrong::missing(&visitor, words.not_found)),
    }
}

/// Those of the ticked cases that are still open.
async fn open(state: &AppState, visitor: &Visitor, ticked: &[Ticked<'_>]) -> Result<Vec<OpenReview>, Wrong> {
    let mut found = Vec::new();
    for case in ticked {
        let Ok((a, b)) = parse(case.id) else { return Err(Wrong::missing(visitor, visitor.words.not_found)) };
        let review = state.store.review(RecordNo(a as u32), RecordNo(b as u32)).await;
        found.extend(review?);
    }
    Ok(found)
}

async fn preview(
    state: &AppState,
    visitor: &Visitor,
    filters: &Filters,
    ticked: &[Ticked<'_>],
    is_same: bool,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let reviews = open(state, visitor, ticked).await?;
    let mut cases = Vec::new();
    for review in &reviews {
        let parties = Parties::gather(state, review).await?;
        let records: HashMap<RecordNo, SourceRecord> =
            parties.records().map(|record| (record.record, record.clone())).collect();
        let row = row(words, filters, review, &records);
        let stands = format!("{} {}", row.id, parties.versions());
        cases.push(BulkCase { row, stands, records: parties.left.keys.len() + parties.right.keys.len() });
    }
    let page = BulkPage {
        shell: visitor.shell(words.reviews, Here::Reviews),
        title: if is_same { words.bulk_same } else { words.bulk_different },
        about: words.bulk_about.to_owned(),
        verdict: if is_same { "same" } else { "different" },
        gone: ticked.len() - cases.len(),
        cases,
        query: filters.query(),
        list: filters.link("/reviews", &[]),
        reason_required: state.reviews.reason_required,
    };
    Ok(page::show(&page))
}

async fn decide(
    state: &AppState,
    visitor: &Visitor,
    filters: &Filters,
    ticked: &[Ticked<'_>],
    said: Said<'_>,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let (mut decided, mut proposed, mut skipped) = (0_usize, 0_usize, 0_usize);
    for case in ticked {
        // One by one: joining a pair may settle or change those after it.
        let open = open(state, visitor, std::slice::from_ref(case)).await?;
        let Some(review) = open.first() else {
            skipped += 1;
            continue;
        };
        let parties = Parties::gather(state, review).await?;
        if parties.versions() != case.versions {
            skipped += 1;
            continue;
        }
        match settle(state, visitor, review, &parties, said).await {
            Ok(Settled::Decided(_) | Settled::Queued) => decided += 1,
            Ok(Settled::Proposed) => proposed += 1,
            Ok(Settled::NoReason) => {
                return Err(Wrong::told(visitor, StatusCode::UNPROCESSABLE_ENTITY, words.reason_needed));
            }
            Ok(Settled::OneAlready) => skipped += 1,
            Err(problem) if problem.status().is_client_error() => skipped += 1,
            Err(problem) => return Err(Wrong::problem(visitor, problem)),
        }
    }
    let (decided, proposed, skipped) = (decided.to_string(), proposed.to_string(), skipped.to_string());
    let told = [("decided", decided.as_str()), ("proposed", proposed.as_str()), ("skipped", skipped.as_str())];
    Ok(Redirect::to(&filters.link("/reviews", &told)).into_response())
}
