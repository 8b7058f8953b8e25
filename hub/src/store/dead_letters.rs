//! Deliveries that could not be processed, until somebody puts them right.

use super::database::on;
use super::inbox::Shape;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use sqlx::Row;

/// A dead letter with the payload that caused it.
#[derive(Clone, Debug)]
pub struct StoredDeadLetter {
    pub delivery: DeliveryId,
    pub source: String,
    pub step: String,
    pub reason: String,
    pub at_us: i64,
    pub shape: Shape,
    pub payload: Vec<u8>,
    pub repaired_by: Option<DeliveryId>,
}

macro_rules! letter {
    () => {
        |row| {
            Ok(StoredDeadLetter {
                delivery: DeliveryId(row.try_get(0)?),
                source: row.try_get(1)?,
                step: row.try_get(2)?,
                reason: row.try_get(3)?,
                at_us: row.try_get(4)?,
                repaired_by: row.try_get::<Option<i64>, _>(5)?.map(DeliveryId),
                shape: Shape::parse(row.try_get(6)?, row.try_get(8)?),
                payload: row.try_get(7)?,
            })
        }
    };
}

const COLUMNS: &str = "SELECT l.delivery, l.source, l.step, l.reason, l.at_us, l.repaired_by, d.shape, d.payload, d.topic \
                       FROM dead_letter l JOIN delivery d ON d.id = l.delivery";

impl Store {
    /// Dead letters after a position that nobody has put right, oldest first; of one source or of all.
    pub async fn dead_letters_after(
        &self,
        after: DeliveryId,
        source: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let text = format!(
            "{COLUMNS} WHERE l.delivery > $1 AND l.repaired_by IS NULL AND ($2 = '' OR l.source = $2) \
             ORDER BY l.delivery LIMIT $3"
        );
        let text = sqlx::AssertSqlSafe(text);
        on!(&self.db, pool => {
            let query = sqlx::query(text).bind(after.0).bind(source.unwrap_or_default()).bind(limit as i64);
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(letter!()).collect()
        })
    }

    pub async fn dead_letter(&self, delivery: DeliveryId) -> Result<Option<StoredDeadLetter>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE l.delivery = $1"));
        on!(&self.db, pool => {
            let row = sqlx::query(text).bind(delivery.0).fetch_optional(pool).await?;
            row.iter().map(letter!()).next().transpose()
        })
    }

    /// How many dead letters wait for repair.
    pub async fn dead_letter_count(&self) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM dead_letter WHERE repaired_by IS NULL";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).fetch_one(pool).await)?)
    }
}
