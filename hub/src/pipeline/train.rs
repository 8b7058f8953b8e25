//! Fits a model to what the store holds; reads one state of the database and writes nothing.

use super::blocking;
use super::policies::{Standing, standing};
use crate::domain::policy::Draft;
use crate::domain::training::{self, Trained};
use crate::store::{Store, StoreError};

/// The policy in force, and a model fitted to the records; with `labels` also to what stewards have decided.
pub async fn train(store: &Store, labels: bool) -> Result<(Draft, Trained), StoreError> {
    let frozen = store.frozen().await?;
    let row = frozen.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
    let in_force = frozen.draft_of(&row).await?;
    let Standing { resolver, .. } = standing(&frozen).await?;
    frozen.close().await;
    let model = in_force.model.clone();
    let trained = blocking(move || {
        let labels = if labels { resolver.labels() } else { Vec::new() };
        Ok(training::train(resolver.into_index(), &model, &labels))
    });
    Ok((in_force, trained.await?))
}
