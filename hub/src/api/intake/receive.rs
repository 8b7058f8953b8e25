//! From a body to durable deliveries and their receipts, chunk by chunk, so that memory stays bounded.

use super::arrival::{Arrival, Cut};
use crate::api::body::too_large;
use crate::api::inbox::{Inbox, Parcel};
use crate::api::problem::{Kind, Problem};
use crate::domain::ids::DeliveryId;
use crate::domain::limits::{BODY_BYTES_MAX, INBOX_RECORDS_MAX, INTAKE_RECORDS_MAX, UNPACKED_BYTES_MAX};
use crate::store::idempotency::Remembered;
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::{Store, StoreError};
use connectors::read::{FailReason, Item, Options, records};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Bytes of one transaction, besides the limit on its records.
const CHUNK_BYTES: usize = 8 << 20;

/// One receipt for each record of the body, in its order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipts {
    pub accepted: usize,
    pub rejected: usize,
    pub receipts: Vec<Receipt>,
}

/// What became of one record.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// Number of the delivery; a rejected one is the number of its dead letter.
    pub delivery: i64,
    pub status: Status,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Rejected,
}

/// All that is needed to receive one body.
pub struct Reception {
    pub inbox: Inbox,
    pub source: String,
    pub shape: Shape,
    pub options: Options,
    /// The caller and the Idempotency-Key under which to remember the answer.
    pub key: Option<(Uuid, String)>,
}

/// What has become durable of one body.
#[derive(Default)]
pub struct Taken {
    /// First id and number of deliveries, transaction by transaction.
    ranges: Vec<(i64, i64)>,
    /// Reasons of the rejected ones by place.
    rejected: Vec<(usize, String)>,
}

/// Why a body was not received to its end.
pub enum Failure {
    Unreadable(String),
    Cut {
        cut: Cut,
        accepted: usize,
    },
    TooMany {
        accepted: usize,
    },
    UnpackedTooLarge {
        accepted: usize,
    },
    /// Another request with the same key was faster.
    KeyTaken {
        request_hash: (String, i64),
    },
    Store(StoreError),
}

impl Reception {
    /// Reads the body to its end and makes everything durable.
    pub fn receive(self, mut arrival: Arrival) -> Result<Taken, Failure> {
        let mut taken = Taken::default();
        let mut chunk = Chunk::default();
        let cut = arrival.cut();
        for item in records(&mut arrival, &self.options) {
            let delivery = match item {
                // A body that was cut is the sender's to repeat; what was whole before counts like any other record.
                Item::Failed { .. } if cut.get().is_some() => break,
                Item::Failed { reason: FailReason::UnpackedTooLarge, .. } => {
                    self.store(&mut taken, chunk, None)?;
                    return Err(Failure::UnpackedTooLarge { accepted: taken.len() });
                }
                Item::Failed { reason, .. } if taken.len() + chunk.deliveries.len() == 0 => {
                    return Err(Failure::Unreadable(reason.to_string()));
                }
                item => self.delivery(item),
            };
            if taken.len() + chunk.deliveries.len() >= INTAKE_RECORDS_MAX {
                self.store(&mut taken, std::mem::take(&mut chunk), None)?;
                return Err(Failure::TooMany { accepted: taken.len() });
            }
            chunk.push(delivery);
            if chunk.is_full() {
                self.store(&mut taken, std::mem::take(&mut chunk), None)?;
            }
        }
        if let Some(&cut) = cut.get() {
            self.store(&mut taken, chunk, None)?;
            return Err(Failure::Cut { cut, accepted: taken.len() });
        }
        let remember = self.remember(&mut arrival, &taken)?;
        self.store(&mut taken, chunk, remember)?;
        Ok(taken)
    }

    fn delivery(&self, item: Item) -> NewDelivery {
        let (shape, payload, rejected) = match item {
            Item::Record { payload, .. } => (self.shape.clone(), payload, None),
            Item::Rejected { reason, excerpt, .. } => (Shape::Unreadable, excerpt, Some(("read", reason.to_string()))),
            Item::Failed { reason, .. } => (Shape::Unreadable, Vec::new(), Some(("read", reason.to_string()))),
        };
        NewDelivery { source: self.source.clone(), shape, payload, repairs: None, rejected }
    }

