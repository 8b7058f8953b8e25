//! The two engines behind one type, so that native types survive and SQL stays plain.

use super::StoreError;
use super::locks::Lock;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Sqlite, Transaction};
use std::str::FromStr;
use std::time::Duration;

#[derive(Clone)]
pub enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same body with whichever pool it is.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::store::database::Database::Sqlite($pool) => $body,
            $crate::store::database::Database::Postgres($pool) => $body,
        }
    };
}

/// Runs the same body with whichever transaction it is.
macro_rules! within {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx {
            $crate::store::database::Tx::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::store::database::Tx::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

pub(crate) use on;
pub(super) use within;

/// Every schema change, in order; each runs once, in a transaction of its own.
const MIGRATIONS: [(&str, &str); 18] = [
    ("0001_spine", include_str!("../../../migrations/0001_spine.sql")),
    ("0002_policy", include_str!("../../../migrations/0002_policy.sql")),
    ("0003_notices", include_str!("../../../migrations/0003_notices.sql")),
    ("0004_subscribers", include_str!("../../../migrations/0004_subscribers.sql")),
    ("0005_dead_letter_groups", include_str!("../../../migrations/0005_dead_letter_groups.sql")),
    ("0006_files", include_str!("../../../migrations/0006_files.sql")),
    ("0007_poll", include_str!("../../../migrations/0007_poll.sql")),
    ("0008_write_back", include_str!("../../../migrations/0008_write_back.sql")),
    ("0009_cause", include_str!("../../../migrations/0009_cause.sql")),
    ("0010_operator_events", include_str!("../../../migrations/0010_operator_events.sql")),
    ("0011_layout", include_str!("../../../migrations/0011_layout.sql")),
    ("0012_account", include_str!("../../../migrations/0012_account.sql")),
    ("0013_stewardship", include_str!("../../../migrations/0013_stewardship.sql")),
    ("0014_consent", include_str!("../../../migrations/0014_consent.sql")),
    ("0015_loyalty", include_str!("../../../migrations/0015_loyalty.sql")),
    ("0016_privacy", include_str!("../../../migrations/0016_privacy.sql")),
    ("0017_audit", include_str!("../../../migrations/0017_audit.sql")),
    ("0018_tombstone_position", include_str!("../../../migrations/0018_tombstone_position.sql")),
];

/// Pages of 4 KiB after which SQLite's log is written back; large, because batches are.
const WAL_PAGES: &str = "16384";
/// Page cache of each SQLite connection, in KiB (negative by SQLite's convention).
const CACHE_KIB: &str = "-65536";
/// Rows that a SQLite connection's thread reads ahead of whoever fetches them; each wait is a change of threads.
const ROWS_AHEAD: usize = 1024;
const POOL_CONNECTIONS_MAX: u32 = 16;
/// How long a SQLite connection waits for another process.
pub const BUSY_WAIT: Duration = Duration::from_secs(60);

impl Database {
    pub async fn connect(url: &str) -> Result<Database, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // An acknowledged delivery survives a power cut (I1).
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_WAIT)
                .pragma("wal_autocheckpoint", WAL_PAGES)
                // What is deleted or overwritten leaves no bytes behind (I13).
                .pragma("secure_delete", "ON")
                .pragma("cache_size", CACHE_KIB)
                .row_buffer_size(ROWS_AHEAD)
                .disable_statement_logging();
            let pool = SqlitePoolOptions::new().max_connections(POOL_CONNECTIONS_MAX).connect_with(options).await?;
            Ok(Database::Sqlite(pool))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = PgPoolOptions::new()
                .max_connections(POOL_CONNECTIONS_MAX)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(PgConnectOptions::from_str(url)?.disable_statement_logging())
                .await?;
            Ok(Database::Postgres(pool))
        } else {
            Err(StoreError::UnknownEngine)
        }
    }

    /// One connection within one reading transaction that lasts as long as the pool.
    pub async fn frozen(&self) -> Result<Database, StoreError> {
        Ok(match self {
            Database::Sqlite(pool) => {
                let options = (*pool.connect_options()).clone().pragma("query_only", "ON");
                let one = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
                let one = one.after_connect(|conn, _| Box::pin(async { conn.execute("BEGIN").await.map(drop) }));
                Database::Sqlite(one.connect_with(options).await?)
            }
            Database::Postgres(pool) => {
                const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let one = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
                let one = one.after_connect(|conn, _| Box::pin(async { conn.execute(BEGIN).await.map(drop) }));
                Database::Postgres(one.connect_with((*pool.connect_options()).clone()).await?)
            }
        })
    }

    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            // A deferred transaction that turns into a write could be refused half-way.
            Database::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Database::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub async fn migrate(&self) -> Result<Vec<&'static str>, StoreError> {
        let mut tx = self.begin().await?;
        // Two nodes that start together must not both create the tables.
        Lock::Schema.within(&mut tx).await?;
        const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL PRIMARY KEY)";
        within!(&mut tx, conn => sqlx::query(LEDGER).execute(conn).await.map(drop))?;
        let done = within!(&mut tx, conn => version(conn).await)?;
        let mut ran = Vec::new();
        for (place, (name, text)) in MIGRATIONS.iter().enumerate().skip(done as usize) {
            match &mut tx {
                Tx::Sqlite(tx) => sqlx::raw_sql(*text).execute(&mut **tx).await.map(drop)?,
                Tx::Postgres(tx) => {
                    sqlx::raw_sql(AssertSqlSafe(for_postgres(text))).execute(&mut **tx).await.map(drop)?
                }
            }
            const RECORD: &str = "INSERT INTO schema_version (version) VALUES ($1)";
            let version = place as i64 + 1;
            within!(&mut tx, conn => sqlx::query(RECORD).bind(version).execute(conn).await.map(drop))?;
            ran.push(*name);
        }
        tx.commit().await?;
        Ok(ran)
    }

    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let needed = MIGRATIONS.len() as i64;
        // A database without the ledger is an empty one.
        let found = on!(self, pool => version(pool).await).unwrap_or(0);
        match found.cmp(&needed) {
            std::cmp::Ordering::Less => Err(StoreError::SchemaBehind { found, needed }),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(StoreError::SchemaAhead { found, needed }),
        }
    }
}

/// The text says `integer` and `WITHOUT ROWID`, because SQLite clusters a table by its key for those words alone.
fn for_postgres(text: &str) -> String {
    text.replace("integer NOT NULL PRIMARY KEY", "bigint NOT NULL PRIMARY KEY").replace(") WITHOUT ROWID;", ");")
}

impl Tx {
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

async fn version<'e, DB, E>(executor: E) -> Result<i64, sqlx::Error>
where
    DB: sqlx::Database,
    E: sqlx::Executor<'e, Database = DB>,
    for<'q> DB::Arguments: sqlx::IntoArguments<DB>,
    (i64,): for<'r> sqlx::FromRow<'r, DB::Row>,
{
    const NEWEST: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
    let (version,): (i64,) = sqlx::query_as(AssertSqlSafe(NEWEST)).fetch_one(executor).await?;
    Ok(version)
}
