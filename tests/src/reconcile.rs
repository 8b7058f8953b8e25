//! A source's full export against what the hub holds of it.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tests::both;
use tests::program::{Said, hub};

/// Records by key: their version, and what they say.
type Export = BTreeMap<u32, (i64, &'static str)>;

fn write(folder: &Path, export: &Export, more: &str) {
    let line = |(key, (version, given)): (&u32, &(i64, &str))| {
        let names = json!([{"given": given, "family": format!("Silva{key}")}]);
        json!({"key": format!("k{key}"), "version": version, "names": names}).to_string() + "\n"
    };
    let text: String = export.iter().map(line).collect();
    std::fs::write(folder.join("all.ndjson"), text + more).expect("a file");
}

fn call(folder: &Path, database: &str, words: &[&str]) -> Said {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    command.args(words).arg("--json").output().expect("the program runs").into()
}

/// Reconciles, and checks how many differ in each way, how many deliveries healed, and the exit code.
#[track_caller]
fn check(folder: &Path, database: &str, more: &[&str], drift: [u64; 4], healed: u64, code: i32) -> Value {
    let said = call(folder, database, &[&["reconcile", "canonical", "all.ndjson"], more].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{} {}", said.out, said.err));
    let named =
        json!({"missing_here": drift[0], "missing_there": drift[1], "different": drift[2], "newer_here": drift[3]});
    assert_eq!((&report["drift"], &report["healed"], said.code), (&named, &json!(healed), Some(code)), "{report}");
    report
}

both!(what_differs_is_found_by_key_and_healed_when_told_to, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (place, url) = (folder.path(), db.url());
    let mut export: Export = (0..200).map(|key| (key, (5, "Ana"))).collect();
    write(place, &export, "");
    let said = call(place, url, &["import", "--source", "canonical", "all.ndjson"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let same = check(place, url, &[], [0; 4], 0, 0);
    assert_eq!((&same["ours"], &same["theirs"], &same["windows"]), (&json!(200), &json!(200), &json!(0)));
    // Three are new, seven are gone, four have changed, and of two the list has an older state.
    export.retain(|key, _| *key < 193);
    export.extend((300..303).map(|key| (key, (1, "Ben"))));
    export.extend((10..14).map(|key| (key, (6, "Bea"))));
    export.extend((20..22).map(|key| (key, (4, "Bo"))));
    write(place, &export, "{\"names\": []}\nno record\n");
    let found = check(place, url, &[], [3, 7, 4, 2], 0, 3);
    assert_eq!(found["unusable"], 2);
    let listed: Vec<(&str, &str)> = found["records"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| Some((one["source_key"].as_str()?, one["drift"].as_str()?)))
        .collect();
    assert_eq!(listed.len(), 16);
    for (key, drift) in
        [("k301", "missing_here"), ("k199", "missing_there"), ("k10", "different"), ("k20", "newer_here")]
    {
        assert!(listed.contains(&(key, drift)), "{key} {drift}: {listed:?}");
    }
    check(place, url, &[], [3, 7, 4, 2], 0, 3);
    check(place, url, &["--heal"], [3, 7, 4, 2], 7, 3);
    write(place, &export, "");
    check(place, url, &["--heal"], [0, 7, 0, 2], 0, 3);
    check(place, url, &["--delete-missing"], [0, 7, 0, 2], 7, 0);
    assert_eq!(check(place, url, &[], [0, 0, 0, 2], 0, 0)["ours"], 196);
    let exported = call(place, url, &["export"]).out;
    assert!(exported.contains("Ben") && exported.contains("Bea") && !exported.contains("\"Bo\""), "{exported}");
    // What was marked as deleted comes back with its source's next version.
    export.insert(199, (6, "Ana"));
    write(place, &export, "");
    check(place, url, &["--heal"], [1, 0, 0, 2], 1, 0);
    check(place, url, &[], [0, 0, 0, 2], 0, 0);
});

both!(a_list_that_breaks_off_is_not_compared, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("all.ndjson"), "[{\"key\": \"1\"}, {\"key\":").expect("a file");
    let words = ["reconcile", "canonical", "all.ndjson", "--heal", "--delete-missing"];
    let said = call(folder.path(), db.url(), &words);
    assert!(said.code == Some(1) && said.err.contains("to its end"), "{}", said.err);
    let said = call(folder.path(), db.url(), &["reconcile", "atlantis", "all.ndjson"]);
    assert!(said.code == Some(1) && said.err.contains("atlantis"), "{}", said.err);
});
