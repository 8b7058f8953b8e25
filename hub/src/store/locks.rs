//! The numbers under which PostgreSQL keeps apart what must not happen twice at once. SQLite has one writer as it is.

use super::StoreError;
use super::database::Tx;

/// Each lock with its number. Old and new programs must agree on them during an upgrade, so a number is never changed
/// and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum Lock {
    /// Creates or upgrades the schema.
    Schema = 4850,
    /// Draws the ids of deliveries.
    Deliveries = 4851,
    /// Resolves; held as long as the process does.
    Resolving = 4852,
    /// Draws the ids of commands.
    Commands = 4853,
    /// Draws the numbers of policies.
    Policies = 4854,
    /// Calls the subscribers; held as long as the process does.
    Delivering = 4860,
    /// Reads other systems; held as long as the process does.
    Polling = 4861,
    /// Draws the ids of operator events.
    OperatorEvents = 4863,
    /// Draws the numbers of ledger entries.
    Ledger = 4864,
    /// Makes one chain of what several nodes write down.
    Audit = 4865,
    /// Fetches from streams and folders; held as long as the process does.
    Collecting = 4862,
}

impl Lock {
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Waits until no other transaction holds the lock, and holds it until this one ends.
    pub async fn within(self, tx: &mut Tx) -> Result<(), StoreError> {
        if let Tx::Postgres(tx) = tx {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(self.number()).execute(&mut **tx).await?;
        }
        Ok(())
    }
}
