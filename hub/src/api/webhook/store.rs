//! From an authentic body to durable deliveries, each once.

use super::{Door, text_of};
use crate::api::inbox::{Outcome, Parcel};
use crate::api::problem::{Answer, Kind};
use crate::api::state::AppState;
use crate::domain::limits::NOTICES_MAX;
use crate::store::idempotency::Remembered;
use crate::store::inbox::{NewDelivery, Shape};
use axum::http::HeaderMap;
use connectors::webhook::{Notice, Opened, Received};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// What became of a webhook's notices.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Told {
    pub accepted: usize,
    /// Those that had been stored before.
    pub duplicates: usize,
    /// Numbers of the deliveries, of duplicates as well.
    pub deliveries: Vec<i64>,
}

/// Makes every notice of a body durable, unless it is already.
pub async fn take_in(state: &AppState, door: &Door<'_>, headers: &HeaderMap, body: &[u8]) -> Answer<Told> {
    let received = door.webhook.notices(&|name| text_of(headers, name), body);
    if received.len() > NOTICES_MAX {
        let detail = format!("A webhook carries at most {NOTICES_MAX} notices; send the rest in others.");
        return Err(Kind::TooLarge.because(detail));
    }
    let caller = caller(door.source);
    let parcel = |one: Received| {
        let key = door.key(&one);
        let delivery = door.delivery(one);
        let remember = key.map(|key| {
            let request_hash = xxh3_64(&delivery.payload) as i64;
            Remembered { caller, key, request_hash, before: Vec::new(), offset: 0, count: 0 }
        });
        Parcel { deliveries: vec![delivery], remember }
    };
    let mut told = Told::default();
    for outcome in state.inbox.append_once(received.into_iter().map(parcel).collect()).await {
        match outcome? {
            Outcome::Stored(delivery) => {
                told.accepted += 1;
                told.deliveries.push(delivery.0);
            }
            Outcome::Known(earlier) => {
                told.duplicates += 1;
                told.deliveries.extend(earlier.iter().map(|delivery| delivery.0));
            }
        }
    }
    Ok(told)
}

impl Door<'_> {
    /// By what a notice is known again: the sender's id, or else a content that holds its own version. Other contents
    /// may come back, when a value goes back to what it was.
    fn key(&self, received: &Received) -> Option<String> {
        let Received::Notice(notice) = received else { return None };
        match &notice.id {
            Some(id) => Some(format!("id {id}")),
            None => self.is_versioned(notice).then(|| {
                let digest = Sha256::new().chain_update(&notice.topic).chain_update([0]).chain_update(&notice.payload);
                let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                format!("content {digest}")
            }),
        }
    }

    fn is_versioned(&self, notice: &Notice) -> bool {
        match self.manifest.open(&notice.topic, &notice.payload) {
            Ok(Opened::Record(mapped)) => mapped.version.is_some(),
            Ok(Opened::Kept { .. }) | Err(_) => false,
        }
    }

    fn delivery(&self, received: Received) -> NewDelivery {
        let (shape, payload, rejected) = match received {
            Received::Notice(Notice { topic, payload, .. }) => (Shape::Notice { topic }, payload, None),
            Received::Unreadable { reason, payload } => (Shape::Unreadable, payload, Some(("read", reason))),
        };
        NewDelivery { source: self.source.to_owned(), shape, payload, repairs: None, rejected }
    }
}

/// Ids of one system mean nothing to another, so each is a caller of its own.
fn caller(source: &str) -> Uuid {
    Uuid::from_u128(xxh3_128(format!("webhook of {source}").as_bytes()))
}
