//! The program's own commands: what-if, train and policy, as people call them.

use std::path::Path;
use tests::both;
use tests::program::{Said, hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");

fn call(folder: &Path, url: &str, words: &[&str]) -> Said {
    let mut command = hub(PROGRAM, folder, url);
    command.args(words).output().expect("the program runs").into()
}

fn json(said: &Said) -> serde_json::Value {
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.out))
}

fn refused(said: &Said, part: &str) {
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains(part), "{}", said.err);
}

both!(a_model_is_trained_tried_activated_and_rolled_back, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hub = |words: &[&str]| call(folder.path(), db.url(), words);
    let demo = ["demo", "--records", "3000", "--exit", "--json"];
    let before = json(&hub(&demo))["honesty"]["f1"].as_f64().expect("a measure");

    let model = folder.path().join("model.json").display().to_string();
    let trained = json(&hub_in(&folder, &db, &["train", "--output", &model, "--json"]));
    assert_eq!(trained["fit"]["converged"], true, "{}", trained["fit"]);
    assert!(trained["levels"].as_array().is_some_and(|levels| levels.len() > 20));
    let policies = |said: Said| json(&said).as_array().map_or(0, Vec::len);
    assert_eq!(policies(hub_in(&folder, &db, &["policy", "list", "--json"])), 1, "training activates nothing");

    let tried = json(&hub_in(&folder, &db, &["what-if", "--model", &model, "--json"]));
    assert_eq!(tried["change_events"], trained["what_if"]["change_events"]);
    let said = hub_in(&folder, &db, &["policy", "activate", "--model", &model, "--reason", "fitted to our records"]);
    assert_eq!((said.code, said.out.trim()), (Some(0), "policy 2: settled"), "{}", said.err);
    let after = json(&hub(&demo))["honesty"]["f1"].as_f64().expect("a measure");
    assert!(after >= before - 0.005, "training made it worse: {before} before, {after} after");

    refused(&hub_in(&folder, &db, &["policy", "activate", "--model", &model, "--reason", "again"]), "--again");
    let back = hub_in(&folder, &db, &["policy", "rollback", "--reason", "to compare", "--json"]);
    assert_eq!(json(&back)["stage"], "settled");
    assert_eq!(json(&hub(&demo))["honesty"]["f1"].as_f64(), Some(before), "as it was");
    assert_eq!(hub_in(&folder, &db, &["verify"]).code, Some(0));
    assert_eq!(policies(hub_in(&folder, &db, &["policy", "list", "--json"])), 3);
    let rules = hub_in(&folder, &db, &["policy", "show", "1", "--part", "rules"]);
    assert!(rules.out.contains("[attribute.name]"), "{}", rules.out);
});

/// The demo keeps its embedded database under a name of its own.
fn hub_in(folder: &tempfile::TempDir, db: &tests::Database, words: &[&str]) -> Said {
    let url = match db.engine() {
        tests::Engine::Sqlite => format!("sqlite:{}", folder.path().join("demo.db").display()),
        tests::Engine::Postgres => db.url().to_owned(),
    };
    call(folder.path(), &url, words)
}

#[test]
fn nonsense_is_refused_by_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let hub = |words: &[&str]| call(folder.path(), &url, words);
    json(&hub(&["demo", "--records", "300", "--exit", "--json"]));
    refused(&hub(&["what-if"]), "--link-weight");
    refused(&hub(&["what-if", "--link-weight", "-50"]), "review threshold");
    let text = hub(&["policy", "show", "1", "--part", "model"]).out;
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.display().to_string()
    };
    let spoiled = file("spoiled.json", &text.replacen("\"same\":0.", "\"same\":7.", 1));
    refused(&hub(&["what-if", "--model", &spoiled]), "spoiled.json cannot be used as a matching model: field");
    let unknown = file("unknown.json", &text.replacen("\"population\"", "\"populace\"", 1));
    refused(&hub(&["policy", "activate", "--model", &unknown, "--reason", "x"]), "populace");
    let rules = file("rules.toml", "version = \"nothing\"\n");
    refused(&hub(&["what-if", "--rules", &rules]), "rules.toml");
}

/// A changed file of rules is not obeyed unasked, and says so.
#[test]
fn a_changed_file_of_rules_waits_to_be_activated() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let hub = |words: &[&str]| call(folder.path(), &url, words);
    json(&hub(&["demo", "--records", "300", "--exit", "--json"]));
    let rules = hub(&["policy", "show", "1", "--part", "rules"]).out;
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, rules.replacen("version = \"", "version = \"ours after ", 1)).expect("a file is written");
    let path = path.display().to_string();
    let csv = folder.path().join("nobody.csv").display().to_string();
    std::fs::write(&csv, "record_id,given_name\n").expect("a file is written");
    let said = hub(&["import", "--source", "common-csv", "--rules", &path, &csv]);
    assert!(said.err.contains("hub policy activate --rules"), "{}", said.err);
    let said = hub(&["policy", "activate", "--rules", &path, "--reason", "ours", "--json"]);
    assert!(json(&said)["rules"]["name"].as_str().is_some_and(|name| name.starts_with("ours after")), "{}", said.out);
    let said = hub(&["import", "--source", "common-csv", "--rules", &path, &csv]);
    assert!(!said.err.contains("hub policy activate"), "{}", said.err);
}
