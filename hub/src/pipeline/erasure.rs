//! Forgets a person: gathers everything that is theirs, and refuses them from then on.

use super::{Pipeline, Prepared, blocking, compose, consents, look, resolve};
use crate::domain::cause::Cause;
use crate::domain::customer::{ContactPoint, Customer, Identifier};
use crate::domain::ids::{DecisionId, DeliveryId, EventSeq, GoldenId, RecordNo, SourceKey};
use crate::domain::loyalty::membership;
use crate::domain::plan::{Content, DecisionChange, EventWrite, Incoming, Plan, Refused};
use crate::domain::privacy::{Erasure, HistoryEvent, Keeps, Needles, Scrubbed, Seen, Tombstones, scrub};
use crate::store::profiles::SourceRecord;
use crate::store::{Store, StoreError};
use foldhash::HashSet;
use matching::{Features, KnownBy, standardise};
use rayon::prelude::*;
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Dead letters that are looked through at once.
const LETTERS_PAGE: usize = 1000;

/// Who is to be forgotten, on whose word.
pub(super) struct Order {
    pub golden: GoldenId,
    pub request: Uuid,
    pub keeps: Keeps,
    pub by: String,
}

/// Everything that is the person's.
struct Holdings {
    records: Vec<SourceRecord>,
    events: Vec<(EventSeq, Scrubbed)>,
    /// By what the person was ever known.
    known_by: Vec<KnownBy>,
}

impl Pipeline {
    /// The plan that forgets a person; `changes` takes their records out of decisions.
    pub(super) async fn erase(&mut self, order: Order, changes: Vec<DecisionChange>) -> Result<Plan, StoreError> {
        let holdings = self.holdings(order.golden).await?;
        let records: Vec<RecordNo> = holdings.records.iter().map(|record| record.record).collect();
        let keys: HashSet<SourceKey> = holdings.records.iter().map(|record| record.key.clone()).collect();
        let ids: Vec<u32> = records.iter().map(|record| record.0).collect();
        // A value that somebody else states as well is not only this person's, and tells nobody apart.
        let unshared = |known: &KnownBy| look(&self.resolver, |r| !r.index().is_shared(known, &ids));
        let mut own = Vec::new();
        for known in holdings.known_by {
            if unshared(&known)? {
                own.push(known);
            }
        }
        if !self.tombstones.is_salted() {
            self.store.draw_salt().await?;
            self.load_tombstones().await?;
        }
        let mut tombstones: Vec<_> = keys.iter().map(|key| self.tombstones.of_key(key)).collect();
        tombstones.extend(own.iter().map(|known| self.tombstones.of_value(known)));
        let mut memberships = Vec::new();
        for identifier in holdings.records.iter().flat_map(|record| &record.customer.identifiers) {
            if features_of(vec![], vec![], vec![identifier.clone()]).known_by().iter().all(|known| own.contains(known))
            {
                memberships.push(membership(&identifier.value));
            }
        }
        let (deliveries, rewritten) = deliveries(&self.store, &holdings.records, &keys).await?;
        let erasure = Erasure {
            rewritten,
            position: self.store.progress().await?.0,
            request: order.request,
            by: order.by,
            golden: order.golden,
            keeps: order.keeps,
            deliveries,
            events: holdings.events,
            decisions: self.decisions_about(&keys).await?,
            tombstones,
            memberships,
            records: holdings.records.into_iter().map(|record| (record.record, record.key)).collect(),
        };
        let resolution = resolve(&self.resolver, |resolver| {
            let deletions = resolver.deletions(&records);
            resolver.resolve(deletions, changes)
        })?;
        let mut plan = compose(&self.store, resolution, self.policy.clone(), None).await?;
        let anonymous = |event: &mut EventWrite| {
            let (golden, kind) = (event.golden, event.kind);
            let read = HistoryEvent { golden, kind, body: &event.body, cause: event.cause.as_deref() };
            if scrub(&read, &HashSet::default(), &keys) == Some(Scrubbed::Cause) {
                event.cause = serde_json::to_string(&Cause::Erasure).ok();
            }
        };
        plan.events.iter_mut().for_each(anonymous);
        plan.traces.clear();
        plan.erasure = Some(Box::new(erasure));
        resolve(&self.resolver, |resolver| resolver.forget(&records))?;
        Ok(plan)
    }

    /// Decisions, in force or not, that name any of the records.
    async fn decisions_about(&self, keys: &HashSet<SourceKey>) -> Result<Vec<DecisionId>, StoreError> {
        let mut found: Vec<DecisionId> =
            look(&self.resolver, |r| r.decisions().about(keys).into_iter().map(|decision| decision.id).collect())?;
        for decision in self.store.decisions_revoked().await? {
            if decision.verdict.records().any(|key| keys.contains(key)) {
                found.push(decision.id);
            }
        }
        Ok(found)
    }

