//! The rules of each policy, kept once read: a policy never changes.

use crate::domain::ids::PolicyNo;
use crate::domain::rules::Rules;
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Rules by the number of their policy.
pub struct Policies {
    store: Store,
    known: RwLock<HashMap<PolicyNo, Arc<Rules>>>,
}

impl Policies {
    pub fn new(store: Store) -> Policies {
        Policies { store, known: RwLock::default() }
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
