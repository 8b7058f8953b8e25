//! How good the data is and how well matching does, in figures and pictures that can be passed on.

use super::page::{self, Wrong};
use super::session::Visitor;
use super::values::{instant, label, number};
use crate::api::AppState;
use crate::api::body::Segments;
use crate::domain::quality::{Conflict, Filled, Quality};
use crate::domain::rules::Attribute;
use crate::pipeline::clock;
use crate::read::quality::{AGES, Snapshot};
use crate::store::reviews::Outcome;
use crate::store::tally::{Day, day_of};
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use matching::Thresholds;
use std::sync::Arc;
use web::Template;
use web::quality::{Band, Chart, Column, Conflicts, Figures, QualityPage, Share, Source};
use web::shell::Here;
use web::words::Words;

/// Days that a chart shows.
const DAYS: i64 = 30;
/// From which probability of being one person on, in percent; the first band that fits.
const BANDS: [f32; 4] = [90.0, 75.0, 50.0, 0.0];

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let measured = state.quality.get(&state.store, clock::now_us()).await;
    let page = QualityPage {
        shell: visitor.shell(words.quality, Here::Quality),
        figures: measured.map(|snapshot| figures(words, &snapshot)),
        charts: charts(&state, words).await?,
    };
    Ok(page::show(&page))
}

/// A chart as a picture of its own.
pub async fn chart(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(name): Segments<String>,
) -> Result<Response, Wrong> {
    let charts = charts(&state, visitor.words).await?;
    let chart = charts.into_iter().find(|chart| format!("{}.svg", chart.name) == name);
    let chart = chart.ok_or_else(|| Wrong::missing(&visitor, visitor.words.not_found))?;
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "private, no-store")];
    Ok((headers, chart.render().unwrap_or_default()).into_response())
}

async fn charts(state: &AppState, words: &'static Words) -> Result<[Chart; 2], Wrong> {
    let today = day_of(clock::now_us());
    let days = state.store.tallies(today - DAYS + 1).await?;
    let chart = |name, title, series, count: fn(&Day) -> (i64, i64)| {
        let on = |day: i64| days.iter().find(|known| known.day == day).map_or((0, 0), count);
        let columns = (today - DAYS + 1..=today).map(|day| Column { day: date(day), counts: on(day) }).collect();
        Chart::new(name, title, series, columns)
    };
    Ok([
        chart("people", words.chart_people, (words.chart_appeared, words.chart_merged), |d| (d.appeared, d.merged)),
        chart("reviews", words.chart_reviews, (words.chart_opened, words.chart_closed), |d| (d.opened, d.closed)),
    ])
}

/// A day such as 2026-12-31.
fn date(day: i64) -> String {
    let seconds = day * 24 * 3600;
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string().chars().take(10).collect()
}

fn figures(words: &'static Words, snapshot: &Snapshot) -> Figures {
    let counts = &snapshot.counts;
    let duplicates = (counts.records - counts.golden_records).max(0);
    let quality = &snapshot.quality;
    Figures {
        at: instant(snapshot.at_us),
        records: number(counts.records),
        golden_records: number(counts.golden_records),
        duplicates: number(duplicates),
        duplicate_share: share(duplicates as usize, counts.records as usize).text,
        open_reviews: number(counts.open_reviews),
        ages: ages(words, counts.open_reviews, snapshot.older),
        sampled: snapshot.sampled,
        attributes: Attribute::ALL.map(|attribute| label(words, attribute)).to_vec(),
        sources: quality.sources.iter().map(|(name, source)| row(name, source.records, &source.attributes)).collect(),
        people: quality.people,
        conflicts: conflicts(words, quality),
        bands: bands(&snapshot.outcomes),
        parted: snapshot.parted,
        joined_right: precision(duplicates, snapshot.parted),
    }
}

