//! The receiver in the README, as it stands there.

use super::support::{caught_up, moves};
use crate::api::fixture::{Hub, eventually};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use tests::both;
use tests::population::Dice;
use tests::program::client;
use tests::receiver::secret;

const README: &str = include_str!("../../../README.md");

/// A running receiver; ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

both!(the_receiver_in_the_readme_works, |db| async move {
    let program = README.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    assert!(program.lines().count() <= 22, "it is short enough to be read");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let mut receiver = Command::new("python3");
    receiver
        .args(["-c", program])
        .env("PORT", port.to_string())
        .env("HUB_SECRET_CRM", secret("HUB_SECRET_FIRST").expect("it is known"));
    let child = receiver.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut running = Running(child.expect("python3 starts; `tests/run --install` installs it"));
    let url = format!("http://127.0.0.1:{port}/");
    eventually("the receiver listens", || async {
        let forged = client().post(&url).header("webhook-id", "evt_1").header("webhook-timestamp", "1");
        let answer = forged.header("webhook-signature", "v1,bm8=").body("{}").send().await.ok()?;
        assert_eq!(answer.status(), 401, "what is not signed is not taken");
        Some(())
    })
    .await;
    let hub = Hub::start(&db).await;
    moves(&hub, &mut Dice::new(40), 12).await;
    let target = json!({"kind": "webhook", "url": url, "secret": "first"});
    let answer = hub.post("/v1/subscribers", &json!({"name": "crm", "target": target, "start": "beginning"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    caught_up(&hub, &format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id"))).await;
    let newest = hub.store.last_event().await.expect("the feed can be read").0;
    let lines = BufReader::new(running.0.stdout.take().expect("it writes")).lines();
    let mut sequences: Vec<i64> =
        lines.take(newest as usize).filter_map(|line| line.ok()?.split(' ').next()?.parse().ok()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=newest).collect::<Vec<_>>());
});
