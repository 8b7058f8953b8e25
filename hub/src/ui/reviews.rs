//! The worklist: which cases are open, filtered and in an order.

use super::form::Form;
use super::page::{self, Query, Wrong};
use super::review::handling::colleagues;
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::access::Permission;
use crate::domain::ids::{RecordNo, SourceKey};
use crate::domain::survivorship::alone;
use crate::pipeline::clock;
use crate::store::StoreError;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::{Deferred, OpenReview, Order, Wanted};
use crate::store::saved_views::SavedView;
use crate::store::tally::day_of;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldhash::HashMap;
use matching::Thresholds;
use std::sync::Arc;
use web::reviews::{Choice, Filter, Party, ReviewsPage, Row, View};
use web::shell::Here;
use web::words::Words;

const PAGE_ROWS: usize = 50;
/// Cases that fit filters are counted so far; nobody decides more than that at a time.
const COUNTED_MAX: i64 = 1000;
/// Log2 of the odds of 90 % and of 50 %.
const BANDS: [(&str, Option<f32>, Option<f32>); 3] =
    [("high", Some(3.17), None), ("middle", Some(0.0), Some(3.17)), ("low", None, Some(0.0))];
const ORDERS: [(&str, Order); 4] = [
    ("likeliest", Order::Likeliest),
    ("unlikeliest", Order::Unlikeliest),
    ("oldest", Order::Oldest),
    ("newest", Order::Newest),
];
const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// Open for so many days at least.
const AGES: [(&str, i64); 3] = [("day", 1), ("week", 7), ("month", 30)];
const ME: &str = "me";
const NOBODY: &str = "nobody";
const DEFERRED: &str = "deferred";
const COUNTRIES_MAX: i64 = 40;
const VIEW_NAME_CHARS_MAX: usize = 60;
const REASONS: [&str; 3] = ["uncertain", "outweighed", "contradiction"];

/// What a worklist's address holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    pub wanted: Wanted,
    band: Option<&'static str>,
    age: Option<&'static str>,
    /// `me`, `nobody`, or a name.
    assignee: Option<String>,
}

impl Filters {
    /// Of an address as somebody of this name opens it.
    pub fn of(query: &Query, visitor: &str) -> Filters {
        let text = |name: &str| query.get(name).map(str::to_owned);
        let known = |name: &str| REASONS.iter().find(|reason| **reason == name).map(|reason| (*reason).to_owned());
        let band = query.get("band").and_then(|name| BANDS.into_iter().find(|(band, ..)| *band == name));
        let age = query.get("age").and_then(|name| AGES.into_iter().find(|(age, _)| *age == name));
        let order = query.get("order").and_then(|name| ORDERS.into_iter().find(|(order, _)| *order == name));
        let assignee = text("assignee");
        let now_us = clock::now_us();
        Filters {
            wanted: Wanted {
                reason: query.get("reason").and_then(known),
                source: text("source"),
                country: text("country"),
                assignee: assignee.as_deref().map(|name| match name {
                    ME => visitor.to_owned(),
                    NOBODY => String::new(),
                    name => name.to_owned(),
                }),
                before_us: age.map(|(_, days)| now_us - days * DAY_US),
                weights: band.map_or((None, None), |(_, least, most)| (least, most)),
                deferred: Deferred { now_us, alone: query.get("shown") == Some(DEFERRED) },
                order: order.map_or(Order::default(), |(_, order)| order),
            },
            band: band.map(|(name, ..)| name),
            age: age.map(|(name, _)| name),
            assignee,
        }
    }

    /// As a query, without the question mark.
    pub fn query(&self) -> String {
        let order = ORDERS.into_iter().find(|(_, order)| *order == self.wanted.order).map(|(name, _)| name);
        let pairs = [
            ("reason", self.wanted.reason.as_deref()),
            ("source", self.wanted.source.as_deref()),
            ("country", self.wanted.country.as_deref()),
            ("band", self.band),
            ("age", self.age),
            ("assignee", self.assignee.as_deref()),
            ("shown", self.wanted.deferred.alone.then_some(DEFERRED)),
            ("order", order.filter(|_| self.wanted.order != Order::default())),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).for_each(|(name, value)| {
            query.append_pair(name, value);
        });
        query.finish()
    }

    /// An address with these filters and one thing more.
    pub fn link(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(self.query());
        query.extend_pairs(more);
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    fn is_narrowed(&self) -> bool {
        let Wanted { order, deferred, .. } = self.wanted;
        let deferred = Deferred { alone: false, ..deferred };
        self.wanted != Wanted { order, deferred, ..Wanted::default() }
    }

    fn choices(&self, words: &'static Words, known: &Known) -> Vec<Filter> {
        let wanted = &self.wanted;
        let own = |name: &String| (name.clone(), name.clone());
        let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
        };
        let reasons = REASONS.map(|name| (name, reason(words, name).0));
        let bands = [("high", words.band_high), ("middle", words.band_middle), ("low", words.band_low)];
        let ages = [("day", words.older_day), ("week", words.older_week), ("month", words.older_month)];
        let orders = [
            ("likeliest", words.likeliest_first),
            ("unlikeliest", words.unlikeliest_first),
            ("oldest", words.oldest_first),
            ("newest", words.newest_first),
        ];
        let mut people = of(&[(ME, words.me), (NOBODY, words.nobody)]);
        people.extend(known.colleagues.iter().map(own));
        let order = ORDERS.into_iter().find(|(_, order)| *order == wanted.order).map(|(name, _)| name);
        let shown = Some(if wanted.deferred.alone { DEFERRED } else { "" });
        let all = Some(words.all);
        let open = Some(words.open_now);
        vec![
            filter("reason", words.reason, all, &of(&reasons), wanted.reason.as_deref()),
            filter(
                "source",
                words.source,
                all,
                &known.sources.iter().map(own).collect::<Vec<_>>(),
                wanted.source.as_deref(),
            ),
            filter(
                "country",
                words.country,
                all,
                &known.countries.iter().map(own).collect::<Vec<_>>(),
                wanted.country.as_deref(),
            ),
            filter("band", words.likelihood, all, &of(&bands), self.band),
            filter("age", words.age, all, &of(&ages), self.age),
            filter("assignee", words.assignee, all, &people, self.assignee.as_deref()),
            filter("shown", words.state, open, &of(&[(DEFERRED, words.deferred_view)]), shown),
            filter("order", words.order, None, &of(&orders), order),
        ]
    }
}

