//! Deliveries as received: appended, never changed, read in the order in which they became durable.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, on, within};
use super::dead_letters;
use super::idempotency::{self, Remembered};
use super::locks::Lock;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use crate::domain::plan::DeadLetter;
use sqlx::Row;

/// How a payload is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By the source's manifest.
    Manifest,
    /// As the canonical customer.
    Canonical,
    /// As a webhook's notice, by what the manifest says of its topic.
    Notice { topic: String },
    /// As statements of consent on records of any source.
    Consents,
    /// Not at all: it was a dead letter from the start.
    Unreadable,
    /// Nothing any more: its person was forgotten.
    Erased,
}

/// A delivery that is not durable yet.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub source: String,
    pub shape: Shape,
    pub payload: Vec<u8>,
    /// The dead letter that this delivery repairs.
    pub repairs: Option<DeliveryId>,
    /// Set for unreadable ones: the step that gave up, and why.
    pub rejected: Option<(&'static str, String)>,
}

/// A durable delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    pub source: String,
    pub shape: Shape,
    pub received_us: i64,
    pub repairs: Option<DeliveryId>,
    pub payload: Vec<u8>,
}

/// Reads a delivery from a row of either engine.
macro_rules! delivery {
    () => {
        |row| {
            Ok(Delivery {
                id: DeliveryId(row.try_get(0)?),
                source: row.try_get(1)?,
                shape: Shape::parse(row.try_get(2)?, row.try_get(6)?),
                received_us: row.try_get(3)?,
                repairs: row.try_get::<Option<i64>, _>(4)?.map(DeliveryId),
                payload: row.try_get(5)?,
            })
        }
    };
}
pub(super) use delivery;

/// Deliveries of a transaction that is not committed yet.
pub(super) struct Appended {
    pub(super) first: DeliveryId,
    tail: Vec<Delivery>,
}

impl Store {
    /// Makes deliveries durable, all or none, and returns the id of the first; the others follow it. Each is received a
    /// microsecond after the one before, whatever the clock says: what has no version of its own goes by that order.
    pub async fn append(
        &self,
        deliveries: Vec<NewDelivery>,
        received_us: i64,
        remember: Vec<Remembered>,
    ) -> Result<DeliveryId, StoreError> {
        let mut write = self.begin().await?;
        let appended = self.append_in(&mut write.tx, deliveries, received_us).await?;
        idempotency::remember(&mut write.tx, remember, appended.first.0, received_us).await?;
        write.commit().await?;
        Ok(self.keep(appended))
    }

    /// The same within a transaction that makes something else durable as well; when that is committed, it is kept.
    pub(super) async fn append_in(
        &self,
        tx: &mut Tx,
        deliveries: Vec<NewDelivery>,
        received_us: i64,
    ) -> Result<Appended, StoreError> {
        // The lock makes the order of ids the order of commits: a reader that has seen an id has seen all before it.
        Lock::Deliveries.within(tx).await?;
        const LAST: &str = "SELECT id, received_us FROM delivery ORDER BY id DESC LIMIT 1";
        let last: Option<(i64, i64)> = within!(&mut *tx, conn => sqlx::query_as(LAST).fetch_optional(conn).await)?;
        let (last, last_us) = last.unwrap_or((0, i64::MIN));
        let (first, received_us) = (last + 1, received_us.max(last_us.saturating_add(1)));
        let tail = self.for_the_tail(&deliveries, first, received_us);
        let (rows, letters) = columns(deliveries, first, received_us);
        insert(tx, &rows).await?;
        insert(tx, &letters).await?;
        Ok(Appended { first: DeliveryId(first), tail })
    }

    /// Hands deliveries that are committed to this process's own pipeline; returns the id of the first.
    pub(super) fn keep(&self, appended: Appended) -> DeliveryId {
        self.tail.keep(appended.tail);
        appended.first
    }

    /// A copy of the deliveries, if this process's pipeline will want them soon.
    fn for_the_tail(&self, deliveries: &[NewDelivery], first: i64, received_us: i64) -> Vec<Delivery> {
        let bytes = deliveries.iter().map(|delivery| delivery.payload.len() + size_of::<Delivery>()).sum();
        if !self.tail.wants(bytes) {
            return Vec::new();
        }
        let stored = |((id, received_us), new): ((i64, i64), &NewDelivery)| Delivery {
            id: DeliveryId(id),
            source: new.source.clone(),
            shape: new.shape.clone(),
            received_us,
            repairs: new.repairs,
            payload: new.payload.clone(),
        };
        (first..).zip(received_us..).zip(deliveries).map(stored).collect()
    }

