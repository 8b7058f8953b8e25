//! A hub without its network: a store with the one that resolves, driven from a test.

use crate::Database;
use crate::population::Record;
use hub::domain::command::{Command, Mandate};
use hub::domain::ids::{DeliveryId, GoldenId, PolicyNo, SourceKey};
use hub::domain::policy::Draft;
use hub::domain::rules::RuleSet;
use hub::pipeline::{Control, Outcome, Pipeline, Request, SharedResolver, Sources, spawn};
use hub::store::inbox::{NewDelivery, Shape};
use hub::store::{Store, StoreError};
use hub::verify::{Difference, Report, compare, verify};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A running node; stop it before another one takes over.
pub struct Node {
    pub store: Store,
    pub resolver: SharedResolver,
    pub control: Control,
    worker: JoinHandle<()>,
}

/// The shipped model and the shipped rules.
pub fn shipped() -> Draft {
    Draft { model: Arc::default(), rules: RuleSet::shipped().expect("the shipped rules are valid") }
}

/// The shipped manifests.
pub fn sources() -> Arc<Sources> {
    Arc::new(Sources::load(None).expect("the shipped manifests are valid"))
}

/// The shipped manifests and these.
pub fn sources_of(manifests: &[&str]) -> Arc<Sources> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (number, manifest) in manifests.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.toml")), manifest).expect("a file can be written");
    }
    Arc::new(Sources::load(Some(folder.path())).expect("the manifests are valid"))
}

impl Node {
    /// Creates the schema if needed and starts to resolve.
    pub async fn start(database: &Database) -> Node {
        let (store, _) = Store::migrate(database.url()).await.expect("the schema can be made");
        let resolver = SharedResolver::default();
        let pipeline = lead(&store, &resolver).await;
        let (control, worker) = spawn(pipeline, sources());
        Node { store, resolver, control, worker }
    }

    /// Puts records into the inbox in canonical shape and waits until they are resolved.
    pub async fn take(&self, records: &[Record]) {
        let deliveries = records.iter().map(|r| canonical(r.source, r.payload.to_string())).collect();
        self.deliver(deliveries).await;
    }

    /// Puts deliveries into the inbox and waits until they are resolved; returns the first one's id.
    pub async fn deliver(&self, deliveries: Vec<NewDelivery>) -> DeliveryId {
        let count = deliveries.len() as i64;
        let first =
            self.store.append(deliveries, 1_767_225_600_000_000, Vec::new()).await.expect("the inbox takes them");
        self.control.reached(DeliveryId(first.0 + count - 1)).await;
        first
    }

    pub async fn command(&self, command: Command) -> Outcome {
        let mandate = Mandate { by: "a test".into(), reason: "to see".into(), at_us: 1_700_000_000_000_000 };
        self.control.command(&Request { command, mandate }).await.expect("the command is carried out")
    }

    /// The golden id under which a record lives.
    pub async fn golden(&self, source: &str, key: &str) -> Option<GoldenId> {
        let record = self.store.source_record(&SourceKey::new(source, key)).await.expect("the store answers");
        record.and_then(|record| record.golden)
    }

    /// Asks for another policy and waits until everything follows it.
    pub async fn change_to(&self, draft: &Draft) -> PolicyNo {
        let asked = Mandate { by: "a test".into(), reason: "to see".into(), at_us: 1_700_000_000_000_000 };
        let number = self.store.ask_for_policy(draft, &asked, false).await.expect("the store takes it");
        self.settled().await;
        number
    }

    /// Waits until no change of policy is under way.
    pub async fn settled(&self) {
        while self.store.policy_under_way().await.expect("the store answers").is_some() {
            self.control.wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn verify(&self) -> Report {
        verify(&self.store, |_| {}).await.expect("the store can be checked")
    }

    /// How the golden records of another store differ from this one's.
    pub async fn difference(&self, other: &Store) -> Difference {
        compare(&self.store, other).await.expect("both stores can be read")
    }

    /// Lets the batch in hand finish and ends.
    pub async fn stop(self) {
        self.control.stop();
        self.worker.await.expect("the worker does not panic");
        self.store.close().await;
    }
}

/// Becomes the one that resolves. The server takes a dead process's lock back a moment later.
pub async fn lead(store: &Store, resolver: &SharedResolver) -> Pipeline {
    for _ in 0..500 {
        match Pipeline::start(store.clone(), &shipped(), resolver.clone()).await {
            Err(StoreError::LeaderElsewhere) => tokio::time::sleep(Duration::from_millis(10)).await,
            started => return started.expect("the place is free"),
        }
    }
    panic!("another one resolves")
}

/// A delivery in canonical shape.
pub fn canonical(source: &str, payload: impl Into<Vec<u8>>) -> NewDelivery {
    let source = source.to_owned();
    NewDelivery { source, shape: Shape::Canonical, payload: payload.into(), repairs: None, rejected: None }
}
