//! Dead letters on their way through the pipeline again, corrected or as they were.

use crate::domain::ids::DeliveryId;
use crate::domain::limits::{INBOX_RECORDS_MAX, PAGE_ROWS_MAX, RECORD_BYTES_MAX};
use crate::store::dead_letters::{StoredDeadLetter, Which};
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::{Store, StoreError};
use connectors::read::{Format, Item, Options, records};

/// Why nothing can be sent in a dead letter's place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    #[error("delivery {} has already taken this dead letter's place", .0.0)]
    AlreadyRepaired(DeliveryId),
    #[error("the payload cannot be read at all; repair it instead")]
    Unreadable,
    #[error("send the record as one JSON object: {0}")]
    NotOneRecord(String),
}

/// Dead letters that are retried together.
#[derive(Debug)]
pub struct Round {
    pub deliveries: Vec<NewDelivery>,
    /// Those that have to be repaired, because they cannot be read at all.
    pub unreadable: usize,
    /// Where the next round begins, if there is one.
    pub next_after: Option<DeliveryId>,
}

/// A corrected record in a dead letter's place, byte for byte.
pub fn corrected(letter: StoredDeadLetter, body: &[u8]) -> Result<NewDelivery, RepairError> {
    check_open(&letter)?;
    let payload = one_record(body).map_err(RepairError::NotOneRecord)?;
    let shape = match letter.shape.clone() {
        Shape::Unreadable => Shape::Manifest,
        known => known,
    };
    Ok(delivery(letter, shape, payload))
}

/// A dead letter once more, unchanged: after a manifest was corrected, for instance.
pub fn again(letter: StoredDeadLetter) -> Result<NewDelivery, RepairError> {
    check_open(&letter)?;
    if letter.shape == Shape::Unreadable {
        return Err(RepairError::Unreadable);
    }
    let (shape, payload) = (letter.shape.clone(), letter.payload.clone());
    Ok(delivery(letter, shape, payload))
}

/// The next dead letters to retry. Those that come after `upto` are left out: what fails again is not tried for ever.
pub async fn round(store: &Store, which: Which<'_>, after: DeliveryId, upto: DeliveryId) -> Result<Round, StoreError> {
    const ROWS: usize = if PAGE_ROWS_MAX < INBOX_RECORDS_MAX { PAGE_ROWS_MAX } else { INBOX_RECORDS_MAX };
    let mut page = store.dead_letters_after(after, which, ROWS).await?;
    let is_full = page.len() == ROWS;
    page.retain(|letter| letter.delivery <= upto);
    let next_after = page.last().map(|letter| letter.delivery).filter(|last| is_full && *last < upto);
    let found = page.len();
    let deliveries: Vec<NewDelivery> = page.into_iter().filter_map(|letter| again(letter).ok()).collect();
    Ok(Round { unreadable: found - deliveries.len(), deliveries, next_after })
}

fn check_open(letter: &StoredDeadLetter) -> Result<(), RepairError> {
    letter.repaired_by.map_or(Ok(()), |by| Err(RepairError::AlreadyRepaired(by)))
}

fn delivery(letter: StoredDeadLetter, shape: Shape, payload: Vec<u8>) -> NewDelivery {
    NewDelivery { source: letter.source, shape, payload, repairs: Some(letter.delivery), rejected: None }
}

fn one_record(body: &[u8]) -> Result<Vec<u8>, String> {
    // No member has the empty name, so that nothing inside the record is taken for records.
    let mut options = Options { format: Format::JsonArray, records: vec![String::new()], ..Options::default() };
    options.limits.record_bytes_max = RECORD_BYTES_MAX;
    let mut found = records(body, &options);
    match (found.next(), found.next()) {
        (Some(Item::Record { payload, .. }), None) => Ok(payload),
        (Some(Item::Rejected { reason, .. }), _) => Err(reason.to_string()),
        (Some(Item::Failed { reason, .. }), _) => Err(reason.to_string()),
        _ => Err("there is none, or more than one".to_owned()),
    }
}