    /// The deliveries after a position, oldest first.
    pub async fn deliveries_after(&self, after: DeliveryId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        if let Some(kept) = self.tail.take_after(after, limit) {
            return Ok(kept);
        }
        const TEXT: &str = "SELECT id, source, shape, received_us, repairs, payload, topic FROM delivery \
                            WHERE id > $1 ORDER BY id LIMIT $2";
        on!(&self.db, pool => {
            let rows = sqlx::query(TEXT).bind(after.0).bind(limit as i64).fetch_all(pool).await?;
            rows.iter().map(delivery!()).collect()
        })
    }

    /// One delivery as it was received.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        const TEXT: &str = "SELECT id, source, shape, received_us, repairs, payload, topic FROM delivery WHERE id = $1";
        on!(&self.db, pool => {
            let row = sqlx::query(TEXT).bind(id.0).fetch_optional(pool).await?;
            row.iter().map(delivery!()).next().transpose()
        })
    }

    /// Why deliveries of a range were refused at the door; those that were taken in are left out.
    pub async fn rejections(&self, first: DeliveryId, count: i64) -> Result<Vec<(DeliveryId, String)>, StoreError> {
        const TEXT: &str = "SELECT d.id, l.reason FROM delivery d JOIN dead_letter l ON l.delivery = d.id \
                            WHERE d.id >= $1 AND d.id < $2 AND d.shape = 'unreadable' ORDER BY d.id";
        let rows: Vec<(i64, String)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(first.0).bind(first.0 + count).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(id, reason)| (DeliveryId(id), reason)).collect())
    }

    /// How far the pipeline has come, and the newest delivery.
    pub async fn progress(&self) -> Result<(DeliveryId, DeliveryId), StoreError> {
        const TEXT: &str = "SELECT COALESCE((SELECT position FROM checkpoint WHERE name = 'pipeline'), 0), \
                            COALESCE((SELECT MAX(id) FROM delivery), 0)";
        let (done, last): (i64, i64) = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_one(pool).await)?;
        Ok((DeliveryId(done), DeliveryId(last)))
    }
}

impl Shape {
    pub fn name(&self) -> &'static str {
        match self {
            Shape::Manifest => "manifest",
            Shape::Canonical => "canonical",
            Shape::Notice { .. } => "notice",
            Shape::Consents => "consents",
            Shape::Unreadable => "unreadable",
            Shape::Erased => "erased",
        }
    }

    /// The topic of a notice, which may be the empty one.
    pub fn topic(&self) -> Option<&str> {
        match self {
            Shape::Notice { topic } => Some(topic),
            Shape::Manifest | Shape::Canonical | Shape::Consents | Shape::Unreadable | Shape::Erased => None,
        }
    }

    pub fn parse(name: &str, topic: Option<String>) -> Shape {
        match name {
            "manifest" => Shape::Manifest,
            "canonical" => Shape::Canonical,
            "consents" => Shape::Consents,
            "erased" => Shape::Erased,
            "notice" => Shape::Notice { topic: topic.unwrap_or_default() },
            _ => Shape::Unreadable,
        }
    }
}

fn columns(deliveries: Vec<NewDelivery>, first: i64, received_us: i64) -> (Rows, Rows) {
    let count = deliveries.len();
    let (mut sources, mut shapes, mut repairs, mut payloads) = (vec![], vec![], vec![], vec![]);
    let mut topics = vec![];
    let mut letters = vec![];
    for (id, delivery) in (first..).zip(deliveries) {
        if let Some((step, reason)) = delivery.rejected {
            letters.push(DeadLetter { delivery: DeliveryId(id), source: delivery.source.clone(), step, reason });
        }
        sources.push(delivery.source);
        shapes.push(delivery.shape.name().to_owned());
        topics.push(delivery.shape.topic().map(str::to_owned));
        repairs.push(delivery.repairs.map(|id| id.0));
        payloads.push(delivery.payload);
    }
    let deliveries = Rows {
        table: "delivery",
        columns: vec![
            ("id", Column::Int((first..first + count as i64).collect())),
            ("source", Column::Text(sources)),
            ("shape", Column::Text(shapes)),
            ("received_us", Column::Int((received_us..received_us + count as i64).collect())),
            ("repairs", Column::OptInt(repairs)),
            ("payload", Column::Bytes(payloads)),
            ("topic", Column::OptText(topics)),
        ],
        conflict: "",
    };
    (deliveries, dead_letters::rows(letters, received_us))
}
