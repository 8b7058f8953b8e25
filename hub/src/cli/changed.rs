//! The flags that name another model and other rules, and the wait until they are in force.

use super::local::{Local, Worker};
use super::output::records_bar;
use super::{Context, Failure};
use crate::domain::ids::PolicyNo;
use crate::domain::policy::{Draft, Stage};
use crate::store::policies::PolicyRow;
use crate::store::{Store, StoreError};
use clap::Args;
use matching::Model;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is to differ from the policy in force; rules are named by the setting --rules. What is not named stays.
#[derive(Debug, Args)]
pub struct Changed {
    /// A matching model as JSON, such as `hub train --output` writes it
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The matching model that ships with this program
    #[arg(long, conflicts_with = "model")]
    shipped_model: bool,
    /// The weight (log2 of the odds) from which on two records are held to be one person
    #[arg(long, value_name = "WEIGHT", allow_hyphen_values = true)]
    link_weight: Option<f32>,
}

const WATCH_MS: u64 = 200;

impl Changed {
    /// The draft that the flags describe.
    pub async fn draft(&self, context: &Context, store: &Store) -> Result<Draft, Failure> {
        let rules = context.config.rules.as_ref().is_some_and(|file| file.on_command_line);
        if !(rules || self.model.is_some() || self.shipped_model || self.link_weight.is_some()) {
            return Err("say what is to change: --rules, --model, --shipped-model or --link-weight".into());
        }
        self.draft_or_same(context, store).await
    }

    /// The same; without any flag it is the policy in force.
    pub async fn draft_or_same(&self, context: &Context, store: &Store) -> Result<Draft, Failure> {
        let rules = context.config.rules.as_ref().filter(|file| file.on_command_line).map(|file| file.set.clone());
        let row = store.policy_in_force().await?.ok_or(StoreError::NoPolicy)?;
        let model = match (&self.model, self.shipped_model) {
            (Some(path), _) => Some(read_model(path)?),
            (None, true) => Some(Model::default()),
            (None, false) => None,
        };
        let rules = match rules {
            Some(rules) => rules,
            None => store.rule_set_of(&row).await?,
        };
        // A model in force that this program cannot read must not keep another one from being named.
        let model = match model {
            Some(model) => Arc::new(model),
            None => store.draft_of(&row).await?.model,
        };
        let draft = Draft { model, rules };
        let draft = match self.link_weight {
            Some(weight) => draft.linking_from(weight)?,
            None => draft,
        };
        Ok(draft.checked()?)
    }
}

fn read_model(path: &Path) -> Result<Model, Failure> {
    let file = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{file} cannot be read: {e}"))?;
    Ok(Model::from_json(&text).map_err(|e| format!("{file} cannot be used as a matching model: {e}"))?)
}

/// Waits until a policy is settled, or will never come into force.
pub async fn watch(local: &Local, number: PolicyNo) -> Result<PolicyRow, Failure> {
    let bar = records_bar(0, "waiting");
    loop {
        let found = local.store.policies().await?.into_iter().find(|row| row.number == number);
        let row = found.ok_or(StoreError::Corrupt { what: "policy" })?;
        bar.set_message(row.stage.name());
        bar.set_length(row.total as u64);
        bar.set_position(row.position as u64);
        if matches!(row.stage, Stage::Settled | Stage::Superseded) {
            bar.finish_and_clear();
            return Ok(row);
        }
        local.check()?;
        if let Worker::Here(control, _) = &local.worker {
            control.wake();
        }
        tokio::time::sleep(Duration::from_millis(WATCH_MS)).await;
    }
}
