//! Steward commands on their way to the one process that resolves.

use super::database::{on, within};
use super::locks::Lock;
use super::{Store, StoreError};

/// A command that waits for its turn.
pub struct Waiting {
    pub id: i64,
    pub request: String,
}

impl Store {
    /// Queues a command durably and returns its id.
    pub async fn queue_command(&self, request: &str) -> Result<i64, StoreError> {
        let mut write = self.begin().await?;
        Lock::Commands.within(&mut write.tx).await?;
        const TEXT: &str = "INSERT INTO command (id, request) \
                            VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM command), $1) RETURNING id";
        let id = within!(&mut write.tx, conn => sqlx::query_scalar(TEXT).bind(request).fetch_one(conn).await)?;
        write.commit().await?;
        Ok(id)
    }

    /// The oldest command without an outcome.
    pub async fn next_command(&self) -> Result<Option<Waiting>, StoreError> {
        const TEXT: &str = "SELECT id, request FROM command WHERE outcome IS NULL ORDER BY id LIMIT 1";
        let row: Option<(i64, String)> = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_optional(pool).await)?;
        Ok(row.map(|(id, request)| Waiting { id, request }))
    }

    /// What came of a command; nothing while it waits.
    pub async fn command_outcome(&self, id: i64) -> Result<Option<String>, StoreError> {
        const TEXT: &str = "SELECT outcome FROM command WHERE id = $1";
        let row: Option<Option<String>> =
            on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(id).fetch_optional(pool).await)?;
        Ok(row.flatten())
    }
}
