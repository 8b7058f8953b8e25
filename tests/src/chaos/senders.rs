//! Sources that send until they are told that it is stored: in any order, some of it twice, and remember what was acknowledged.

use super::cast::{SHOP_SECRET, Stage};
use connectors::signature::{Request, Scheme};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::population::{Dice, records};
use tokio::task::JoinHandle;

/// Records of one request.
const BATCH: usize = 10;
/// Batches and notices that a sender has at least sent when a round is over.
const SENT_MIN: usize = 20;

const GIVEN: [&str; 4] = ["Mira", "Noa", "Olek", "Pia"];

/// Something that a source sends, as often as it takes.
#[derive(Clone, Debug)]
pub enum Sent {
    Records { source: &'static str, key: String, payloads: Vec<Value> },
    Notice { id: String, body: String },
}

/// Senders at work.
pub struct Senders(Vec<JoinHandle<Vec<Sent>>>);

pub fn start(stage: &Arc<Stage>, seed: u64) -> Senders {
    let all = records(seed, 1500);
    let mut loads: Vec<Vec<Sent>> = ["salesforce", "square"]
        .into_iter()
        .map(|source| {
            let own: Vec<Value> = all.iter().filter(|r| r.source == source).map(|r| r.payload.clone()).collect();
            let named = |(number, payloads): (usize, &[Value])| Sent::Records {
                source,
                key: format!("{source}-{number}"),
                payloads: payloads.to_vec(),
            };
            own.chunks(BATCH).enumerate().map(named).collect()
        })
        .collect();
    loads.push(notices(seed));
    let mut dice = Dice::new(seed ^ 1);
    let mut handles = Vec::new();
    for mut load in loads {
        // Older versions come late.
        dice.shuffle(&mut load);
        handles.push(tokio::spawn(send_all(stage.clone(), load, dice.roll())));
    }
    Senders(handles)
}

impl Senders {
    /// Waits until every sender is done with what it had begun; returns what was acknowledged.
    pub async fn finish(self) -> Vec<Sent> {
        let mut acknowledged = Vec::new();
        for handle in self.0 {
            acknowledged.extend(handle.await.expect("a sender comes to its end"));
        }
        acknowledged
    }
}

/// A few shoppers who change their details again and again.
fn notices(seed: u64) -> Vec<Sent> {
    let mut dice = Dice::new(seed ^ 2);
    let notice = |number: u64| {
        let (shopper, minute) = (dice.below(40), number % 60);
        let body = json!({
            "id": 900 + shopper,
            "first_name": GIVEN[shopper as usize % GIVEN.len()],
            "email": format!("shopper{}.{}@example.com", shopper, dice.below(3)),
            "updated_at": format!("2026-01-{:02}T03:{minute:02}:05Z", 1 + number / 60),
        });
        Sent::Notice { id: format!("n-{number}"), body: body.to_string() }
    };
    (0..300).map(notice).collect()
}

async fn send_all(stage: Arc<Stage>, load: Vec<Sent>, seed: u64) -> Vec<Sent> {
    let mut dice = Dice::new(seed);
    let mut acknowledged: Vec<Sent> = Vec::new();
    for (number, sent) in load.into_iter().enumerate() {
        if stage.is_over() && number >= SENT_MIN {
            break;
        }
        sent.until_acknowledged(&stage).await;
        acknowledged.push(sent);
        if dice.below(5) == 0 {
            acknowledged[dice.below(acknowledged.len() as u64) as usize].until_acknowledged(&stage).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(120))).await;
    }
    acknowledged
}

impl Sent {
    async fn until_acknowledged(&self, stage: &Stage) {
        for _ in 0..1200 {
            if self.once(stage).await.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it was never acknowledged: {self:?}");
    }

    /// Sends it; what is answered says whether the hub had it already. Nothing if it was not acknowledged.
    pub async fn once(&self, stage: &Stage) -> Option<bool> {
        let request = match self {
            Sent::Records { source, key, payloads } => stage
                .request("POST", &format!("/v1/sources/{source}/records?shape=canonical"))?
                .bearer_auth(stage.key())
                .header("Idempotency-Key", key)
                .json(payloads),
            Sent::Notice { id, body } => {
                let scheme = Scheme::named("shopify").expect("it is known");
                let header = |_: &str| None;
                let request = Request { method: "POST", url: "", header: &header, body: body.as_bytes() };
                let key = scheme.key(SHOP_SECRET).expect("the secret is one");
                let headers = scheme.sign(&request, &key, 0).expect("it can be signed");
                let request = stage.request("POST", "/v1/sources/shopify/webhook")?.body(body.clone());
                let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
                request.header("x-shopify-topic", "customers/update").header("x-shopify-webhook-id", id)
            }
        };
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let is_replayed = answer.headers().contains_key("idempotency-replayed");
        let body: Value = answer.json().await.ok()?;
        match status {
            200 => Some(body["accepted"] == 0 && body["duplicates"] == 1),
            202 => Some(is_replayed),
            // Whoever is refused for another reason than trouble has found a defect.
            429 | 500..=599 => None,
            _ => panic!("{status}: {body}"),
        }
    }
}
