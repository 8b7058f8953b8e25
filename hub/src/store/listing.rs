//! Listings of what stands beside deliveries: one row by its number, or one page after a position.

use super::database::on;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};
use std::fmt::Write;

/// What is listed.
pub struct Listing {
    pub select: &'static str,
    /// The column of the delivery's number, which gives the order.
    pub by: &'static str,
}

/// A row that either engine can give.
pub trait Readable: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Readable for T {}

impl Listing {
    pub async fn one<R: Readable>(&self, store: &Store, id: DeliveryId) -> Result<Option<R>, StoreError> {
        let text = AssertSqlSafe(format!("{} WHERE {} = $1", self.select, self.by));
        Ok(on!(&store.db, pool => sqlx::query_as(text).bind(id.0).fetch_optional(pool).await)?)
    }

    /// Rows after a position, oldest first, for which a condition holds and each column has the text asked for, if any is.
    pub async fn page<R: Readable>(
        &self,
        store: &Store,
        condition: &str,
        wanted: &[(&str, Option<&str>)],
        after: DeliveryId,
        limit: usize,
    ) -> Result<Vec<R>, StoreError> {
        let wanted: Vec<(&str, &str)> = wanted.iter().filter_map(|(column, text)| Some((*column, (*text)?))).collect();
        let mut text = format!("{} WHERE {} > $1 AND {condition}", self.select, self.by);
        for (place, (column, _)) in (3..).zip(&wanted) {
            let _ = write!(text, " AND {column} = ${place}");
        }
        let _ = write!(text, " ORDER BY {} LIMIT $2", self.by);
        let text = AssertSqlSafe(text);
        Ok(on!(&store.db, pool => {
            let query = sqlx::query_as(text).bind(after.0).bind(limit as i64);
            wanted.iter().fold(query, |query, (_, text)| query.bind(*text)).fetch_all(pool).await
        })?)
    }
}
