//! The worklist: which cases are open, filtered and in an order.

pub mod bulk;
mod filters;

pub use self::filters::Filters;

use self::filters::Known;
use super::form::Form;
use super::page::{self, Query, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::access::Permission;
use crate::domain::ids::{RecordNo, SourceKey};
use crate::domain::survivorship::alone;
use crate::store::StoreError;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::{Deferred, OpenReview};
use crate::store::saved_views::SavedView;
use crate::store::tally::day_of;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldhash::HashMap;
use matching::Thresholds;
use std::sync::Arc;
use web::reviews::{Party, ReviewsPage, Row, View};
use web::shell::Here;
use web::words::Words;

const PAGE_ROWS: usize = 50;
/// Cases that fit filters are counted so far; nobody decides more than that at a time.
const COUNTED_MAX: i64 = 1000;
const VIEW_NAME_CHARS_MAX: usize = 60;

/// A reason in a word and in a sentence.
pub fn reason(words: &'static Words, name: &str) -> (&'static str, &'static str) {
    match name {
        "outweighed" => (words.outweighed, words.outweighed_about),
        "contradiction" => (words.contradiction, words.contradiction_about),
        _ => (words.uncertain, words.uncertain_about),
    }
}

/// A weight as a probability in percent; certainty is never claimed.
pub fn percent(weight: f32) -> String {
    match Thresholds::probability(weight) * 100.0 {
        percent if percent >= 99.5 => "> 99 %".to_owned(),
        percent if percent < 0.5 => "< 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

pub async fn list(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let filters = Filters::of(&query, &visitor.caller.name);
    let wanted = &filters.wanted;
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).clamp(1, 100_000);
    let total = total(&state, wanted.deferred).await?;
    let fitting = match filters.is_narrowed() {
        true => state.store.review_count_wanted(wanted, COUNTED_MAX).await?,
        false => total,
    };
    let found = state.store.reviews_wanted(wanted, (page - 1) * PAGE_ROWS, PAGE_ROWS).await?;
    let records: Vec<RecordNo> = found.iter().flat_map(|review| [review.a, review.b]).collect();
    let records = state.store.source_records(&records).await?;
    let records: HashMap<RecordNo, SourceRecord> = records.into_iter().map(|record| (record.record, record)).collect();
    let pages = usize::try_from(fitting).unwrap_or(0).div_ceil(PAGE_ROWS).max(1);
    let beside = |page: usize| filters.link("/reviews", &[("page", &page.to_string())]);
    let known = Known::of(&state).await?;
    let week = state.store.tallies(day_of(wanted.deferred.now_us) - 6).await?;
    let is_cut = filters.is_narrowed() && fitting == COUNTED_MAX;
    let list = ReviewsPage {
        shell: visitor.shell(words.reviews, Here::Reviews),
        fitting: if is_cut { format!("{fitting}+") } else { fitting.to_string() },
        total,
        filters: filters.choices(words, &known),
        is_filtered: filters.is_narrowed() || wanted.deferred.alone,
        rows: found.iter().map(|review| row(words, &filters, review, &records)).collect(),
        page,
        pages,
        before: (page > 1).then(|| beside(page - 1)),
        after: (page < pages).then(|| beside(page + 1)),
        notice: notice(words, &query),
        opened: week.iter().map(|day| day.opened).sum(),
        closed: week.iter().map(|day| day.closed).sum(),
        views: views(&state, &visitor, &filters).await?,
        query: filters.query(),
        may_decide: visitor.caller.may(Permission::Decide),
        colleagues: known.colleagues,
    };
    Ok(page::show(&list))
}

/// How many are open, or how many are put off.
async fn total(state: &AppState, deferred: Deferred) -> Result<i64, StoreError> {
    let put_off = state.store.reviews_deferred(deferred.now_us).await?;
    if deferred.alone { Ok(put_off) } else { Ok(state.store.review_count().await? - put_off) }
}

async fn views(state: &AppState, visitor: &Visitor, filters: &Filters) -> Result<Vec<View>, StoreError> {
    let here = filters.query();
    let saved = state.store.saved_views(visitor.caller.key).await?.into_iter();
    let view = |saved: SavedView| View {
        is_here: saved.query == here,
        href: format!("/reviews?{}", saved.query),
        name: saved.name,
    };
    Ok(saved.map(view).collect())
}

/// What the last action brought about, as the address tells it.
fn notice(words: &'static Words, query: &Query) -> Option<String> {
    if query.get("undone").is_some() {
        return Some(words.undone.to_owned());
    }
    if let Some(notice) = done(words, query) {
        return Some(notice.to_owned());
    }
    let told = [("decided", words.bulk_done), ("proposed", words.bulk_proposed), ("skipped", words.bulk_skipped)];
    let told = told.into_iter().filter_map(|(name, text)| Some((query.get(name)?.parse().ok()?, text)));
    let told: Vec<String> =
        told.filter(|(count, _): &(u32, _)| *count > 0).map(|(count, text)| format!("{count} {text}")).collect();
    (!told.is_empty()).then(|| format!("{}.", told.join(", ")))
}

/// What was done to a case.
pub fn done(words: &'static Words, query: &Query) -> Option<&'static str> {
    match query.get("done")? {
        "deferred" => Some(words.put_off_done),
        "assigned" => Some(words.handed_over),
        "saved" => Some(words.saved),
        "proposed" => Some(words.proposed_done),
        _ => None,
    }
}

/// Gives the filters of an address a name, or takes one away.
pub async fn save_view(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let account = visitor.caller.key;
    let (name, forget) = (form.get("name").trim(), form.get("forget"));
    if !forget.is_empty() {
        state.store.forget_view(account, forget).await?;
    } else if !name.is_empty() {
        let name: String = name.chars().take(VIEW_NAME_CHARS_MAX).collect();
        state.store.save_view(account, &SavedView { name, query: filters.query() }).await?;
    }
    Ok(Redirect::to(&filters.link("/reviews", &[])).into_response())
}

pub fn row(
    words: &'static Words,
    filters: &Filters,
    review: &OpenReview,
    records: &HashMap<RecordNo, SourceRecord>,
) -> Row {
    let party = |record: RecordNo, key: &SourceKey| {
        let values = records.get(&record).map(|record| alone(&record.customer)).unwrap_or_default();
        Party { name: values::name(words, &values), source: key.source.clone(), detail: values::detail(&values) }
    };
    let id = format!("{}-{}", review.a.0, review.b.0);
    let handling = &review.handling;
    Row {
        href: filters.link(&format!("/reviews/{id}"), &[]),
        left: party(review.a, &review.left.0),
        right: party(review.b, &review.right.0),
        percent: percent(review.weight),
        reason: reason(words, &review.reason).0,
        opened: values::instant(review.opened_us),
        id,
        assignee: handling.assignee.clone(),
        due: handling.due_us.map(|due_us| values::due(due_us, filters.wanted.deferred.now_us)),
        is_proposed: handling.proposal.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_is_never_claimed() {
        let told = [20.0, 3.17, 0.0, -20.0].map(percent);
        assert_eq!(told, ["> 99 %", "90 %", "50 %", "< 1 %"]);
    }
}
