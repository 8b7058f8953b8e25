//! The worklist: which cases are open, filtered and in an order.

use super::page::{self, Query, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::domain::ids::{RecordNo, SourceKey};
use crate::domain::survivorship::alone;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::{OpenReview, Order, Wanted};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use foldhash::HashMap;
use matching::Thresholds;
use std::sync::Arc;
use web::reviews::{Choice, Filter, Party, ReviewsPage, Row};
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
const REASONS: [&str; 3] = ["uncertain", "outweighed", "contradiction"];

/// What a worklist's address holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    pub wanted: Wanted,
    band: Option<&'static str>,
}

impl Filters {
    pub fn of(query: &Query) -> Filters {
        let known = |name: &str| REASONS.iter().find(|reason| **reason == name).map(|reason| (*reason).to_owned());
        let band = query.get("band").and_then(|name| BANDS.into_iter().find(|(band, ..)| *band == name));
        let order = query.get("order").and_then(|name| ORDERS.into_iter().find(|(order, _)| *order == name));
        Filters {
            wanted: Wanted {
                reason: query.get("reason").and_then(known),
                source: query.get("source").map(str::to_owned),
                weights: band.map_or((None, None), |(_, least, most)| (least, most)),
                order: order.map_or(Order::default(), |(_, order)| order),
            },
            band: band.map(|(name, ..)| name),
        }
    }

    /// As a query, without the question mark.
    pub fn query(&self) -> String {
        let order = ORDERS.into_iter().find(|(_, order)| *order == self.wanted.order).map(|(name, _)| name);
        let order = order.filter(|_| self.wanted.order != Order::default());
        let pairs = [
            ("reason", self.wanted.reason.as_deref()),
            ("source", self.wanted.source.as_deref()),
            ("band", self.band),
            ("order", order),
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
        self.wanted != Wanted { order: self.wanted.order, ..Wanted::default() }
    }

    fn choices(&self, words: &'static Words, sources: Vec<String>) -> Vec<Filter> {
        let wanted = &self.wanted;
        let choice =
            |value: &str, label: &str, chosen: bool| Choice { value: value.into(), label: label.into(), chosen };
        let all = |chosen: bool| choice("", words.all, chosen);
        let reason = |name: &&str| choice(name, reason(words, name).0, wanted.reason.as_deref() == Some(*name));
        let source = |name: &String| choice(name, name, wanted.source.as_ref() == Some(name));
        let bands = [words.band_high, words.band_middle, words.band_low];
        let band = |((name, ..), label): (&(&str, Option<f32>, Option<f32>), &str)| {
            choice(name, label, self.band == Some(*name))
        };
        let orders = [words.likeliest_first, words.unlikeliest_first, words.oldest_first, words.newest_first];
        let order = |((name, order), label): (&(&str, Order), &str)| choice(name, label, wanted.order == *order);
        let filter = |name, label, first: Option<Choice>, rest: Vec<Choice>| Filter {
            name,
            label,
            choices: first.into_iter().chain(rest).collect(),
        };
        vec![
            filter("reason", words.reason, Some(all(wanted.reason.is_none())), REASONS.iter().map(reason).collect()),
            filter("source", words.source, Some(all(wanted.source.is_none())), sources.iter().map(source).collect()),
            filter(
                "band",
                words.likelihood,
                Some(all(self.band.is_none())),
                BANDS.iter().zip(bands).map(band).collect(),
            ),
            filter("order", words.order, None, ORDERS.iter().zip(orders).map(order).collect()),
        ]
    }
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
    let filters = Filters::of(&query);
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).clamp(1, 100_000);
    let total = state.store.review_count().await.map_err(failed)?;
    let fitting = match filters.is_narrowed() {
        true => state.store.review_count_wanted(&filters.wanted, COUNTED_MAX).await.map_err(failed)?,
        false => total,
    };
    let found = state.store.reviews_wanted(&filters.wanted, (page - 1) * PAGE_ROWS, PAGE_ROWS).await;
    let found = found.map_err(failed)?;
    let records: Vec<RecordNo> = found.iter().flat_map(|review| [review.a, review.b]).collect();
    let records = state.store.source_records(&records).await.map_err(failed)?;
    let records: HashMap<RecordNo, SourceRecord> = records.into_iter().map(|record| (record.record, record)).collect();
    let pages = usize::try_from(fitting).unwrap_or(0).div_ceil(PAGE_ROWS).max(1);
    let beside = |page: usize| filters.link("/reviews", &[("page", &page.to_string())]);
    let mut sources: Vec<String> = state.sources.iter().map(|manifest| manifest.name().to_owned()).collect();
    sources.sort_unstable();
    let list = ReviewsPage {
        shell: visitor.shell(words.reviews, Here::Reviews),
        fitting: if filters.is_narrowed() && fitting == COUNTED_MAX {
            format!("{fitting}+")
        } else {
            fitting.to_string()
        },
        total,
        filters: filters.choices(words, sources),
        is_filtered: filters.is_narrowed(),
        rows: found.iter().map(|review| row(words, &filters, review, &records)).collect(),
        page,
        pages,
        before: (page > 1).then(|| beside(page - 1)),
        after: (page < pages).then(|| beside(page + 1)),
        notice: query.get("undone").map(|_| words.undone),
    };
    Ok(page::show(&list))
}

fn row(
    words: &'static Words,
    filters: &Filters,
    review: &OpenReview,
    records: &HashMap<RecordNo, SourceRecord>,
) -> Row {
    let party = |record: RecordNo, key: &SourceKey| {
        let values = records.get(&record).map(|record| alone(&record.customer)).unwrap_or_default();
        Party { name: values::name(words, &values), source: key.source.clone(), detail: values::detail(&values) }
    };
    Row {
        href: filters.link(&format!("/reviews/{}-{}", review.a.0, review.b.0), &[]),
        left: party(review.a, &review.left.0),
        right: party(review.b, &review.right.0),
        percent: percent(review.weight),
        reason: reason(words, &review.reason).0,
        opened: values::instant(review.opened_us),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_in_the_address() {
        for query in ["", "reason=outweighed&source=shopify&band=middle&order=oldest", "order=newest", "band=low"] {
            assert_eq!(Filters::of(&Query::parse(query)).query(), query);
        }
        let strange = Filters::of(&Query::parse("reason=x&band=%27&order=1&page=2"));
        assert_eq!(strange, Filters::default());
        assert_eq!(strange.link("/reviews/1-2", &[]), "/reviews/1-2");
        let narrow = Filters::of(&Query::parse("source=a%26b"));
        assert_eq!(narrow.link("/reviews", &[("page", "2")]), "/reviews?source=a%26b&page=2");
    }

    #[test]
    fn certainty_is_never_claimed() {
        let told = [20.0, 3.17, 0.0, -20.0].map(percent);
        assert_eq!(told, ["> 99 %", "90 %", "50 %", "< 1 %"]);
    }
}
