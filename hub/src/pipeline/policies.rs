//! Changes of policy, in slices between ordinary batches.
//!
//! First the population is weighed under the new model beside the one in force (nothing of that is stored, as features
//! are not). Then the new policy comes into force, and part by part everybody is decided anew, each part and the mark
//! of how far it has come in one transaction.

use super::{Pipeline, SharedResolver, blocking, clock, look, resolve};
use crate::domain::command::Mandate;
use crate::domain::ids::{GoldenId, PolicyNo};
use crate::domain::limits::{RENEW_RECORDS, WEIGH_RECORDS};
use crate::domain::plan::Plan;
use crate::domain::policy::{Draft, Policy, Stage, fingerprint};
use crate::domain::resolver::{self, Resolver, Weighed};
use crate::domain::what_if::Former;
use crate::store::leader::Epoch;
use crate::store::policies::{PolicyRow, Progress};
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use std::sync::Arc;

/// How much a change of policy does at once.
#[derive(Clone, Copy, Debug)]
pub struct Slices {
    /// Records that are weighed while batches wait.
    pub weigh: usize,
    /// Records that are decided anew in one transaction.
    pub renew: usize,
}

impl Default for Slices {
    fn default() -> Self {
        Slices { weigh: WEIGH_RECORDS, renew: RENEW_RECORDS }
    }
}

/// A policy that is being prepared for.
pub(super) struct Coming {
    policy: Policy,
    weighs: bool,
    /// Records that were left to be weighed after the last slice.
    left: usize,
}

/// The policy in force with its population.
pub struct Standing {
    pub policy: Policy,
    pub resolver: Resolver,
    /// Whether a part of the population is still as the policy before left it.
    pub renewing: bool,
}

/// A part of the population decided anew, with the golden records that stood for it before.
pub struct Renewal {
    pub before: Vec<Former>,
    pub plan: Plan,
}

impl Pipeline {
    /// One slice of a change of policy, if somebody asked for one; answers whether there is more to do.
    pub async fn change_policy(&mut self) -> Result<bool, StoreError> {
        if self.renewing {
            return self.renew_part().await;
        }
        let waiting = self.store.policy_waiting().await?;
        match (waiting, &self.coming) {
            (None, None) => Ok(false),
            (None, Some(_)) => self.give_up(),
            (Some(row), Some(coming)) if row.number == coming.policy.number => self.weigh().await,
            (Some(row), _) => self.begin(row).await,
        }
    }

    fn give_up(&mut self) -> Result<bool, StoreError> {
        self.coming = None;
        resolve(&self.resolver, Resolver::drop_draft)?;
        Ok(false)
    }

    async fn begin(&mut self, row: PolicyRow) -> Result<bool, StoreError> {
        let policy = match self.store.policy(&row).await {
            Err(StoreError::Misfit { reason, .. }) => {
                tracing::error!(policy = row.number.0, reason, "the policy asked for cannot be used; it is given up");
                self.store.withdraw_policy().await?;
                return self.give_up();
            }
            read => read?,
        };
        let weighs = row.weighs || *policy.model != *self.policy.model;
        tracing::info!(policy = policy.number.0, weighs, "preparing a change of policy");
        let model = policy.model.clone();
        resolve(&self.resolver, |resolver| match weighs {
            true => resolver.begin_draft(model),
            false => resolver.drop_draft(),
        })?;
        self.coming = Some(Coming { policy, weighs, left: usize::MAX });
        Ok(true)
    }

    async fn weigh(&mut self) -> Result<bool, StoreError> {
        let Some(coming) = &mut self.coming else { return Ok(false) };
        // However much comes in between, less must be left after each turn, or a long load would never let it end.
        let goal = coming.left.saturating_sub(self.slices.weigh);
        let weighed = loop {
            let weighed = weigh(&self.resolver, self.slices.weigh).await?;
            if weighed.is_complete() || weighed.left <= goal {
                break weighed;
            }
        };
        coming.left = weighed.left;
        let (number, weighs, total) = (coming.policy.number, coming.weighs, weighed.of as i64);
        if !weighed.is_complete() {
            let progress = Progress { number, position: weighed.done() as i64, total };
            self.store.note_weighed(progress, self.leadership.epoch).await?;
            return Ok(true);
        }
        // What is on its way into the store was decided under the policy before and has to be there first.
        self.settle().await?;
        let progress = Progress { number, position: 0, total };
        if !self.store.enforce_policy(progress, weighs, self.leadership.epoch, clock::now_us()).await? {
            return self.give_up();
        }
        resolve(&self.resolver, Resolver::adopt)?;
        if let Some(coming) = self.coming.take() {
            self.policy = coming.policy;
        }
        self.renewing = true;
        tracing::info!(policy = number.0, records = total, "the policy is in force; everybody is decided anew");
        Ok(true)
    }

    async fn renew_part(&mut self) -> Result<bool, StoreError> {
        self.settle().await?;
        let Some(renewal) = renew(&self.store, &self.resolver, &self.policy, self.slices.renew).await? else {
            self.renewing = false;
            return Ok(true);
        };
        let is_last = renewal.plan.renewed.is_some_and(|renewed| renewed.is_last());
        self.store.apply(renewal.plan, &[], &[], self.leadership.epoch, clock::now_us()).await?;
        self.renewing = !is_last;
        if is_last {
            tracing::info!(policy = self.policy.number.0, "everything follows the policy in force");
        }
        Ok(true)
    }
}

