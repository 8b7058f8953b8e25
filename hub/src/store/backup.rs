//! Copies a whole store, table by table and in one snapshot, into an empty one on either engine.
//!
//! A backup is a SQLite file filled this way, so that a backup of PostgreSQL opens on a laptop.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, within};
use super::{Store, StoreError};
use sqlx::{AssertSqlSafe, Row};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;

/// The type of a column, for tables that are copied.
#[derive(Clone, Copy)]
enum Kind {
    Int,
    OptInt,
    Small,
    Real,
    Bool,
    Text,
    OptText,
    Bytes,
    Uuid,
    OptUuid,
}

/// A table with its columns; the first one gives the order of copying.
struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
}

/// Rows that one transaction of a copy writes.
const CHUNK_ROWS: usize = 8192;

const TABLES: &[Table] = &[
    Table {
        name: "delivery",
        columns: &[
            ("id", Kind::Int),
            ("source", Kind::Text),
            ("shape", Kind::Text),
            ("received_us", Kind::Int),
            ("repairs", Kind::OptInt),
            ("payload", Kind::Bytes),
            ("topic", Kind::OptText),
        ],
    },
    Table { name: "checkpoint", columns: &[("name", Kind::Text), ("position", Kind::Int)] },
    Table {
        name: "source_record",
        columns: &[
            ("record", Kind::Int),
            ("delivery", Kind::Int),
            ("version", Kind::Int),
            ("updated_us", Kind::Int),
            ("content_hash", Kind::Int),
            ("deleted", Kind::Bool),
            ("customer", Kind::Text),
        ],
    },
    Table {
        name: "crosswalk",
        columns: &[
            ("record", Kind::Int),
            ("source", Kind::Text),
            ("source_key", Kind::Text),
            ("anchor", Kind::Uuid),
            ("golden", Kind::OptUuid),
        ],
    },
    Table {
        name: "edge",
        columns: &[("b", Kind::Int), ("a", Kind::Int), ("weight", Kind::Real), ("policy", Kind::Small)],
    },
    Table {
        name: "golden",
        columns: &[
            ("id", Kind::Uuid),
            ("version", Kind::Small),
            ("owner", Kind::Int),
            ("state", Kind::Text),
            ("into_id", Kind::OptUuid),
            ("event", Kind::Int),
        ],
    },
    Table {
        name: "change_event",
        columns: &[
            ("seq", Kind::Int),
            ("golden", Kind::Uuid),
            ("version", Kind::Small),
            ("kind", Kind::Text),
            ("at_us", Kind::Int),
            ("body", Kind::Text),
            ("lineage", Kind::Text),
            ("policy", Kind::Small),
            ("cause", Kind::OptText),
        ],
    },
    Table {
        name: "decision",
        columns: &[
            ("id", Kind::Uuid),
            ("verdict", Kind::Text),
            ("by_whom", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("revoked_by", Kind::OptText),
            ("revoked_us", Kind::OptInt),
            ("policy", Kind::Small),
        ],
    },
    Table { name: "command", columns: &[("id", Kind::Int), ("request", Kind::Text), ("outcome", Kind::OptText)] },
    Table {
        name: "review",
        columns: &[
            ("b", Kind::Int),
            ("a", Kind::Int),
            ("weight", Kind::Real),
            ("reason", Kind::Text),
            ("opened_us", Kind::Int),
            ("policy", Kind::Small),
        ],
    },
    Table { name: "matching_model", columns: PART },
    Table { name: "rule_set", columns: PART },
    Table {
        name: "policy",
        columns: &[
            ("id", Kind::Int),
            ("model", Kind::Int),
            ("rules", Kind::Int),
            ("by_whom", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("stage", Kind::Text),
            ("weighs", Kind::Bool),
            ("position", Kind::Int),
            ("total", Kind::Int),
            ("in_force_us", Kind::OptInt),
            ("settled_us", Kind::OptInt),
        ],
    },
    Table {
        name: "dead_letter",
        columns: &[
            ("delivery", Kind::Int),
            ("source", Kind::Text),
            ("step", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("repaired_by", Kind::OptInt),
            ("fingerprint", Kind::Text),
        ],
    },
    Table {
        name: "notice",
        columns: &[
            ("delivery", Kind::Int),
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("purpose", Kind::Text),
            ("source_key", Kind::OptText),
            ("at_us", Kind::Int),
        ],
    },
    Table {
        name: "api_key",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("role", Kind::Text),
            ("hash", Kind::Bytes),
            ("created_us", Kind::Int),
            ("revoked_us", Kind::OptInt),
        ],
    },
    Table {
        name: "idempotency",
        columns: &[
            ("caller", Kind::Uuid),
            ("key", Kind::Text),
            ("request_hash", Kind::Int),
            ("response", Kind::Text),
            ("at_us", Kind::Int),
        ],
    },
    Table {
        name: "source_file",
        columns: &[
            ("source", Kind::Text),
            ("hash", Kind::Text),
            ("records", Kind::Int),
            ("rejected", Kind::Int),
            ("began_us", Kind::Int),
            ("ended_us", Kind::OptInt),
        ],
    },
    Table {
        name: "poll",
        columns: &[
            ("source", Kind::Text),
            ("revision", Kind::Int),
            ("status", Kind::Text),
            ("progress", Kind::Text),
            ("due_us", Kind::Int),
            ("held_us", Kind::Int),
            ("failures", Kind::Int),
            ("failed_us", Kind::OptInt),
            ("failure", Kind::OptText),
            ("answered_us", Kind::OptInt),
            ("finished_us", Kind::OptInt),
            ("pages", Kind::Int),
            ("records", Kind::Int),
            ("unchanged", Kind::Int),
            ("notice", Kind::Int),
        ],
    },
    Table {
        name: "poll_seen",
        columns: &[("source", Kind::Text), ("source_key", Kind::Text), ("hash", Kind::Int), ("delivery", Kind::Int)],
    },
    Table {
        name: "subscriber",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("settings", Kind::Text),
            ("created_us", Kind::Int),
            ("revision", Kind::Int),
            ("status", Kind::Text),
            ("reason", Kind::OptText),
            ("cursor", Kind::Int),
            ("circuit_failures", Kind::Int),
            ("circuit_until_us", Kind::OptInt),
            ("delivered", Kind::Int),
            ("failed", Kind::Int),
            ("delivered_us", Kind::OptInt),
        ],
    },
    Table {
        name: "subscriber_owed",
        columns: &[
            ("subscriber", Kind::Uuid),
            ("golden", Kind::Uuid),
            ("seq", Kind::Int),
            ("attempts", Kind::Int),
            ("since_us", Kind::Int),
            ("due_us", Kind::Int),
        ],
    },
    Table {
        name: "subscriber_failure",
        columns: &[
            ("subscriber", Kind::Uuid),
            ("number", Kind::Int),
            ("seq", Kind::Int),
            ("attempt", Kind::Int),
            ("at_us", Kind::Int),
            ("what", Kind::Text),
        ],
    },
    Table {
        name: "operator_event",
        columns: &[
            ("id", Kind::Int),
            ("at_us", Kind::Int),
            ("kind", Kind::Text),
            ("subject", Kind::Text),
            ("detail", Kind::Text),
        ],
    },
    // Whoever is signed in signs in again after a restore.
    Table {
        name: "account",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("role", Kind::Text),
            ("password", Kind::Text),
            ("created_us", Kind::Int),
            ("disabled_us", Kind::OptInt),
            ("failures", Kind::Int),
            ("locked_us", Kind::Int),
        ],
    },
    Table {
        name: "layout",
        columns: &[
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("records", Kind::Int),
            ("accepted", Kind::Int),
            ("changes", Kind::Int),
            ("told", Kind::Int),
            ("first_us", Kind::Int),
            ("last_us", Kind::Int),
        ],
    },
    Table {
        name: "layout_field",
        columns: &[
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("path", Kind::Text),
            ("kind", Kind::Text),
            ("records", Kind::Int),
            ("first_record", Kind::Int),
            ("last_record", Kind::Int),
            ("first_us", Kind::Int),
            ("last_us", Kind::Int),
        ],
    },
    Table {
        name: "write_back",
        columns: &[
            ("source", Kind::Text),
            ("source_key", Kind::Text),
            ("content_hash", Kind::Int),
            ("updated_us", Kind::Int),
            ("at_us", Kind::Int),
            ("delivery", Kind::Int),
            ("taken", Kind::Bool),
            ("attempts", Kind::Int),
        ],
    },
];

/// The columns of models and of rule sets.
const PART: &[(&str, Kind)] =
    &[("id", Kind::Int), ("hash", Kind::Text), ("name", Kind::Text), ("body", Kind::Text), ("added_us", Kind::Int)];

/// What the log of deliveries, decisions, policies and requests to sources consists of; everything else follows from it.
const LOG: [&str; 6] = ["delivery", "decision", "matching_model", "rule_set", "policy", "write_back"];

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
