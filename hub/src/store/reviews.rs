//! Doubtful pairs that wait for a steward.

use super::database::on;
use super::{Store, StoreError};
use crate::domain::ids::{GoldenId, PolicyNo, RecordNo, SourceKey};
use matching::DoubtReason;
use sqlx::Row;
use uuid::Uuid;

/// An open review as the resolver knows it.
pub struct ReviewRow {
    pub a: RecordNo,
    pub b: RecordNo,
    pub weight: f32,
    pub reason: DoubtReason,
}

/// An open review as a steward sees it.
#[derive(Clone, Debug)]
pub struct OpenReview {
    pub a: RecordNo,
    pub b: RecordNo,
    pub weight: f32,
    pub reason: String,
    pub opened_us: i64,
    pub left: (SourceKey, Option<GoldenId>),
    pub right: (SourceKey, Option<GoldenId>),
    /// What it was weighed under.
    pub policy: PolicyNo,
}

/// Which reviews somebody wants to see, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub reason: Option<String>,
    /// One of the two records is this source's.
    pub source: Option<String>,
    /// From this weight on, and below that one.
    pub weights: (Option<f32>, Option<f32>),
    pub order: Order,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Likeliest,
    Unlikeliest,
    Oldest,
    Newest,
}

impl Order {
    /// The column, and whether its large values come first.
    fn key(self) -> (&'static str, bool) {
        match self {
            Order::Likeliest => ("r.weight", true),
            Order::Unlikeliest => ("r.weight", false),
            Order::Oldest => ("r.opened_us", false),
            Order::Newest => ("r.opened_us", true),
        }
    }

    fn terms(self, backwards: bool) -> String {
        let (key, falls) = self.key();
        let (first, rest) = (if falls == backwards { "ASC" } else { "DESC" }, if backwards { "DESC" } else { "ASC" });
        format!("{key} {first}, r.a {rest}, r.b {rest}")
    }
}

/// Which of them are wanted, by what they say themselves.
const OWN: &str = "($1 IS NULL OR r.reason = $1) AND ($2 IS NULL OR r.weight >= $2) AND ($3 IS NULL OR r.weight < $3)";
/// And by whose their records are. Joined in this order, so that reviews are read in theirs until there are enough.
const BY_SOURCE: &str = "FROM review r CROSS JOIN crosswalk x CROSS JOIN crosswalk y \
                         WHERE x.record = r.a AND y.record = r.b AND (x.source = $4 OR y.source = $4)";

const OPEN: &str = "SELECT r.a, r.b, r.weight, r.reason, r.opened_us, x.source, x.source_key, x.golden, \
                    y.source, y.source_key, y.golden, r.policy FROM review r JOIN crosswalk x ON x.record = r.a \
                    JOIN crosswalk y ON y.record = r.b";

/// Reads an open review from a row of either engine.
macro_rules! open {
    () => {
        |row| {
            Ok(OpenReview {
                a: RecordNo(row.try_get::<i64, _>(0)? as u32),
                b: RecordNo(row.try_get::<i64, _>(1)? as u32),
                weight: row.try_get(2)?,
                reason: row.try_get(3)?,
                opened_us: row.try_get(4)?,
                left: (
                    SourceKey::new(row.try_get::<String, _>(5)?, row.try_get::<String, _>(6)?),
                    row.try_get::<Option<Uuid>, _>(7)?.map(GoldenId),
                ),
                right: (
                    SourceKey::new(row.try_get::<String, _>(8)?, row.try_get::<String, _>(9)?),
                    row.try_get::<Option<Uuid>, _>(10)?.map(GoldenId),
                ),
                policy: PolicyNo(row.try_get(11)?),
            })
        }
    };
}

impl Store {
    pub(super) async fn review_rows(&self) -> Result<Vec<ReviewRow>, StoreError> {
        const TEXT: &str = "SELECT a, b, weight, reason FROM review";
        let rows: Vec<(i64, i64, f32, String)> = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?;
        let row = |(a, b, weight, reason): (i64, i64, f32, String)| {
            let reason = parse_reason(&reason).ok_or(StoreError::Corrupt { what: "reason of a review" })?;
            Ok(ReviewRow { a: RecordNo(a as u32), b: RecordNo(b as u32), weight, reason })
        };
        rows.into_iter().map(row).collect()
    }

