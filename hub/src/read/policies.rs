//! The rules of each policy, kept once read: a policy never changes.

use crate::domain::ids::PolicyNo;
use crate::domain::rules::Rules;
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Rules by the number of their policy.
pub struct Policies {
    store: Store,
    known: RwLock<HashMap<PolicyNo, Arc<Rules>>>,
    in_force: RwLock<Option<(Instant, Arc<Rules>)>>,
}

/// How long a node may go by rules that others have replaced.
const IN_FORCE_MS: u64 = 1000;

impl Policies {
    pub fn new(store: Store) -> Policies {
        Policies { store, known: RwLock::default(), in_force: RwLock::default() }
    }

    /// The rules in force, or those that were a moment ago.
    pub async fn in_force(&self) -> Result<Arc<Rules>, StoreError> {
        let known = self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, rules)) = known
            && at.elapsed() < Duration::from_millis(IN_FORCE_MS)
        {
            return Ok(rules);
        }
        let row = self.store.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
        let rules = self.rules(row.number).await?;
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), rules.clone()));
        Ok(rules)
    }

    /// The rules that a decision under this policy was made by.
    pub async fn rules(&self, number: PolicyNo) -> Result<Arc<Rules>, StoreError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        if let Some(rules) = known {
            return Ok(rules);
        }
        let rules = self.store.rules_under(number).await?.ok_or(StoreError::Corrupt { what: "policy" })?;
        let rules = Arc::new(rules);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(number, rules.clone());
        Ok(rules)
    }
}
