//! A real Tryton below the target directory: installed once, with an empty database to copy for each test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::program::client;

const PACKAGES: [&str; 4] = ["trytond~=7.0.0", "trytond_party~=7.0.0", "trytond_sale~=7.0.0", "trytond_stock~=7.0.0"];
const MODULES: [&str; 5] = ["ir", "res", "party", "sale", "stock"];
pub const PASSWORD: &str = "made-up-for-this-test";

/// A serving Tryton; it ends when dropped.
pub struct Tryton {
    /// With the database's name.
    pub base: String,
    process: Child,
    _folder: tempfile::TempDir,
}

/// Where the packages and the empty database are; installs them if nobody has yet.
fn installed() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/tryton-7.0");
    std::fs::create_dir_all(&place).expect("a folder below target can be made");
    // Tests run as processes of their own, and one of them installs.
    let lock = File::create(place.join("lock")).expect("a file can be made");
    lock.lock().expect("a file can be locked");
    if !place.join("whole").exists() {
        let python = "needs Python with venv: run `tests/run --install`, or install Debian's python3-venv";
        must(Command::new("python3").args(["-m", "venv"]).arg(place.join("venv")), python);
        let network = "cannot be installed: pip needs a package index, see its message above";
        let pip = place.join("venv/bin/pip");
        must(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES), network);
        File::create(place.join("shop.sqlite")).expect("a file can be made");
        let mut admin = Command::new(place.join("venv/bin/trytond-admin"));
        let settings = settings(&place, 0);
        admin.arg("-c").arg(settings).args(["-d", "shop", "--activate-dependencies", "--email", "admin@example.com"]);
        admin.env("TRYTONPASSFILE", place.join("password")).arg("-u").args(MODULES);
        must(&mut admin, "cannot make its database");
        File::create(place.join("whole")).expect("a file can be made");
    }
    place
}

/// Runs a command to its end; a test that needs it and cannot have it fails with the reason.
fn must(command: &mut Command, reason: &str) {
    let done =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("the test with Tryton {reason}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\nthe test with Tryton {reason}");
}

/// The settings of a server whose database lies in a folder.
fn settings(folder: &Path, port: u16) -> PathBuf {
    let text = format!(
        "[database]\nuri = sqlite://\npath = {}\n[web]\nlisten = 127.0.0.1:{port}\n[session]\nauthentications = password\n",
        folder.display()
    );
    let file = folder.join("trytond.conf");
    std::fs::write(&file, text).and_then(|()| std::fs::write(folder.join("password"), PASSWORD)).expect("files");
    file
}

impl Tryton {
    pub async fn start() -> Tryton {
        let place = tokio::task::spawn_blocking(installed).await.expect("it is installed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(place.join("shop.sqlite"), folder.path().join("shop.sqlite")).expect("a copy");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let process = Command::new(place.join("venv/bin/trytond"))
            .arg("-c")
            .arg(settings(folder.path(), port))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Tryton starts");
        let tryton = Tryton { base: format!("http://127.0.0.1:{port}/shop"), process, _folder: folder };
        let root = tryton.base.trim_end_matches("/shop");
        for _ in 0..1200 {
            if client().get(root).send().await.is_ok() {
                return tryton;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("Tryton does not answer");
    }

    /// Calls a method by JSON-RPC.
    pub async fn call(&self, method: &str, parameters: Value) -> Value {
        let request = client().post(format!("{}/", self.base)).basic_auth("admin", Some(PASSWORD));
        let answer = request.json(&json!({"method": method, "params": parameters})).send().await.expect("it answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{method}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method}: {text}"))
    }

    /// What the environment holds for a hub that reads this server.
    pub fn settings(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        let base = self.base.clone();
        move |name| match name {
            "HUB_TRYTON_BASE" => Some(base.clone()),
            "HUB_TRYTON_USER" => Some("admin".to_owned()),
            "HUB_TRYTON_PASSWORD" => Some(PASSWORD.to_owned()),
            _ => None,
        }
    }
}

impl Drop for Tryton {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
