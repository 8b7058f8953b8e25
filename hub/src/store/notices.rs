//! What webhooks told that is no customer's state.

use super::bulk::{Column, Rows};
use super::database::on;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use crate::domain::plan::NoticeWrite;
use sqlx::Row;

/// A notice with the payload that it came in.
#[derive(Clone, Debug)]
pub struct StoredNotice {
    pub delivery: DeliveryId,
    pub source: String,
    pub topic: String,
    pub purpose: String,
    pub source_key: Option<String>,
    pub at_us: i64,
    pub payload: Vec<u8>,
}

macro_rules! notice {
    () => {
        |row| {
            Ok(StoredNotice {
                delivery: DeliveryId(row.try_get(0)?),
                source: row.try_get(1)?,
                topic: row.try_get(2)?,
                purpose: row.try_get(3)?,
                source_key: row.try_get(4)?,
                at_us: row.try_get(5)?,
                payload: row.try_get(6)?,
            })
        }
    };
}

const COLUMNS: &str = "SELECT n.delivery, n.source, n.topic, n.purpose, n.source_key, n.at_us, d.payload \
                       FROM notice n JOIN delivery d ON d.id = n.delivery";

impl Store {
    /// Notices after a position, oldest first; of one source and for one purpose, or of all.
    pub async fn notices_after(
        &self,
        after: DeliveryId,
        source: Option<&str>,
        purpose: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredNotice>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE n.delivery > $1 AND ($2 = '' OR n.source = $2) AND ($3 = '' OR n.purpose = $3) \
             ORDER BY n.delivery LIMIT $4"
        ));
        on!(&self.db, pool => {
            let query = sqlx::query(text).bind(after.0).bind(source.unwrap_or_default());
            let query = query.bind(purpose.unwrap_or_default()).bind(limit as i64);
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(notice!()).collect()
        })
    }

    pub async fn notice(&self, delivery: DeliveryId) -> Result<Option<StoredNotice>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE n.delivery = $1"));
        on!(&self.db, pool => {
            let row = sqlx::query(text).bind(delivery.0).fetch_optional(pool).await?;
            row.iter().map(notice!()).next().transpose()
        })
    }
}

pub(super) fn rows(writes: Vec<NoticeWrite>, at_us: i64) -> Rows {
    Rows {
        table: "notice",
        columns: vec![
            ("delivery", Column::Int(writes.iter().map(|w| w.delivery.0).collect())),
            ("purpose", Column::Text(writes.iter().map(|w| w.purpose.to_owned()).collect())),
            ("at_us", Column::Int(vec![at_us; writes.len()])),
            ("source", Column::Text(writes.iter().map(|w| w.source.clone()).collect())),
            ("topic", Column::Text(writes.iter().map(|w| w.topic.clone()).collect())),
            ("source_key", Column::OptText(writes.into_iter().map(|w| w.source_key).collect())),
        ],
        conflict: "",
    }
}
