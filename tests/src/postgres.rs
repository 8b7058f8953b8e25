//! One private PostgreSQL server, started by the first test that asks and gone when the tests are.
//!
//! It listens on loopback, on a port nobody else has, with its data in a temporary directory and its durability
//! settings untouched. A small shell supervisor outlives the tests, however they end (panic, abort, SIGKILL), stops the
//! server and removes the directory: destructors of statics never run, so nothing inside this process could.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, thread};

mod private;

pub use private::{End, PrivateServer};

/// The shell program that ties the server's life to the owner's.
const SUPERVISE: &str = include_str!("supervise.sh");
/// Where Debian keeps the server programs, one directory a version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
/// A port is free when chosen and may be taken when bound; more than a few losses in a row have another cause.
const START_ATTEMPTS_MAX: usize = 5;
/// A guard against waiting for ever, far above what the slowest machine needs.
const START_WAIT_MAX: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A running private server.
#[derive(Clone, Debug)]
pub struct Server {
    programs: PathBuf,
    port: u16,
    process_id: u32,
}

impl Server {
    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://hub@127.0.0.1:{}/{database}", self.port)
    }

    /// The process id of the server's first process.
    pub fn process_id(&self) -> u32 {
        self.process_id
    }

    pub(crate) fn drop_database(&self, name: &str) {
        let _ = Command::new(self.programs.join("dropdb"))
            .args(["--if-exists", "--force", "--username=hub", "--host=127.0.0.1"])
            .arg(format!("--port={}", self.port))
            .arg(name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// The server of this test run; the first call starts it, which takes about a second.
///
/// # Errors
/// A message for the person at the terminal when PostgreSQL is missing or does not start.
pub fn server() -> Result<&'static Server, &'static str> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let programs = find_programs(Path::new(DEBIAN_VERSIONS), env::var_os("PATH").as_deref())?;
            let run = Run::current()?;
            // No supervisor is left to tidy up after a server that did not start.
            run.join_or_start(programs).inspect_err(|_| drop(fs::remove_dir_all(&run.directory)))
        })
        .as_ref()
        .map_err(String::as_str)
}

/// Finds the newest server programs below `versions` (one directory a version), else on `search_path`.
///
/// # Errors
/// A message that names the remedy when there are none.
pub fn find_programs(versions: &Path, search_path: Option<&OsStr>) -> Result<PathBuf, String> {
    let version = |directory: &PathBuf| {
        let name = directory.parent().and_then(Path::file_name)?;
        name.to_str()?.parse::<f64>().ok().map(|number| (number * 100.0) as u64)
    };
    let complete = |directory: &PathBuf| ["initdb", "postgres"].iter().all(|name| directory.join(name).is_file());
    let debian = fs::read_dir(versions).into_iter().flatten().flatten();
    debian
        .map(|entry| entry.path().join("bin"))
        .filter(complete)
        .max_by_key(version)
        .or_else(|| env::split_paths(search_path?).find(complete))
        .ok_or_else(|| {
            format!(
                "PostgreSQL's server programs (initdb, postgres) are neither in {}/*/bin nor on the PATH. \
                 Run tests/run, which installs them and then runs every test.",
                versions.display()
            )
        })
}

/// The tests that share one server: this process, or all processes of one nextest run.
struct Run {
    directory: PathBuf,
    owner: u32,
}

impl Run {
    fn current() -> Result<Self, String> {
        // Nextest runs each test in a process of its own. One server a test would cost a second each, so they share the
        // first one's, which then lives as long as the runner.
        if let Ok(id) = env::var("NEXTEST_RUN_ID") {
            let directory = env::temp_dir().join(format!("hub-tests-{id}"));
            fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
            return Ok(Self { directory, owner: parent_id() });
        }
        let directory = tempfile::Builder::new().prefix("hub-tests-").tempdir();
        Ok(Self {
            directory: directory.map_err(|error| format!("no temporary directory: {error}"))?.keep(),
            owner: std::process::id(),
        })
    }

    fn join_or_start(&self, programs: PathBuf) -> Result<Server, String> {
        let lock = File::create(self.directory.join("lock")).map_err(|error| format!("lock file: {error}"))?;
        lock.lock().map_err(|error| format!("lock file: {error}"))?;
        if let Some((process_id, port)) = self.ready() {
            return Ok(Server { programs, port, process_id });
        }
        self.start(programs)
    }

