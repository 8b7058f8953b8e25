//! Connecting a system: the README's worked example pasted line by line, and `hub connectors` beside it.

use std::path::Path;
use std::process::Command;
use tests::both;
use tests::program::{Said, Serving, hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");
const README: &str = include_str!("../../README.md");

/// The fenced blocks of the worked example: whether a shell is to run it, and its text.
fn blocks() -> Vec<(bool, &'static str)> {
    let (_, section) = README.split_once("## Connect a system\n").expect("the README has the section");
    let section = section.split("\n## ").next().unwrap_or(section);
    // Every second part stands between fences.
    let parts = section.split("```").skip(1).step_by(2);
    parts.map(|part| (part.starts_with("sh\n"), part.split_once('\n').map_or("", |(_, text)| text))).collect()
}

/// Runs lines in a folder where the program is called `hub`.
fn paste(folder: &Path, database: &str, lines: &str) -> Said {
    let bin = folder.join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).and_then(|()| std::os::unix::fs::symlink(PROGRAM, bin.join("hub"))).expect("a link");
    }
    let mut shell = Command::new("sh");
    shell.current_dir(folder).env_clear().env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    shell.env("HUB_DATABASE", database).env("HUB_DATA_DIR", folder).env("HUB_LOG", "warn");
    shell.args(["-c", lines]).output().expect("a shell").into()
}

/// Checks that what the README shows was said.
#[track_caller]
fn check_said(said: &Said, shown: &str) {
    for line in shown.lines().filter(|line| !line.trim().is_empty()) {
        assert!(said.out.contains(line.trim()), "{line:?} is not in {} {}", said.out, said.err);
    }
}

both!(the_worked_example_of_the_readme_works_as_pasted, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blocks = blocks();
    let [
        (true, first),
        (false, tried),
        (true, repair),
        (false, repaired),
        (true, webhook),
        (true, send),
        (false, sent),
        (false, poll),
    ] = blocks[..]
    else {
        panic!("the example has other blocks than this test: {blocks:?}")
    };
    let said = paste(folder.path(), db.url(), first);
    check_said(&said, tried);
    // The second block goes on in the first one's shell.
    let said = paste(folder.path(), db.url(), &format!("export HUB_MANIFESTS=manifests\n{repair}"));
    check_said(&said, repaired);
    assert!(said.out.contains("Ana Silva") && said.out.contains("Ben Osei"), "{} {}", said.out, said.err);
    let (before, serve) = webhook.trim_end().rsplit_once('\n').expect("it has lines");
    assert_eq!(serve, "hub serve");
    paste(folder.path(), db.url(), before);
    let mut command = hub(PROGRAM, folder.path(), db.url());
    command.env("HUB_MANIFESTS", "manifests").env("CINEMA_SECRET", "made-up-for-this-example");
    let serving = Serving::start(command).await;
    let manifest = std::fs::read_to_string(folder.path().join("manifests/cinema.toml")).expect("it was pasted");
    std::fs::write(folder.path().join("polled.toml"), format!("{manifest}\n{poll}")).expect("a file can be written");
    let said = paste(folder.path(), db.url(), "hub connectors check polled.toml");
    check_said(&said, "polled.toml: sound, the source is named cinema");
    let said = paste(folder.path(), db.url(), &send.replace("127.0.0.1:8080", &serving.address));
    check_said(&said, sent);
    for _ in 0..600 {
        let exported = paste(folder.path(), db.url(), "hub export");
        if exported.out.contains("Ana Silva-Rey") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the webhook does not become part of the golden record");
});

/// Calls the program without a database.
fn call(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = hub(PROGRAM, folder, "sqlite:nowhere/hub.db");
    command.arg("connectors").args(arguments).output().expect("it runs").into()
}

#[test]
fn mistakes_are_listed_with_file_line_and_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("bad.toml"), "name = \"bad\"\n[record]\nkee = \"$.id\"\n").expect("a file");
    let said = call(folder.path(), &["check", "bad.toml"]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.out.contains("bad.toml:3: `kee` is unknown in [record]; did you mean `key`?"), "{}", said.out);
    let said = call(folder.path(), &["check", "bad.toml", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (report["sound"].as_bool(), report["manifests"][0]["errors"][0]["line"].as_i64()),
        (Some(false), Some(1))
    );
    let said = call(folder.path(), &["check"]);
    assert!(said.code == Some(1) && said.err.contains("--manifests"), "{}", said.err);
    let said = call(folder.path(), &["try", "bad.toml", "nothing.json"]);
    assert!(said.code == Some(1) && said.err.contains("bad.toml:3"), "{}", said.err);
    let said = call(folder.path(), &["lineage", "atlantis"]);
    assert!(said.code == Some(1) && said.err.contains("there are canonical, common-csv"), "{}", said.err);
}