/// What there is to choose from.
struct Known {
    sources: Vec<String>,
    countries: Vec<String>,
    colleagues: Vec<String>,
}

impl Known {
    async fn of(state: &AppState) -> Result<Known, StoreError> {
        let mut sources: Vec<String> = state.sources.iter().map(|manifest| manifest.name().to_owned()).collect();
        sources.sort_unstable();
        let countries = state.store.review_countries(COUNTRIES_MAX).await?;
        Ok(Known { sources, countries, colleagues: colleagues(state, "").await? })
    }
}

fn filter(
    name: &'static str,
    label: &'static str,
    any: Option<&str>,
    values: &[(String, String)],
    chosen: Option<&str>,
) -> Filter {
    let any = any.map(|label| Choice { value: String::new(), label: label.to_owned(), chosen: chosen.is_none() });
    let one = |(value, label): &(String, String)| Choice {
        value: value.clone(),
        label: label.clone(),
        chosen: chosen == Some(value.as_str()),
    };
    Filter { name, label, choices: any.into_iter().chain(values.iter().map(one)).collect() }
}

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
    let failed = |error| Wrong::store(words, error);
    let filters = Filters::of(&query, &visitor.caller.name);
    let wanted = &filters.wanted;
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).clamp(1, 100_000);
    let total = total(&state, wanted.deferred).await.map_err(failed)?;
    let fitting = match filters.is_narrowed() {
        true => state.store.review_count_wanted(wanted, COUNTED_MAX).await.map_err(failed)?,
        false => total,
    };
    let found = state.store.reviews_wanted(wanted, (page - 1) * PAGE_ROWS, PAGE_ROWS).await.map_err(failed)?;
    let records: Vec<RecordNo> = found.iter().flat_map(|review| [review.a, review.b]).collect();
    let records = state.store.source_records(&records).await.map_err(failed)?;
    let records: HashMap<RecordNo, SourceRecord> = records.into_iter().map(|record| (record.record, record)).collect();
    let pages = usize::try_from(fitting).unwrap_or(0).div_ceil(PAGE_ROWS).max(1);
    let beside = |page: usize| filters.link("/reviews", &[("page", &page.to_string())]);
    let known = Known::of(&state).await.map_err(failed)?;
    let week = state.store.tallies(day_of(wanted.deferred.now_us) - 6).await.map_err(failed)?;
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
        views: views(&state, &visitor, &filters).await.map_err(failed)?,
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
    let failed = |error| Wrong::store(visitor.words, error);
    let filters = Filters::of(&Query::parse(form.get("query")), &visitor.caller.name);
    let account = visitor.caller.key;
    let (name, forget) = (form.get("name").trim(), form.get("forget"));
    if !forget.is_empty() {
        state.store.forget_view(account, forget).await.map_err(failed)?;
    } else if !name.is_empty() {
        let name: String = name.chars().take(VIEW_NAME_CHARS_MAX).collect();
        state.store.save_view(account, &SavedView { name, query: filters.query() }).await.map_err(failed)?;
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

    fn of(query: &str) -> Filters {
        Filters::of(&Query::parse(query), "mira")
    }

    #[test]
    fn filters_stand_in_the_address() {
        for query in [
            "",
            "reason=outweighed&source=shopify&country=GB&band=middle&age=week&assignee=me&shown=deferred&order=oldest",
            "order=newest",
            "band=low",
            "assignee=nobody",
        ] {
            assert_eq!(of(query).query(), query);
        }
        let strange = of("reason=x&band=%27&age=1&order=1&page=2");
        assert_eq!((strange.query().as_str(), strange.is_narrowed()), ("", false));
        assert_eq!(strange.link("/reviews/1-2", &[]), "/reviews/1-2");
        assert_eq!(of("source=a%26b").link("/reviews", &[("page", "2")]), "/reviews?source=a%26b&page=2");
        let assignees = ["me", "nobody", "ana"].map(|name| of(&format!("assignee={name}")).wanted.assignee);
        assert_eq!(assignees, ["mira", "", "ana"].map(|name| Some(name.to_owned())));
    }

    #[test]
    fn certainty_is_never_claimed() {
        let told = [20.0, 3.17, 0.0, -20.0].map(percent);
        assert_eq!(told, ["> 99 %", "90 %", "50 %", "< 1 %"]);
    }
}
