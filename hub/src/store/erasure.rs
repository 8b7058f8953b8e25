//! Takes a forgotten person out of every table, in the transaction of the plan that ends their golden record.

use super::bulk::{Column, Rows};
use super::database::{BUSY_WAIT, Database, Tx, on, within};
use super::tombstones::{self, empty_deliveries};
use super::{Store, StoreError};
use crate::domain::ids::{DeliveryId, EventSeq, GoldenId, RecordNo};
use crate::domain::loyalty::{Account, Bucket, Entry, membership};
use crate::domain::plan::CrosswalkWrite;
use crate::domain::privacy::{ERASED_BODY, Erasure, Scrubbed, erased_key};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// What was done, for the certificate.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Summary {
    pub records: usize,
    /// Deliveries as received.
    pub deliveries: usize,
    /// Versions of golden records whose values were taken out.
    pub versions: usize,
    pub decisions: usize,
    pub statements: u64,
    pub comments: u64,
    /// Entries of loyalty ledgers whose membership number was replaced.
    pub ledger_entries: u64,
    pub tombstones: usize,
}

impl Store {
    /// Which golden records each of some records ever belonged to.
    pub async fn goldens_of(&self, records: &[RecordNo]) -> Result<Vec<GoldenId>, StoreError> {
        let mut found = Vec::new();
        for record in records {
            const TEXT: &str = "SELECT golden FROM record_golden WHERE record = $1";
            let rows: Vec<Uuid> = on!(&self.db, pool => {
                sqlx::query_scalar(TEXT).bind(i64::from(record.0)).fetch_all(pool).await
            })?;
            found.extend(rows.into_iter().map(GoldenId));
        }
        Ok(distinct(found))
    }

    /// Which records ever belonged to some golden records.
    pub async fn records_ever_in(&self, goldens: &[GoldenId]) -> Result<Vec<RecordNo>, StoreError> {
        let mut found = Vec::new();
        for golden in goldens {
            const TEXT: &str = "SELECT record FROM record_golden WHERE golden = $1";
            let rows: Vec<i64> = on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(golden.0).fetch_all(pool).await)?;
            found.extend(rows.into_iter().map(|record| RecordNo(record as u32)));
        }
        Ok(distinct(found))
    }

    /// The deliveries that spoke of some records.
    pub async fn deliveries_of(&self, records: &[RecordNo]) -> Result<Vec<DeliveryId>, StoreError> {
        let mut found = Vec::new();
        for record in records {
            const TEXT: &str = "SELECT delivery FROM record_delivery WHERE record = $1 AND delivery > 0";
            let rows: Vec<i64> = on!(&self.db, pool => {
                sqlx::query_scalar(TEXT).bind(i64::from(record.0)).fetch_all(pool).await
            })?;
            found.extend(rows.into_iter().map(DeliveryId));
        }
        Ok(distinct(found))
    }

    /// Notices about a record of a source.
    pub async fn notices_about(&self, source: &str, key: &str) -> Result<Vec<DeliveryId>, StoreError> {
        const TEXT: &str = "SELECT delivery FROM notice WHERE source = $1 AND source_key = $2";
        let rows: Vec<i64> =
            on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(source).bind(key).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(DeliveryId).collect())
    }

    /// Dead letters after one, with their payloads.
    pub async fn dead_payloads_after(&self, after: i64, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        const TEXT: &str = "SELECT l.delivery, d.payload FROM dead_letter l JOIN delivery d ON d.id = l.delivery \
                            WHERE l.delivery > $1 ORDER BY l.delivery LIMIT $2";
        Ok(on!(&self.db, pool => sqlx::query_as(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await)?)
    }

    /// Leaves nothing of what was taken out in the files of the database: on SQLite the log is written back and emptied, on
    /// PostgreSQL dead rows are removed. Answers whether that could be done.
    pub async fn purge(&self) -> Result<bool, StoreError> {
        match &self.db {
            Database::Sqlite(pool) => {
                let mut one = pool.acquire().await?;
                // Whoever reads or writes for long is not waited for; it is tried again.
                sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *one).await?;
                let row: Result<(i64, i64, i64), _> =
                    sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *one).await;
                let usual = AssertSqlSafe(format!("PRAGMA busy_timeout = {}", BUSY_WAIT.as_millis()));
                sqlx::query(usual).execute(&mut *one).await?;
                Ok(row.is_ok_and(|(busy, _, _)| busy == 0))
            }
            Database::Postgres(pool) => {
                for table in TOUCHED {
                    sqlx::query(AssertSqlSafe(format!("VACUUM {table}"))).execute(pool).await?;
                }
                Ok(true)
            }
        }
    }
}

