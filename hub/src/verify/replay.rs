//! Rebuilds a store from the kept deliveries and decisions alone, and compares what came of them.

use super::PAGE_ROWS;
use crate::domain::ids::{GoldenId, SourceKey};
use crate::pipeline::{Pipeline, SharedResolver, Sources, spawn};
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Where two stores differ; golden ids of the first one where it has them.
#[derive(Debug, Default, serde::Serialize)]
pub struct Difference {
    pub golden_records: usize,
    /// The records of these are grouped otherwise.
    pub membership: Vec<GoldenId>,
    /// Same records, other values.
    pub values: Vec<GoldenId>,
    /// Golden records that only the second store has.
    pub only_in_second: usize,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        self.membership.is_empty() && self.values.is_empty() && self.only_in_second == 0
    }
}

/// Fills an empty store from another one's deliveries, decisions and policies, and works by the policy asked for last;
/// `step` sees how many deliveries are done.
pub async fn replay(
    from: &Store,
    into: &Store,
    sources: Arc<Sources>,
    mut step: impl FnMut(i64),
) -> Result<(), StoreError> {
    let row = from.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
    let first = from.draft_of(&row).await?;
    from.copy_log_into(into, |_| {}).await?;
    let pipeline = Pipeline::start(into.clone(), &first, SharedResolver::default()).await?;
    let (_, last) = into.progress().await?;
    let (control, worker) = spawn(pipeline, sources);
    loop {
        let reached = tokio::time::timeout(Duration::from_millis(500), control.reached(last)).await;
        step(control.totals().position.0);
        if reached.is_ok() && into.policy_under_way().await?.is_none() {
            break;
        }
        if worker.is_finished() {
            return Err(StoreError::Fenced);
        }
    }
    control.stop();
    let _ = worker.await;
    Ok(())
}

/// Compares two stores by members and values; golden ids, versions and history may differ.
pub async fn compare(first: &Store, second: &Store) -> Result<Difference, StoreError> {
    let mut others = fingerprints(second).await?;
    let mut difference = Difference::default();
    for (members, (golden, hash)) in fingerprints(first).await? {
        difference.golden_records += 1;
        match others.remove(&members) {
            None => difference.membership.push(golden),
            Some((_, other)) if other != hash => difference.values.push(golden),
            Some(_) => {}
        }
    }
    difference.only_in_second = others.len();
    Ok(difference)
}

type Fingerprints = HashMap<Vec<SourceKey>, (GoldenId, u64)>;

/// The members and the values' hash of every golden record.
async fn fingerprints(store: &Store) -> Result<Fingerprints, StoreError> {
    let mut all = Fingerprints::default();
    let mut after = None;
    loop {
        let page = store.golden_ids_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(*last);
        for (golden, body) in store.bodies_of_goldens(&page).await? {
            let value: Value =
                serde_json::from_str(&body).map_err(|_| StoreError::Corrupt { what: "golden record" })?;
            let members = serde_json::from_value(value["records"].clone()).unwrap_or_default();
            all.insert(members, (golden, xxhash_rust::xxh3::xxh3_64(body.as_bytes())));
        }
    }
}
