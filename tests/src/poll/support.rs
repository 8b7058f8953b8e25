//! What the tests of reading share: a made-up shop, its manifest, and the count of what the hub stored.

use crate::api::fixture::{Hub, eventually};
use connectors::Manifest;
use connectors::fake::{Asked, Fake, Record};
use hub::conformance::listen::{Listening, Manner};
use hub::domain::ids::DeliveryId;
use hub::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tests::Database;

const SECRET: &str = "made-up-secret";
/// The first customer was changed then; later ones seconds after.
const BEGIN_US: i64 = 1_767_225_600_000_000;

/// A shop and what happened to it.
pub struct Shop {
    pub listening: Listening,
    pub fake: Arc<Mutex<Fake>>,
    /// Requests so far.
    pub asked: Arc<Mutex<Vec<String>>>,
}

/// The manifest of a shop that is read by these lines of `[poll]`, for the kinds of auth that need no lines of their own.
pub fn manifest(poll: &str) -> String {
    let auth = if poll.contains("auth =") { "" } else { "auth = { bearer = { env = \"SHOP_SECRET\" } }\n" };
    format!(
        "name = \"shop\"\n[record]\nkey = \"$.id\"\nversion = {{ timestamp = \"$.changed\" }}\n[map]\n\
         names = [{{ given = \"$.given\", family = \"$.family\" }}]\nemails = [{{ value = \"$.mail\" }}]\n\
         [poll]\nbase = {{ env = \"SHOP_BASE\" }}\n{auth}rate = {{ requests = 1000, per_secs = 1 }}\n{poll}"
    )
}

impl Shop {
    /// A shop with so many customers, which answers well.
    pub async fn start(manifest: &str, customers: u64) -> Shop {
        let manifest = Manifest::parse("shop.toml", manifest).unwrap_or_else(|errors| panic!("{errors}"));
        let mut fake = Fake::new(manifest.poll().expect("it is read"), "me", SECRET);
        fake.records = (1..=customers).map(customer).collect();
        let (fake, asked) = (Arc::new(Mutex::new(fake)), Arc::new(Mutex::new(Vec::new())));
        let listening = Listening::start(whole(&fake, &asked)).await.expect("a port is free");
        Shop { listening, fake, asked }
    }

    /// Answers well, except where `fault` says how else.
    pub fn fail(&self, mut fault: impl FnMut(usize, Manner) -> Manner + Send + 'static) {
        let (mut well, mut count) = (whole(&self.fake, &self.asked), 0);
        self.listening.answer(move |asked| {
            count += 1;
            fault(count, well(asked))
        });
    }

    pub fn recover(&self) {
        self.listening.answer(whole(&self.fake, &self.asked));
    }

    /// What the environment holds for a hub that reads this shop.
    pub fn settings(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        let base = self.listening.base.clone();
        move |name| match name {
            "SHOP_BASE" => Some(base.clone()),
            "SHOP_USER" => Some("me".to_owned()),
            "SHOP_SECRET" => Some(SECRET.to_owned()),
            _ => None,
        }
    }

    pub async fn hub(&self, database: &Database, manifest: &str) -> Hub {
        Hub::with_settings(database, &[manifest], self.settings()).await
    }

    pub fn requests(&self) -> usize {
        self.asked.lock().expect("nobody panicked").len()
    }

    pub fn change(&self, number: u64, family: &str, at: u64) {
        let mut fake = self.fake.lock().expect("nobody panicked");
        fake.records.retain(|record| record.key != number.to_string());
        let mut record = customer(number);
        record.changed_us = BEGIN_US + at as i64 * 1_000_000;
        record.body["family"] = json!(family);
        record.body["changed"] = json!(time(record.changed_us));
        fake.records.push(record);
    }
}

fn whole(fake: &Arc<Mutex<Fake>>, asked: &Arc<Mutex<Vec<String>>>) -> impl FnMut(&Asked) -> Manner + Send + 'static {
    let (fake, requests) = (fake.clone(), asked.clone());
    move |asked| {
        requests.lock().expect("nobody panicked").push(asked.path.clone());
        Manner::Whole(fake.lock().expect("nobody panicked").answer(asked))
    }
}

fn time(us: i64) -> String {
    format!("{:.0}", jiff::Timestamp::from_microsecond(us).expect("it is within reach"))
}

/// An invented customer.
pub fn customer(number: u64) -> Record {
    let changed_us = BEGIN_US + number as i64 * 1_000_000;
    let body = json!({
        "id": number, "given": format!("Given{number}"), "family": format!("Family{number}"),
        "mail": format!("guest{number}@example.com"), "changed": time(changed_us),
    });
    Record { key: number.to_string(), changed_us, body }
}

/// How a source's reading goes.
pub async fn state(hub: &Hub) -> Value {
    hub.get("/v1/connectors/shop").await.json()["poll"].clone()
}

/// Waits until everything has been read for the first time.
pub async fn read_first(hub: &Hub) -> Value {
    read_since(hub, None).await
}

/// Asks for everything once more, and waits for it.
pub async fn read_again(hub: &Hub) -> Value {
    let before = hub.store.poll("shop").await.expect("the store answers").and_then(|poll| poll.standing.finished_us);
    assert_eq!(hub.post("/v1/connectors/shop/run", &json!({})).await.status, 200);
    read_since(hub, before).await
}

async fn read_since(hub: &Hub, before: Option<i64>) -> Value {
    eventually("the shop is read to its end", || async {
        let stored = hub.store.poll("shop").await.expect("the store answers")?;
        (stored.standing.finished_us > before).then_some(())
    })
    .await;
    state(hub).await
}

/// The deliveries of the shop: how often each customer came in.
pub async fn came_in(store: &Store) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    let newest = store.progress().await.expect("the store answers").1;
    let mut after = DeliveryId(0);
    while after < newest {
        let page = store.deliveries_after(after, 1000).await.expect("the store answers");
        let Some(last) = page.last() else { break };
        after = last.id;
        for delivery in page.iter().filter(|delivery| delivery.source == "shop") {
            let body: Value = serde_json::from_slice(&delivery.payload).expect("a record is JSON");
            // In CSV everything is text.
            let id = body["id"].as_u64().or_else(|| body["id"].as_str()?.parse().ok());
            *counts.entry(id.expect("it has an id")).or_default() += 1;
        }
    }
    counts
}

/// Each of so many customers, once.
pub fn each_once(customers: u64) -> BTreeMap<u64, usize> {
    (1..=customers).map(|number| (number, 1)).collect()
}
