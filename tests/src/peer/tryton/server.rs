//! A Tryton of one test.

use crate::peer::install::{Serving, free_port, installed, must};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::program::client;

const PACKAGES: [&str; 4] = ["trytond~=7.0.0", "trytond_party~=7.0.0", "trytond_sale~=7.0.0", "trytond_stock~=7.0.0"];
const MODULES: [&str; 5] = ["ir", "res", "party", "sale", "stock"];
const PASSWORD: &str = "made-up-for-this-test";

/// A serving Tryton; it ends when dropped.
pub struct Tryton {
    /// With the database's name.
    base: String,
    _serving: Serving,
    _folder: tempfile::TempDir,
}

fn prepare(place: &Path) {
    File::create(place.join("shop.sqlite")).expect("a file can be made");
    let mut admin = Command::new(place.join("venv/bin/trytond-admin"));
    let settings = settings(place, 0);
    admin.arg("-c").arg(settings).args(["-d", "shop", "--activate-dependencies", "--email", "admin@example.com"]);
    admin.env("TRYTONPASSFILE", place.join("password")).arg("-u").args(MODULES);
    must(&mut admin, "cannot make its database");
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
        let install = || installed("tryton-7.0", &PACKAGES, prepare);
        let place = tokio::task::spawn_blocking(install).await.expect("it is installed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(place.join("shop.sqlite"), folder.path().join("shop.sqlite")).expect("a copy");
        let port = free_port();
        let mut command = Command::new(place.join("venv/bin/trytond"));
        let root = format!("http://127.0.0.1:{port}");
        let serving = Serving::start(command.arg("-c").arg(settings(folder.path(), port)), &root).await;
        Tryton { base: format!("{root}/shop"), _serving: serving, _folder: folder }
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
