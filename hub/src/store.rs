//! Everything durable. SQL stands here and nowhere else; one text serves both databases wherever they agree.

pub mod accounts;
pub mod apply;
pub mod audit;
pub mod backup;
mod bulk;
pub mod commands;
pub mod consents;
mod database;
pub mod dead_letters;
pub mod decisions;
pub mod erasure;
pub mod events;
pub mod files;
pub mod idempotency;
pub mod inbox;
pub mod keys;
pub mod layouts;
pub mod leader;
pub mod ledger;
mod listing;
pub mod load;
mod locks;
pub mod notices;
pub mod operator_events;
pub mod policies;
pub mod polls;
pub mod privacy;
pub mod profiles;
pub mod reconciliations;
pub mod reviews;
pub mod saved_views;
pub mod scan;
pub mod scratch;
pub mod subscribers;
mod tail;
pub mod tally;
pub mod tombstones;
pub mod write_back;

use self::database::{Database, Tx};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

use self::database::on;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: Database,
    /// SQLite has one writer at a time; waiting here is cheaper and fairer than its busy loop.
    writer: Arc<Mutex<()>>,
    tail: Arc<tail::Tail>,
}

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not answer as expected")]
    Database(#[source] sqlx::Error),
    #[error("the database has no room left; free disk space, then repeat: what was acknowledged is safe")]
    Full(#[source] sqlx::Error),
    #[error("the database URL has to start with sqlite: or postgres://")]
    UnknownEngine,
    #[error("the database's schema is at version {found}, this program needs {needed}; run `hub migrate`")]
    SchemaBehind { found: i64, needed: i64 },
    #[error("the database's schema is at version {found}, newer than this program's {needed}; run a newer hub")]
    SchemaAhead { found: i64, needed: i64 },
    #[error("another process has taken over the pipeline")]
    Fenced,
    #[error("another process runs the pipeline on this database")]
    LeaderElsewhere,
    #[error("another process reads the same file of the source")]
    FileElsewhere,
    #[error("a stored {what} cannot be read back")]
    Corrupt { what: &'static str },
    #[error(
        "policy {policy} is in force, but this program cannot work by it: {reason}. Put another one into force with \
         `hub policy activate --shipped-model --reason ...`"
    )]
    Misfit { policy: i32, reason: String },
    #[error("policy {policy} is still being carried through; wait until `hub policy list` says settled")]
    Renewing { policy: i32 },
    #[error("no policy is in force yet; the first `hub serve` or `hub import` brings one")]
    NoPolicy,
    #[error("the file {} cannot be used", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the pipeline cannot write what it resolved; the log says why. Everything read so far is safe: repeat later"
    )]
    Stuck,
    #[error("what was asked for could not be written down in the audit chain, and was not done")]
    NotAudited,
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    #[error("the target database already holds data; use an empty one")]
    NotEmpty,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        // SQLITE_FULL, SQLITE_IOERR_WRITE, and PostgreSQL's disk_full.
        const NO_ROOM: [&str; 3] = ["13", "778", "53100"];
        let code = error.as_database_error().and_then(|e| e.code());
        match code.is_some_and(|code| NO_ROOM.contains(&code.as_ref())) {
            true => StoreError::Full(error),
            false => StoreError::Database(error),
        }
    }
}

impl StoreError {
    /// What the database said, fit for a log: the message alone, because its detail can quote a row.
    pub fn cause(&self) -> Option<String> {
        std::error::Error::source(self).map(ToString::to_string)
    }

    /// Whether somebody else has stored the same key meanwhile.
    pub fn is_conflict(&self) -> bool {
        match self {
            StoreError::Database(sqlx::Error::Database(error)) => error.is_unique_violation(),
            _ => false,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Full(_) | StoreError::NotAudited => true,
            StoreError::Database(e) => !matches!(e, sqlx::Error::Configuration(_) | sqlx::Error::ColumnDecode { .. }),
            _ => false,
        }
    }
}

impl Store {
    /// Opens the database and checks that its schema is this program's.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let store = Store::connect(url).await?;
        store.db.check_schema().await?;
        Ok(store)
    }

    /// Opens the database, creating or upgrading its schema; returns the names of the migrations that ran.
    pub async fn migrate(url: &str) -> Result<(Store, Vec<&'static str>), StoreError> {
        let store = Store::connect(url).await?;
        let ran = store.db.migrate().await?;
        store.group_older_dead_letters().await?;
        Ok((store, ran))
    }

    /// A second handle that sees the database as it is at its first question, and cannot write.
    pub async fn frozen(&self) -> Result<Store, StoreError> {
        Ok(Store { db: self.db.frozen().await?, writer: Arc::default(), tail: Arc::default() })
    }

    async fn connect(url: &str) -> Result<Store, StoreError> {
        Ok(Store { db: Database::connect(url).await?, writer: Arc::default(), tail: Arc::default() })
    }

    pub fn engine(&self) -> Engine {
        match self.db {
            Database::Sqlite(_) => Engine::Sqlite,
            Database::Postgres(_) => Engine::Postgres,
        }
    }

    /// Answers whether the database can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on!(&self.db, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    pub async fn close(&self) {
        on!(&self.db, pool => pool.close().await);
    }

    /// Begins a write; on SQLite the guard keeps this process's other writers waiting.
    async fn begin(&self) -> Result<Write<'_>, StoreError> {
        let guard = match self.db {
            Database::Sqlite(_) => Some(self.writer.lock().await),
            Database::Postgres(_) => None,
        };
        Ok(Write { tx: self.db.begin().await?, _guard: guard })
    }
}

/// A write transaction.
struct Write<'s> {
    tx: Tx,
    _guard: Option<tokio::sync::MutexGuard<'s, ()>>,
}

impl Write<'_> {
    async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}
