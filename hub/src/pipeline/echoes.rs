//! What sources say again because the hub has written it to them. It is no news: the record keeps its age, and where the
//! golden values stay as they are nothing is published.

use super::prepare::Prepared;
use super::{SharedResolver, blocking, resolve};
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::Incoming;
use crate::domain::policy::Policy;
use crate::domain::resolver::{Body, Resolution, Roster};
use crate::store::write_back::ECHO_US_MAX;
use crate::store::{Store, StoreError};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Marks the echoes of a batch that came in at about this time.
pub async fn mark(store: &Store, batch: &mut Prepared, received_us: i64) -> Result<(), StoreError> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for incoming in &batch.incoming {
        places.entry(&incoming.key.source).or_default().push(&incoming.key.key);
    }
    let mut echoes = HashMap::default();
    for (source, keys) in places {
        echoes.extend(store.echoes(source, &keys, received_us - ECHO_US_MAX).await?);
    }
    if echoes.is_empty() {
        return Ok(());
    }
    for incoming in &mut batch.incoming {
        if let Some(updated_us) = echoes.get(&(incoming.key.clone(), incoming.content_hash)) {
            (incoming.updated_us, incoming.echo) = (*updated_us, true);
        }
    }
    Ok(())
}

/// Resolves a batch with echoes in it. Everything before it has to be durable.
pub(super) async fn resolve_with_echoes(
    store: &Store,
    shared: &SharedResolver,
    policy: &Policy,
    incoming: Vec<Incoming>,
) -> Result<Resolution, StoreError> {
    let first = shared.clone();
    let begin = move || {
        resolve(&first, |resolver| {
            let begun = resolver.begin(incoming, Vec::new());
            let echoed = resolver.echoed(&begun);
            (begun, echoed)
        })
    };
    let (begun, echoed) = blocking(begin).await?;
    let silent = silent(store, policy, begun.resolution.bodies(), &echoed).await?;
    let second = shared.clone();
    blocking(move || resolve(&second, |resolver| resolver.finish(begun, &silent))).await
}

/// The golden records whose stored values are those that survive now as well.
async fn silent(
    store: &Store,
    policy: &Policy,
    mut bodies: HashMap<RecordNo, Body>,
    echoed: &[(GoldenId, Roster)],
) -> Result<HashSet<GoldenId>, StoreError> {
    let members = echoed.iter().flat_map(|(_, roster)| roster.records());
    let missing: Vec<RecordNo> = members.filter(|record| !bodies.contains_key(record)).collect();
    bodies.extend(store.bodies(&missing).await?);
    let ids: Vec<GoldenId> = echoed.iter().map(|(golden, _)| *golden).collect();
    let stored: HashMap<GoldenId, Arc<str>> =
        store.bodies_of_goldens(&ids).await?.into_iter().map(|(id, body)| (id, body.into())).collect();
    let stays = |(golden, roster): &&(GoldenId, Roster)| {
        stored.get(golden).is_some_and(|body| **body == *roster.survive(&bodies, &policy.rules).body)
    };
    Ok(echoed.iter().filter(stays).map(|(golden, _)| *golden).collect())
}
