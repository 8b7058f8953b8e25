//! Messages as deliveries, each once.

use crate::collect::Collection;
use crate::domain::limits::{IDEMPOTENCY_KEY_CHARS_MAX, RECORD_BYTES_MAX};
use crate::store::StoreError;
use crate::store::idempotency::Remembered;
use crate::store::inbox::{NewDelivery, Shape};
use async_nats::jetstream::Message;
use foldhash::HashMap;
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// By this header a sender names a message, however often it sends it.
const MESSAGE_ID: &str = "Nats-Msg-Id";
/// So much of a message that is too large is kept.
const EXCERPT_BYTES: usize = 64 << 10;

/// Messages on their way into the inbox.
pub struct Batch {
    /// Ids of one source mean nothing to another, so each is a caller of its own.
    caller: Uuid,
    entries: Vec<Entry>,
}

struct Entry {
    /// The sender's own name for the message, if it has one.
    id: Option<String>,
    /// Where it stands in its stream.
    place: String,
    hash: i64,
    delivery: NewDelivery,
}

impl Batch {
    pub fn new(source: &str, made_at: i128, messages: &[Message]) -> Batch {
        let caller = Uuid::from_u128(xxh3_128(format!("stream of {source}").as_bytes()));
        Batch { caller, entries: messages.iter().map(|message| Entry::new(source, made_at, message)).collect() }
    }

    /// Makes durable what is not yet. Should another process store the same at the same time, its rows are seen on the
    /// second look.
    pub async fn store(&self, collection: &Collection) -> Result<(), StoreError> {
        loop {
            let known = collection.store.known(self.caller, self.keys()).await?;
            let hashes = known.into_iter().map(|(key, earlier)| (key, earlier.request_hash));
            let (deliveries, remember) = self.fresh(hashes.collect());
            if deliveries.is_empty() {
                return Ok(());
            }
            match collection.append(deliveries, remember).await {
                Err(error) if error.is_conflict() => {}
                stored => return stored,
            }
        }
    }

    fn keys(&self) -> Vec<String> {
        self.entries.iter().flat_map(|entry| entry.id.iter().chain([&entry.place]).cloned()).collect()
    }

    /// What is stored under none of its keys. A sender that names two different messages alike loses neither: the second
    /// goes by its place.
    fn fresh(&self, mut known: HashMap<String, i64>) -> (Vec<NewDelivery>, Vec<Remembered>) {
        let (mut deliveries, mut remember) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let named = entry.id.as_ref().map(|id| (id, known.get(id).copied()));
            let key = match named {
                Some((_, Some(hash))) if hash == entry.hash => continue,
                Some((id, None)) => id,
                _ => &entry.place,
            };
            if known.contains_key(&entry.place) {
                continue;
            }
            let offset = deliveries.len() as i64;
            let (caller, key, request_hash) = (self.caller, key.clone(), entry.hash);
            known.insert(key.clone(), request_hash);
            remember.push(Remembered { caller, key, request_hash, before: Vec::new(), offset, count: 1 });
            deliveries.push(entry.delivery.clone());
        }
        (deliveries, remember)
    }
}

impl Entry {
    fn new(source: &str, made_at: i128, message: &Message) -> Entry {
        let place = message.info().map(|info| format!("{} {made_at} {}", info.stream, info.stream_sequence));
        let id = message.headers.as_ref().and_then(|headers| headers.get(MESSAGE_ID));
        let id = id.map(|id| format!("id {id}")).filter(|id| id.chars().count() <= IDEMPOTENCY_KEY_CHARS_MAX);
        Entry {
            id,
            // Every message of a consumer says where it stands; one that did not would go by its content.
            place: place.unwrap_or_else(|_| format!("content {:032x}", xxh3_128(&message.payload))),
            hash: xxh3_64(&message.payload) as i64,
            delivery: delivery(source, &message.payload),
        }
    }
}

fn delivery(source: &str, payload: &[u8]) -> NewDelivery {
    let source = source.to_owned();
    let bytes = payload.len();
    if bytes <= RECORD_BYTES_MAX {
        return NewDelivery {
            source,
            shape: Shape::Manifest,
            payload: payload.to_owned(),
            repairs: None,
            rejected: None,
        };
    }
    let rejected = Some(("read", format!("the message has {bytes} bytes, the limit is {RECORD_BYTES_MAX}")));
    let payload = payload[..EXCERPT_BYTES].to_owned();
    NewDelivery { source, shape: Shape::Unreadable, payload, repairs: None, rejected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: Option<&str>, place: &str, payload: &str) -> Entry {
        let (hash, delivery) = (xxh3_64(payload.as_bytes()) as i64, delivery("crm", payload.as_bytes()));
        Entry { id: id.map(|id| format!("id {id}")), place: place.to_owned(), hash, delivery }
    }

    /// Entries as id, place and payload; what is known; the places of those that are stored, and their keys.
    #[track_caller]
    fn check(entries: &[(Option<&str>, &str, &str)], known: &[(&str, &str)], expected: &[(&str, &str)]) {
        let entries = entries.iter().map(|(id, place, payload)| entry(*id, place, payload)).collect();
        let batch = Batch { caller: Uuid::nil(), entries };
        let known = known.iter().map(|(key, payload)| ((*key).to_owned(), xxh3_64(payload.as_bytes()) as i64));
        let (deliveries, remember) = batch.fresh(known.collect());
        let stored: Vec<(&str, String)> = remember
            .iter()
            .zip(&deliveries)
            .map(|(remembered, delivery)| {
                (remembered.key.as_str(), String::from_utf8_lossy(&delivery.payload).into_owned())
            })
            .collect();
        let expected: Vec<(&str, String)> = expected.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        assert_eq!(stored, expected);
    }

    #[test]
    fn each_message_is_stored_once() {
        check(&[(None, "s 1", "a"), (None, "s 2", "a")], &[], &[("s 1", "a"), ("s 2", "a")]);
        check(&[(None, "s 1", "a"), (None, "s 2", "b")], &[("s 1", "a")], &[("s 2", "b")]);
        check(&[(Some("x"), "s 1", "a"), (Some("x"), "s 2", "a")], &[], &[("id x", "a")]);
        check(&[(Some("x"), "s 9", "a")], &[("id x", "a")], &[]);
        check(&[(None, "s 1", "a"), (None, "s 1", "a")], &[], &[("s 1", "a")]);
    }

    #[test]
    fn two_messages_of_one_name_are_both_kept() {
        check(&[(Some("x"), "s 1", "a"), (Some("x"), "s 2", "b")], &[], &[("id x", "a"), ("s 2", "b")]);
        check(&[(Some("x"), "s 2", "b")], &[("id x", "a"), ("s 2", "b")], &[]);
    }

    #[test]
    fn a_message_that_is_too_large_is_kept_in_part() {
        let large = delivery("crm", &vec![b'x'; RECORD_BYTES_MAX + 1]);
        assert_eq!((large.shape, large.payload.len()), (Shape::Unreadable, EXCERPT_BYTES));
        assert!(large.rejected.is_some_and(|(step, reason)| step == "read" && reason.contains("1048577")));
    }
}
