//! A PostgreSQL server for one test alone, which may kill it and start it again.

use super::{Account, DEBIAN_VERSIONS, POLL_INTERVAL, Run, START_WAIT_MAX, Server, find_programs};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{env, fs, thread};

/// A server with its data in a directory of its own; its supervisor ends it with this process.
pub struct PrivateServer {
    run: Run,
    server: Server,
}

/// How a server's process ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// As in a power cut.
    Killed,
    /// PostgreSQL's own immediate stop, without a checkpoint.
    Immediate,
}

impl PrivateServer {
    /// Starts an empty one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> PrivateServer {
        let programs = find_programs(Path::new(DEBIAN_VERSIONS), env::var_os("PATH").as_deref());
        let programs = programs.unwrap_or_else(|reason| panic!("{reason}"));
        let directory = tempfile::Builder::new().prefix("hub-postgres-").tempdir().expect("a temporary folder").keep();
        let run = Run { directory, owner: std::process::id() };
        let server = run.start(programs).unwrap_or_else(|reason| panic!("{reason}"));
        PrivateServer { run, server }
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        self.server.url("postgres")
    }

    /// Where it listens on loopback.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// Ends the server, whatever it is at.
    pub fn kill(&self, end: End) {
        signal(if matches!(end, End::Killed) { "-KILL" } else { "-QUIT" }, self.server.process_id);
    }

    /// Starts it again, on the same port and with what it had stored.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn start_again(&mut self) {
        let account = Account::current().unwrap_or_else(|reason| panic!("{reason}"));
        let deadline = Instant::now() + START_WAIT_MAX;
        // Its remaining processes hold its memory for a moment, and while they do it refuses to start.
        while Instant::now() < deadline {
            let supervisor = self.run.supervise(&self.server.programs, account.as_ref(), self.server.port);
            let mut supervisor = supervisor.unwrap_or_else(|reason| panic!("{reason}"));
            while supervisor.try_wait().is_ok_and(|ended| ended.is_none()) {
                match self.run.ready() {
                    Some((process_id, _)) if process_id != self.server.process_id => {
                        self.server.process_id = process_id;
                        return;
                    }
                    _ => thread::sleep(POLL_INTERVAL),
                }
            }
        }
        let log = fs::read_to_string(self.run.directory.join("log")).unwrap_or_default();
        panic!("the killed server does not come back: {log}");
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        signal("-QUIT", self.server.process_id);
        let deadline = Instant::now() + START_WAIT_MAX;
        while Path::new(&format!("/proc/{}", self.server.process_id)).exists() && Instant::now() < deadline {
            thread::sleep(POLL_INTERVAL);
        }
        let _ = fs::remove_dir_all(&self.run.directory);
    }
}

fn signal(signal: &str, process_id: u32) {
    let _ = Command::new("kill").args([signal, &process_id.to_string()]).status();
}
