//! Systems that are read over HTTP: how far each has been read, and what its records said the last time.

use super::bulk::{Column, Rows, insert};
use super::database::{Database, on, within};
use super::inbox::NewDelivery;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use crate::domain::polling::{Standing, Status};
use foldhash::HashMap;
use sqlx::{AssertSqlSafe, Row};

/// One system as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub source: String,
    /// Changes with everything that somebody asks for, and with whoever reads.
    pub revision: i64,
    pub status: Status,
    /// How far it has been read, as the planner writes it.
    pub progress: String,
    pub standing: Standing,
    /// Thin notices up to this one have been followed up.
    pub notice: DeliveryId,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Pause,
    Resume,
    /// Read now, whatever the time, and whatever has failed.
    Run,
}

/// Records to make durable together with how far they bring the reading.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub deliveries: Vec<NewDelivery>,
    /// What each delivery's record said: its key with the hash of its content.
    pub seen: Vec<(String, i64)>,
}

const ALL: &str = "SELECT source, revision, status, progress, due_us, held_us, failures, failed_us, failure, \
                   answered_us, finished_us, pages, records, unchanged, notice FROM poll";

/// Reads a system from a row of either engine.
macro_rules! poll {
    () => {
        |row| {
            let status: String = row.try_get(2)?;
            let failures: i64 = row.try_get(6)?;
            Ok(Poll {
                source: row.try_get(0)?,
                revision: row.try_get(1)?,
                status: Status::parse(&status).ok_or(StoreError::Corrupt { what: "state of a source" })?,
                progress: row.try_get(3)?,
                standing: Standing {
                    due_us: row.try_get(4)?,
                    held_us: row.try_get(5)?,
                    failures: u32::try_from(failures).unwrap_or(u32::MAX),
                    failed_us: row.try_get(7)?,
                    failure: row.try_get(8)?,
                    answered_us: row.try_get(9)?,
                    finished_us: row.try_get(10)?,
                    pages: row.try_get(11)?,
                    records: row.try_get(12)?,
                    unchanged: row.try_get(13)?,
                },
                notice: DeliveryId(row.try_get(14)?),
            })
        }
    };
}

impl Store {
    /// Every system that was ever to be read, by name.
    pub async fn polls(&self) -> Result<Vec<Poll>, StoreError> {
        let text = format!("{ALL} ORDER BY source");
        on!(&self.db, pool => {
            let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(pool).await?;
            rows.iter().map(poll!()).collect()
        })
    }

    pub async fn poll(&self, source: &str) -> Result<Option<Poll>, StoreError> {
        let text = format!("{ALL} WHERE source = $1");
        on!(&self.db, pool => {
            let row = sqlx::query(AssertSqlSafe(text)).bind(source).fetch_optional(pool).await?;
            row.iter().map(poll!()).next().transpose()
        })
    }

    /// Gives systems that have no row one, with which they begin at their beginning. Notices that came before are
    /// followed up as well.
    pub async fn add_polls(&self, sources: &[&str], progress: &str) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO poll (source, revision, status, progress, due_us, held_us, failures, pages, \
                            records, unchanged, notice) VALUES ($1, 1, 'active', $2, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING";
        let mut write = self.begin().await?;
        for source in sources {
            within!(&mut write.tx, conn => sqlx::query(TEXT).bind(*source).bind(progress).execute(conn).await.map(drop))?;
        }
        write.commit().await
    }

    /// Changes what is asked of a system; answers whether there is one.
    pub async fn edit_poll(&self, source: &str, edit: Edit) -> Result<bool, StoreError> {
        const PAUSE: &str = "UPDATE poll SET status = 'paused', revision = revision + 1 WHERE source = $1";
        const RESUME: &str = "UPDATE poll SET status = 'active', due_us = 0, held_us = 0, revision = revision + 1 \
                              WHERE source = $1";
        const RUN: &str = "UPDATE poll SET due_us = 0, held_us = 0, revision = revision + 1 WHERE source = $1";
        let text = match edit {
            Edit::Pause => PAUSE,
            Edit::Resume => RESUME,
            Edit::Run => RUN,
        };
        let mut write = self.begin().await?;
        let found = within!(&mut write.tx, conn => {
            sqlx::query(text).bind(source).execute(conn).await.map(|done| done.rows_affected())
        })?;
        write.commit().await?;
        Ok(found == 1)
    }

