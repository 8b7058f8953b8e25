//! A change of policy carried through on paper: the same steps over the same population, and nothing written.

use super::policies::{Standing, renew, standing, weigh};
use super::{SharedResolver, clock, resolve};
use crate::domain::customer::Customer;
use crate::domain::ids::{PolicyNo, RecordNo, SourceKey};
use crate::domain::limits::{RENEW_RECORDS, WEIGH_RECORDS};
use crate::domain::policy::{Draft, Policy};
use crate::domain::resolver::Resolver;
use crate::domain::what_if::{Census, Laws, Named, Pair, Report, ReviewChange, display_name};
use crate::store::{Store, StoreError};
use serde_json::json;
use std::sync::{Arc, RwLock};

/// How far a what-if is: records done with, of how many, first weighing and then deciding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    pub weighed: usize,
    pub decided: usize,
    pub of: usize,
}

/// Tells what a draft would change. Reads one state of the database throughout, by a connection that cannot write.
/// Of each kind of change so many are listed by name.
pub async fn what_if(
    store: &Store,
    draft: &Draft,
    listed_max: usize,
    step: impl FnMut(Step),
) -> Result<Report, StoreError> {
    let frozen = store.frozen().await?;
    let told = tell(&frozen, draft, listed_max, step).await;
    frozen.close().await;
    told
}

async fn tell(
    store: &Store,
    draft: &Draft,
    listed_max: usize,
    mut step: impl FnMut(Step),
) -> Result<Report, StoreError> {
    let Standing { policy: present, resolver, renewing } = standing(store).await?;
    if renewing {
        return Err(StoreError::Renewing { policy: present.number.0 });
    }
    let (records, before) = (resolver.len(), resolver.shape());
    let (before_law, after_law) = (present.rules.consent.clone(), draft.rules.rules.consent.clone());
    let laws = Laws { before: before_law, after: after_law, now: clock::now() };
    let mut census = Census::new(resolver.open_review_pairs(), laws, listed_max);
    let shared: SharedResolver = Arc::new(RwLock::new(Some(resolver)));
    let mut far = Step { of: records, ..Step::default() };
    if draft.model != present.model {
        resolve(&shared, |resolver| resolver.begin_draft(draft.model.clone()))?;
    }
    loop {
        let weighed = weigh(&shared, WEIGH_RECORDS).await?;
        far.weighed = weighed.done();
        step(far);
        if weighed.is_complete() {
            break;
        }
    }
    resolve(&shared, Resolver::adopt)?;
    // The number that it would get does not matter, because nothing is written.
    let policy = Policy {
        number: PolicyNo(present.number.0 + 1),
        model: draft.model.clone(),
        rules: Arc::new(draft.rules.rules.clone()),
    };
    while let Some(renewal) = renew(store, &shared, &policy, RENEW_RECORDS).await? {
        census.take(&renewal.before, &renewal.plan);
        far.decided = renewal.plan.renewed.map_or(far.of, |renewed| renewed.upto.0 as usize);
        step(far);
    }
    let [opened, closed] = census.reviews();
    let named = [named(store, &shared, opened).await?, named(store, &shared, closed).await?];
    let after = resolve(&shared, |resolver| resolver.shape())?;
    Ok(census.finish(records, before, after, named))
}

async fn named(store: &Store, shared: &SharedResolver, pairs: Vec<Pair>) -> Result<Vec<ReviewChange>, StoreError> {
    let records: Vec<RecordNo> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    let bodies = store.bodies(&records).await?;
    let name = |record: RecordNo, key: SourceKey| Named {
        name: bodies.get(&record).map_or_else(String::new, |body| called(&body.customer)),
        key,
    };
    resolve(shared, |resolver| {
        let side = |record: RecordNo| name(record, resolver.key(record));
        pairs.into_iter().map(|(a, b)| ReviewChange { left: side(a), right: side(b) }).collect()
    })
}

fn called(customer: &Customer) -> String {
    let (name, emails) = (customer.names.first(), &customer.emails);
    display_name(&json!({ "name": name, "organisation": customer.organisation, "emails": emails }))
}
