//! Who takes part: one hub or two, a database, a NATS server, a subscriber in a process of its own, and doors between them.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tests::nats::{NatsServer, PASSWORD};
use tests::postgres::PrivateServer;
use tests::program::{Said, Serving, client, hub};
use tests::proxy::Proxy;
use tests::receiver::SECRETS;
use tests::{Database, Engine};

/// With what the shop signs its webhooks.
pub const SHOP_SECRET: &str = "a secret between the shop and the hub";
const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");
const RECEIVER: &str = env!("CARGO_BIN_EXE_receiver-under-test");

/// Where the database of a round lives.
pub enum Place {
    File(Database),
    /// Reached by the hub through a door alone.
    Server(PrivateServer, Proxy),
}

/// What callers of the hub share.
pub struct Stage {
    /// Where the hubs listen at the moment.
    addresses: Mutex<Vec<String>>,
    key: String,
    client: Client,
    is_over: AtomicBool,
}

/// Everybody, and what they need.
pub struct Cast {
    pub place: Place,
    pub nats: NatsServer,
    /// One place a hub; empty while it is down.
    pub hubs: Vec<Option<Serving>>,
    receiver: Option<Child>,
    receiver_address: String,
    /// Between the hubs and the receiver.
    pub door: Proxy,
    pub folder: TempDir,
    pub stage: Arc<Stage>,
    subscribers: Vec<String>,
}

