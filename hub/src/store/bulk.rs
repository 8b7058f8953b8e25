//! Many rows in few statements: arrays through `unnest` on PostgreSQL, multi-row values on SQLite.

use super::StoreError;
use super::database::Tx;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite};
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

/// The values of one column, row by row.
pub enum Column {
    Int(Vec<i64>),
    OptInt(Vec<Option<i64>>),
    Small(Vec<i32>),
    Real(Vec<f32>),
    Bool(Vec<bool>),
    Text(Vec<String>),
    OptText(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
    Uuid(Vec<Uuid>),
    OptUuid(Vec<Option<Uuid>>),
}

/// Rows for one table.
pub struct Rows {
    pub table: &'static str,
    pub columns: Vec<(&'static str, Column)>,
    /// What follows the values: empty, or an `ON CONFLICT` clause.
    pub conflict: &'static str,
}

/// Rows of one SQLite statement; few sizes, so that each is prepared once.
const SQLITE_SIZES: [usize; 4] = [256, 32, 4, 1];

/// Inserts rows in the order given.
pub async fn insert(tx: &mut Tx, rows: &Rows) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Postgres(tx) => {
            let text = postgres_text(rows);
            let query = sqlx::query(AssertSqlSafe(text));
            let query = rows.columns.iter().fold(query, |query, (_, column)| column.bind_array(query));
            query.execute(&mut **tx).await?;
        }
        Tx::Sqlite(tx) => {
            let mut start = 0;
            for size in SQLITE_SIZES {
                let text: Arc<str> = sqlite_text(rows, size).into();
                while rows.len() - start >= size {
                    let mut query = sqlx::query(AssertSqlSafe(text.clone()));
                    for row in start..start + size {
                        for (_, column) in &rows.columns {
                            query = column.bind_value(query, row);
                        }
                    }
                    query.execute(&mut **tx).await?;
                    start += size;
                }
            }
        }
    }
    Ok(())
}

/// Deletes the rows whose `a` and `b` are one of the pairs.
pub async fn delete_pairs(tx: &mut Tx, table: &'static str, pairs: &[(i64, i64)]) -> Result<(), StoreError> {
    if pairs.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Postgres(tx) => {
            let (a, b): (Vec<i64>, Vec<i64>) = pairs.iter().copied().unzip();
            let text = format!(
                "DELETE FROM {table} USING unnest($1::int8[], $2::int8[]) AS d(a, b) WHERE {table}.a = d.a AND {table}.b = d.b"
            );
            sqlx::query(AssertSqlSafe(text)).bind(a).bind(b).execute(&mut **tx).await?;
        }
        Tx::Sqlite(tx) => {
            let text =
                format!("DELETE FROM {table} WHERE (b, a) IN (SELECT value ->> 1, value ->> 0 FROM json_each($1))");
            let pairs = serde_json::to_string(pairs).unwrap_or_default();
            sqlx::query(AssertSqlSafe(text)).bind(pairs).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

fn postgres_text(rows: &Rows) -> String {
    let names: Vec<&str> = rows.columns.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<String> = rows
        .columns
        .iter()
        .enumerate()
        .map(|(i, (_, column))| format!("${}::{}[]", i + 1, column.postgres_type()))
        .collect();
    format!(
        "INSERT INTO {} ({}) SELECT * FROM unnest({}) {}",
        rows.table,
        names.join(", "),
        arrays.join(", "),
        rows.conflict
    )
}

fn sqlite_text(rows: &Rows, size: usize) -> String {
    let names: Vec<&str> = rows.columns.iter().map(|(name, _)| *name).collect();
    let one = format!("({})", vec!["?"; names.len()].join(", "));
    let mut text = format!("INSERT INTO {} ({}) VALUES {one}", rows.table, names.join(", "));
    for _ in 1..size {
        text.push_str(", ");
        text.push_str(&one);
    }
    // The grammar needs a WHERE-free VALUES before ON CONFLICT, which this is.
    let _ = write!(text, " {}", rows.conflict);
    text
}

impl Rows {
    fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Column::Int(v) => v.len(),
            Column::OptInt(v) => v.len(),
            Column::Small(v) => v.len(),
            Column::Real(v) => v.len(),
            Column::Bool(v) => v.len(),
            Column::Text(v) => v.len(),
            Column::OptText(v) => v.len(),
            Column::Bytes(v) => v.len(),
            Column::Uuid(v) => v.len(),
            Column::OptUuid(v) => v.len(),
        }
    }

    fn postgres_type(&self) -> &'static str {
        match self {
            Column::Int(_) | Column::OptInt(_) => "int8",
            Column::Small(_) => "int4",
            Column::Real(_) => "float4",
            Column::Bool(_) => "bool",
            Column::Text(_) | Column::OptText(_) => "text",
            Column::Bytes(_) => "bytea",
            Column::Uuid(_) | Column::OptUuid(_) => "uuid",
        }
    }

    fn bind_array<'q>(&'q self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        match self {
            Column::Int(v) => query.bind(v),
            Column::OptInt(v) => query.bind(v),
            Column::Small(v) => query.bind(v),
            Column::Real(v) => query.bind(v),
            Column::Bool(v) => query.bind(v),
            Column::Text(v) => query.bind(v),
            Column::OptText(v) => query.bind(v),
            Column::Bytes(v) => query.bind(v),
            Column::Uuid(v) => query.bind(v),
            Column::OptUuid(v) => query.bind(v),
        }
    }

    fn bind_value<'q>(
        &'q self,
        query: Query<'q, Sqlite, SqliteArguments>,
        row: usize,
    ) -> Query<'q, Sqlite, SqliteArguments> {
        match self {
            Column::Int(v) => query.bind(v[row]),
            Column::OptInt(v) => query.bind(v[row]),
            Column::Small(v) => query.bind(v[row]),
            Column::Real(v) => query.bind(v[row]),
            Column::Bool(v) => query.bind(v[row]),
            Column::Text(v) => query.bind(v[row].as_str()),
            Column::OptText(v) => query.bind(v[row].as_deref()),
            Column::Bytes(v) => query.bind(v[row].as_slice()),
            Column::Uuid(v) => query.bind(v[row]),
            Column::OptUuid(v) => query.bind(v[row]),
        }
    }
}