    fn start(&self, programs: PathBuf) -> Result<Server, String> {
        let account = Account::current()?;
        self.prepare(&programs, account.as_ref())?;
        for _ in 0..START_ATTEMPTS_MAX {
            let port = free_port()?;
            let mut supervisor = self.supervise(&programs, account.as_ref(), port)?;
            if let Some(process_id) = self.wait_until_ready(&mut supervisor, port)? {
                return Ok(Server { programs, port, process_id });
            }
        }
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        Err(format!("The private PostgreSQL server did not start. Its log:\n{log}"))
    }

    /// Makes the data directory, owned by the account that the server runs as.
    fn prepare(&self, programs: &Path, account: Option<&Account>) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.directory.display());
        fs::set_permissions(&self.directory, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        for name in ["data", "socket"] {
            let path = self.directory.join(name);
            fs::create_dir_all(&path).map_err(failed)?;
            if let Some(Account { user, group }) = account {
                chown(&path, Some(*user), Some(*group)).map_err(failed)?;
            }
        }
        // Only the making of the empty cluster skips the disk's flush; the server's own settings stay as installed.
        let output = as_account(account, &programs.join("initdb"))
            .args(["--no-sync", "--username=hub", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"])
            .arg(self.directory.join("data"))
            .current_dir(&self.directory)
            .output()
            .map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn supervise(&self, programs: &Path, account: Option<&Account>, port: u16) -> Result<Child, String> {
        let log = File::create(self.directory.join("log")).map_err(|error| format!("log file: {error}"))?;
        let errors = log.try_clone().map_err(|error| format!("log file: {error}"))?;
        let server = as_account(account, &programs.join("postgres"));
        Command::new("/bin/sh")
            .args(["-c", SUPERVISE, "supervise", &self.owner.to_string()])
            .arg(&self.directory)
            .arg(server.get_program())
            .args(server.get_args())
            .arg("-D")
            .arg(self.directory.join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-c", &format!("port={port}")])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.directory.join("socket").display()))
            .current_dir(&self.directory)
            // A group of its own: Ctrl-C ends the tests, and the supervisor then tidies up after them.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("the supervisor does not start: {error}"))
    }

    /// The server's process id, or nothing when it gave up (the port was taken in between).
    fn wait_until_ready(&self, supervisor: &mut Child, port: u16) -> Result<Option<u32>, String> {
        let deadline = Instant::now() + START_WAIT_MAX;
        while Instant::now() < deadline {
            if let Some((process_id, ready_port)) = self.ready()
                && ready_port == port
            {
                return Ok(Some(process_id));
            }
            if supervisor.try_wait().map_err(|error| error.to_string())?.is_some() {
                return Ok(None);
            }
            thread::sleep(POLL_INTERVAL);
        }
        Err(format!("PostgreSQL was not ready after {} s", START_WAIT_MAX.as_secs()))
    }

    /// Reads the server's own note of its state: process id, port, and whether it takes connections.
    fn ready(&self) -> Option<(u32, u16)> {
        let note = fs::read_to_string(self.directory.join("data/postmaster.pid")).ok()?;
        let lines: Vec<&str> = note.lines().map(str::trim).collect();
        let &[process_id, _, _, port, _, _, _, "ready"] = lines.as_slice() else {
            return None;
        };
        Some((process_id.parse().ok()?, port.parse().ok()?))
    }
}

/// Whom the server runs as when the tests run as root, which PostgreSQL refuses to serve.
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    fn current() -> Result<Option<Self>, String> {
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        Ok(Some(Self { user: id(&["-u", "postgres"])?, group: id(&["-g", "postgres"])? }))
    }
}

fn id(arguments: &[&str]) -> Result<u32, String> {
    let output = Command::new("id").args(arguments).output().map_err(|error| format!("id: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        format!(
            "`id {}` says {:?}. PostgreSQL does not run as root: the account `postgres`, made by Debian's package, is needed.",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

/// A command that runs as the account, if one is given, and that the kernel stops when its parent dies.
fn as_account(account: Option<&Account>, program: &Path) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if let Some(Account { user, group }) = account {
        command.arg(format!("--reuid={user}"));
        command.arg(format!("--regid={group}"));
        command.arg("--init-groups");
    }
    command.arg(program);
    command
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(listener.map_err(|error| format!("no free port on loopback: {error}"))?.port())
}
