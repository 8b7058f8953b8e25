//! I4 in the large: clusters and golden values computed from scratch are the stored ones.

use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::invariants::{Breach, Invariant};
use crate::domain::plan::{Content, DecisionChange, Incoming};
use crate::domain::resolver::Resolver;
use crate::domain::rules::Rules;
use crate::store::profiles::SourceRecord;
use crate::store::{Store, StoreError};
use foldhash::{HashMap, HashSet};
use matching::Model;
use std::sync::Arc;

use super::PAGE_ROWS;

/// Compares the stored clusters and values with those that follow from the records, decisions and rules alone.
pub async fn check(store: &Store, rules: &Rules, model: Arc<Model>) -> Result<Vec<Breach>, StoreError> {
    let stored = store.load(model.clone()).await?;
    let fresh = from_scratch(store, &stored, model).await?;
    let mut breaches = Vec::new();
    for (golden, members) in stored.clusters() {
        let again = fresh.golden_of(fresh_number(&stored, &fresh, members[0])).and_then(|g| fresh.members(g));
        let same = again.is_some_and(|again| keys(&fresh, again) == keys(&stored, members));
        if !same {
            let what = "this golden record's members differ from those found from scratch";
            breaches.push(Breach::new(Invariant::I4, what, [golden.to_string()]));
        }
    }
    breaches.extend(check_values(store, &stored, rules).await?);
    Ok(breaches)
}

fn fresh_number(stored: &Resolver, fresh: &Resolver, record: RecordNo) -> RecordNo {
    fresh.record(&stored.key(record)).unwrap_or(RecordNo(u32::MAX))
}

fn keys(resolver: &Resolver, members: &[RecordNo]) -> HashSet<crate::domain::ids::SourceKey> {
    members.iter().map(|&record| resolver.key(record)).collect()
}

/// A resolver that meets the stored records in their order of number, as if for the first time.
async fn from_scratch(store: &Store, stored: &Resolver, model: Arc<Model>) -> Result<Resolver, StoreError> {
    let mut fresh = Resolver::new(model);
    let decisions =
        stored.decisions().iter().cloned().map(|decision| DecisionChange::Take(Box::new(decision))).collect();
    fresh.resolve(Vec::new(), decisions);
    let records: Vec<RecordNo> = (0..stored.len() as u32).map(RecordNo).collect();
    for page in records.chunks(PAGE_ROWS) {
        let batch = store.source_records(page).await?;
        fresh.resolve(batch.into_iter().filter(|r| !r.deleted).map(incoming).collect(), Vec::new());
    }
    Ok(fresh)
}

fn incoming(record: SourceRecord) -> Incoming {
    let features = matching::standardise(&record.customer.to_person(&record.key.source));
    Incoming {
        key: record.key,
        delivery: crate::domain::ids::DeliveryId(i64::from(record.record.0)),
        version: record.version,
        versioned: true,
        updated_us: record.updated_us,
        content_hash: 0,
        content: Content::Present { customer: Arc::new(record.customer), canonical: String::new(), features },
        anchor: GoldenId(uuid::Uuid::from_u128(u128::from(record.record.0))),
        echo: false,
        statements: Vec::new(),
    }
}

async fn check_values(store: &Store, stored: &Resolver, rules: &Rules) -> Result<Vec<Breach>, StoreError> {
    let mut breaches = Vec::new();
    let mut after = None;
    loop {
        let page = store.golden_ids_after(after, PAGE_ROWS / 10).await?;
        let Some(last) = page.last() else { return Ok(breaches) };
        after = Some(*last);
        let members: Vec<RecordNo> = page.iter().filter_map(|id| stored.members(*id)).flatten().copied().collect();
        let bodies = store.bodies(&members).await?;
        let profiles: HashMap<GoldenId, String> = store.bodies_of_goldens(&page).await?.into_iter().collect();
        for golden in page {
            let survived = stored.roster(stored.members(golden).unwrap_or_default()).survive(&bodies, rules);
            if profiles.get(&golden) != Some(&survived.body) {
                let what = "this golden record's values differ from those that survive from scratch";
                breaches.push(Breach::new(Invariant::I4, what, [golden.to_string()]));
            }
        }
    }
}
