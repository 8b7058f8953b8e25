//! What webhooks told that is no customer's state.

use super::bulk::{Column, Rows};
use super::listing::Listing;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use crate::domain::plan::NoticeWrite;

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

const NOTICES: Listing = Listing {
    select: "SELECT n.delivery, n.source, n.topic, n.purpose, n.source_key, n.at_us, d.payload \
             FROM notice n JOIN delivery d ON d.id = n.delivery",
    by: "n.delivery",
};

type Row = (i64, String, String, String, Option<String>, i64, Vec<u8>);

impl Store {
    /// Notices after a position, oldest first; of one source and for one purpose, or of all.
    pub async fn notices_after(
        &self,
        after: DeliveryId,
        source: Option<&str>,
        purpose: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredNotice>, StoreError> {
        let wanted = [("n.source", source), ("n.purpose", purpose)];
        let rows: Vec<Row> = NOTICES.page(self, "TRUE", &wanted, after, limit).await?;
        Ok(rows.into_iter().map(StoredNotice::from).collect())
    }

    pub async fn notice(&self, delivery: DeliveryId) -> Result<Option<StoredNotice>, StoreError> {
        Ok(NOTICES.one::<Row>(self, delivery).await?.map(StoredNotice::from))
    }
}

impl From<Row> for StoredNotice {
    fn from((delivery, source, topic, purpose, source_key, at_us, payload): Row) -> StoredNotice {
        StoredNotice { delivery: DeliveryId(delivery), source, topic, purpose, source_key, at_us, payload }
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
