//! Golden records and crosswalks as readers ask for them.

use super::consents::parse_stance;
use super::database::{Database, on};
use super::load::golden_state;
use super::{Store, StoreError};
use crate::domain::consent::Stance;
use crate::domain::customer::Customer;
use crate::domain::ids::{DeliveryId, EventSeq, GoldenId, PolicyNo, RecordNo, SourceKey};
use crate::domain::plan::GoldenState;
use sqlx::Row;
use uuid::Uuid;

/// A golden id with its present values.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: GoldenId,
    pub version: i32,
    pub state: GoldenState,
    pub event: EventSeq,
    pub changed_us: i64,
    pub body: String,
    pub lineage: String,
    /// What the values were chosen under.
    pub policy: PolicyNo,
}

/// A source record with its place in the crosswalk.
#[derive(Clone, Debug)]
pub struct SourceRecord {
    pub record: RecordNo,
    pub key: SourceKey,
    pub golden: Option<GoldenId>,
    pub version: i64,
    pub updated_us: i64,
    pub deleted: bool,
    pub customer: Customer,
    /// What its statements of consent come to, if it has any.
    pub stance: Option<Stance>,
}

const RECORD_COLUMNS: &str = "SELECT s.record, c.source, c.source_key, c.golden, s.version, s.updated_us, s.deleted, \
                              s.customer, t.stance FROM crosswalk c JOIN source_record s ON s.record = c.record \
                              LEFT JOIN stance t ON t.record = c.record";

/// Reads a source record from a row of either engine.
macro_rules! record {
    () => {
        |row| {
            let text: String = row.try_get(7)?;
            let customer = match text.is_empty() {
                true => Customer::default(),
                false => serde_json::from_str(&text).map_err(|_| StoreError::Corrupt { what: "source record" })?,
            };
            Ok(SourceRecord {
                record: RecordNo(row.try_get::<i64, _>(0)? as u32),
                key: SourceKey::new(row.try_get::<String, _>(1)?, row.try_get::<String, _>(2)?),
                golden: row.try_get::<Option<Uuid>, _>(3)?.map(GoldenId),
                version: row.try_get(4)?,
                updated_us: row.try_get(5)?,
                deleted: row.try_get(6)?,
                customer,
                stance: row.try_get::<Option<String>, _>(8)?.as_deref().map(parse_stance).transpose()?,
            })
        }
    };
}

impl Store {
    /// The present state of a golden id, live or not.
    pub async fn profile(&self, id: GoldenId) -> Result<Option<Profile>, StoreError> {
        const TEXT: &str = "SELECT g.version, g.state, g.into_id, g.event, e.at_us, e.body, e.lineage, e.policy \
                            FROM golden g JOIN change_event e ON e.seq = g.event WHERE g.id = $1";
        on!(&self.db, pool => {
            let Some(row) = sqlx::query(TEXT).bind(id.0).fetch_optional(pool).await? else { return Ok(None) };
            Ok(Some(Profile {
                id,
                version: row.try_get(0)?,
                state: golden_state(row.try_get(1)?, row.try_get(2)?)?,
                event: EventSeq(row.try_get(3)?),
                changed_us: row.try_get(4)?,
                body: row.try_get(5)?,
                lineage: row.try_get(6)?,
                policy: PolicyNo(row.try_get(7)?),
            }))
        })
    }