/// Each once, in order.
fn distinct<T: Ord>(mut found: Vec<T>) -> Vec<T> {
    found.sort_unstable();
    found.dedup();
    found
}

/// Tables from which something is taken.
const TOUCHED: [&str; 17] = [
    "delivery",
    "dead_letter",
    "notice",
    "source_record",
    "crosswalk",
    "change_event",
    "decision",
    "command",
    "review",
    "review_comment",
    "consent_statement",
    "stance",
    "ledger_entry",
    "ledger_posting",
    "ledger_waiting",
    "poll_seen",
    "write_back",
];

pub(super) fn traces(traces: &[(RecordNo, DeliveryId)]) -> Rows {
    Rows {
        table: "record_delivery",
        columns: vec![
            ("record", Column::Int(traces.iter().map(|(record, _)| i64::from(record.0)).collect())),
            ("delivery", Column::Int(traces.iter().map(|(_, delivery)| delivery.0).collect())),
        ],
        conflict: "ON CONFLICT (record, delivery) DO NOTHING",
    }
}

pub(super) fn memberships(writes: &[CrosswalkWrite]) -> Rows {
    let placed: Vec<(RecordNo, GoldenId)> = writes.iter().filter_map(|w| Some((w.record, w.golden?))).collect();
    Rows {
        table: "record_golden",
        columns: vec![
            ("record", Column::Int(placed.iter().map(|(record, _)| i64::from(record.0)).collect())),
            ("golden", Column::Uuid(placed.iter().map(|(_, golden)| golden.0).collect())),
        ],
        conflict: "ON CONFLICT (record, golden) DO NOTHING",
    }
}

/// Runs one statement and answers how many rows it touched.
macro_rules! run {
    ($tx:expr, $text:expr $(, $value:expr)*) => {
        within!(&mut *$tx, conn => {
            sqlx::query($text)$(.bind($value))*.execute(conn).await.map(|done| done.rows_affected())
        })
    };
}

pub(super) async fn carry_out(tx: &mut Tx, erasure: &Erasure, at_us: i64) -> Result<(), StoreError> {
    let mut summary = Summary {
        records: erasure.records.len(),
        deliveries: erasure.deliveries.len(),
        versions: erasure.events.iter().filter(|(_, scrubbed)| *scrubbed == Scrubbed::Values).count(),
        decisions: erasure.decisions.len(),
        tombstones: erasure.tombstones.len(),
        ..Summary::default()
    };
    empty_deliveries(tx, &erasure.deliveries).await?;
    for (record, key) in &erasure.records {
        let (record, name) = (i64::from(record.0), erased_key(*record));
        forget_record(tx, record, &name).await?;
        summary.statements += run!(tx, "DELETE FROM consent_statement WHERE record = $1", record)?;
        summary.comments += run!(tx, "DELETE FROM review_comment WHERE a = $1 OR b = $1", record)?;
        for text in [
            "DELETE FROM poll_seen WHERE source = $1 AND source_key = $2",
            "DELETE FROM write_back WHERE source = $1 AND source_key = $2",
        ] {
            run!(tx, text, key.source.as_str(), key.key.as_str())?;
        }
    }
    scrub_events(tx, &erasure.events).await?;
    for decision in &erasure.decisions {
        run!(tx, "DELETE FROM decision WHERE id = $1", decision.0)?;
    }
    if !erasure.keeps.ledger {
        summary.ledger_entries = rename_members(tx, &erasure.memberships).await?;
    }
    tombstones::write(tx, erasure.request, (&erasure.tombstones, erasure.position), at_us).await?;
    rewrite_deliveries(tx, &erasure.rewritten).await?;
    super::privacy::erased(tx, erasure, &summary, at_us).await
}

/// Deliveries that spoke of others, too, no longer name the person.
async fn rewrite_deliveries(tx: &mut Tx, rewritten: &[(DeliveryId, Vec<u8>)]) -> Result<(), StoreError> {
    for (delivery, payload) in rewritten {
        run!(tx, "UPDATE delivery SET payload = $2 WHERE id = $1", delivery.0, payload.as_slice())?;
    }
    Ok(())
}

async fn forget_record(tx: &mut Tx, record: i64, name: &str) -> Result<(), StoreError> {
    const RECORD: &str = "UPDATE source_record SET delivery = 0, version = $2, updated_us = 0, content_hash = -1, \
                          deleted = TRUE, customer = '' WHERE record = $1";
    run!(tx, RECORD, record, i64::MAX)?;
    run!(tx, "UPDATE crosswalk SET source_key = $2, golden = NULL WHERE record = $1", record, name)?;
    run!(tx, "DELETE FROM stance WHERE record = $1", record)?;
    run!(tx, "DELETE FROM record_delivery WHERE record = $1", record)?;
    Ok(())
}

