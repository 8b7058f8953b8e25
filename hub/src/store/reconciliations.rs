//! What came of comparing a source's own list with what the hub holds of it, the last time.

use super::database::{on, within};
use super::{Store, StoreError};

/// The outcome of one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    pub source: String,
    pub at_us: i64,
    /// Records that the hub held, and that the list held.
    pub ours: i64,
    pub theirs: i64,
    pub differ: i64,
    /// Deliveries that were made to put right what differed.
    pub healed: i64,
}

impl Store {
    /// Keeps an outcome in the place of the one before.
    pub async fn note_reconciliation(&self, done: &Reconciled) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO reconciliation (source, at_us, ours, theirs, differ, healed) \
                            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source) DO UPDATE SET at_us = excluded.at_us, \
                            ours = excluded.ours, theirs = excluded.theirs, differ = excluded.differ, \
                            healed = excluded.healed";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(done.source.as_str()).bind(done.at_us).bind(done.ours).bind(done.theirs).bind(done.differ)
            .bind(done.healed).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// The last outcome of each source that was ever compared.
    pub async fn reconciliations(&self) -> Result<Vec<Reconciled>, StoreError> {
        const TEXT: &str = "SELECT source, at_us, ours, theirs, differ, healed FROM reconciliation ORDER BY source";
        let rows: Vec<(String, i64, i64, i64, i64, i64)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?;
        let row =
            |(source, at_us, ours, theirs, differ, healed)| Reconciled { source, at_us, ours, theirs, differ, healed };
        Ok(rows.into_iter().map(row).collect())
    }
}
