//! Whole tables, read page by page, for `hub verify`, exports and figures.

use super::database::on;
use super::load::golden_state;
use super::{Store, StoreError};
use crate::domain::ids::{EventSeq, GoldenId, RecordNo, SourceKey};
use crate::domain::invariants::FeedState;
use crate::domain::reconcile::Held;
use uuid::Uuid;

/// One row of the crosswalk.
#[derive(Clone, Debug)]
pub struct CrosswalkRow {
    pub record: RecordNo,
    pub key: SourceKey,
    pub golden: Option<GoldenId>,
    pub deleted: bool,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub deliveries: i64,
    pub records: i64,
    pub golden_records: i64,
    pub largest_cluster: i64,
    pub open_reviews: i64,
    pub dead_letters: i64,
    pub events: i64,
}

impl Store {
    /// The crosswalk after a record, in order.
    pub async fn crosswalk_after(
        &self,
        after: Option<RecordNo>,
        limit: usize,
    ) -> Result<Vec<CrosswalkRow>, StoreError> {
        const TEXT: &str = "SELECT c.record, c.source, c.source_key, c.golden, s.deleted FROM crosswalk c \
                            JOIN source_record s ON s.record = c.record \
                            WHERE c.record > $1 ORDER BY c.record LIMIT $2";
        let after = after.map_or(-1, |r| i64::from(r.0));
        let rows: Vec<(i64, String, String, Option<Uuid>, bool)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await
        })?;
        let row = |(record, source, key, golden, deleted): (i64, String, String, Option<Uuid>, bool)| CrosswalkRow {
            record: RecordNo(record as u32),
            key: SourceKey::new(source, key),
            golden: golden.map(GoldenId),
            deleted,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// What the hub holds of a source, by key; deleted records are left out.
    pub async fn held_after(&self, source: &str, after: &str, limit: usize) -> Result<Vec<Held>, StoreError> {
        const TEXT: &str = "SELECT c.source_key, s.version, s.content_hash FROM crosswalk c \
                            JOIN source_record s ON s.record = c.record \
                            WHERE c.source = $1 AND c.source_key > $2 AND NOT s.deleted \
                            ORDER BY c.source_key LIMIT $3";
        let rows: Vec<(String, i64, i64)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(source).bind(after).bind(limit as i64).fetch_all(pool).await
        })?;
        let held =
            |(key, version, hash): (String, i64, i64)| Held { key, version: Some(version), content: hash as u64 };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Every golden id after one, with what the feed should lead to.
    pub async fn golden_states_after(
        &self,
        after: Option<GoldenId>,
        limit: usize,
    ) -> Result<Vec<(GoldenId, FeedState)>, StoreError> {
        const TEXT: &str = "SELECT id, version, event, state, into_id FROM golden WHERE id > $1 ORDER BY id LIMIT $2";
        let after = after.map_or(Uuid::nil(), |id| id.0);
        let rows: Vec<(Uuid, i32, i64, String, Option<Uuid>)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await
        })?;
        let row = |(id, version, event, state, into): (Uuid, i32, i64, String, Option<Uuid>)| {
            let state = golden_state(&state, into)?;
            Ok((GoldenId(id), FeedState { version, event: EventSeq(event), state }))
        };
        rows.into_iter().map(row).collect()
    }

    /// How many deliveries there are, and the highest id: equal when none is missing.
    pub async fn delivery_span(&self) -> Result<(i64, i64), StoreError> {
        const TEXT: &str = "SELECT COUNT(*), COALESCE(MAX(id), 0) FROM delivery";
        Ok(on!(&self.db, pool => sqlx::query_as(TEXT).fetch_one(pool).await)?)
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        const TEXT: &str = "SELECT (SELECT COUNT(*) FROM delivery), \
            (SELECT COUNT(*) FROM source_record WHERE NOT deleted), \
            (SELECT COUNT(*) FROM golden WHERE state = 'live'), \
            (SELECT COALESCE(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM crosswalk WHERE golden IS NOT NULL \
             GROUP BY golden) AS sizes), \
            (SELECT COUNT(*) FROM review), \
            (SELECT COUNT(*) FROM dead_letter WHERE repaired_by IS NULL), \
            (SELECT COUNT(*) FROM change_event)";
        type Row = (i64, i64, i64, i64, i64, i64, i64);
        let row: Row = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_one(pool).await)?;
        let (deliveries, records, golden_records, largest_cluster, open_reviews, dead_letters, events) = row;
        Ok(Counts { deliveries, records, golden_records, largest_cluster, open_reviews, dead_letters, events })
    }
}
