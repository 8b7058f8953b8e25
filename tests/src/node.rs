//! A hub without its network: a store with the one that resolves, driven from a test.

use crate::Database;
use crate::population::Record;
use hub::domain::command::{Command, Mandate};
use hub::domain::ids::{DeliveryId, GoldenId, SourceKey};
use hub::domain::rules::{Rules, SHIPPED};
use hub::pipeline::{Control, Outcome, Pipeline, Request, SharedResolver, Sources, spawn};
use hub::store::Store;
use hub::store::inbox::{NewDelivery, Shape};
use hub::verify::{Difference, Report, compare, verify};
use matching::Model;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A running node; stop it before another one takes over.
pub struct Node {
    pub store: Store,
    pub resolver: SharedResolver,
    pub control: Control,
    worker: JoinHandle<()>,
}

/// The shipped rules.
pub fn rules() -> Arc<Rules> {
    Arc::new(Rules::parse(SHIPPED).expect("the shipped rules are valid"))
}

/// The shipped manifests.
pub fn sources() -> Arc<Sources> {
    Arc::new(Sources::load(None).expect("the shipped manifests are valid"))
}

impl Node {
    /// Creates the schema if needed and starts to resolve.
    pub async fn start(database: &Database) -> Node {
        let (store, _) = Store::migrate(database.url()).await.expect("the schema can be made");
        let resolver = SharedResolver::default();
        let pipeline = Pipeline::start(store.clone(), rules(), Arc::new(Model::default()), resolver.clone())
            .await
            .expect("nobody else resolves");
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
            self.store.append(deliveries, 1_700_000_000_000_000, Vec::new()).await.expect("the inbox takes them");
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

    pub async fn verify(&self) -> Report {
        verify(&self.store, &rules(), Arc::new(Model::default()), |_| {}).await.expect("the store can be checked")
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

/// A delivery in canonical shape.
pub fn canonical(source: &str, payload: impl Into<Vec<u8>>) -> NewDelivery {
    let source = source.to_owned();
    NewDelivery { source, shape: Shape::Canonical, payload: payload.into(), repairs: None, rejected: None }
}
