//! The worklist: which reviews somebody wants to see, in which order, and what is beside one of them.

use super::{COLUMNS, Handling, OpenReview, Proposal, RECORDS, SAME, open};
use crate::domain::ids::{GoldenId, PolicyNo, RecordNo, SourceKey};
use crate::store::database::on;
use crate::store::{Store, StoreError};
use sqlx::Row;
use uuid::Uuid;

/// Which reviews somebody wants to see, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub reason: Option<String>,
    /// One of the two records is this source's.
    pub source: Option<String>,
    /// One of the two lives there.
    pub country: Option<String>,
    /// Who is to decide; nobody's if empty.
    pub assignee: Option<String>,
    /// Opened before this instant.
    pub before_us: Option<i64>,
    /// From this weight on, and below that one.
    pub weights: (Option<f32>, Option<f32>),
    /// Those that somebody has put off beyond this instant are left out, or wanted alone.
    pub deferred: Deferred,
    pub order: Order,
}

/// What is put off, seen from an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deferred {
    pub now_us: i64,
    pub alone: bool,
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

const FITS: &str = "($1 IS NULL OR r.reason = $1) AND ($2 IS NULL OR r.weight >= $2) AND ($3 IS NULL OR r.weight < $3) \
                    AND ($4 IS NULL OR r.left_source = $4 OR r.right_source = $4) \
                    AND ($5 IS NULL OR r.left_country = $5 OR r.right_country = $5) \
                    AND ($6 IS NULL OR r.assignee = $6) AND ($7 IS NULL OR r.opened_us < $7) \
                    AND (COALESCE(r.deferred_us, 0) > $8) = $9";

/// Binds what `FITS` asks for.
macro_rules! fits {
    ($query:expr, $wanted:expr) => {{
        let Wanted { reason, source, country, assignee, before_us, weights: (least, below), deferred, .. } = $wanted;
        let query = $query.bind(reason.as_deref()).bind(least).bind(below).bind(source.as_deref());
        let query = query.bind(country.as_deref()).bind(assignee.as_deref()).bind(before_us);
        query.bind(deferred.now_us).bind(deferred.alone)
    }};
}

impl Store {
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
        let text = format!("SELECT COUNT(*) FROM (SELECT 1 FROM review r WHERE {FITS} LIMIT $10) counted");
        Ok(on!(&self.db, pool => {
            let query = fits!(sqlx::query_scalar(sqlx::AssertSqlSafe(text)), wanted);
            query.bind(most).fetch_one(pool).await
        })?)
    }

    /// How many are put off beyond an instant.
    pub async fn reviews_deferred(&self, now_us: i64) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM review WHERE deferred_us IS NOT NULL AND deferred_us > $1";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(now_us).fetch_one(pool).await)?)
    }

    /// How many have been open since before each of some instants.
    pub async fn reviews_older<const N: usize>(&self, than_us: [i64; N]) -> Result<[i64; N], StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM review WHERE opened_us < $1";
        let mut counts = [0; N];
        for (count, than_us) in counts.iter_mut().zip(than_us) {
            *count = on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(than_us).fetch_one(pool).await)?;
        }
        Ok(counts)
    }

    /// Where the people live whom open reviews are about, as far as so many. From one country to the next by the index:
    /// there are few countries and many reviews.
    pub async fn review_countries(&self, most: i64) -> Result<Vec<String>, StoreError> {
        const TEXT: &str = "WITH RECURSIVE found(country) AS ( \
                                SELECT MIN(left_country) FROM review WHERE left_country > '' \
                                UNION ALL \
                                SELECT (SELECT MIN(left_country) FROM review WHERE left_country > found.country) \
                                FROM found WHERE found.country IS NOT NULL) \
                            SELECT country FROM found WHERE country IS NOT NULL LIMIT $1";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(most).fetch_all(pool).await)?)
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
        let place = format!(
            "AND ({key} {beyond} $12 OR ({key} = $12 AND (r.a {later} $13 OR (r.a = $13 AND r.b {later} $14))))"
        );
        let found = self.page(wanted, &place, Some(of), wanted.order.terms(backwards), 0, 1).await?;
        Ok(found.into_iter().next())
    }

    /// Finds the reviews by themselves first: those that are skipped are joined with nothing.
    async fn page(
        &self,
        wanted: &Wanted,
        place: &str,
        of: Option<&OpenReview>,
        order: String,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<OpenReview>, StoreError> {
        let found = format!("SELECT r.a, r.b FROM review r WHERE {FITS} {place} ORDER BY {order} LIMIT $10 OFFSET $11");
        let text =
            format!("{COLUMNS} FROM ({found}) f JOIN review r ON r.b = f.b AND r.a = f.a {RECORDS} ORDER BY {order}");
        on!(&self.db, pool => {
            let mut query = fits!(sqlx::query(sqlx::AssertSqlSafe(text)), wanted).bind(limit as i64).bind(skip as i64);
            if let Some(of) = of {
                query = match wanted.order {
                    Order::Likeliest | Order::Unlikeliest => query.bind(of.weight),
                    Order::Oldest | Order::Newest => query.bind(of.opened_us),
                };
                query = query.bind(i64::from(of.a.0)).bind(i64::from(of.b.0));
            }
            query.fetch_all(pool).await?.iter().map(open!()).collect()
        })
    }
}
