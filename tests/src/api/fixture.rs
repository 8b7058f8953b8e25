//! A whole hub in this process: database, pipeline, read side and server, with a client that holds an admin's key.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hub::api::listen::{self, PATIENCE};
use hub::api::{AppState, Doors, Keep, Setup, keys};
use hub::deliver::Operator;
use hub::deliver::nats::{Server, Servers};
use hub::deliver::signature::Secrets;
use hub::deliver::target::AllowedHosts;
use hub::domain::decision::Diligence;
use hub::domain::ids::DeliveryId;
use hub::domain::outbox::Schedule;
use hub::domain::subscriber::SecretName;
use hub::pipeline::{Control, Pipeline, SharedResolver, spawn};
use hub::poll::Access;
use hub::read::search::Place;
use hub::remote::secret::Environment;
use hub::store::Store;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::Database;
use tests::nats::{NatsServer, PASSWORD};
use tests::node::{shipped, sources_of};
use tests::program::client;
use tests::receiver;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// With what every source of these tests signs its webhooks; a text and base64 at the same time.
pub const SECRET: &str = "whsec_YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywga25vd24u";

/// What a hub of a test has that others have not.
struct Making<'m> {
    manifests: &'m [&'m str],
    nats: Vec<(String, Server)>,
    settings: Environment,
    patience: Duration,
    reviews: Diligence,
    search: Place,
}

impl Default for Making<'_> {
    fn default() -> Self {
        Making {
            manifests: &[],
            nats: Vec::new(),
            settings: Arc::new(|_| None),
            patience: PATIENCE,
            reviews: Diligence::default(),
            search: Place::Memory,
        }
    }
}