#[test]
fn systems_are_listed_and_their_values_traced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = call(folder.path(), &["list"]);
    assert!(said.out.contains("closed until HUB_SHOPIFY_WEBHOOK_SECRET holds the secret"), "{}", said.out);
    let said = call(folder.path(), &["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let square = list["sources"].as_array().into_iter().flatten().find(|source| source["name"] == "square");
    let webhook = square.map(|source| source["webhook"].clone()).unwrap_or_default();
    assert_eq!((&webhook["signature"], &webhook["secrets"]), (&"square".into(), &0.into()), "{webhook}");
    assert_eq!(webhook["topics"]["customer.deleted"], "delete");
    let said = call(folder.path(), &["lineage", "square", "--json"]);
    let lineage: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let city = lineage["lineage"].as_array().into_iter().flatten().find(|line| line["canonical"] == "addresses[].city");
    let city = city.cloned().unwrap_or_default();
    assert_eq!((&city["sources"][0], &city["golden"]), (&"$.address.locality".into(), &"addresses".into()), "{city}");
}

#[test]
fn a_webhooks_body_is_tried_under_its_topic() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("body.json"),
        r#"{"id":706405506930370084,"first_name":"Mira","shoe":{"size":38}}"#,
    )
    .expect("a file");
    let tried = |topic: &str| {
        let header = format!("x-shopify-topic: {topic}");
        let said = call(folder.path(), &["try", "shopify", "body.json", "--header", &header, "--json"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        serde_json::from_str::<serde_json::Value>(&said.out).expect("JSON")["records"][0].clone()
    };
    let created = tried("customers/create");
    assert_eq!((&created["source_key"], &created["deleted"]), (&"706405506930370084".into(), &false.into()));
    assert_eq!(created["not_mapped"], serde_json::json!(["$.shoe.size"]));
    assert_eq!(tried("customers/delete")["deleted"], true);
    assert_eq!(tried("customers/redact")["kept_for"], "privacy");
}

both!(a_corrected_manifest_puts_a_group_of_dead_letters_right, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path();
    let manifest = |pattern: &str| {
        let text = format!(
            "name = \"guests\"\n[record]\nkey = \"$.id\"\n[map]\n\
             birth_date = {{ path = \"$.born\", then = [{{ parse_date = [\"{pattern}\"] }}] }}\n"
        );
        std::fs::create_dir_all(place.join("manifests")).expect("a folder");
        std::fs::write(place.join("manifests/guests.toml"), text).expect("a file");
    };
    manifest("YYYY-MM-DD");
    let rows = "{\"id\":1,\"born\":\"03.05.1980\"}\n{\"id\":2,\"born\":\"04.06.1981\"}\n{\"id\":3,\"born\":\"1990-01-01\"}\nno record\n";
    std::fs::write(place.join("guests.ndjson"), rows).expect("a file");
    let said = |arguments: &[&str]| -> Said {
        let mut command = hub(PROGRAM, place, db.url());
        command.env("HUB_MANIFESTS", "manifests").args(arguments).output().expect("it runs").into()
    };
    let imported = said(&["import", "--source", "guests", "guests.ndjson"]);
    assert!(imported.code == Some(3) && imported.out.contains("hub dead-letters groups"), "{}", imported.out);
    let groups: serde_json::Value =
        serde_json::from_str(&said(&["dead-letters", "groups", "--json"]).out).expect("JSON");
    assert_eq!(
        (&groups[0]["count"], &groups[0]["step"], &groups[1]["step"]),
        (&2.into(), &"map".into(), &"read".into())
    );
    let group = groups[0]["fingerprint"].as_str().expect("a text");
    let before = said(&["dead-letters", "retry", "--group", group]);
    assert_eq!((before.code, before.out.as_str()), (Some(3), "2 sent again, 2 failed again\n"), "{}", before.err);
    manifest("DD.MM.YYYY");
    let after = said(&["dead-letters", "retry", "--group", group]);
    assert_eq!((after.code, after.out.as_str()), (Some(0), "2 sent again, 0 failed again\n"), "{}", after.err);
    let listed: serde_json::Value = serde_json::from_str(&said(&["dead-letters", "list", "--json"]).out).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "the unreadable one is left: {listed}");
    let id = listed[0]["id"].to_string();
    let refused = said(&["dead-letters", "retry", &id]);
    assert!(refused.code == Some(1) && refused.err.contains("repair"), "{}", refused.err);
    std::fs::write(place.join("one.json"), "{\"id\":4,\"born\":\"01.02.1970\"}").expect("a file");
    let repaired = said(&["dead-letters", "repair", &id, "one.json"]);
    assert_eq!((repaired.code, repaired.out.as_str()), (Some(0), "1 sent again, 0 failed again\n"), "{}", repaired.err);
    let shown = said(&["dead-letters", "show", &id]);
    assert!(shown.out.contains("no record") && shown.out.contains("read: line 4"), "{}", shown.out);
    assert_eq!(said(&["dead-letters", "groups"]).out, "no dead letters\n");
    assert_eq!(said(&["export"]).out.lines().count(), 4);
});