    /// How many doubtful pairs are open.
    pub async fn review_count(&self) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM review";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).fetch_one(pool).await)?)
    }

    /// Open reviews after a position, in order of their records.
    pub async fn reviews_after(&self, after: (i64, i64), limit: usize) -> Result<Vec<OpenReview>, StoreError> {
        let place = "r.a > $1 OR (r.a = $1 AND r.b > $2)";
        let text = sqlx::AssertSqlSafe(format!("{OPEN} WHERE {place} ORDER BY r.a, r.b LIMIT $3"));
        on!(&self.db, pool => {
            let rows = sqlx::query(text).bind(after.0).bind(after.1).bind(limit as i64).fetch_all(pool).await?;
            rows.iter().map(open!()).collect()
        })
    }

    /// A page of the open reviews that are wanted.
    pub async fn reviews_wanted(
        &self,
        wanted: &Wanted,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<OpenReview>, StoreError> {
        self.page(wanted, "", None, wanted.order.terms(false), skip, limit).await
    }

    /// How many there are; counting ends at a number beyond which nobody reads on.
    pub async fn review_count_wanted(&self, wanted: &Wanted, most: i64) -> Result<i64, StoreError> {
        let found = match wanted.source {
            Some(_) => format!("SELECT 1 {BY_SOURCE} AND {OWN} LIMIT $5"),
            None => format!("SELECT 1 FROM review r WHERE {OWN} AND $4 IS NULL LIMIT $5"),
        };
        let text = format!("SELECT COUNT(*) FROM ({found}) counted");
        let Wanted { reason, source, weights: (least, below), .. } = wanted;
        Ok(on!(&self.db, pool => {
            let query = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).bind(reason).bind(least).bind(below);
            query.bind(source).bind(most).fetch_one(pool).await
        })?)
    }

    /// The one that is wanted after another, or before it.
    pub async fn review_beside(
        &self,
        wanted: &Wanted,
        of: &OpenReview,
        backwards: bool,
    ) -> Result<Option<OpenReview>, StoreError> {
        let (key, falls) = wanted.order.key();
        let beyond = if falls == backwards { ">" } else { "<" };
        let later = if backwards { "<" } else { ">" };
        let place =
            format!("AND ({key} {beyond} $7 OR ({key} = $7 AND (r.a {later} $8 OR (r.a = $8 AND r.b {later} $9))))");
        let found = self.page(wanted, &place, Some(of), wanted.order.terms(backwards), 0, 1).await?;
        Ok(found.into_iter().next())
    }

    /// Reads the reviews alone first where that says which ones they are: those that are skipped are joined with nothing.
    async fn page(
        &self,
        wanted: &Wanted,
        place: &str,
        of: Option<&OpenReview>,
        order: String,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<OpenReview>, StoreError> {
        let columns = "r.a, r.b, r.weight, r.reason, r.opened_us, r.policy";
        let found = match wanted.source {
            Some(_) => format!("SELECT {columns} {BY_SOURCE} AND {OWN} {place} ORDER BY {order} LIMIT $5 OFFSET $6"),
            None => format!(
                "SELECT {columns} FROM review r WHERE {OWN} AND $4 IS NULL {place} ORDER BY {order} LIMIT $5 OFFSET $6"
            ),
        };
        let text = format!(
            "SELECT r.a, r.b, r.weight, r.reason, r.opened_us, x.source, x.source_key, x.golden, y.source, y.source_key, \
             y.golden, r.policy FROM ({found}) r JOIN crosswalk x ON x.record = r.a JOIN crosswalk y ON y.record = r.b \
             ORDER BY {order}"
        );
        let Wanted { reason, source, weights: (least, below), order } = wanted;
        on!(&self.db, pool => {
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(reason).bind(least).bind(below).bind(source);
            let mut query = query.bind(limit as i64).bind(skip as i64);
            if let Some(of) = of {
                query = match order {
                    Order::Likeliest | Order::Unlikeliest => query.bind(of.weight),
                    Order::Oldest | Order::Newest => query.bind(of.opened_us),
                };
                query = query.bind(i64::from(of.a.0)).bind(i64::from(of.b.0));
            }
            query.fetch_all(pool).await?.iter().map(open!()).collect()
        })
    }

    /// The open review of one pair.
    pub async fn review(&self, a: RecordNo, b: RecordNo) -> Result<Option<OpenReview>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{OPEN} WHERE r.a = $1 AND r.b = $2"));
        on!(&self.db, pool => {
            let query = sqlx::query(text).bind(i64::from(a.0)).bind(i64::from(b.0));
            query.fetch_optional(pool).await?.iter().map(open!()).next().transpose()
        })
    }
}

const REASONS: [(DoubtReason, &str); 3] = [
    (DoubtReason::Uncertain, "uncertain"),
    (DoubtReason::Outweighed, "outweighed"),
    (DoubtReason::Contradiction, "contradiction"),
];

pub(super) fn reason_name(reason: DoubtReason) -> &'static str {
    REASONS.iter().find(|(known, _)| *known == reason).map_or("uncertain", |(_, name)| name)
}

fn parse_reason(name: &str) -> Option<DoubtReason> {
    REASONS.iter().find(|(_, known)| *known == name).map(|(reason, _)| *reason)
}