/// A running hub.
pub struct Hub {
    pub store: Store,
    pub control: Control,
    /// The folder of file drops.
    pub drops: TempDir,
    base: String,
    client: Client,
    admin: String,
    stop: Option<oneshot::Sender<()>>,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Hub {
    pub async fn start(database: &Database) -> Hub {
        Hub::with_manifests(database, &[]).await
    }

    /// A hub that may publish to a NATS server, which it knows as `main`.
    pub async fn with_nats(database: &Database, nats: &NatsServer) -> Hub {
        let server =
            Server { url: nats.url(), user: Some("hub".to_owned()), secret: Some(SecretName("nats".to_owned())) };
        Hub::start_with(database, Making { nats: vec![("main".to_owned(), server)], ..Making::default() }).await
    }

    /// A hub that does not wait long for the head of a request.
    pub async fn impatient(database: &Database, patience: Duration) -> Hub {
        Hub::start_with(database, Making { patience, ..Making::default() }).await
    }

    /// A hub that knows these manifests beside the shipped ones; the secret of every webhook is [`SECRET`].
    pub async fn with_manifests(database: &Database, manifests: &[&str]) -> Hub {
        Hub::start_with(database, Making { manifests, ..Making::default() }).await
    }

    /// The same, with what the environment holds for systems that are read.
    pub async fn with_settings(
        database: &Database,
        manifests: &[&str],
        settings: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Hub {
        Hub::start_with(database, Making { manifests, settings: Arc::new(settings), ..Making::default() }).await
    }

    /// A hub that asks this of its stewards.
    pub async fn asking(database: &Database, reviews: Diligence) -> Hub {
        Hub::start_with(database, Making { reviews, ..Making::default() }).await
    }

    /// A hub with its search index in a folder.
    pub async fn searching_in(database: &Database, folder: &Path) -> Hub {
        Hub::start_with(database, Making { search: Place::Folder(folder.join("index")), ..Making::default() }).await
    }

    async fn start_with(database: &Database, making: Making<'_>) -> Hub {
        let Making { manifests, nats, settings, patience, reviews, search } = making;
        let (store, _) = Store::migrate(database.url()).await.expect("the schema is made");
        let sources = sources_of(manifests);
        let doors = Doors::load(&sources, |_| Some(SECRET.to_owned())).expect("the secret can be used");
        let resolver = SharedResolver::default();
        let pipeline = Pipeline::start(store.clone(), &shipped(), resolver.clone()).await;
        let (control, _) = spawn(pipeline.expect("nobody else resolves"), sources.clone());
        let origin = "https://hub.example.com".to_owned();
        let drops = tempfile::tempdir().expect("a folder can be made");
        let environment: Environment = settings;
        let known = environment.clone();
        let secrets = Secrets::new(None, move |name| match name {
            "HUB_SECRET_NATS" => Some(PASSWORD.to_owned()),
            other => receiver::secret(other).or_else(|| known(other)),
        });
        let operator = Operator {
            allowed: AllowedHosts::new(["127.0.0.1".to_owned()]),
            nats: Servers::new(nats, secrets.clone()),
            secrets,
            drops: Some(drops.path().to_owned()),
            schedule: Arc::new(Schedule::default().hurried(2000)),
        };
        let access = Access { allowed: operator.allowed.clone(), environment };
        let keep = Keep::Durably;
        let store_too = store.clone();
        let setup =
            Setup { store: store_too, sources, resolver, search, origin, doors, operator, access, keep, reviews };
        let state = AppState::start(setup).await.expect("the hub starts");
        state.resolves(control.clone());
        let (_, admin) = keys::create(&store, "admin", "admin").await.expect("a key can be made");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let pages = hub::ui::pages_within(&state, patience);
        tokio::spawn(listen::serve_within(listener, state, pages, patience, async move { drop(stopped.await) }));
        Hub { store, control, drops, base, client: client(), admin, stop: Some(stop) }
    }

    /// A key of a role.
    pub async fn key(&self, role: &str) -> String {
        keys::create(&self.store, role, role).await.expect("a key can be made").1
    }

    /// A request without a key.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Where the hub listens.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.admin)
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends canonical records and waits until they are processed.
    pub async fn take_in(&self, records: &[Value]) -> Vec<i64> {
        let answer = self.post("/v1/sources/canonical/records", &json!(records)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        self.settled(&answer).await
    }

    /// Waits until the deliveries of a receipt are processed and noticed; returns their numbers.
    pub async fn settled(&self, answer: &Answer) -> Vec<i64> {
        let receipts = answer.json()["receipts"].as_array().cloned().unwrap_or_default();
        let ids: Vec<i64> = receipts.iter().filter_map(|r| r["delivery"].as_i64()).collect();
        if let Some(last) = ids.iter().max() {
            self.control.reached(DeliveryId(*last)).await;
        }
        self.noticed().await;
        ids
    }

    /// Waits until searches and profiles show everything that has been processed.
    pub async fn noticed(&self) {
        eventually("the read side catches up", || async {
            let ready = self.get("/readyz").await.json();
            let newest = self.store.last_event().await.expect("the feed can be read").0;
            let feed = self.get("/metrics").await.text;
            let shows = |name: &str| feed.lines().any(|line| line == format!("{name} {newest}"));
            (ready["ready"] == true && shows("hub_search_position") && shows("hub_follower_position")).then_some(())
        })
        .await
    }

    /// The golden id of a canonical record.
    pub async fn golden(&self, key: &str) -> String {
        let answer = self.get(&format!("/v1/crosswalk/canonical/{key}")).await;
        answer.json()["golden"].as_str().unwrap_or_else(|| panic!("{key}: {}", answer.text)).to_owned()
    }

    pub async fn profile(&self, key: &str) -> Value {
        let id = self.golden(key).await;
        self.get(&format!("/v1/profiles/{id}")).await.json()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.control.stop();
        drop(self.stop.take());
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks that this is a problem of a kind, and that it says what to do.
    pub fn expect_problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{slug}"));
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
        assert!(!self.header("x-request-id").is_empty());
        problem
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the hub answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.expect("the answer is text") }
}

/// Asks again until there is an answer; a test that never gets one fails by name.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    for _ in 0..600 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: it did not happen")
}

/// An invented person as a canonical record. Birth date and house follow from the name, so that namesakes are alike
/// and all others are not.
pub fn person(key: &str, given: &str, family: &str, email: &str) -> Value {
    let number = given.bytes().chain(family.bytes()).fold(7u32, |sum, byte| sum * 31 % 9973 + u32::from(byte));
    let birth_date = format!("{}-{:02}-{:02}", 1940 + number % 61, 1 + number % 12, 1 + number % 28);
    json!({
        "key": key,
        "names": [{"given": given, "family": family}],
        "emails": [{"value": email}],
        "birth_date": birth_date,
        "addresses": [{"lines": [format!("{number} Orchard Lane")], "city": "Fairhaven", "postcode": "FH1 2AB", "country": "GB"}],
    })
}