    async fn holdings(&self, golden: GoldenId) -> Result<Holdings, StoreError> {
        let mut members: Vec<RecordNo> =
            look(&self.resolver, |r| r.members(golden).map(<[RecordNo]>::to_vec))?.unwrap_or_default();
        let goldens = self.store.goldens_of(&members).await?;
        let ever = self.store.records_ever_in(&goldens).await?;
        let (gone, left) = look(&self.resolver, |resolver| {
            let ends = |id: &GoldenId| resolver.leads_to(*id) == Some(golden);
            let gone: HashSet<GoldenId> = goldens.iter().copied().filter(ends).collect();
            // Records that their source has deleted belong to nobody now; their last person is this one.
            let left: Vec<RecordNo> = ever.iter().copied().filter(|r| resolver.golden_of(*r).is_none()).collect();
            (gone, left)
        })?;
        for record in left {
            let were = self.store.goldens_of(&[record]).await?;
            if !were.is_empty() && were.iter().all(|id| gone.contains(id)) {
                members.push(record);
            }
        }
        members.sort_unstable();
        let records = self.store.source_records(&members).await?;
        let keys: HashSet<SourceKey> = records.iter().map(|record| record.key.clone()).collect();
        let neighbours = self.store.goldens_of(&ever).await?;
        let (mut events, mut known_by) = (Vec::new(), Vec::new());
        for record in &records {
            known_by.extend(features(&record.customer, &record.key.source).known_by());
        }
        for id in neighbours {
            for event in self.store.history(id).await? {
                let read =
                    HistoryEvent { golden: id, kind: event.kind, body: &event.body, cause: event.cause.as_deref() };
                let Some(scrubbed) = scrub(&read, &gone, &keys) else { continue };
                if scrubbed == Scrubbed::Values {
                    known_by.extend(values_of(&event.body).known_by());
                }
                events.push((event.seq, scrubbed));
            }
        }
        let mut seen = HashSet::default();
        known_by.retain(|known| seen.insert(known.clone()));
        Ok(Holdings { records, events, known_by })
    }

    /// Reads the tombstones again, after somebody was forgotten or let back in.
    pub(super) async fn load_tombstones(&mut self) -> Result<(), StoreError> {
        self.tombstones = Arc::new(self.store.tombstones().await?);
        Ok(())
    }

    /// Takes deliveries about forgotten people out of a batch.
    pub(super) async fn refuse(&self, batch: &mut Prepared) -> Result<Vec<Refused>, StoreError> {
        if self.tombstones.is_empty() {
            return Ok(Vec::new());
        }
        let incoming = std::mem::take(&mut batch.incoming);
        let tombstones = self.tombstones.clone();
        let (incoming, met) = blocking(move || {
            let met: Vec<Seen> = incoming.par_iter().map(|one| seen(&tombstones, one)).collect();
            Ok((incoming, met))
        })
        .await?;
        let mut refused = Vec::new();
        look(&self.resolver, |resolver| {
            let mut taken: HashSet<SourceKey> = HashSet::default();
            for (one, seen) in incoming.into_iter().zip(met) {
                let is_known = seen.is_nothing() || resolver.record(&one.key).is_some() || taken.contains(&one.key);
                match seen.refused_by(is_known) {
                    Some(tombstone) => refused.push(Refused {
                        delivery: one.delivery,
                        is_deletion: matches!(one.content, Content::Deleted),
                        key: one.key,
                        tombstone,
                    }),
                    None => {
                        taken.insert(one.key.clone());
                        batch.incoming.push(one);
                    }
                }
            }
        })?;
        let kept: HashSet<DeliveryId> = batch.incoming.iter().map(|one| one.delivery).collect();
        refused.retain(|one| !kept.contains(&one.delivery));
        Ok(refused)
    }
}

fn seen(tombstones: &Tombstones, incoming: &Incoming) -> Seen {
    let features = match &incoming.content {
        Content::Present { features, .. } => Some(features),
        Content::Deleted | Content::Nothing => None,
    };
    tombstones.seen(incoming.delivery, &incoming.key, features)
}

fn features(customer: &Customer, source: &str) -> Features {
    standardise(&customer.to_person(source))
}

fn features_of(emails: Vec<ContactPoint>, phones: Vec<ContactPoint>, identifiers: Vec<Identifier>) -> Features {
    features(&Customer { emails, phones, identifiers, ..Customer::default() }, "")
}

/// What the values of a golden record make somebody known by.
fn values_of(body: &str) -> Features {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Values {
        emails: Vec<ContactPoint>,
        phones: Vec<ContactPoint>,
        identifiers: Vec<Identifier>,
    }
    let Values { emails, phones, identifiers } = serde_json::from_str(body).unwrap_or_default();
    features_of(emails, phones, identifiers)
}

/// Deliveries to be emptied, and those that are written anew without the person.
type Deliveries = (Vec<DeliveryId>, Vec<(DeliveryId, Vec<u8>)>);

/// The deliveries that spoke of the records: what became of them, notices, and dead letters that name the person. Statements
/// that were told about several records stay with those that are somebody else's now.
async fn deliveries(
    store: &Store,
    records: &[SourceRecord],
    keys: &HashSet<SourceKey>,
) -> Result<Deliveries, StoreError> {
    let numbers: Vec<RecordNo> = records.iter().map(|record| record.record).collect();
    let (mut emptied, mut rewritten) = (Vec::new(), Vec::new());
    for id in store.deliveries_of(&numbers).await? {
        match store.delivery(id).await?.and_then(|delivery| consents::without(&delivery, keys)) {
            Some(payload) => rewritten.push((id, payload)),
            None => emptied.push(id),
        }
    }
    let mut needles = Needles::default();
    for record in records {
        needles.add(&record.key, &record.customer);
        emptied.extend(store.notices_about(&record.key.source, &record.key.key).await?);
    }
    let mut after = 0;
    loop {
        let page = store.dead_payloads_after(after, LETTERS_PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        emptied.extend(page.iter().filter(|(_, payload)| needles.is_in(payload)).map(|(id, _)| DeliveryId(*id)));
    }
    emptied.sort_unstable();
    emptied.dedup();
    Ok((emptied, rewritten))
}