    /// The source record under a source's own key.
    pub async fn source_record(&self, key: &SourceKey) -> Result<Option<SourceRecord>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{RECORD_COLUMNS} WHERE c.source = $1 AND c.source_key = $2"));
        on!(&self.db, pool => {
            let row = sqlx::query(text).bind(&key.source).bind(&key.key).fetch_optional(pool).await?;
            row.iter().map(record!()).next().transpose()
        })
    }

    /// Source records by their numbers, in no particular order.
    pub async fn source_records(&self, records: &[RecordNo]) -> Result<Vec<SourceRecord>, StoreError> {
        let ids: Vec<i64> = records.iter().map(|r| i64::from(r.0)).collect();
        match &self.db {
            Database::Postgres(pool) => {
                let text = sqlx::AssertSqlSafe(format!("{RECORD_COLUMNS} WHERE c.record = ANY($1)"));
                sqlx::query(text).bind(ids).fetch_all(pool).await?.iter().map(record!()).collect()
            }
            Database::Sqlite(pool) => {
                let text = format!("{RECORD_COLUMNS} WHERE c.record IN (SELECT value FROM json_each($1))");
                let ids = serde_json::to_string(&ids).unwrap_or_default();
                sqlx::query(sqlx::AssertSqlSafe(text)).bind(ids).fetch_all(pool).await?.iter().map(record!()).collect()
            }
        }
    }

    /// The numbers of some source records by their keys, in no particular order; unknown ones are left out.
    pub async fn record_numbers(&self, keys: &[SourceKey]) -> Result<Vec<(RecordNo, SourceKey)>, StoreError> {
        let sources: Vec<&str> = keys.iter().map(|key| key.source.as_str()).collect();
        let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
        let rows: Vec<(i64, String, String)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str = "SELECT c.record, c.source, c.source_key FROM crosswalk c \
                                    JOIN unnest($1::text[], $2::text[]) AS k (source, source_key) \
                                    ON k.source = c.source AND k.source_key = c.source_key";
                sqlx::query_as(TEXT).bind(sources).bind(names).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT c.record, c.source, c.source_key FROM json_each($1) k \
                                    JOIN crosswalk c ON c.source = k.value ->> 0 AND c.source_key = k.value ->> 1";
                let pairs: Vec<(&str, &str)> = sources.into_iter().zip(names).collect();
                let pairs = serde_json::to_string(&pairs).unwrap_or_default();
                sqlx::query_as(TEXT).bind(pairs).fetch_all(pool).await?
            }
        };
        let pair =
            |(record, source, key): (i64, String, String)| (RecordNo(record as u32), SourceKey::new(source, key));
        Ok(rows.into_iter().map(pair).collect())
    }

    /// Golden ids after one, in order, with their state: for exports, benches and checks.
    pub async fn golden_ids_after(&self, after: Option<GoldenId>, limit: usize) -> Result<Vec<GoldenId>, StoreError> {
        const TEXT: &str = "SELECT id FROM golden WHERE state = 'live' AND id > $1 ORDER BY id LIMIT $2";
        let after = after.map_or(Uuid::nil(), |id| id.0);
        let ids: Vec<Uuid> = on!(&self.db, pool => {
            sqlx::query_scalar(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await
        })?;
        Ok(ids.into_iter().map(GoldenId).collect())
    }

    /// The values of some live golden records, in no particular order.
    pub async fn bodies_of_goldens(&self, ids: &[GoldenId]) -> Result<Vec<(GoldenId, String)>, StoreError> {
        let rows: Vec<(Uuid, String)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str = "SELECT g.id, e.body FROM golden g JOIN change_event e ON e.seq = g.event \
                                    WHERE g.state = 'live' AND g.id = ANY($1)";
                let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT g.id, e.body FROM golden g JOIN change_event e ON e.seq = g.event \
                                    WHERE g.state = 'live' AND g.id IN (SELECT unhex(value) FROM json_each($1))";
                let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
                let ids = serde_json::to_string(&ids).unwrap_or_default();
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
        };
        Ok(rows.into_iter().map(|(id, body)| (GoldenId(id), body)).collect())
    }
}

/// When the newest state of a source record came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub key: SourceKey,
    pub delivery: DeliveryId,
    pub received_us: i64,
    /// Of a notice.
    pub topic: Option<String>,
}

impl Store {
    /// The sources that have ever sent a record, in order. From one to the next by the index: there are few.
    pub async fn known_sources(&self) -> Result<Vec<String>, StoreError> {
        const TEXT: &str = "WITH RECURSIVE found(source) AS ( \
                                SELECT MIN(source) FROM crosswalk \
                                UNION ALL \
                                SELECT (SELECT MIN(source) FROM crosswalk WHERE source > found.source) \
                                FROM found WHERE found.source IS NOT NULL) \
                            SELECT source FROM found WHERE source IS NOT NULL";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).fetch_all(pool).await)?)
    }

    /// The deliveries that the present states of some records came with.
    pub async fn arrivals(&self, keys: &[SourceKey]) -> Result<Vec<Arrival>, StoreError> {
        const TEXT: &str = "SELECT d.id, d.received_us, d.topic FROM crosswalk c JOIN source_record s ON s.record = c.record \
                            JOIN delivery d ON d.id = s.delivery WHERE c.source = $1 AND c.source_key = $2";
        let mut arrivals = Vec::new();
        for key in keys {
            let row: Option<(i64, i64, Option<String>)> = on!(&self.db, pool => {
                sqlx::query_as(TEXT).bind(key.source.as_str()).bind(key.key.as_str()).fetch_optional(pool).await
            })?;
            arrivals.extend(row.map(|(id, received_us, topic)| Arrival {
                key: key.clone(),
                delivery: DeliveryId(id),
                received_us,
                topic,
            }));
        }
        Ok(arrivals)
    }
}
