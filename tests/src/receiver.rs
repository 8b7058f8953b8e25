//! A system that is told of changes: it checks signatures itself, and answers as well or as badly as a test wants.

use crate::http::Request;
use crate::schema;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Secrets by their names, `first` and `second`.
pub const SECRETS: [(&str, &str); 2] = [
    ("HUB_SECRET_FIRST", "whsec_Zmlyc3QgZmlyc3QgZmlyc3QgZmlyc3QgZmlyc3Q="),
    ("HUB_SECRET_SECOND", "whsec_c2Vjb25kIHNlY29uZCBzZWNvbmQgc2Vjb25kIQ=="),
];

/// The secret in a variable of the environment, as the hub asks for it.
pub fn secret(variable: &str) -> Option<String> {
    SECRETS.iter().find(|(name, _)| *name == variable).map(|(_, secret)| (*secret).to_owned())
}

/// The key that such a secret stands for.
pub fn key(variable: &str) -> Vec<u8> {
    let secret = secret(variable).expect("the secret is known");
    BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64")
}

/// How to answer a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Take,
    /// Take it, and let the connection break before the answer.
    TakeInSilence,
    Refuse(u16),
    /// Refuse it, and ask for a pause of so many seconds.
    Later(u32),
    Hang,
}

/// A message with a valid signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: String,
    pub event: Value,
    /// Signatures that it came with.
    pub signatures: usize,
}

impl Message {
    pub fn golden(&self) -> &str {
        self.event["subject"].as_str().unwrap_or_default()
    }

    pub fn kind(&self) -> &str {
        self.event["type"].as_str().and_then(|name| name.split('.').nth(2)).unwrap_or_default()
    }

    pub fn version(&self) -> i64 {
        self.event["data"]["version"].as_i64().unwrap_or_default()
    }

    pub fn sequence(&self) -> i64 {
        self.event["sequence"].as_str().and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

type Answering = dyn FnMut(&Message) -> Reply + Send;

/// A running receiver; it ends with the test.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// The key that signatures are checked with.
    key: Vec<u8>,
    answer: Mutex<Box<Answering>>,
    taken: Mutex<Vec<Message>>,
    forged: Mutex<usize>,
    /// What was wrong with messages that are not as their schema says.
    misfits: Mutex<BTreeSet<String>>,
}

impl Receiver {
    /// Starts a receiver that holds one of [`SECRETS`] by its name there.
    pub async fn start(variable: &str, answer: impl FnMut(&Message) -> Reply + Send + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/hook", listener.local_addr().expect("it has an address"));
        let key = key(variable);
        let shared = Shared {
            key,
            answer: Mutex::new(Box::new(answer)),
            taken: Mutex::default(),
            forged: Mutex::default(),
            misfits: Mutex::default(),
        };
        let shared = Arc::new(shared);
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Receiver { url, shared }
    }

    /// Answers differently from now on.
    pub fn answer(&self, answer: impl FnMut(&Message) -> Reply + Send + 'static) {
        *lock(&self.shared.answer) = Box::new(answer);
    }

    /// Everything it has taken, each as its schema says, in the order of arrival, repeated ones included.
    pub fn taken(&self) -> Vec<Message> {
        assert_eq!(*lock(&self.shared.misfits), BTreeSet::new());
        lock(&self.shared.taken).clone()
    }

    pub fn count(&self) -> usize {
        lock(&self.shared.taken).len()
    }

    /// Messages whose signature was not valid.
    pub fn forged(&self) -> usize {
        *lock(&self.shared.forged)
    }

    /// Checks that nobody's versions came out of order or with a gap, and returns each one's newest message. A repeated
    /// message is one that came before.
    pub fn newest(&self) -> HashMap<String, Message> {
        let mut newest: HashMap<String, Message> = HashMap::new();
        for message in self.taken() {
            let before = newest.get(message.golden()).map_or(0, Message::version);
            assert!(message.version() <= before + 1, "{before} and then {}", message.version());
            if message.version() > before {
                newest.insert(message.golden().to_owned(), message);
            }
        }
        newest
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(Request { headers, body, .. }) = Request::read(&mut stream).await {
        let Some(message) = read(&shared.key, &headers, &body) else {
            *lock(&shared.forged) += 1;
            let _ = stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await;
            continue;
        };
        let origin = message.event["source"].as_str().unwrap_or_default();
        if let Err(misfit) = schema::check_event(&message.event, origin) {
            lock(&shared.misfits).insert(misfit);
        }
        let reply = lock(&shared.answer)(&message);
        if matches!(reply, Reply::Take | Reply::TakeInSilence) {
            lock(&shared.taken).push(message);
        }
        let (status, more) = match reply {
            Reply::Take => (204, String::new()),
            Reply::Refuse(status) => (status, String::new()),
            Reply::Later(seconds) => (429, format!("retry-after: {seconds}\r\n")),
            Reply::TakeInSilence => return,
            Reply::Hang => return tokio::time::sleep(Duration::from_secs(3600)).await,
        };
        let answer = format!("HTTP/1.1 {status} Answer\r\n{more}content-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The message, if it is signed with the key.
pub fn read(key: &[u8], headers: &HashMap<String, String>, body: &[u8]) -> Option<Message> {
    let (id, timestamp) = (headers.get("webhook-id")?, headers.get("webhook-timestamp")?);
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    let signatures: Vec<&str> = headers.get("webhook-signature")?.split(' ').collect();
    let event = serde_json::from_slice(body).ok()?;
    let message = Message { id: id.clone(), event, signatures: signatures.len() };
    signatures.contains(&expected.as_str()).then_some(message)
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
