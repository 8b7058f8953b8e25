//! The program itself, started and ended from tests.

use crate::population::Record;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A call of the program on one database, in a folder of its own.
pub fn hub(program: &str, folder: &Path, database: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("HUB_DATABASE", database);
    command.env("HUB_DATA_DIR", folder).env("HUB_LOG", "warn");
    command
}

/// A client that follows no redirect.
pub fn client() -> reqwest::Client {
    // The hub brings its own TLS settings; whoever builds a client without them needs a provider. Twice is once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client is made")
}

/// What a finished call said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A serving program; killed when dropped.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    /// Starts `hub serve` on a free port of this machine and waits until it is ready.
    pub async fn start(mut command: Command) -> Serving {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let address = format!("127.0.0.1:{port}");
        let child = command
            .args(["serve", "--listen", &address])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let serving = Serving { child, address };
        let client = client();
        let ready = format!("http://{}/readyz", serving.address);
        for _ in 0..1_500 {
            if client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return serving;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the program does not become ready");
    }

    /// Whether it has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// The most memory that the program has held so far, as the kernel counts it.
    pub fn memory_peak_kib(&self) -> i64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the program runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak.expect("the kernel counts memory")
    }

    /// Ends the program as a power cut would.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

/// Calls a serving program with an admin's key.
#[derive(Clone)]
pub struct Caller {
    pub client: reqwest::Client,
    pub base: String,
    pub key: String,
}

impl Caller {
    pub fn of(serving: &Serving, key: &str) -> Caller {
        Caller { client: client(), base: format!("http://{}", serving.address), key: key.to_owned() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(body);
        let answer = request.send().await.expect("the hub answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
        answer.json().await.expect("JSON")
    }

    pub async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        request.send().await.expect("the hub answers").json().await.expect("JSON")
    }

    /// Sends canonical records of several sources.
    pub async fn send(&self, records: &[Record]) {
        for source in ["salesforce", "square", "shopify"] {
            let own: Vec<&Value> = records.iter().filter(|r| r.source == source).map(|r| &r.payload).collect();
            self.post(&format!("/v1/sources/{source}/records?shape=canonical"), &json!(own)).await;
        }
    }
}