impl Cast {
    pub async fn gather(engine: Engine) -> Cast {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nats = NatsServer::start().await;
        nats.make_stream("GOLDEN", "golden.>").await;
        let (place, hubs) = match engine {
            Engine::Sqlite => (Place::File(Database::sqlite().await), 1),
            Engine::Postgres => {
                let server = PrivateServer::start();
                let door = Proxy::to(server.port()).await;
                (Place::Server(server, door), 2)
            }
        };
        std::fs::create_dir(folder.path().join("drops")).expect("a folder");
        for number in 0..hubs {
            let own = folder.path().join(format!("hub{number}"));
            std::fs::create_dir(&own).expect("a folder");
            std::fs::write(own.join("hub.toml"), nats.settings()).expect("a file");
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let door = Proxy::to(port).await;
        let stage = Stage {
            addresses: Mutex::default(),
            key: key(&folder.path().join("hub0"), &place.url()),
            client: client(),
            is_over: AtomicBool::new(false),
        };
        let mut cast = Cast {
            place,
            nats,
            hubs: (0..hubs).map(|_| None).collect(),
            receiver: None,
            receiver_address: format!("127.0.0.1:{port}"),
            door,
            folder,
            stage: Arc::new(stage),
            subscribers: Vec::new(),
        };
        cast.everybody_is_up().await;
        cast.subscribe().await;
        cast
    }

    async fn subscribe(&mut self) {
        let url = format!("http://{}/hook", self.door.address);
        for (name, target) in [
            ("crm", json!({"kind": "webhook", "url": url, "secret": "first"})),
            ("warehouse", json!({"kind": "files", "folder": "warehouse"})),
            ("lake", json!({"kind": "nats", "server": "main", "subject": "golden.{golden}"})),
        ] {
            let body = json!({"name": name, "target": target, "start": "beginning"});
            let answer = self.stage.post("/v1/subscribers", &body).await.expect("the hub answers");
            assert_eq!(answer.0, 201, "{}", answer.1);
            self.subscribers.push(format!("/v1/subscribers/{}", answer.1["id"].as_str().expect("an id")));
        }
    }

    /// Starts whoever is down. A hub that has ended by itself is started as a service manager would.
    pub async fn everybody_is_up(&mut self) {
        if self.receiver.is_none() {
            let mut command = Command::new(RECEIVER);
            command.arg(&self.receiver_address).arg(self.folder.path().join("received")).stdin(Stdio::null());
            self.receiver = Some(command.spawn().expect("the receiver starts"));
        }
        for number in 0..self.hubs.len() {
            if !self.hubs[number].as_mut().is_some_and(Serving::is_running) {
                self.hubs[number] = Some(Serving::start(self.program(number)).await);
            }
        }
        let addresses = self.hubs.iter().flatten().map(|hub| hub.address.clone()).collect();
        *self.stage.addresses.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    pub fn kill_receiver(&mut self) {
        if let Some(mut receiver) = self.receiver.take() {
            let _ = receiver.kill();
            let _ = receiver.wait();
        }
    }

    /// A call of the program as one of the hubs.
    pub fn program(&self, number: usize) -> Command {
        let own = self.folder.path().join(format!("hub{number}"));
        let mut command = program(&own, &self.place.url());
        command.env("HUB_DROPS", self.drops());
        command
    }

    pub fn drops(&self) -> PathBuf {
        self.folder.path().join("drops")
    }

    /// Waits until the pipeline is done and nobody is owed anything; whoever waits for a later attempt is tried at once.
    pub async fn everything_arrives(&self) {
        let mut states = Vec::new();
        for attempt in 0..1200 {
            let ready = self.stage.get("/readyz").await;
            states = vec![ready.clone()];
            for path in &self.subscribers {
                let found = self.stage.get(path).await;
                let is_behind = found["lag"] != 0 || found["people_waiting"] != 0;
                if is_behind && attempt % 50 == 10 {
                    let _ = self.stage.post(&format!("{path}/resume"), &json!({})).await;
                }
                states.push(found);
            }
            let is_done = |state: &Value| state["lag"] == 0 && state["people_waiting"] == 0;
            if ready["backlog"] == 0 && ready["feed_lag"] == 0 && states[1..].iter().all(is_done) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it does not become quiet: {states:?}");
    }
}

impl Drop for Cast {
    fn drop(&mut self) {
        self.kill_receiver();
    }
}

impl Place {
    /// The database as the hubs know it.
    pub fn url(&self) -> String {
        match self {
            Place::File(database) => database.url().to_owned(),
            Place::Server(server, door) => {
                server.url().replace(&format!(":{}/", server.port()), &format!(":{}/", door.address.port()))
            }
        }
    }
}

impl Stage {
    /// A request to one of the hubs, whichever is up.
    pub fn request(&self, method: &str, path: &str) -> Option<RequestBuilder> {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        // Paths and moments differ, so that both hubs get their share.
        let address = addresses.get(path.len() % addresses.len().max(1))?;
        let method = method.parse().expect("a method");
        Some(self.client.request(method, format!("http://{address}{path}")).timeout(Duration::from_secs(40)))
    }

    /// The same with an admin's key, sent; nothing when no answer came.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Response> {
        let request = self.request(method, path)?.bearer_auth(&self.key);
        let request = body.iter().fold(request, |request, body| request.json(body));
        request.send().await.ok()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let answer = self.send("POST", path, Some(body)).await?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    /// What is there, or null when nobody answers.
    pub async fn get(&self, path: &str) -> Value {
        match self.send("GET", path, None).await {
            Some(answer) => answer.json().await.unwrap_or_default(),
            None => Value::Null,
        }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// Nobody is reached any more until everybody is up again.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn program(folder: &Path, database: &str) -> Command {
    let mut command = hub(PROGRAM, folder, database);
    command.env("HUB_ALLOW_TARGETS", "127.0.0.1").envs(SECRETS);
    command.env("HUB_SECRET_NATS", PASSWORD).env("HUB_SHOPIFY_WEBHOOK_SECRET", SHOP_SECRET);
    command
}

fn key(folder: &Path, database: &str) -> String {
    let mut command = program(folder, database);
    let create = ["keys", "create", "--role", "admin", "--name", "chaos", "--json"];
    let said: Said = command.args(create).output().expect("the program runs").into();
    assert_eq!(said.code, Some(0), "{}", said.err);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    answer["key"].as_str().expect("a key").to_owned()
}
