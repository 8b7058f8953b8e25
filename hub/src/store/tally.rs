//! How often what happened on which day, counted in the transaction in which it happened.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, on};
use super::{Store, StoreError};

const DAY_US: i64 = 86_400_000_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Golden records that went into another.
    Merged,
    /// Golden records that came into being, or back.
    Appeared,
    ReviewsOpened,
    ReviewsClosed,
}

/// One day's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    pub merged: i64,
    pub appeared: i64,
    pub opened: i64,
    pub closed: i64,
}

impl Tally {
    const ALL: [Tally; 4] = [Tally::Merged, Tally::Appeared, Tally::ReviewsOpened, Tally::ReviewsClosed];

    fn name(self) -> &'static str {
        match self {
            Tally::Merged => "merged",
            Tally::Appeared => "appeared",
            Tally::ReviewsOpened => "reviews_opened",
            Tally::ReviewsClosed => "reviews_closed",
        }
    }
}

impl Day {
    fn count(&mut self, tally: Tally) -> &mut i64 {
        match tally {
            Tally::Merged => &mut self.merged,
            Tally::Appeared => &mut self.appeared,
            Tally::ReviewsOpened => &mut self.opened,
            Tally::ReviewsClosed => &mut self.closed,
        }
    }
}

/// The day of an instant.
pub fn day_of(at_us: i64) -> i64 {
    at_us.div_euclid(DAY_US)
}

/// Adds to the counts of a day.
pub(super) async fn add(tx: &mut Tx, at_us: i64, counts: &[(Tally, i64)]) -> Result<(), StoreError> {
    let counts = counts.iter().filter(|(_, count)| *count != 0);
    let (names, counts): (Vec<String>, Vec<i64>) =
        counts.map(|(tally, count)| (tally.name().to_owned(), *count)).unzip();
    let rows = Rows {
        table: "tally",
        columns: vec![
            ("day", Column::Int(vec![day_of(at_us); counts.len()])),
            ("name", Column::Text(names)),
            ("count", Column::Int(counts)),
        ],
        conflict: "ON CONFLICT (day, name) DO UPDATE SET count = tally.count + excluded.count",
    };
    insert(tx, &rows).await
}

impl Store {
    /// The counts of each day from one on, oldest first; a day on which nothing happened is left out.
    pub async fn tallies(&self, from: i64) -> Result<Vec<Day>, StoreError> {
        const TEXT: &str = "SELECT day, name, count FROM tally WHERE day >= $1 ORDER BY day";
        let rows: Vec<(i64, String, i64)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(from).fetch_all(pool).await)?;
        let mut days: Vec<Day> = Vec::new();
        for (day, name, count) in rows {
            if days.last().is_none_or(|last| last.day != day) {
                days.push(Day { day, ..Day::default() });
            }
            let tally = Tally::ALL.into_iter().find(|tally| tally.name() == name);
            if let (Some(tally), Some(last)) = (tally, days.last_mut()) {
                *last.count(tally) = count;
            }
        }
        Ok(days)
    }
}
