//! Real systems below the target directory: installed once, with an empty database to copy for each test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tests::program::client;

/// How long a system may take to answer for the first time, and how often it is asked.
const LOOKS: u32 = 1200;
const LOOK_MS: u64 = 50;

/// Where the packages of a system are, in `venv`, and the empty database that `prepare` makes; installs them if nobody has
/// yet.
pub fn installed(name: &str, packages: &[&str], prepare: impl FnOnce(&Path)) -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers").join(name);
    std::fs::create_dir_all(&place).expect("a folder below target can be made");
    // Tests run as processes of their own, and one of them installs.
    let lock = File::create(place.join("lock")).expect("a file can be made");
    lock.lock().expect("a file can be locked");
    if !place.join("whole").exists() {
        let python = "needs Python with venv: run `tests/run --install`, or install Debian's python3-venv";
        must(Command::new("python3").args(["-m", "venv"]).arg(place.join("venv")), python);
        let network = "cannot be installed: pip needs a package index, see its message above";
        let pip = place.join("venv/bin/pip");
        must(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(packages), network);
        prepare(&place);
        File::create(place.join("whole")).expect("a file can be made");
    }
    place
}

/// Runs a command to its end; a test that needs it and cannot have it fails with the reason.
pub fn must(command: &mut Command, reason: &str) {
    let done = command.stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("the test with a real system {reason}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\nthe test with a real system {reason}");
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// A serving system; it ends when dropped.
pub struct Serving(Child);

impl Serving {
    /// Starts a system, and waits until an address of it answers.
    pub async fn start(command: &mut Command, url: &str) -> Serving {
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let serving = Serving(process.expect("the system starts"));
        for _ in 0..LOOKS {
            if client().get(url).send().await.is_ok() {
                return serving;
            }
            tokio::time::sleep(std::time::Duration::from_millis(LOOK_MS)).await;
        }
        panic!("the system does not answer");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