async fn scrub_events(tx: &mut Tx, events: &[(EventSeq, Scrubbed)]) -> Result<(), StoreError> {
    const VALUES: &str = "UPDATE change_event SET body = $2, lineage = '{}', cause = NULL WHERE seq = $1";
    const CAUSE: &str = "UPDATE change_event SET cause = NULL WHERE seq = $1";
    for (seq, scrubbed) in events {
        match scrubbed {
            Scrubbed::Values => run!(tx, VALUES, seq.0, ERASED_BODY)?,
            Scrubbed::Cause => run!(tx, CAUSE, seq.0)?,
        };
    }
    Ok(())
}

/// Entries of ledgers stay in the books, and no longer tell whose card it was. Answers how many there are.
async fn rename_members(tx: &mut Tx, numbers: &[String]) -> Result<u64, StoreError> {
    const FIND: &str = "SELECT DISTINCT seq FROM ledger_posting WHERE programme = $1 AND account IN ($2, $3)";
    const PROGRAMMES: &str = "SELECT DISTINCT programme FROM ledger_entry";
    let programmes: Vec<String> = within!(&mut *tx, conn => sqlx::query_scalar(PROGRAMMES).fetch_all(conn).await)?;
    let mut count = 0;
    for number in numbers {
        let fresh = format!("erased{}", Uuid::new_v4().simple());
        let accounts = [Bucket::Available, Bucket::Pending].map(|bucket| Account::member(number, bucket).to_string());
        let names = [Bucket::Available, Bucket::Pending].map(|bucket| Account::member(&fresh, bucket).to_string());
        for programme in &programmes {
            let seqs: Vec<i64> = within!(&mut *tx, conn => {
                sqlx::query_scalar(FIND).bind(programme.as_str())
                    .bind(accounts[0].as_str()).bind(accounts[1].as_str()).fetch_all(conn).await
            })?;
            for (account, name) in accounts.iter().zip(&names) {
                const MOVE: &str = "UPDATE ledger_posting SET account = $3 WHERE programme = $1 AND account = $2";
                run!(tx, MOVE, programme.as_str(), account.as_str(), name.as_str())?;
            }
            for seq in &seqs {
                rename_entry(tx, *seq, number, &fresh).await?;
            }
            count += seqs.len() as u64 + rename_waiting(tx, programme, number, &fresh).await?;
        }
    }
    Ok(count)
}

/// The same in entries that wait for what they take back.
async fn rename_waiting(tx: &mut Tx, programme: &str, number: &str, fresh: &str) -> Result<u64, StoreError> {
    const READ: &str = "SELECT entry_id, entry FROM ledger_waiting WHERE programme = $1";
    const WRITE: &str = "UPDATE ledger_waiting SET entry = $3 WHERE programme = $1 AND entry_id = $2";
    let rows: Vec<(String, String)> =
        within!(&mut *tx, conn => sqlx::query_as(READ).bind(programme).fetch_all(conn).await)?;
    let mut count = 0;
    for (id, text) in rows {
        if let Some(text) = renamed(&text, number, fresh)? {
            count += run!(tx, WRITE, programme, id.as_str(), text)?;
        }
    }
    Ok(count)
}

/// An entry with another number in the place of one; nothing if it does not name it.
fn renamed(text: &str, number: &str, fresh: &str) -> Result<Option<String>, StoreError> {
    let mut entry: Entry = serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "entry of a ledger" })?;
    let mut is_named = false;
    for named in [Some(&mut entry.member), entry.to.as_mut()].into_iter().flatten() {
        if membership(named) == number {
            fresh.clone_into(named);
            is_named = true;
        }
    }
    Ok(is_named.then(|| serde_json::to_string(&entry).unwrap_or_default()))
}

async fn rename_entry(tx: &mut Tx, seq: i64, number: &str, fresh: &str) -> Result<(), StoreError> {
    const READ: &str = "SELECT entry FROM ledger_entry WHERE seq = $1";
    const WRITE: &str = "UPDATE ledger_entry SET entry = $2 WHERE seq = $1";
    let text: String = within!(&mut *tx, conn => sqlx::query_scalar(READ).bind(seq).fetch_one(conn).await)?;
    if let Some(text) = renamed(&text, number, fresh)? {
        run!(tx, WRITE, seq, text)?;
    }
    Ok(())
}
