//! Which fields a batch's payloads had: counted by fingerprint, so that payloads like others cost next to nothing.

use crate::domain::layout::{Origin, Seen, Span, Stretch};
use crate::domain::limits::{LAYOUT_FIELDS_MAX, LAYOUTS_HELD_MAX};
use connectors::webhook::Opened;
use connectors::{Field, MapError, Step};
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, btree_map, hash_map};
use std::hash::BuildHasher;

/// What the fields of one payload are counted as.
#[derive(Clone, Copy, Debug)]
pub enum Sighting {
    /// The same as those of every payload with this fingerprint.
    Alike(u64),
    /// Nobody has looked at them yet.
    Unseen,
}

impl Sighting {
    /// None for a payload that is not what the manifest reads at all, such as a file without its header line: what stands
    /// there for the names of fields may be a person's data.
    pub fn of(opened: &Result<Opened, MapError>) -> Option<Sighting> {
        match opened {
            Ok(Opened::Record(mapped)) => Some(Sighting::Alike(mapped.fingerprint)),
            Err(MapError { step: Step::Parse | Step::Key, .. }) => None,
            Ok(Opened::Kept { .. }) | Err(_) => Some(Sighting::Unseen),
        }
    }
}

/// Payloads by origin.
#[derive(Debug, Default)]
pub struct Sightings {
    by_origin: BTreeMap<Origin, Tally>,
}

/// Payloads of one origin.
#[derive(Debug, Default)]
struct Tally {
    records: i64,
    first_us: i64,
    last_us: i64,
    /// Those with the same fields, by their fingerprint.
    alike: foldhash::HashMap<u64, (Vec<Field>, Span)>,
    /// What others had, field by field.
    fields: foldhash::HashMap<Field, Span>,
}

impl Sightings {
    /// Counts one payload. Its fields are looked at if no other one was like it.
    pub fn add(&mut self, origin: Origin, sighting: Sighting, at_us: i64, fields: impl Fn() -> Vec<Field>) {
        let tally = self.by_origin.entry(origin).or_insert_with(|| Tally { first_us: at_us, ..Tally::default() });
        tally.records += 1;
        tally.last_us = at_us;
        let one = Span::one(tally.records, at_us);
        match sighting {
            Sighting::Alike(known) => tally.count(known, one, fields),
            Sighting::Unseen => {
                let found = fields();
                tally.count(FixedState::default().hash_one(&found), one, || found);
            }
        }
    }

    /// Adds a later batch.
    pub fn absorb(&mut self, later: Sightings) {
        for (origin, other) in later.by_origin {
            match self.by_origin.entry(origin) {
                btree_map::Entry::Vacant(place) => {
                    place.insert(other);
                }
                btree_map::Entry::Occupied(mut place) => place.get_mut().absorb(other),
            }
        }
    }

    /// Takes everything out, field by field.
    pub fn take(&mut self) -> Vec<Stretch> {
        std::mem::take(&mut self.by_origin).into_iter().map(|(origin, tally)| tally.stretch(origin)).collect()
    }
}

impl Tally {
    fn count(&mut self, fingerprint: u64, span: Span, fields: impl FnOnce() -> Vec<Field>) {
        match self.alike.entry(fingerprint) {
            hash_map::Entry::Occupied(mut place) => place.get_mut().1.extend(span),
            hash_map::Entry::Vacant(place) => {
                place.insert((fields(), span));
            }
        }
        if self.alike.len() > LAYOUTS_HELD_MAX {
            self.fold();
        }
    }

    fn fold(&mut self) {
        for (fields, span) in self.alike.drain().map(|(_, alike)| alike) {
            fields.into_iter().for_each(|field| note(&mut self.fields, field, span));
        }
    }

    fn absorb(&mut self, later: Tally) {
        for (fingerprint, (fields, span)) in later.alike {
            self.count(fingerprint, span.moved(self.records), || fields);
        }
        for (field, span) in later.fields {
            note(&mut self.fields, field, span.moved(self.records));
        }
        self.records += later.records;
        self.last_us = later.last_us;
    }

    fn stretch(mut self, origin: Origin) -> Stretch {
        self.fold();
        let mut fields: Vec<Seen> = self.fields.into_iter().map(|(field, span)| Seen { field, span }).collect();
        fields.sort_by(|a, b| (&a.field.path, a.field.kind).cmp(&(&b.field.path, b.field.kind)));
        Stretch { origin, records: self.records, first_us: self.first_us, last_us: self.last_us, fields }
    }
}

/// More fields than are kept have no names but keys.
fn note(fields: &mut foldhash::HashMap<Field, Span>, field: Field, span: Span) {
    let has_room = fields.len() < LAYOUT_FIELDS_MAX;
    match fields.entry(field) {
        hash_map::Entry::Occupied(mut known) => known.get_mut().unite(span),
        hash_map::Entry::Vacant(place) if has_room => drop(place.insert(span)),
        hash_map::Entry::Vacant(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connectors::Kind;
    use proptest::prelude::*;

    fn origin(topic: &str) -> Origin {
        Origin { source: "shop".into(), topic: topic.into() }
    }

    /// A payload is the set of its fields.
    fn fields(payload: u8) -> Vec<Field> {
        let field = |bit: u8| Field { path: format!("$.{bit}"), kind: Kind::Text };
        (0..8).filter(|bit| payload >> bit & 1 == 1).map(field).collect()
    }

    fn counted(batches: &[Vec<(bool, u8, bool)>]) -> Vec<Stretch> {
        let mut all = Sightings::default();
        let mut at_us = 0;
        for batch in batches {
            let mut one = Sightings::default();
            for (noticed, payload, known) in batch {
                at_us += 1;
                let topic = if *noticed { "customers/update" } else { "" };
                let sighting = if *known { Sighting::Alike(u64::from(*payload)) } else { Sighting::Unseen };
                one.add(origin(topic), sighting, at_us, || fields(*payload));
            }
            all.absorb(one);
        }
        all.take()
    }

    proptest! {
        #[test]
        fn batches_and_fingerprints_do_not_matter(
            payloads in proptest::collection::vec((any::<bool>(), any::<u8>(), any::<bool>()), 0..60), cut in 0_usize..60,
        ) {
            let whole = counted(std::slice::from_ref(&payloads));
            let (left, right) = payloads.split_at(cut.min(payloads.len()));
            prop_assert_eq!(&counted(&[left.to_vec(), right.to_vec()]), &whole);
            let bare: Vec<_> = payloads.iter().map(|(noticed, payload, _)| (*noticed, *payload, false)).collect();
            prop_assert_eq!(&counted(&[bare]), &whole);
            let total: i64 = whole.iter().map(|stretch| stretch.records).sum();
            prop_assert_eq!(total, payloads.len() as i64);
            for stretch in whole {
                let of_topic = payloads.iter().filter(|(noticed, ..)| *noticed != stretch.origin.topic.is_empty());
                for seen in stretch.fields {
                    let having = of_topic.clone().filter(|(_, payload, _)| fields(*payload).contains(&seen.field));
                    prop_assert_eq!(having.count() as i64, seen.span.records);
                }
            }
        }
    }
}
