//! What an operator has to know of, written with the change that it tells.

use super::database::{Tx, on, within};
use super::locks::Lock;
use super::{Store, StoreError};

/// Something that an operator has to know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorEvent {
    pub id: i64,
    pub at_us: i64,
    pub kind: String,
    pub subject: String,
    pub detail: String,
}

impl Store {
    /// The events after one, oldest first.
    pub async fn operator_events_after(&self, after: i64, limit: usize) -> Result<Vec<OperatorEvent>, StoreError> {
        const TEXT: &str =
            "SELECT id, at_us, kind, subject, detail FROM operator_event WHERE id > $1 ORDER BY id LIMIT $2";
        type Row = (i64, i64, String, String, String);
        let rows: Vec<Row> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await
        })?;
        let event = |(id, at_us, kind, subject, detail): Row| OperatorEvent { id, at_us, kind, subject, detail };
        Ok(rows.into_iter().map(event).collect())
    }
}

/// Adds an event within the transaction that it tells of.
pub(super) async fn add(
    tx: &mut Tx,
    kind: &'static str,
    subject: &str,
    detail: &str,
    at_us: i64,
) -> Result<(), StoreError> {
    // The lock makes the order of ids the order of commits: a reader that has seen an id has seen all before it.
    Lock::OperatorEvents.within(tx).await?;
    const TEXT: &str = "INSERT INTO operator_event (id, at_us, kind, subject, detail) \
                        SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4 FROM operator_event";
    within!(tx, conn => sqlx::query(TEXT)
        .bind(at_us).bind(kind).bind(subject).bind(detail).execute(conn).await.map(drop))?;
    Ok(())
}
