//! A NATS server for one test: on loopback, on a port of its own, with its store in a temporary directory. It can be
//! killed and started again, and is gone when the test is, however that ends.

use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The shell program that ties the server's life to the owner's.
const SUPERVISE: &str = include_str!("supervise.sh");
/// Debian installs the server where only administrators look.
const SEARCH_PATH: &str = "/usr/sbin:/usr/bin:/bin:/usr/local/bin";
/// The password of the server's one user.
pub const PASSWORD: &str = "a-password-of-these-tests";

/// A server with JetStream.
pub struct NatsServer {
    folder: TempDir,
    port: u16,
    supervisor: Child,
}

impl NatsServer {
    pub async fn start() -> NatsServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // The server takes a free port by itself and writes it down, so that nobody can take it in between.
        let supervisor = supervised(folder.path(), -1);
        let mut server = NatsServer { folder, port: 0, supervisor };
        server.port = eventually("the server says its port", || server.written_port()).await;
        server.answers().await;
        server
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What `hub.toml` needs to know this server as `main`, with the secret `nats` as its password.
    pub fn settings(&self) -> String {
        format!("[nats.main]\nurl = \"{}\"\nuser = \"hub\"\nsecret = \"nats\"\n", self.url())
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        let pid = std::fs::read_to_string(self.folder.path().join("pid")).expect("the server has written its id");
        let killed = Command::new("kill").args(["-KILL", pid.trim()]).status();
        assert!(killed.is_ok_and(|status| status.success()));
        let _ = self.supervisor.wait();
    }

    /// Starts it again, on the same port and with what it had stored.
    pub async fn start_again(&mut self) {
        self.supervisor = supervised(self.folder.path(), i32::from(self.port));
        self.answers().await;
    }

    /// A connection of its own.
    pub async fn jetstream(&self) -> Context {
        let options = async_nats::ConnectOptions::with_user_and_password("hub".into(), PASSWORD.into());
        jetstream::new(options.connect(self.url()).await.expect("the server answers"))
    }

    /// Makes a stream that is kept on the disk.
    pub async fn make_stream(&self, name: &str, subjects: &str) -> Context {
        let context = self.jetstream().await;
        let config = Config { name: name.to_owned(), subjects: vec![subjects.to_owned()], ..Config::default() };
        context.create_stream(config).await.expect("a stream can be made");
        context
    }

    async fn answers(&self) {
        let ask = || async {
            let options = async_nats::ConnectOptions::with_user_and_password("hub".into(), PASSWORD.into());
            let client = options.connect(self.url()).await.ok()?;
            // An answer that there is none comes from JetStream as well.
            let error = jetstream::new(client).get_stream("NOTHING").await.err()?;
            matches!(error.kind(), GetStreamErrorKind::JetStream(_)).then_some(())
        };
        for _ in 0..600 {
            if ask().await.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the NATS server does not answer");
    }

    fn written_port(&self) -> Option<u16> {
        let files = std::fs::read_dir(self.folder.path()).ok()?.flatten();
        let ports = files.map(|file| file.path()).find(|path| path.extension().is_some_and(|e| e == "ports"))?;
        let ports: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(ports).ok()?).ok()?;
        ports["nats"][0].as_str()?.rsplit(':').next()?.parse().ok()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        // The supervisor ends the server when it is told to.
        let _ = Command::new("kill").args(["-TERM", &self.supervisor.id().to_string()]).status();
        let _ = self.supervisor.wait();
    }
}

fn supervised(folder: &Path, port: i32) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", SUPERVISE, "supervise", &std::process::id().to_string()]).arg(folder);
    command.args(["nats-server", "--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--user", "hub", "--pass", PASSWORD]).arg("--store_dir").arg(folder.join("store"));
    command.arg("--ports_file_dir").arg(folder).arg("--pid").arg(folder.join("pid"));
    let started =
        command.env("PATH", SEARCH_PATH).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.expect("a shell starts; run tests/run --install if nats-server is missing")
}

async fn eventually<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = ask() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: it did not happen; run tests/run --install if nats-server is missing")
}