/// Weighs the next records of a draft; readers are kept out only while what was found is put into place.
pub async fn weigh(shared: &SharedResolver, limit: usize) -> Result<Weighed, StoreError> {
    let shared = shared.clone();
    blocking(move || {
        let slice = look(&shared, |resolver| resolver.weigh_slice(limit))?;
        resolve(&shared, |resolver| resolver.put_slice(slice))
    })
    .await
}

/// Decides the next part of a population anew; none at the end. Changes the resolver and nothing else, so that a
/// what-if and the change itself are the same.
pub async fn renew(
    store: &Store,
    shared: &SharedResolver,
    policy: &Policy,
    limit: usize,
) -> Result<Option<Renewal>, StoreError> {
    let reading = shared.clone();
    let next = blocking(move || look(&reading, |resolver| resolver.next_part(limit))).await?;
    let Some(part) = next else { return Ok(None) };
    let bodies = store.bodies(&part.records()).await?;
    let ids: Vec<GoldenId> = part.present.iter().map(|(id, _)| *id).collect();
    let stored = store.bodies_of_goldens(&ids).await?;
    let (shared, policy) = (shared.clone(), policy.clone());
    blocking(move || {
        let stored: HashMap<GoldenId, Arc<str>> = stored.into_iter().map(|(id, body)| (id, body.into())).collect();
        let outdated = part.outdated(&stored, &bodies, &policy.rules);
        let before = part.present.iter().map(|(id, roster)| Former {
            id: *id,
            members: roster.records().collect(),
            body: stored.get(id).cloned().unwrap_or_default(),
        });
        let before = before.collect();
        let resolution = resolve(&shared, |resolver| resolver.renew(part, &outdated))?;
        Ok(Some(Renewal { before, plan: resolver::compose(resolution, bodies, &policy) }))
    })
    .await
}

/// Loads the population under the policy in force.
pub async fn standing(store: &Store) -> Result<Standing, StoreError> {
    let row = store.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
    let policy = store.policy(&row).await?;
    let mut resolver = store.load(policy.model.clone()).await?;
    let renewing = row.stage == Stage::Renewing;
    if !renewing {
        return Ok(Standing { policy, resolver, renewing });
    }
    let (next, of, edges) = (row.position as usize, row.total as usize, row.weighs);
    blocking(move || {
        resolver.resume_renewal(next, of, edges);
        Ok(Standing { policy, resolver, renewing })
    })
    .await
}

/// The same for the one that resolves: where this program cannot work by the policy in force, because it compares by
/// other levels than the one before, a policy that was asked for takes its place at once.
pub(super) async fn standing_or_next(store: &Store, epoch: Epoch) -> Result<Standing, StoreError> {
    let error = match standing(store).await {
        Err(error @ StoreError::Misfit { .. }) => error,
        loaded => return loaded,
    };
    let Some(waiting) = store.policy_waiting().await? else { return Err(error) };
    store.policy(&waiting).await?;
    let progress = Progress { number: waiting.number, position: 0, total: store.record_count().await? };
    store.enforce_policy(progress, true, epoch, clock::now_us()).await?;
    standing(store).await
}

/// What came of asking for a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It comes into force under this number.
    For(PolicyNo),
    /// It is in force; what was waiting to replace it is given up.
    Withdrawn,
    /// It is in force.
    InForce,
    /// There is none to go back to.
    NoneBefore,
}

/// Asks for a policy unless it is the one in force; `anew` asks even then.
pub async fn ask(store: &Store, draft: &Draft, asked: &Mandate, anew: bool) -> Result<Asked, StoreError> {
    let in_force = store.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
    let same =
        in_force.model.hash == fingerprint(&*draft.model) && in_force.rules.hash == fingerprint(&draft.rules.rules);
    if !same || anew {
        return store.ask_for_policy(draft, asked, anew).await.map(Asked::For);
    }
    Ok(if store.withdraw_policy().await? { Asked::Withdrawn } else { Asked::InForce })
}

/// Asks for an earlier policy once more: the one with this number, or else the last one that was in force before the
/// one in force and differed from it. Where a policy still waits, going back is to give it up.
pub async fn ask_back(store: &Store, to: Option<PolicyNo>, asked: &Mandate) -> Result<Asked, StoreError> {
    let in_force = store.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
    if to.is_none() && store.withdraw_policy().await? {
        return Ok(Asked::Withdrawn);
    }
    let was_in_force = |row: &PolicyRow| row.in_force_us.is_some();
    let differs = |row: &PolicyRow| row.model != in_force.model || row.rules != in_force.rules;
    let wanted = |row: &PolicyRow| match to {
        Some(number) => row.number == number && was_in_force(row),
        None => row.number < in_force.number && was_in_force(row) && differs(row),
    };
    match store.policies().await?.iter().find(|row| wanted(row)) {
        Some(row) => ask(store, &store.draft_of(row).await?, asked, false).await,
        None => Ok(Asked::NoneBefore),
    }
}