fn row(name: &str, records: usize, attributes: &std::collections::BTreeMap<Attribute, Filled>) -> Source {
    let of = |attribute: &Attribute| attributes.get(attribute).copied().unwrap_or_default();
    let both = |attribute: Attribute| {
        let filled = of(&attribute);
        (share(filled.present, records), share(filled.usable, filled.present))
    };
    Source { name: name.to_owned(), records, attributes: Attribute::ALL.map(both).to_vec() }
}

fn conflicts(words: &'static Words, quality: &Quality) -> Vec<Conflicts> {
    let mut all: Vec<(&Attribute, &Conflict)> = quality.conflicts.iter().collect();
    all.sort_by(|(_, a), (_, b)| (b.differ * a.stated).cmp(&(a.differ * b.stated)));
    let one = |(attribute, conflict): (&Attribute, &Conflict)| Conflicts {
        label: label(words, *attribute),
        stated: conflict.stated,
        share: share(conflict.differ, conflict.stated),
    };
    all.into_iter().map(one).collect()
}

/// How many reviews have been open for how long.
fn ages(words: &'static Words, open: i64, older: [i64; AGES.len()]) -> Vec<(&'static str, i64)> {
    let [day, week, month] = older;
    vec![
        (words.age_new, open - day),
        (words.older_day, day - week),
        (words.older_week, week - month),
        (words.older_month, month),
    ]
}

/// A part of a whole in percent; nothing of nothing is no share at all.
fn share(part: usize, whole: usize) -> Share {
    if whole == 0 {
        return Share { percent: 0, text: "–".to_owned() };
    }
    let percent = part as f64 * 100.0 / whole as f64;
    let text =
        if part < whole && percent > 99.0 { format!("{:.1} %", percent.min(99.9)) } else { format!("{percent:.0} %") };
    Share { percent: percent.round() as u8, text }
}

/// How stewards decided, by how likely the cases had looked.
fn bands(outcomes: &[Outcome]) -> Vec<Band> {
    let percent = |outcome: &Outcome| Thresholds::probability(outcome.weight) * 100.0;
    let mut above = f32::INFINITY;
    let mut bands = Vec::new();
    for from in BANDS {
        let within: Vec<&Outcome> =
            outcomes.iter().filter(|outcome| (from..above).contains(&percent(outcome))).collect();
        let decided = within.len();
        let expected: f32 = within.iter().map(|outcome| percent(outcome)).sum::<f32>() / decided.max(1) as f32;
        bands.push(Band {
            from: if above.is_finite() { format!("{from:.0}–{above:.0} %") } else { format!("{from:.0}–100 %") },
            decided,
            expected: if decided == 0 { "–".to_owned() } else { format!("{expected:.0} %") },
            same: share(within.iter().filter(|outcome| outcome.is_same).count(), decided),
        });
        above = from;
    }
    bands
}

/// The share of joined records that nobody has parted.
fn precision(joined: i64, parted: i64) -> String {
    share((joined - parted).max(0) as usize, joined.max(0) as usize).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_claim_more_than_there_is() {
        let told = [(0, 0), (1, 2), (999, 1000), (9999, 10_000), (3, 3)].map(|(part, whole)| share(part, whole).text);
        assert_eq!(told, ["–", "50 %", "99.9 %", "99.9 %", "100 %"]);
        assert_eq!((date(0), date(20_000)), ("1970-01-01".to_owned(), "2024-10-04".to_owned()));
    }

    #[test]
    fn verdicts_are_told_beside_what_was_expected() {
        let outcome = |weight, is_same| Outcome { weight, is_same, at_us: 0 };
        let told = bands(&[outcome(5.0, true), outcome(4.0, false), outcome(-3.0, false)]);
        let told: Vec<_> =
            told.iter().map(|band| (band.from.as_str(), band.decided, band.same.text.as_str())).collect();
        assert_eq!(told, [("90–100 %", 2, "50 %"), ("75–90 %", 0, "–"), ("50–75 %", 0, "–"), ("0–50 %", 1, "0 %")]);
    }
}