    fn remember(&self, arrival: &mut Arrival, taken: &Taken) -> Result<Option<Remembered>, Failure> {
        let Some((caller, key)) = self.key.clone() else { return Ok(None) };
        let accepted = taken.len();
        let request_hash = arrival.finish().map_err(|_| Failure::Cut { cut: Cut::Broken, accepted })?;
        Ok(Some(Remembered { caller, key, request_hash, before: taken.ranges.clone(), offset: 0, count: 0 }))
    }

    fn store(&self, taken: &mut Taken, chunk: Chunk, remember: Option<Remembered>) -> Result<(), Failure> {
        if chunk.deliveries.is_empty() && remember.is_none() {
            return Ok(());
        }
        let key = remember.as_ref().map(|r| (r.key.clone(), r.request_hash));
        let place = taken.len();
        let rejected = chunk.deliveries.iter().enumerate();
        let rejected = rejected.filter_map(|(i, d)| d.rejected.as_ref().map(|(_, why)| (place + i, why.clone())));
        let rejected: Vec<(usize, String)> = rejected.collect();
        let count = chunk.deliveries.len() as i64;
        let first = self.inbox.append_blocking(Parcel { deliveries: chunk.deliveries, remember });
        let first = first.map_err(|error| match key {
            Some(request_hash) if error.is_conflict() => Failure::KeyTaken { request_hash },
            _ => Failure::Store(error),
        })?;
        if count > 0 {
            taken.ranges.push((first.0, count));
        }
        taken.rejected.extend(rejected);
        Ok(())
    }
}

impl Taken {
    /// What an earlier request stored, read back.
    pub async fn again(store: &Store, ranges: &[(i64, i64)]) -> Result<Taken, StoreError> {
        let mut taken = Taken::default();
        for &(first, count) in ranges {
            let place = taken.len();
            for (delivery, reason) in store.rejections(DeliveryId(first), count).await? {
                taken.rejected.push((place + (delivery.0 - first) as usize, reason));
            }
            taken.ranges.push((first, count));
        }
        Ok(taken)
    }

    fn len(&self) -> usize {
        self.ranges.iter().map(|(_, count)| *count as usize).sum()
    }

    pub fn receipts(self) -> Receipts {
        let (total, rejected) = (self.len(), self.rejected.len());
        let ids = self.ranges.into_iter().flat_map(|(first, count)| first..first + count);
        let accept = |delivery| Receipt { delivery, status: Status::Accepted, reason: None };
        let mut receipts: Vec<Receipt> = ids.map(accept).collect();
        for (place, reason) in self.rejected {
            if let Some(receipt) = receipts.get_mut(place) {
                receipt.status = Status::Rejected;
                receipt.reason = Some(reason);
            }
        }
        Receipts { accepted: total - rejected, rejected, receipts }
    }
}

/// Deliveries that wait for their transaction.
#[derive(Default)]
struct Chunk {
    deliveries: Vec<NewDelivery>,
    bytes: usize,
}

impl Chunk {
    fn push(&mut self, delivery: NewDelivery) {
        self.bytes += delivery.payload.len();
        self.deliveries.push(delivery);
    }

    fn is_full(&self) -> bool {
        self.deliveries.len() >= INBOX_RECORDS_MAX || self.bytes >= CHUNK_BYTES
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::Unreadable(reason) => {
                Kind::MalformedBody.because(format!("Nothing was taken in: {reason}.")).with("accepted", 0)
            }
            Failure::Cut { cut: Cut::TooLarge, accepted } => too_large(BODY_BYTES_MAX).with("accepted", accepted),
            Failure::Cut { cut: Cut::Broken, accepted } => {
                Kind::MalformedBody.because("The body broke off; send the request again.").with("accepted", accepted)
            }
            Failure::TooMany { accepted } => {
                let detail =
                    format!("A request carries at most {INTAKE_RECORDS_MAX} records; send the rest in others.");
                Kind::TooLarge.because(detail).with("accepted", accepted)
            }
            Failure::UnpackedTooLarge { accepted } => {
                let detail = format!("The body unpacks to more than {UNPACKED_BYTES_MAX} bytes; send it in parts.");
                Kind::TooLarge.because(detail).with("accepted", accepted)
            }
            Failure::KeyTaken { .. } => Kind::IdempotencyKeyReused.because("The key belongs to another request."),
            Failure::Store(error) => error.into(),
        }
    }
}
