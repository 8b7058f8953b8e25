//! Copies a whole store, table by table and in one snapshot, into an empty one on either engine.
//!
//! A backup is a SQLite file filled this way, so that a backup of PostgreSQL opens on a laptop.

mod tables;

use self::tables::{Kind, LOG, TABLES, Table};
use super::bulk::{Column, Rows, insert};
use super::database::{Tx, within};
use super::{Store, StoreError};
use sqlx::{AssertSqlSafe, Row};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;

/// Rows that one transaction of a copy writes.
const CHUNK_ROWS: usize = 8192;

/// What a copy moved, and how long the target took to insert it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copied {
    pub rows: u64,
    pub inserting: Duration,
}

/// Takes one value of a row of either engine into a column.
macro_rules! push {
    ($column:expr, $row:expr, $place:expr) => {
        match $column {
            Column::Int(v) => v.push($row.try_get($place)?),
            Column::OptInt(v) => v.push($row.try_get($place)?),
            Column::Small(v) => v.push($row.try_get($place)?),
            Column::Real(v) => v.push($row.try_get($place)?),
            Column::Bool(v) => v.push($row.try_get($place)?),
            Column::Text(v) => v.push($row.try_get($place)?),
            Column::OptText(v) => v.push($row.try_get($place)?),
            Column::Bytes(v) => v.push($row.try_get($place)?),
            Column::Uuid(v) => v.push($row.try_get($place)?),
            Column::OptUuid(v) => v.push($row.try_get($place)?),
        }
    };
}

impl Store {
    /// Copies everything into an empty store, whose subscribers are paused: the original may go on serving them.
    pub async fn copy_into(&self, target: &Store, step: impl FnMut(u64)) -> Result<Copied, StoreError> {
        let copied = self.copy(target, TABLES.iter(), step).await?;
        target.pause_copied(jiff::Timestamp::now().as_microsecond()).await?;
        Ok(copied)
    }

    /// Copies deliveries, decisions, and what was unreadable from the start: all that a replay needs.
    pub async fn copy_log_into(&self, target: &Store, step: impl FnMut(u64)) -> Result<Copied, StoreError> {
        self.copy(target, TABLES.iter().filter(|table| LOG.contains(&table.name)), step).await
    }

    async fn copy(
        &self,
        target: &Store,
        tables: impl Iterator<Item = &'static Table>,
        mut step: impl FnMut(u64),
    ) -> Result<Copied, StoreError> {
        if target.progress().await?.1.0 > 0 {
            return Err(StoreError::NotEmpty);
        }
        let mut snapshot = self.snapshot().await?;
        let mut copied = Copied::default();
        for table in tables {
            copy_table(&mut snapshot, table, target, &mut copied, &mut step).await?;
        }
        Ok(copied)
    }

    /// A transaction that sees one state of the database throughout.
    async fn snapshot(&self) -> Result<Tx, StoreError> {
        use super::database::Database;
        Ok(match &self.db {
            Database::Sqlite(pool) => Tx::Sqlite(pool.begin().await?),
            Database::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }
}

async fn copy_table(
    snapshot: &mut Tx,
    table: &'static Table,
    target: &Store,
    copied: &mut Copied,
    step: &mut impl FnMut(u64),
) -> Result<(), StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let text = AssertSqlSafe(format!("SELECT {} FROM {} ORDER BY {}", names.join(", "), table.name, names[0]));
    within!(snapshot, conn => {
        let mut rows = sqlx::query(text).fetch(conn);
        loop {
            let mut chunk = empty(table);
            let mut count = 0;
            while count < CHUNK_ROWS {
                let Some(row) = rows.next().await else { break };
                let row = row?;
                for (place, (_, column)) in chunk.columns.iter_mut().enumerate() {
                    push!(column, row, place);
                }
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
            copied.rows += count as u64;
            copied.inserting += write(target, &chunk).await?;
            step(copied.rows);
        }
    })
}

async fn write(target: &Store, chunk: &Rows) -> Result<Duration, StoreError> {
    let started = Instant::now();
    let mut write = target.begin().await?;
    insert(&mut write.tx, chunk).await?;
    write.commit().await?;
    Ok(started.elapsed())
}

fn empty(table: &'static Table) -> Rows {
    let column = |kind: Kind| match kind {
        Kind::Int => Column::Int(vec![]),
        Kind::OptInt => Column::OptInt(vec![]),
        Kind::Small => Column::Small(vec![]),
        Kind::Real => Column::Real(vec![]),
        Kind::Bool => Column::Bool(vec![]),
        Kind::Text => Column::Text(vec![]),
        Kind::OptText => Column::OptText(vec![]),
        Kind::Bytes => Column::Bytes(vec![]),
        Kind::Uuid => Column::Uuid(vec![]),
        Kind::OptUuid => Column::OptUuid(vec![]),
    };
    let columns = table.columns.iter().map(|(name, kind)| (*name, column(*kind))).collect();
    Rows { table: table.name, columns, conflict: "" }
}
