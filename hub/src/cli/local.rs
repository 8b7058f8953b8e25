//! A pipeline inside a command: if another process resolves on this database already, that one does the work.

use super::{Context, Failure};
use crate::domain::audit::{Deed, Outcome};
use crate::domain::ids::DeliveryId;
use crate::domain::policy::{Draft, Stage, fingerprint};
use crate::domain::rules::RuleSet;
use crate::pipeline::{Control, Pipeline, SharedResolver, Sources, clock, spawn};
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A command gives up after this many failures in a row; a server goes on trying.
const FAILURES_MAX: usize = 4;

/// A store with somebody who resolves what is put into it.
pub struct Local {
    pub store: Store,
    pub sources: Arc<Sources>,
    pub resolver: SharedResolver,
    pub worker: Worker,
}

/// Who resolves.
pub enum Worker {
    Here(Control, JoinHandle<()>),
    Elsewhere,
}

/// Opens the configured store, creating its schema if there is none.
pub async fn open(context: &Context) -> Result<Store, Failure> {
    if context.config.database.starts_with("sqlite:") {
        std::fs::create_dir_all(&context.config.data_dir)?;
    }
    match Store::open(&context.config.database).await {
        Err(StoreError::SchemaBehind { found: 0, .. }) => Ok(Store::migrate(&context.config.database).await?.0),
        opened => Ok(opened?),
    }
}

/// Writes down in the audit chain what somebody does on the command line, by the name that the system knows them by.
pub async fn note(store: &Store, command: &str, subject: &str) -> Result<(), StoreError> {
    let actor = std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "operator".to_owned());
    let (role, action) = ("command line".to_owned(), format!("hub {command}"));
    let deed = Deed { actor, role, action, subject: subject.to_owned(), outcome: Outcome::Permitted };
    store.audit(vec![deed], clock::now_us()).await
}

impl Local {
    pub async fn start(context: &Context) -> Result<Local, Failure> {
        let store = open(context).await?;
        Local::on(store, context).await
    }

    pub async fn on(store: Store, context: &Context) -> Result<Local, Failure> {
        let sources = Arc::new(Sources::load(context.config.manifests.as_deref())?);
        let resolver = SharedResolver::default();
        let worker = match Pipeline::start(store.clone(), &first_policy(context)?, resolver.clone()).await {
            Ok(pipeline) => {
                warn_of_other_rules(context, &store).await?;
                let (control, handle) = spawn(pipeline, sources.clone());
                Worker::Here(control, handle)
            }
            Err(StoreError::LeaderElsewhere) => Worker::Elsewhere,
            Err(error) => return Err(error.into()),
        };
        Ok(Local { store, sources, resolver, worker })
    }

    /// Waits until a delivery is done with; `step` sees how far it has come.
    pub async fn reached(&self, position: DeliveryId, mut step: impl FnMut(DeliveryId)) -> Result<(), StoreError> {
        loop {
            let (done, _) = self.store.progress().await?;
            step(done);
            if done >= position {
                return Ok(());
            }
            self.check()?;
            if let Worker::Here(control, _) = &self.worker {
                let _ = tokio::time::timeout(Duration::from_millis(500), control.reached(position)).await;
            } else {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Whether the pipeline of this process, if it has one, still gets on.
    pub fn check(&self) -> Result<(), StoreError> {
        match &self.worker {
            Worker::Here(_, handle) if handle.is_finished() => Err(StoreError::Fenced),
            Worker::Here(control, _) if control.totals().failing >= FAILURES_MAX => Err(StoreError::Stuck),
            Worker::Here(..) | Worker::Elsewhere => Ok(()),
        }
    }

    /// What tells the pipeline of this process, if it has one, that there is something to do.
    pub fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        match &self.worker {
            Worker::Here(control, _) => {
                let control = control.clone();
                Arc::new(move || control.wake())
            }
            Worker::Elsewhere => Arc::new(|| {}),
        }
    }

    /// Lets the batch in hand finish, then ends the pipeline and closes the database.
    pub async fn stop(self) {
        if let Worker::Here(control, handle) = self.worker {
            control.stop();
            let _ = handle.await;
        }
        self.store.close().await;
    }
}

/// The policy that a new database begins with: the shipped model, and the configured rules or the shipped ones.
pub fn first_policy(context: &Context) -> Result<Draft, Failure> {
    let rules = match &context.config.rules {
        Some(file) => file.set.clone(),
        None => RuleSet::shipped()?,
    };
    Ok(Draft { model: Arc::new(matching::Model::default()), rules })
}

/// Rules come into force on request and never by a restart, so that no edit of a file and no second node with another
/// one changes a million golden records unasked; but whoever configures a file must hear that it is not obeyed.
async fn warn_of_other_rules(context: &Context, store: &Store) -> Result<(), StoreError> {
    let Some(file) = &context.config.rules else { return Ok(()) };
    let newest = store.policies().await?.into_iter().find(|policy| policy.stage != Stage::Superseded);
    if newest.is_some_and(|policy| policy.rules.hash != fingerprint(&file.set.rules)) {
        let path = file.path.display();
        tracing::warn!(
            "{path} differs from the rules in force, which stay in force. See what it would change with `hub what-if \
             --rules {path}`, put it into force with `hub policy activate --rules {path} --reason ...`"
        );
    }
    Ok(())
}
