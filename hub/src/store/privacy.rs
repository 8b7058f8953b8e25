//! What people have asked for, and how far it has come.

use super::database::{Tx, on, within};
use super::erasure::Summary;
use super::{Store, StoreError};
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::privacy::{Erasure, Keeps, Kind, State, due_us};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

/// A request as it stands.
#[derive(Clone, Debug)]
pub struct StoredRequest {
    pub id: Uuid,
    pub kind: Kind,
    pub state: State,
    pub golden: GoldenId,
    pub received_us: i64,
    pub due_us: i64,
    pub keeps: Keeps,
    pub by: String,
    pub identity: Option<String>,
    pub verified_by: Option<String>,
    pub verified_us: Option<i64>,
    pub reason: Option<String>,
    pub ended_by: Option<String>,
    pub ended_us: Option<i64>,
    pub summary: Option<Summary>,
    /// The last change event of an erased person.
    pub event: Option<EventSeq>,
}

impl StoredRequest {
    /// One that was received and not looked at yet.
    pub fn new(kind: Kind, golden: GoldenId, received_us: i64, keeps: Keeps, by: &str) -> StoredRequest {
        StoredRequest {
            id: Uuid::now_v7(),
            kind,
            state: State::Open,
            golden,
            received_us,
            due_us: due_us(received_us),
            keeps,
            by: by.to_owned(),
            identity: None,
            verified_by: None,
            verified_us: None,
            reason: None,
            ended_by: None,
            ended_us: None,
            summary: None,
            event: None,
        }
    }
}

/// A source that had records of an erased person.
#[derive(Clone, Debug)]
pub struct ErasureSource {
    pub source: String,
    pub records: i64,
    pub acknowledged_us: Option<i64>,
    pub acknowledged_by: Option<String>,
}

/// A subscriber's share of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureSubscriber {
    pub name: String,
    /// Whether it has acknowledged everything about the person up to the deletion.
    pub acknowledged: bool,
}

/// A step that somebody takes.
#[derive(Clone, Debug)]
pub enum Step {
    Verify {
        how: String,
    },
    Hold {
        why: String,
    },
    /// Back to where it stood before it was held.
    Release,
    Refuse {
        why: String,
    },
    /// Of an access request: the document was handed out.
    Finish,
}

const ALL: &str = "SELECT id, kind, state, golden, received_us, due_us, keeps, by_whom, identity, verified_by, \
                   verified_us, reason, ended_by, ended_us, summary, event FROM privacy_request";

