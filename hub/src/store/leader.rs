//! One process at a time resolves; whoever takes over raises the epoch and fences its predecessor off.

use super::database::{Database, Tx, within};
use super::locks::Lock;
use super::{Store, StoreError};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::fs::{File, TryLockError};

/// The term of one leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(i64);

/// Leadership; ends when dropped, and with the process however that ends.
pub struct Leadership {
    pub epoch: Epoch,
    _hold: Hold,
}

/// What the operating system or the database server takes back when the process dies.
enum Hold {
    File {
        _lock: File,
    },
    Session {
        connection: PgConnection,
    },
    /// A database in memory has no other process.
    Alone,
}

/// The right to do what one process does for all; ends when dropped, and with the process however that ends.
pub struct Duty(Hold);

impl Duty {
    /// Whether nobody else can have taken it meanwhile.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.0 {
            Hold::Session { connection } => connection.ping().await.is_ok(),
            Hold::File { .. } | Hold::Alone => true,
        }
    }
}

impl Store {
    /// Tries to become the one that resolves.
    pub async fn lead(&self) -> Result<Leadership, StoreError> {
        let hold = self.hold("lock", Lock::Resolving).await?;
        let mut write = self.begin().await?;
        const TEXT: &str = "UPDATE leader SET epoch = epoch + 1 WHERE one = 1 RETURNING epoch";
        let epoch: i64 = within!(&mut write.tx, conn => sqlx::query_scalar(TEXT).fetch_one(conn).await)?;
        write.commit().await?;
        Ok(Leadership { epoch: Epoch(epoch), _hold: hold })
    }

    /// Tries to become the one that calls the subscribers. Whoever did so before can store nothing any more.
    pub async fn deliver(&self) -> Result<Duty, StoreError> {
        let hold = self.hold("deliver.lock", Lock::Delivering).await?;
        self.revise_subscribers().await?;
        Ok(Duty(hold))
    }

    /// Tries to become the one that fetches from streams and folders.
    pub async fn collect(&self) -> Result<Duty, StoreError> {
        Ok(Duty(self.hold("collect.lock", Lock::Collecting).await?))
    }

    /// Tries to become the one that reads other systems. Whoever did so before can store nothing any more.
    pub async fn read_systems(&self) -> Result<Duty, StoreError> {
        let hold = self.hold("poll.lock", Lock::Polling).await?;
        self.revise_polls().await?;
        Ok(Duty(hold))
    }

    async fn hold(&self, extension: &str, lock: Lock) -> Result<Hold, StoreError> {
        match &self.db {
            Database::Sqlite(pool) => lock_file(pool.connect_options().get_filename(), extension),
            Database::Postgres(pool) => {
                let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
                const TEXT: &str = "SELECT pg_try_advisory_lock($1)";
                let (got,): (bool,) = sqlx::query_as(TEXT).bind(lock.number()).fetch_one(&mut connection).await?;
                if got { Ok(Hold::Session { connection }) } else { Err(StoreError::LeaderElsewhere) }
            }
        }
    }
}

fn lock_file(database: &std::path::Path, extension: &str) -> Result<Hold, StoreError> {
    if database.as_os_str() == ":memory:" {
        return Ok(Hold::Alone);
    }
    let path = database.with_extension(extension);
    let file = |source| StoreError::File { path: path.clone(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(Hold::File { _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(StoreError::LeaderElsewhere),
        Err(TryLockError::Error(source)) => Err(file(source)),
    }
}

/// Refuses writes of a leader that has been replaced without noticing.
pub(super) async fn check_epoch(tx: &mut Tx, epoch: Epoch) -> Result<(), StoreError> {
    let current: i64 = match tx {
        Tx::Sqlite(tx) => sqlx::query_scalar("SELECT epoch FROM leader WHERE one = 1").fetch_one(&mut **tx).await?,
        // The share lock keeps a successor from raising the epoch until this batch is committed.
        Tx::Postgres(tx) => {
            sqlx::query_scalar("SELECT epoch FROM leader WHERE one = 1 FOR SHARE").fetch_one(&mut **tx).await?
        }
    };
    if current == epoch.0 { Ok(()) } else { Err(StoreError::Fenced) }
}
