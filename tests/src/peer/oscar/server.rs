//! A django-oscar shop of one test.

use crate::peer::install::{Serving, free_port, installed, must};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tests::program::client;

const PACKAGES: [&str; 3] = ["Django~=5.2.0", "django-oscar~=4.2.0", "django-oscar-api~=3.3.0"];
const SETTINGS: &str = include_str!("settings.py");
const URLS: &str = include_str!("urls.py");
const PASSWORD: &str = "made-up-for-this-test";

/// A serving shop; it ends when dropped.
pub struct Oscar {
    base: String,
    _serving: Serving,
    _folder: tempfile::TempDir,
}

/// A command of the shop whose database lies in a folder.
fn django(place: &Path, folder: &Path, arguments: &[&str]) -> Command {
    std::fs::write(folder.join("settings.py"), SETTINGS).expect("a file can be made");
    std::fs::write(folder.join("urls.py"), URLS).expect("a file can be made");
    let mut command = Command::new(place.join("venv/bin/django-admin"));
    command.args(arguments).current_dir(folder).env("DJANGO_SETTINGS_MODULE", "settings").env("PYTHONPATH", folder);
    command.env("DJANGO_SUPERUSER_PASSWORD", PASSWORD);
    command
}

fn prepare(place: &Path) {
    must(&mut django(place, place, &["migrate", "-v0"]), "cannot make its database");
    let admin = ["createsuperuser", "--noinput", "--username", "hub", "--email", "hub@example.com"];
    must(&mut django(place, place, &admin), "cannot make its administrator");
}

impl Oscar {
    pub async fn start() -> Oscar {
        let install = || installed("oscar-4.2", &PACKAGES, prepare);
        let place = tokio::task::spawn_blocking(install).await.expect("it is installed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(place.join("shop.sqlite"), folder.path().join("shop.sqlite")).expect("a copy");
        let listen = format!("127.0.0.1:{}", free_port());
        let mut command = django(&place, folder.path(), &["runserver", "--noreload", &listen]);
        let base = format!("http://{listen}/api");
        let serving = Serving::start(&mut command, &base).await;
        Oscar { base, _serving: serving, _folder: folder }
    }

    /// Somebody signs up in the shop, and tells a name; answers the customer's id.
    pub async fn sign_up(&self, email: &str, given: &str, family: &str) -> i64 {
        let account = json!({"email": email, "password1": PASSWORD, "password2": PASSWORD});
        let answer = client().post(format!("{}/register/", self.base)).json(&account).send().await.expect("it answers");
        assert_eq!(answer.status(), 201);
        let all = self.ask(Method::GET, "/admin/users/", Value::Null).await;
        let found = all.as_array().into_iter().flatten().find(|user| user["email"] == email);
        let id = found.and_then(|user| user["id"].as_i64()).unwrap_or_else(|| panic!("{all}"));
        self.edit(id, json!({"first_name": given, "last_name": family})).await;
        id
    }

    pub async fn edit(&self, id: i64, change: Value) {
        self.ask(Method::PATCH, &format!("/admin/users/{id}/"), change).await;
    }

    pub async fn customer(&self, id: i64) -> Value {
        self.ask(Method::GET, &format!("/admin/users/{id}/"), Value::Null).await
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let request = client().request(method, format!("{}{path}", self.base)).basic_auth("hub", Some(PASSWORD));
        let answer = request.json(&body).send().await.expect("the shop answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
    }

    /// What the environment holds for a hub that reads this shop.
    pub fn settings(&self) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        let base = self.base.clone();
        move |name| match name {
            "HUB_OSCAR_BASE" => Some(base.clone()),
            "HUB_OSCAR_USER" => Some("hub".to_owned()),
            "HUB_OSCAR_PASSWORD" => Some(PASSWORD.to_owned()),
            _ => None,
        }
    }
}