impl Store {
    pub async fn add_request(&self, request: &StoredRequest) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO privacy_request (id, kind, state, golden, received_us, due_us, keeps, by_whom) \
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let keeps = serde_json::to_string(&request.keeps).unwrap_or_default();
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => {
            sqlx::query(TEXT).bind(request.id).bind(request.kind.name()).bind(request.state.name())
                .bind(request.golden.0).bind(request.received_us).bind(request.due_us).bind(keeps.as_str())
                .bind(request.by.as_str()).execute(conn).await.map(drop)
        })?;
        write.commit().await
    }

    pub async fn request(&self, id: Uuid) -> Result<Option<StoredRequest>, StoreError> {
        let text = format!("{ALL} WHERE id = $1");
        Ok(self.requests(text, Some(id)).await?.pop())
    }

    /// Requests that wait, most urgent first, and then those that are done, newest first.
    pub async fn all_requests(&self, limit: usize) -> Result<Vec<StoredRequest>, StoreError> {
        let text = format!(
            "{ALL} ORDER BY CASE WHEN state IN ('done', 'refused') THEN 1 ELSE 0 END, \
             CASE WHEN state IN ('done', 'refused') THEN -ended_us ELSE due_us END LIMIT {limit}"
        );
        self.requests(text, None).await
    }

    async fn requests(&self, text: String, id: Option<Uuid>) -> Result<Vec<StoredRequest>, StoreError> {
        on!(&self.db, pool => {
            let query = sqlx::query(AssertSqlSafe(text));
            let query = match id { Some(id) => query.bind(id), None => query };
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(|row| {
                let corrupt = || StoreError::Corrupt { what: "privacy request" };
                let (keeps, summary): (String, Option<String>) = (row.try_get(6)?, row.try_get(14)?);
                Ok(StoredRequest {
                    id: row.try_get(0)?,
                    kind: Kind::parse(row.try_get(1)?).ok_or_else(corrupt)?,
                    state: State::parse(row.try_get(2)?).ok_or_else(corrupt)?,
                    golden: GoldenId(row.try_get(3)?),
                    received_us: row.try_get(4)?,
                    due_us: row.try_get(5)?,
                    keeps: serde_json::from_str(&keeps).map_err(|_| corrupt())?,
                    by: row.try_get(7)?,
                    identity: row.try_get(8)?,
                    verified_by: row.try_get(9)?,
                    verified_us: row.try_get(10)?,
                    reason: row.try_get(11)?,
                    ended_by: row.try_get(12)?,
                    ended_us: row.try_get(13)?,
                    summary: summary.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| corrupt())?,
                    event: row.try_get::<Option<i64>, _>(15)?.map(EventSeq),
                })
            }).collect()
        })
    }

    /// Takes a step, if the request is where the step begins; answers whether it was.
    pub async fn step_request(&self, id: Uuid, step: &Step, by: &str, at_us: i64) -> Result<bool, StoreError> {
        let (text, word) = match step {
            Step::Verify { how } => (
                "UPDATE privacy_request SET state = 'verified', verified_by = $2, verified_us = $3, identity = $4 \
                 WHERE id = $1 AND state = 'open'",
                how.as_str(),
            ),
            Step::Hold { why } => (
                "UPDATE privacy_request SET state = 'held', ended_by = $2, ended_us = $3, reason = $4 \
                 WHERE id = $1 AND state IN ('open', 'verified')",
                why.as_str(),
            ),
            Step::Release => (
                "UPDATE privacy_request SET state = CASE WHEN verified_us IS NULL THEN 'open' ELSE 'verified' END, \
                 ended_by = NULL, ended_us = NULL, reason = NULL \
                 WHERE id = $1 AND state = 'held' AND $2 <> '' AND $3 > 0 AND $4 = ''",
                "",
            ),
            Step::Refuse { why } => (
                "UPDATE privacy_request SET state = 'refused', ended_by = $2, ended_us = $3, reason = $4 \
                 WHERE id = $1 AND state IN ('open', 'verified', 'held')",
                why.as_str(),
            ),
            Step::Finish => (
                "UPDATE privacy_request SET state = 'done', ended_by = $2, ended_us = $3 \
                 WHERE id = $1 AND kind = 'access' AND state = 'verified' AND $4 = ''",
                "",
            ),
        };
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => {
            sqlx::query(text).bind(id).bind(by).bind(at_us).bind(word).execute(conn).await
                .map(|done| done.rows_affected())
        })?;
        write.commit().await?;
        Ok(done == 1)
    }

    pub async fn erasure_sources(&self, request: Uuid) -> Result<Vec<ErasureSource>, StoreError> {
        const TEXT: &str = "SELECT source, records, acknowledged_us, acknowledged_by FROM erasure_source \
                            WHERE request = $1 ORDER BY source";
        type Row = (String, i64, Option<i64>, Option<String>);
        let rows: Vec<Row> = on!(&self.db, pool => sqlx::query_as(TEXT).bind(request).fetch_all(pool).await)?;
        let one = |(source, records, acknowledged_us, acknowledged_by): Row| ErasureSource {
            source,
            records,
            acknowledged_us,
            acknowledged_by,
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Notes that a source has removed the person; answers whether it had records and had not said so before.
    pub async fn acknowledge(&self, request: Uuid, source: &str, by: &str, at_us: i64) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE erasure_source SET acknowledged_us = $4, acknowledged_by = $3 \
                            WHERE request = $1 AND source = $2 AND acknowledged_us IS NULL";
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => {
            sqlx::query(TEXT).bind(request).bind(source).bind(by).bind(at_us).execute(conn).await
                .map(|done| done.rows_affected())
        })?;
        write.commit().await?;
        Ok(done == 1)
    }

    /// Which subscribers have acknowledged that a person is gone.
    pub async fn erasure_subscribers(
        &self,
        golden: GoldenId,
        event: EventSeq,
    ) -> Result<Vec<ErasureSubscriber>, StoreError> {
        const TEXT: &str = "SELECT s.name, s.cursor >= $2 AND NOT EXISTS (SELECT 1 FROM subscriber_owed o \
                            WHERE o.subscriber = s.id AND o.golden = $1) FROM subscriber s ORDER BY s.name";
        let rows: Vec<(String, bool)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(golden.0).bind(event.0).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(name, acknowledged)| ErasureSubscriber { name, acknowledged }).collect())
    }
}

/// Ends a request in the transaction that carries it out.
pub(super) async fn erased(tx: &mut Tx, erasure: &Erasure, summary: &Summary, at_us: i64) -> Result<(), StoreError> {
    const SOURCE: &str = "INSERT INTO erasure_source (request, source, records) VALUES ($1, $2, 1) \
                          ON CONFLICT (request, source) DO UPDATE SET records = erasure_source.records + 1";
    const DONE: &str = "UPDATE privacy_request SET state = 'done', ended_by = $2, ended_us = $3, summary = $4, \
                        event = (SELECT event FROM golden WHERE id = $5) WHERE id = $1";
    for (_, key) in &erasure.records {
        let source = key.source.as_str();
        within!(&mut *tx, conn => {
            sqlx::query(SOURCE).bind(erasure.request).bind(source).execute(conn).await.map(drop)
        })?;
    }
    let summary = serde_json::to_string(summary).unwrap_or_default();
    within!(&mut *tx, conn => {
        sqlx::query(DONE).bind(erasure.request).bind(erasure.by.as_str()).bind(at_us).bind(summary.as_str())
            .bind(erasure.golden.0).execute(conn).await.map(drop)
    })
    .map_err(StoreError::from)
}
