//! The feed of change events, which is also the history of every golden record.

use super::database::on;
use super::{Store, StoreError};
use crate::domain::ids::{EventSeq, GoldenId, PolicyNo};
use crate::domain::plan::EventKind;
use sqlx::{AssertSqlSafe, Row};

/// One version of one golden id as it went into the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    pub seq: EventSeq,
    pub golden: GoldenId,
    pub version: i32,
    pub kind: EventKind,
    pub at_us: i64,
    pub body: String,
    /// Left out where values before are asked for.
    pub lineage: String,
    /// What it was decided under.
    pub policy: PolicyNo,
    /// Why the id vanished or appeared, as JSON.
    pub cause: Option<String>,
    /// The body of the version before, where that is asked for.
    pub before: Option<String>,
}

/// An event as it stands in the feed.
const ALONE: &str = "SELECT seq, golden, version, kind, at_us, body, lineage, policy, cause, CAST(NULL AS text) \
                     FROM change_event";
/// An event with the version before, which is where old values come from.
const WITH_BEFORE: &str = "SELECT e.seq, e.golden, e.version, e.kind, e.at_us, e.body, '', e.policy, e.cause, p.body \
                           FROM change_event e \
                           LEFT JOIN change_event p ON p.golden = e.golden AND p.version = e.version - 1";

/// Reads an event from a row of either engine.
macro_rules! event {
    () => {
        |row| {
            Ok(StoredEvent {
                seq: EventSeq(row.try_get(0)?),
                golden: GoldenId(row.try_get(1)?),
                version: row.try_get(2)?,
                kind: EventKind::parse(row.try_get(3)?).ok_or(StoreError::Corrupt { what: "kind of an event" })?,
                at_us: row.try_get(4)?,
                body: row.try_get(5)?,
                lineage: row.try_get(6)?,
                policy: PolicyNo(row.try_get(7)?),
                cause: row.try_get(8)?,
                before: row.try_get(9)?,
            })
        }
    };
}

impl Store {
    /// The events after a position in the feed, oldest first.
    pub async fn events_after(&self, after: EventSeq, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let text = AssertSqlSafe(format!("{ALONE} WHERE seq > $1 ORDER BY seq LIMIT $2"));
        on!(&self.db, pool => {
            let rows = sqlx::query(text).bind(after.0).bind(limit as i64).fetch_all(pool).await?;
            rows.iter().map(event!()).collect()
        })
    }

    /// The same with the values before each.
    pub async fn changes_after(&self, after: EventSeq, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let text = AssertSqlSafe(format!("{WITH_BEFORE} WHERE e.seq > $1 ORDER BY e.seq LIMIT $2"));
        on!(&self.db, pool => {
            let rows = sqlx::query(text).bind(after.0).bind(limit as i64).fetch_all(pool).await?;
            rows.iter().map(event!()).collect()
        })
    }

    /// One golden id's events between two positions, both included, oldest first, with the values before each.
    pub async fn changes_of(
        &self,
        golden: GoldenId,
        from: EventSeq,
        to: EventSeq,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let text = format!("{WITH_BEFORE} WHERE e.golden = $1 AND e.seq BETWEEN $2 AND $3 ORDER BY e.seq");
        on!(&self.db, pool => {
            let query = sqlx::query(AssertSqlSafe(text)).bind(golden.0).bind(from.0).bind(to.0);
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(event!()).collect()
        })
    }

    /// The golden ids that changed after a position in the feed, without their values.
    pub async fn changed_after(&self, after: EventSeq, limit: usize) -> Result<Vec<(EventSeq, GoldenId)>, StoreError> {
        const TEXT: &str = "SELECT seq, golden FROM change_event WHERE seq > $1 ORDER BY seq LIMIT $2";
        let rows: Vec<(i64, uuid::Uuid)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(after.0).bind(limit as i64).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(seq, golden)| (EventSeq(seq), GoldenId(golden))).collect())
    }

    /// The history of one golden id, oldest first.
    pub async fn history(&self, golden: GoldenId) -> Result<Vec<StoredEvent>, StoreError> {
        let text = AssertSqlSafe(format!("{ALONE} WHERE golden = $1 ORDER BY version"));
        on!(&self.db, pool => {
            let rows = sqlx::query(text).bind(golden.0).fetch_all(pool).await?;
            rows.iter().map(event!()).collect()
        })
    }

    /// The version of a golden id that was current at an instant.
    pub async fn as_of(&self, golden: GoldenId, at_us: i64) -> Result<Option<StoredEvent>, StoreError> {
        let text = format!("{ALONE} WHERE golden = $1 AND at_us <= $2 ORDER BY version DESC LIMIT 1");
        on!(&self.db, pool => {
            let row = sqlx::query(AssertSqlSafe(text)).bind(golden.0).bind(at_us).fetch_optional(pool).await?;
            row.iter().map(event!()).next().transpose()
        })
    }

    pub async fn last_event(&self) -> Result<EventSeq, StoreError> {
        const TEXT: &str = "SELECT COALESCE(MAX(seq), 0) FROM change_event";
        let seq: i64 = on!(&self.db, pool => sqlx::query_scalar(TEXT).fetch_one(pool).await)?;
        Ok(EventSeq(seq))
    }
}
