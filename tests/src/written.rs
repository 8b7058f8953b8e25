//! A system that is written to: it keeps records, lets programs change them on the condition that they know the present
//! revision, and tells of every change, whoever made it.

use crate::http::Request;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the system does with a change that a program asks for; answers a status.
type Policy = dyn Fn(&mut Map<String, Value>, &Map<String, Value>) -> u16 + Send + Sync;

/// A running system; it ends with the test.
pub struct System {
    pub name: &'static str,
    pub base: String,
    shared: Arc<Shared>,
}

struct Shared {
    token: String,
    policy: Box<Policy>,
    records: Mutex<BTreeMap<String, Map<String, Value>>>,
    /// Records that have changed and are not told yet, oldest first.
    untold: Mutex<Vec<Value>>,
    requests: Mutex<Vec<Seen>>,
    clock: Mutex<i64>,
}

/// A change that a program asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub key: String,
    pub body: Map<String, Value>,
    pub status: u16,
}

/// Keeps what is written.
pub fn obedient(record: &mut Map<String, Value>, change: &Map<String, Value>) -> u16 {
    record.extend(change.clone());
    200
}

impl System {
    /// Starts a system that is called with a token.
    pub async fn start(
        name: &'static str,
        token: &str,
        policy: impl Fn(&mut Map<String, Value>, &Map<String, Value>) -> u16 + Send + Sync + 'static,
    ) -> System {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let shared = Arc::new(Shared {
            token: format!("Bearer {token}"),
            policy: Box::new(policy),
            records: Mutex::default(),
            untold: Mutex::default(),
            requests: Mutex::default(),
            clock: Mutex::new(1_700_000_000),
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        System { name, base, shared }
    }

    /// A clerk puts values into a record at some time.
    pub fn clerk(&self, key: &str, values: Value, at_secs: i64) {
        let Value::Object(values) = values else { panic!("a record is an object") };
        self.shared.change(key, at_secs, |record| {
            record.extend(values);
            200
        });
    }

    pub fn record(&self, key: &str) -> Value {
        Value::Object(lock(&self.shared.records).get(key).cloned().unwrap_or_default())
    }

    /// What has changed since the last time, oldest first.
    pub fn told(&self) -> Vec<Value> {
        std::mem::take(&mut *lock(&self.shared.untold))
    }

    /// Whether something has changed that is not told yet.
    pub fn has_news(&self) -> bool {
        !lock(&self.shared.untold).is_empty()
    }

    /// Every change that a program has asked for.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.requests).clone()
    }

    pub fn count(&self) -> usize {
        lock(&self.shared.requests).len()
    }
}

impl Shared {
    fn change(&self, key: &str, at_secs: i64, change: impl FnOnce(&mut Map<String, Value>) -> u16) -> u16 {
        let mut records = lock(&self.records);
        let mut record = records.get(key).cloned().unwrap_or_default();
        let status = change(&mut record);
        if status == 200 {
            let mut clock = lock(&self.clock);
            *clock = at_secs.max(*clock);
            let revision = record.get("revision").and_then(Value::as_i64).unwrap_or(0) + 1;
            record.extend([
                ("id".to_owned(), json!(key)),
                ("revision".to_owned(), json!(revision)),
                ("changed".to_owned(), json!(*clock)),
            ]);
            lock(&self.untold).push(Value::Object(record.clone()));
            records.insert(key.to_owned(), record);
        }
        status
    }

    fn answer(&self, request: &Request) -> u16 {
        if request.headers.get("authorization") != Some(&self.token) {
            return 401;
        }
        let Some(key) = request.path.strip_prefix("/customers/") else { return 404 };
        let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else { return 400 };
        if !lock(&self.records).contains_key(key) {
            return 404;
        }
        let condition = request.headers.get("if-match").cloned();
        let now = *lock(&self.clock);
        let status = self.change(key, now, |record| {
            let revision = record.get("revision").map(Value::to_string);
            match condition {
                Some(_) if condition != revision => 412,
                _ => (self.policy)(record, &body),
            }
        });
        lock(&self.requests).push(Seen { key: key.to_owned(), body, status });
        status
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream).await {
        let status = shared.answer(&request);
        let answer = format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
