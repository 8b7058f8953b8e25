//! What was written to sources, so that their echo is known when it comes back.

use super::bulk::{Column, Rows, insert};
use super::database::{Database, on, within};
use super::inbox::{Delivery, Shape, delivery};
use super::{Store, StoreError};
use crate::domain::ids::{DeliveryId, RecordNo, SourceKey};
use foldhash::HashMap;
use sqlx::Row;

/// A request to a source, as it is known before it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBack {
    pub key: SourceKey,
    /// Of the record as it will be.
    pub content_hash: u64,
    /// The record's age before, which it keeps.
    pub updated_us: i64,
    pub at_us: i64,
    /// The delivery that told the record's state before.
    pub delivery: DeliveryId,
}

/// The newest request for a record that its source has not answered with a newer state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outstanding {
    pub content_hash: u64,
    /// Whether the source has confirmed it.
    pub taken: bool,
}

/// A content of a record by which its source repeats what the hub has written.
pub type Echoes = HashMap<(SourceKey, u64), i64>;

const DAY_US: i64 = 86_400_000_000;
/// What comes later than this is no echo, and what is not answered by then is not waited for.
pub const ECHO_US_MAX: i64 = 3_600_000_000;

impl Store {
    /// Notes a request before it leaves; answers how often this content was asked for within a day.
    pub async fn begin_write_back(&self, new: &WriteBack) -> Result<i64, StoreError> {
        const COUNT: &str =
            "SELECT attempts FROM write_back WHERE source = $1 AND source_key = $2 AND content_hash = $3";
        let mut write = self.begin().await?;
        let rows = Rows {
            table: "write_back",
            columns: vec![
                ("source", Column::Text(vec![new.key.source.clone()])),
                ("source_key", Column::Text(vec![new.key.key.clone()])),
                ("content_hash", Column::Int(vec![new.content_hash as i64])),
                ("updated_us", Column::Int(vec![new.updated_us])),
                ("at_us", Column::Int(vec![new.at_us])),
                ("delivery", Column::Int(vec![new.delivery.0])),
                ("taken", Column::Bool(vec![false])),
                ("attempts", Column::Int(vec![1])),
            ],
            // The age stays as it was noted first, because deliveries may have been read by it.
            conflict: "ON CONFLICT (source, source_key, content_hash) DO UPDATE SET at_us = excluded.at_us, \
                       delivery = excluded.delivery, taken = excluded.taken, \
                       attempts = CASE WHEN write_back.at_us < excluded.at_us - 86400000000 THEN 1 \
                       ELSE write_back.attempts + 1 END",
        };
        insert(&mut write.tx, &rows).await?;
        let (source, key) = (new.key.source.as_str(), new.key.key.as_str());
        let count = within!(&mut write.tx, conn => sqlx::query_scalar(COUNT)
            .bind(source).bind(key).bind(new.content_hash as i64).fetch_one(conn).await)?;
        write.commit().await?;
        Ok(count)
    }

    /// How often a content was asked for within a day.
    pub async fn written_back(&self, key: &SourceKey, content_hash: u64, now_us: i64) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT attempts FROM write_back WHERE source = $1 AND source_key = $2 \
                            AND content_hash = $3 AND at_us > $4";
        let (hash, since) = (content_hash as i64, now_us - DAY_US);
        let found: Option<i64> = on!(&self.db, pool => sqlx::query_scalar(TEXT)
            .bind(key.source.as_str()).bind(key.key.as_str()).bind(hash).bind(since).fetch_optional(pool).await)?;
        Ok(found.unwrap_or(0))
    }

    /// Notes how a request ended: confirmed, or refused, in which case the record is as it was.
    pub async fn end_write_back(&self, of: &WriteBack, taken: bool) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE write_back SET taken = $4, delivery = CASE WHEN $4 THEN delivery ELSE 0 END \
                            WHERE source = $1 AND source_key = $2 AND content_hash = $3";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(of.key.source.as_str()).bind(of.key.key.as_str()).bind(of.content_hash as i64).bind(taken)
            .execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// The request that a record's source has not answered yet with a newer state.
    pub async fn outstanding(
        &self,
        key: &SourceKey,
        delivery: DeliveryId,
        now_us: i64,
    ) -> Result<Option<Outstanding>, StoreError> {
        const TEXT: &str = "SELECT content_hash, taken FROM write_back WHERE source = $1 AND source_key = $2 \
                            AND delivery = $3 AND at_us > $4 ORDER BY at_us DESC LIMIT 1";
        let since = now_us - ECHO_US_MAX;
        let found: Option<(i64, bool)> = on!(&self.db, pool => sqlx::query_as(TEXT)
            .bind(key.source.as_str()).bind(key.key.as_str()).bind(delivery.0).bind(since)
            .fetch_optional(pool).await)?;
        Ok(found.map(|(hash, taken)| Outstanding { content_hash: hash as u64, taken }))
    }

    /// The contents by which these records of a source would repeat what was written, with the age that they keep.
    pub async fn echoes(&self, source: &str, keys: &[&str], since_us: i64) -> Result<Echoes, StoreError> {
        const ANY: &str = "SELECT 1 FROM write_back WHERE source = $1 LIMIT 1";
        let any: Option<i32> = on!(&self.db, pool => sqlx::query_scalar(ANY).bind(source).fetch_optional(pool).await)?;
        if any.is_none() {
            return Ok(Echoes::default());
        }
        let rows: Vec<(String, i64, i64)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str = "SELECT source_key, content_hash, updated_us FROM write_back \
                                    WHERE source = $1 AND source_key = ANY($2) AND at_us > $3";
                sqlx::query_as(TEXT).bind(source).bind(keys).bind(since_us).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT source_key, content_hash, updated_us FROM write_back WHERE source = $1 \
                                    AND source_key IN (SELECT value FROM json_each($2)) AND at_us > $3";
                let keys = serde_json::to_string(keys).unwrap_or_default();
                sqlx::query_as(TEXT).bind(source).bind(keys).bind(since_us).fetch_all(pool).await?
            }
        };
        let echo = |(key, hash, updated_us)| ((SourceKey::new(source, key), hash as u64), updated_us);
        Ok(rows.into_iter().map(echo).collect())
    }

    /// The delivery that a source record's newest state came with; nothing once it is no longer kept.
    pub async fn delivery_of(&self, record: RecordNo) -> Result<Option<Delivery>, StoreError> {
        const TEXT: &str = "SELECT d.id, d.source, d.shape, d.received_us, d.repairs, d.payload, d.topic \
                            FROM source_record s JOIN delivery d ON d.id = s.delivery WHERE s.record = $1";
        on!(&self.db, pool => {
            let row = sqlx::query(TEXT).bind(i64::from(record.0)).fetch_optional(pool).await?;
            row.iter().map(delivery!()).next().transpose()
        })
    }
}
