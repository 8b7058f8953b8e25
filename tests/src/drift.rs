//! Sources that begin to send something else.

use serde_json::{Value, json};
use std::path::Path;
use tests::both;
use tests::program::{Said, hub};

const CINEMA: &str = r#"
name = "cinema"
[webhook]
signature = { header = "X-Signature", encoding = "hex" }
secret = { env = "CINEMA" }
topic = { path = "$.type" }
record = "$.guest"
[webhook.topics]
"guest.*" = "customer"
[record]
key = "$.id"
[map]
names = [{ given = "$.first_name", family = "$.last_name" }]
emails = [{ value = "$.contact.email" }]
birth_date = "$.born"
"#;

/// What a guest looks like at first, and what comes of that.
fn guest(number: u32, change: impl Fn(&mut Value)) -> String {
    let mut guest = json!({
        "id": number, "first_name": "Ana", "last_name": format!("Silva{number}"), "born": "1990-01-02", "seats": 2,
        "contact": { "email": format!("ana{number}@example.com"), "phone": null },
    });
    change(&mut guest);
    format!("{guest}\n")
}

fn call(folder: &Path, database: &str, words: &[&str]) -> Said {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    command.args(["--manifests", "manifests"]).args(words).output().expect("the program runs").into()
}

fn import(folder: &Path, database: &str, guests: String) {
    std::fs::write(folder.join("guests.ndjson"), guests).expect("a file");
    let said = call(folder, database, &["import", "--source", "cinema", "guests.ndjson"]);
    assert!(matches!(said.code, Some(0 | 3)), "{}", said.err);
}

/// The changes with what they feed, and the exit code.
fn drift(folder: &Path, database: &str, code: i32) -> Vec<String> {
    let said = call(folder, database, &["--json", "connectors", "drift", "cinema"]);
    assert_eq!(said.code, Some(code), "{} {}", said.out, said.err);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    let changes = answer["sources"][0]["payloads"][0]["changes"].as_array().expect("changes").clone();
    let told = |change: &Value| {
        let feeds: Vec<&str> = change["feeds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let word = |name: &str| change[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {} {}/{} {}",
            word("path"),
            word("change"),
            word("kind"),
            word("was"),
            change["records"],
            change["of"],
            feeds.join(","),
        )
    };
    changes.iter().map(told).collect()
}

both!(changed_fields_are_told_with_what_they_feed_until_they_are_accepted, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (place, url) = (folder.path(), db.url());
    std::fs::create_dir(place.join("manifests")).expect("a folder");
    std::fs::write(place.join("manifests/cinema.toml"), CINEMA).expect("a file");
    let said = call(place, url, &["connectors", "drift"]);
    assert!(said.code == Some(0) && said.out.contains("no payload"), "{} {}", said.out, said.err);
    import(place, url, (0..200).map(|number| guest(number, |_| ())).collect());
    assert_eq!(drift(place, url, 0), [""; 0]);
    // One field is renamed, one becomes an object, which the mapping cannot use, one is split, and one is sometimes there.
    let changed = |guest: &mut Value| {
        guest["contact"] = json!({ "mail": "x@example.com", "phone": "+351 911 222 333" });
        guest["born"] = json!({ "year": 1990 });
        guest["seats"] = json!("2");
    };
    import(place, url, (200..240).map(|number| guest(number, changed)).collect());
    let expected = [
        "$.born retyped object text 40/40 birth_date",
        "$.contact.email missing text - 200/40 emails[].value",
        "$.contact.mail new text - 40/40 ",
        "$.contact.phone new text - 40/40 ",
        "$.seats retyped text number 40/40 ",
    ];
    assert_eq!(drift(place, url, 3), expected);
    let said = call(place, url, &["connectors", "drift", "cinema"]);
    let line = "$.contact.email is missing: 200 had it, the last 40 do not; feeds emails[].value";
    assert!(said.out.contains("cinema: 240 records, 5 fields changed") && said.out.contains(line), "{}", said.out);
    assert!(!said.out.contains("example.com") && !said.out.contains("1990"), "no value is shown: {}", said.out);
    let said = call(place, url, &["connectors", "drift", "cinema", "--accept"]);
    assert!(said.code == Some(0) && said.out.contains("5 changes"), "{} {}", said.out, said.err);
    assert_eq!(drift(place, url, 0), [""; 0]);
    // What was accepted as gone is new when it comes back.
    import(place, url, (240..260).map(|number| guest(number, |_| ())).collect());
    assert_eq!(
        drift(place, url, 3)[..2],
        ["$.born retyped text object 20/20 birth_date", "$.contact.email new text - 20/20 emails[].value",]
    );
    let said = call(place, url, &["connectors", "drift", "atlantis"]);
    assert!(said.code == Some(1) && said.err.contains("atlantis"), "{}", said.err);
});