    /// Makes whoever read before unable to store anything.
    pub(super) async fn revise_polls(&self) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE poll SET revision = revision + 1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// What records said the last time, as far as nothing else has been said of them since.
    pub async fn seen(&self, source: &str, keys: &[String]) -> Result<HashMap<String, i64>, StoreError> {
        const FROM: &str = "SELECT s.source_key, s.hash FROM poll_seen s \
                            LEFT JOIN crosswalk c ON c.source = s.source AND c.source_key = s.source_key \
                            LEFT JOIN source_record r ON r.record = c.record \
                            WHERE s.source = $1 AND (r.delivery IS NULL OR r.delivery <= s.delivery) AND s.source_key";
        let rows: Vec<(String, i64)> = match &self.db {
            Database::Postgres(pool) => {
                let text = AssertSqlSafe(format!("{FROM} = ANY($2)"));
                sqlx::query_as(text).bind(source).bind(keys).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                let text = AssertSqlSafe(format!("{FROM} IN (SELECT value FROM json_each($2))"));
                let keys = serde_json::to_string(keys).unwrap_or_default();
                sqlx::query_as(text).bind(source).bind(keys).fetch_all(pool).await?
            }
        };
        Ok(rows.into_iter().collect())
    }

    /// Makes records durable and says in the same transaction how far the system has been read with them. Answers
    /// `false` and stores nothing if somebody has changed what is asked of the system.
    pub async fn save_poll(&self, before: &Poll, now: &Poll, batch: Batch, at_us: i64) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE poll SET progress = $3, due_us = $4, failures = $5, failed_us = $6, failure = $7, \
                            answered_us = $8, finished_us = $9, pages = $10, records = $11, unchanged = $12, \
                            notice = $13, held_us = $14 WHERE source = $1 AND revision = $2";
        let standing = &now.standing;
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(&before.source).bind(before.revision).bind(&now.progress).bind(standing.due_us)
            .bind(i64::from(standing.failures)).bind(standing.failed_us).bind(standing.failure.as_deref())
            .bind(standing.answered_us).bind(standing.finished_us).bind(standing.pages).bind(standing.records)
            .bind(standing.unchanged).bind(now.notice.0).bind(standing.held_us).execute(conn).await.map(|done| done.rows_affected()))?;
        if done != 1 {
            return Ok(false);
        }
        let Batch { deliveries, seen } = batch;
        let stored =
            if deliveries.is_empty() { None } else { Some(self.append_in(&mut write.tx, deliveries, at_us).await?) };
        if let Some(appended) = &stored {
            insert(&mut write.tx, &seen_rows(&before.source, seen, appended.first.0)).await?;
        }
        write.commit().await?;
        if let Some(appended) = stored {
            self.keep(appended);
        }
        Ok(true)
    }
}

/// A page may hold a record twice; what it says last counts.
fn seen_rows(source: &str, seen: Vec<(String, i64)>, first: i64) -> Rows {
    let numbered = (first..).zip(seen).map(|(delivery, (key, hash))| (key, (hash, delivery)));
    let newest: HashMap<String, (i64, i64)> = numbered.collect();
    let (keys, said): (Vec<String>, Vec<(i64, i64)>) = newest.into_iter().unzip();
    Rows {
        table: "poll_seen",
        columns: vec![
            ("source", Column::Text(vec![source.to_owned(); keys.len()])),
            ("source_key", Column::Text(keys)),
            ("hash", Column::Int(said.iter().map(|(hash, _)| *hash).collect())),
            ("delivery", Column::Int(said.iter().map(|(_, delivery)| *delivery).collect())),
        ],
        conflict: "ON CONFLICT (source, source_key) DO UPDATE SET hash = excluded.hash, delivery = excluded.delivery",
    }
}
