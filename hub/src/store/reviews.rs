//! Doubtful pairs that wait for a steward.

mod handling;
mod worklist;

pub use self::handling::{Comment, Handling, Outcome, Proposal};
pub use self::worklist::{Deferred, Order, Wanted};

use self::handling::SAME;
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
    pub handling: Handling,
}

/// What a page shows of reviews that are found as `r`, with whose records they are.
const COLUMNS: &str = "SELECT r.a, r.b, r.weight, r.reason, r.opened_us, x.source, x.source_key, x.golden, \
                       y.source, y.source_key, y.golden, r.policy, r.assignee, r.due_us, r.deferred_us, r.proposed, \
                       r.proposed_by, r.proposed_reason";
const RECORDS: &str = "JOIN crosswalk x ON x.record = r.a JOIN crosswalk y ON y.record = r.b";

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
                handling: Handling {
                    assignee: row.try_get(12)?,
                    due_us: row.try_get(13)?,
                    deferred_us: row.try_get(14)?,
                    proposal: match row.try_get::<Option<String>, _>(15)? {
                        Some(verdict) => Some(Proposal {
                            is_same: verdict == SAME,
                            by: row.try_get::<Option<String>, _>(16)?.unwrap_or_default(),
                            reason: row.try_get::<Option<String>, _>(17)?.unwrap_or_default(),
                        }),
                        None => None,
                    },
                },
            })
        }
    };
}
use open;

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
        let text = format!("{COLUMNS} FROM review r {RECORDS} WHERE {place} ORDER BY r.a, r.b LIMIT $3");
        on!(&self.db, pool => {
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(after.0).bind(after.1).bind(limit as i64);
            query.fetch_all(pool).await?.iter().map(open!()).collect()
        })
    }

    /// The open review of one pair.
    pub async fn review(&self, a: RecordNo, b: RecordNo) -> Result<Option<OpenReview>, StoreError> {
        let text = format!("{COLUMNS} FROM review r {RECORDS} WHERE r.a = $1 AND r.b = $2");
        on!(&self.db, pool => {
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(i64::from(a.0)).bind(i64::from(b.0));
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
