//! The benchmarks of intake and delivery, small: that they measure what they say, not how much.

use serde_json::Value;
use std::path::Path;
use tests::both;
use tests::nats::{NatsServer, PASSWORD};
use tests::program::{Said, hub};

/// Runs a benchmark to its end, and checks that it leaves nothing behind.
fn measured(folder: &Path, database: &str, words: &[&str]) -> Value {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    command.env("HUB_SECRET_NATS", PASSWORD);
    let said: Said = command.args(["--json", "bench"]).args(words).output().expect("the program runs").into();
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    let left: Vec<_> = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok).collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("bench")), "{left:?}");
    serde_json::from_str(&said.out).expect("figures are JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

both!(every_webhook_of_the_benchmark_is_taken, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let words = ["webhook", "--records", "300", "--rate", "100", "--seconds", "1", "--connections", "8", "--resolve"];
    let figures = measured(folder.path(), db.url(), &words);
    assert_eq!((&figures["webhooks"], &figures["errors"]), (&300.into(), &0.into()), "{figures}");
    assert_eq!((&figures["steady"]["webhooks"], &figures["steady"]["errors"]), (&100.into(), &0.into()), "{figures}");
    assert!(number(&figures["ratio"]) > 0.0 && number(&figures["p99_ms"]) >= number(&figures["p50_ms"]), "{figures}");
});

both!(every_change_of_the_benchmark_is_delivered, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let figures = measured(folder.path(), db.url(), &["deliver", "--rate", "50", "--seconds", "1", "--people", "100"]);
    for kind in ["alone", "beside"] {
        assert_eq!((&figures[kind]["changes"], &figures[kind]["lost"]), (&150.into(), &0.into()), "{figures}");
        assert!(number(&figures[kind]["p99_ms"]) >= number(&figures[kind]["p50_ms"]), "{figures}");
    }
});

both!(the_backlog_of_the_benchmark_drains, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nats = NatsServer::start().await;
    std::fs::write(folder.path().join("hub.toml"), nats.settings()).expect("a file");
    let figures = measured(folder.path(), db.url(), &["deliver", "--backlog", "500", "--nats", "main"]);
    let drained = figures["drained"].as_array().expect("figures");
    assert_eq!(drained.iter().map(|one| &one["to"]).collect::<Vec<_>>(), ["webhook", "nats"]);
    for one in drained {
        assert!(number(&one["events"]) >= 500.0 && number(&one["memory_mb_max"]) > 0.0, "{figures}");
    }
});
