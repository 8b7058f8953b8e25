//! How good the data is and how well matching does.

use crate::shell::{Instant, Shell};
use askama::Template;

/// The page of figures and charts.
#[derive(Template)]
#[template(path = "quality.html")]
pub struct QualityPage {
    pub shell: Shell,
    /// Nothing while they are measured for the first time.
    pub figures: Option<Figures>,
    pub charts: [Chart; 2],
}

/// What was measured at one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    pub at: Instant,
    pub records: String,
    pub golden_records: String,
    pub duplicates: String,
    pub duplicate_share: String,
    pub open_reviews: String,
    pub ages: Vec<(&'static str, i64)>,
    /// Records that the shares below were measured on.
    pub sampled: usize,
    /// The columns of the sources' table.
    pub attributes: Vec<&'static str>,
    pub sources: Vec<Source>,
    /// People whom more than one source knows, among those who were looked at.
    pub people: usize,
    pub conflicts: Vec<Conflicts>,
    pub bands: Vec<Band>,
    /// People whom the hub had joined and stewards parted, unasked.
    pub parted: i64,
    pub joined_right: String,
}

/// A part of a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Rounded, for a bar.
    pub percent: u8,
    pub text: String,
}

/// One source: for each attribute the share that says something, and of that the share that is usable.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub records: usize,
    pub attributes: Vec<(Share, Share)>,
}

/// How often sources contradict each other.
#[derive(Debug, Clone)]
pub struct Conflicts {
    pub label: &'static str,
    /// People of whom more than one source states it.
    pub stated: usize,
    pub share: Share,
}

/// Reviews that looked about as likely, and how they were decided.
#[derive(Debug, Clone)]
pub struct Band {
    pub from: String,
    pub decided: usize,
    pub expected: String,
    pub same: Share,
}

/// Two counts a day as columns, in colours that can be told apart on light and on dark ground.
#[derive(Template, Debug, Clone)]
#[template(path = "chart.svg", escape = "html")]
pub struct Chart {
    pub name: &'static str,
    pub title: &'static str,
    pub series: (&'static str, &'static str),
    pub columns: Vec<Column>,
    /// What the highest column stands for.
    most: i64,
}

/// One day.
#[derive(Debug, Clone)]
pub struct Column {
    /// Such as 2026-12-31.
    pub day: String,
    pub counts: (i64, i64),
}

/// Where a column stands, in units of the picture.
struct Bar {
    x: String,
    y: String,
    height: String,
}

const LEFT: f64 = 8.0;
const WIDTH: f64 = 704.0;
const BOTTOM: f64 = 172.0;
const HEIGHT: f64 = 128.0;

impl Chart {
    pub fn new(
        name: &'static str,
        title: &'static str,
        series: (&'static str, &'static str),
        columns: Vec<Column>,
    ) -> Chart {
        let most = columns.iter().map(|column| column.counts.0.max(column.counts.1)).max().unwrap_or(0);
        Chart { name, title, series, columns, most }
    }

    /// The sums of both.
    pub fn sums(&self) -> (i64, i64) {
        self.columns.iter().fold((0, 0), |(a, b), column| (a + column.counts.0, b + column.counts.1))
    }

    fn bar(&self, place: &usize, is_second: bool) -> Bar {
        let column = &self.columns[*place];
        let count = if is_second { column.counts.1 } else { column.counts.0 };
        let width = self.width();
        let x = LEFT + *place as f64 * WIDTH / self.columns.len() as f64 + if is_second { width } else { 0.0 };
        // What is there can be seen.
        let least = if count > 0 { 1.0 } else { 0.0 };
        let height = (count as f64 / self.most.max(1) as f64 * HEIGHT).max(least);
        Bar { x: format!("{x:.1}"), y: format!("{:.1}", BOTTOM - height), height: format!("{height:.1}") }
    }

    fn width(&self) -> f64 {
        (WIDTH / self.columns.len().max(1) as f64 * 0.42).floor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_column_fills_the_picture_and_nothing_is_nothing() {
        let column = |day: &str, counts| Column { day: day.to_owned(), counts };
        let chart = Chart::new("x", "X", ("a", "b"), vec![column("2026-01-01", (10, 0)), column("2026-01-02", (5, 1))]);
        let height = |place, is_second| chart.bar(&place, is_second).height;
        assert_eq!(
            [height(0, false), height(0, true), height(1, false), height(1, true)],
            ["128.0", "0.0", "64.0", "12.8"]
        );
        let picture = chart.render().expect("it renders");
        assert!(picture.starts_with("<svg") && picture.contains("2026-01-02: 5, 1"), "{picture}");
        assert!(Chart::new("x", "X", ("a", "b"), Vec::new()).render().is_ok());
    }
}
