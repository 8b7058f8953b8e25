//! Which fields a batch's payloads had: counted by fingerprint, so that payloads like others cost next to nothing.

use crate::domain::layout::{Origin, Seen, Span, Stretch};
use connectors::Field;
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, btree_map, hash_map};
use std::hash::BuildHasher;

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
}

impl Sightings {
    /// Counts one payload. Its fields are looked at if its fingerprint is not known or is none.
    pub fn add(&mut self, origin: Origin, fingerprint: Option<u64>, at_us: i64, fields: impl Fn() -> Vec<Field>) {
        let tally = self.by_origin.entry(origin).or_insert_with(|| Tally { first_us: at_us, ..Tally::default() });
        tally.records += 1;
        tally.last_us = at_us;
        let one = Span::one(tally.records, at_us);
        match fingerprint {
            Some(known) => tally.count(known, one, fields),
            None => {
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
    }

    fn absorb(&mut self, later: Tally) {
        for (fingerprint, (fields, span)) in later.alike {
            self.count(fingerprint, span.moved(self.records), || fields);
        }
        self.records += later.records;
        self.last_us = later.last_us;
    }

    fn stretch(self, origin: Origin) -> Stretch {
        let mut found: foldhash::HashMap<Field, Span> = foldhash::HashMap::default();
        for (fields, span) in self.alike.into_values() {
            for field in fields {
                found.entry(field).and_modify(|known| *known = both(*known, span)).or_insert(span);
            }
        }
        let mut fields: Vec<Seen> = found.into_iter().map(|(field, span)| Seen { field, span }).collect();
        fields.sort_by(|a, b| (&a.field.path, a.field.kind).cmp(&(&b.field.path, b.field.kind)));
        Stretch { origin, records: self.records, first_us: self.first_us, last_us: self.last_us, fields }
    }
}

/// Both, whichever is older.
fn both(mut left: Span, mut right: Span) -> Span {
    if right.first < left.first {
        std::mem::swap(&mut left, &mut right);
    }
    left.extend(right);
    left
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
                one.add(origin(topic), known.then_some(u64::from(*payload)), at_us, || fields(*payload));
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
