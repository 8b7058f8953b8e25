//! Deliveries made ready for the resolver: mapped, checked, standardised. Pure, parallel, and blind to the population.

use super::consents;
use super::sightings::{Sighting, Sightings};
use super::sources::Sources;
use crate::domain::customer::Customer;
use crate::domain::ids::{DeliveryId, GoldenId, SourceKey};
use crate::domain::layout::Origin;
use crate::domain::limits::{CLOCK_AHEAD_SECS_MAX, SOURCE_KEY_CHARS_MAX};
use crate::domain::plan::{Content, DeadLetter, Incoming, NoticeWrite};
use crate::store::inbox::{Delivery, Shape};
use connectors::webhook::Opened;
use connectors::{Manifest, MapError, Mapped};
use rayon::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// One batch on its way to the resolver.
pub struct Prepared {
    pub incoming: Vec<Incoming>,
    pub dead_letters: Vec<DeadLetter>,
    pub notices: Vec<NoticeWrite>,
    /// Dead letters that deliveries of this batch put right.
    pub repaired: Vec<(DeliveryId, DeliveryId)>,
    /// Which fields the payloads had.
    pub sightings: Sightings,
    /// The last delivery of the batch.
    pub checkpoint: DeliveryId,
}

/// A reason to give a delivery up: the step and what was wrong, without any value.
type GivenUp = (&'static str, String);

/// What a delivery turned out to be.
enum Ready {
    Record(Incoming),
    /// What somebody has allowed or refused, on each of the person's records.
    Statements(Vec<Incoming>),
    Notice(NoticeWrite),
}

/// A deletion is the last word of its version.
const DELETED_HASH: u64 = u64::MAX;

/// Prepares a batch; `None` for an empty one.
pub fn prepare(deliveries: Vec<Delivery>, sources: &Sources, today: &str) -> Option<Prepared> {
    let checkpoint = deliveries.last()?.id;
    let one = |delivery: Delivery| {
        let ready =
            (!matches!(delivery.shape, Shape::Unreadable | Shape::Erased)).then(|| ready(&delivery, sources, today));
        (delivery, ready)
    };
    let done: Vec<_> = deliveries.into_par_iter().map(one).collect();
    let incoming = Vec::with_capacity(done.len());
    let sightings = Sightings::default();
    let mut batch =
        Prepared { incoming, dead_letters: vec![], notices: vec![], repaired: vec![], sightings, checkpoint };
    for (delivery, ready) in done {
        let Some((sighting, ready)) = ready else { continue };
        batch.sight(&delivery, sighting, sources);
        let Delivery { id, source, repairs, .. } = delivery;
        match ready {
            Ok(Ready::Record(incoming)) => batch.take(incoming),
            Ok(Ready::Statements(all)) => all.into_iter().for_each(|incoming| batch.take(incoming)),
            Ok(Ready::Notice(notice)) => batch.notices.push(notice),
            // The new dead letter takes the place of the one that it was meant to repair.
            Err((step, reason)) => batch.dead_letters.push(DeadLetter { delivery: id, source, step, reason }),
        }
        batch.repaired.extend(repairs.map(|dead| (dead, id)));
    }
    Some(batch)
}

impl Prepared {
    /// Ids are drawn in the order of the deliveries, because the earliest id of a cluster wins.
    fn take(&mut self, incoming: Incoming) {
        self.incoming.push(Incoming { anchor: GoldenId(Uuid::now_v7()), ..incoming });
    }

    /// Counts the fields of a payload that a system wrote.
    fn sight(&mut self, delivery: &Delivery, sighting: Option<Sighting>, sources: &Sources) {
        if !matches!(delivery.shape, Shape::Manifest | Shape::Notice { .. }) {
            return;
        }
        let (Some(sighting), Some(manifest)) = (sighting, sources.get(&delivery.source)) else { return };
        let topic = delivery.shape.topic();
        let origin = Origin { source: delivery.source.clone(), topic: topic.unwrap_or_default().to_owned() };
        let fields = || manifest.fields(topic, &delivery.payload);
        self.sightings.add(origin, sighting, delivery.received_us, fields);
    }
}

/// What a delivery turned out to be, and what its fields are to be counted as.
fn ready(delivery: &Delivery, sources: &Sources, today: &str) -> (Option<Sighting>, Result<Ready, GivenUp>) {
    if delivery.shape == Shape::Consents {
        return (None, consents::statements(delivery).map(Ready::Statements).map_err(|reason| ("consents", reason)));
    }
    let Some(manifest) = sources.reader(&delivery.source, &delivery.shape) else {
        let reason = format!("no manifest is named {}; add one to the manifest folder and retry", delivery.source);
        return (None, Err(("source", reason)));
    };
    let opened = open(delivery, manifest);
    let sighting = Sighting::of(&opened);
    let settled = opened.map_err(|e| ("map", e.to_string())).and_then(|opened| settled(delivery, opened, today));
    (sighting, settled)
}

fn open(delivery: &Delivery, manifest: &Manifest) -> Result<Opened, MapError> {
    match &delivery.shape {
        Shape::Notice { topic } => manifest.open(topic, &delivery.payload),
        _ => manifest.map(&delivery.payload).map(|mapped| Opened::Record(Box::new(mapped))),
    }
}

fn settled(delivery: &Delivery, opened: Opened, today: &str) -> Result<Ready, GivenUp> {
    Ok(match opened {
        Opened::Record(mapped) => Ready::Record(incoming(delivery, *mapped, today)?),
        Opened::Kept { purpose, key } => Ready::Notice(NoticeWrite {
            delivery: delivery.id,
            source: delivery.source.clone(),
            topic: delivery.shape.topic().unwrap_or_default().to_owned(),
            purpose: purpose.name(),
            source_key: key.filter(|key| check_key(key).is_ok()),
        }),
    })
}

fn incoming(delivery: &Delivery, mapped: Mapped, today: &str) -> Result<Incoming, GivenUp> {
    check_key(&mapped.key)?;
    check_clock(mapped.changed_at_us, delivery.received_us)?;
    let version = mapped.version.map_or(delivery.received_us, |v| v.0);
    let updated_us = mapped.changed_at_us.unwrap_or(delivery.received_us);
    let mut statements = Vec::new();
    let content = if mapped.deleted {
        Content::Deleted
    } else {
        let mut customer = Customer::checked(&mapped.record, today).map_err(|e| ("contract", e.to_string()))?;
        let said = std::mem::take(&mut customer.consents);
        statements = consents::understood(said, delivery, (version, updated_us), &customer)
            .map_err(|e| ("contract", e.to_string()))?;
        let canonical = serde_json::to_string(&customer).map_err(|e| ("contract", e.to_string()))?;
        let features = matching::standardise(&customer.to_person(&delivery.source));
        Content::Present { customer: Arc::new(customer), canonical, features }
    };
    let content_hash = match &content {
        Content::Present { canonical, .. } => content_hash(canonical),
        Content::Deleted | Content::Nothing => DELETED_HASH,
    };
    Ok(Incoming {
        key: SourceKey::new(delivery.source.clone(), mapped.key),
        delivery: delivery.id,
        version,
        updated_us,
        versioned: mapped.version.is_some(),
        content_hash,
        content,
        anchor: GoldenId(Uuid::nil()),
        echo: false,
        statements,
    })
}

/// Tells one content of a source record from another.
pub fn content_hash(canonical: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(canonical.as_bytes())
}

/// An hour's error passes by itself; a state from the next century would never be followed by a newer one.
fn check_clock(changed_at_us: Option<i64>, received_us: i64) -> Result<(), GivenUp> {
    match changed_at_us {
        Some(changed) if changed.saturating_sub(received_us) > CLOCK_AHEAD_SECS_MAX * 1_000_000 => {
            let hours = CLOCK_AHEAD_SECS_MAX / 3600;
            let reason = format!("the time of change lies more than {hours} hours ahead; correct the source's clock");
            Err(("contract", reason))
        }
        _ => Ok(()),
    }
}

/// A key has to be storable on either engine and presentable in an address.
fn check_key(key: &str) -> Result<(), GivenUp> {
    if key.chars().count() > SOURCE_KEY_CHARS_MAX {
        return Err(("map", format!("the record's key is longer than {SOURCE_KEY_CHARS_MAX} characters")));
    }
    if key.chars().any(char::is_control) {
        return Err(("map", "the record's key holds a control character; correct it in the source".to_owned()));
    }
    Ok(())
}
