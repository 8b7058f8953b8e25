//! What a worklist is filtered by: as its address holds it, as the store is asked, and as somebody chooses it.

use super::reason;
use crate::api::AppState;
use crate::pipeline::clock;
use crate::store::StoreError;
use crate::store::reviews::{Deferred, Order, Wanted};
use crate::ui::page::Query;
use crate::ui::review::handling::colleagues;
use web::reviews::{Choice, Filter};
use web::words::Words;

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

    pub fn is_narrowed(&self) -> bool {
        let Wanted { order, deferred, .. } = self.wanted;
        let deferred = Deferred { alone: false, ..deferred };
        self.wanted != Wanted { order, deferred, ..Wanted::default() }
    }

    pub fn choices(&self, words: &'static Words, known: &Known) -> Vec<Filter> {
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
pub struct Known {
    sources: Vec<String>,
    countries: Vec<String>,
    pub colleagues: Vec<String>,
}

impl Known {
    pub async fn of(state: &AppState) -> Result<Known, StoreError> {
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
}
