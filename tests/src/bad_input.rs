//! Bad input on the command line: a clear message, the right exit code, and nothing else lost.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use tests::both;
use tests::program::{Said, hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");

/// A loyalty member as the programme's export has it.
fn member(n: usize) -> String {
    format!(
        "{{\"member_id\":\"M{n}\",\"first_name\":\"Ana\",\"last_name\":\"Family{n}\",\"email\":\"ana{n}@example.com\",\
         \"updated_at\":\"2024-05-01T10:00:00Z\",\"status\":\"active\"}}"
    )
}

/// Ten good members around one bad line.
fn around(bad: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for n in 0..5 {
        file.extend_from_slice(member(n).as_bytes());
        file.push(b'\n');
    }
    file.extend_from_slice(bad);
    file.push(b'\n');
    for n in 5..10 {
        file.extend_from_slice(member(n).as_bytes());
        file.push(b'\n');
    }
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("packing into memory")
}

fn import(folder: &Path, url: &str, file: &str, more: &[&str]) -> Said {
    let mut command = hub(PROGRAM, folder, url);
    command.args(["import", "--source", "loyalty", "--json", file]).args(more).output().expect("it runs").into()
}

/// What a case must say, and how many of the ten good members must be there afterwards.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    says: &'static str,
    good: i64,
}

fn cases() -> Vec<Case> {
    let case = |name, bad: &[u8], says| Case { name, file: around(bad), says, good: 10 };
    let whole: Vec<u8> = (0..2_000).flat_map(|n| (member(n) + "\n").into_bytes()).collect();
    let packed = gzip(&whole);
    let deep = format!("{{\"member_id\":\"D\",\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    vec![
        case("invalid UTF-8", b"{\"member_id\":\"U\",\"last_name\":\"\xff\xfe\"}", "UTF-8"),
        case(
            "a line of 50 MB",
            &[b"{\"member_id\":\"L\",\"x\":\"", vec![b'x'; 50 << 20].as_slice(), b"\"}"].concat(),
            "limit",
        ),
        case("nested 10,000 deep", deep.as_bytes(), "deeper"),
        case("a wrong type", b"{\"member_id\":\"W\",\"last_name\":{\"a\":1}}", "last_name"),
        case("no key", b"{\"last_name\":\"Nobody\"}", "member_id"),
        case("not JSON", b"{\"member_id\":", "JSON"),
        case("a future birth date", b"{\"member_id\":\"F\",\"birth_date\":\"01.01.2999\"}", "future"),
        Case { name: "a truncated gzip", file: packed[..packed.len() / 2].to_vec(), says: "gzip", good: -1 },
        Case { name: "an empty file", file: Vec::new(), says: "empty", good: 0 },
    ]
}

both!(each_bad_record_costs_only_itself, |db| async move {
    for case in cases() {
        let other = db.another().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("members.ndjson"), &case.file).expect("a file");
        let said = import(folder.path(), other.url(), "members.ndjson", &[]);
        assert_eq!(said.code, Some(3), "{}: {}{}", case.name, said.out, said.err);
        let (store, _) = hub::store::Store::migrate(other.url()).await.expect("the store opens");
        let counts = store.counts().await.expect("counts");
        let letters = store
            .dead_letters_after(hub::domain::ids::DeliveryId(0), Default::default(), 10)
            .await
            .expect("dead letters");
        let mut reasons: String = letters.iter().map(|l| l.reason.clone() + "\n").collect();
        reasons.push_str(&said.out);
        assert!(reasons.contains(case.says), "{}: {reasons}", case.name);
        match case.good {
            -1 => assert!(counts.records > 0, "{}: what came before the end is there", case.name),
            good => assert_eq!(counts.records, good, "{}", case.name),
        }
        store.close().await;
    }
});

#[tokio::test]
async fn an_unknown_source_lists_the_known_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("x.csv"), "a\n1\n").expect("a file");
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let mut command = hub(PROGRAM, folder.path(), &url);
    let said: Said = command.args(["import", "--source", "nobody", "x.csv"]).output().expect("it runs").into();
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("nobody") && said.err.contains("shopify"), "{}", said.err);
}

#[tokio::test]
async fn a_dry_run_shows_and_stores_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("m.ndjson"), around(b"{\"last_name\":\"Nobody\"}")).expect("a file");
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let said = import(folder.path(), &url, "m.ndjson", &["--dry-run"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(said.code, Some(3));
    assert_eq!((report["records"].clone(), report["shown"][0]["source_key"].clone()), (11.into(), "M0".into()));
    assert_eq!(report["errors"][0]["first_line"], 6);
    assert!(!folder.path().join("hub.db").exists());
}

/// Files may not grow beyond a few hundred kilobytes here, as on a full disk; afterwards there is room again.
#[tokio::test]
async fn a_full_disk_stops_with_a_message_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let members: String = (0..5_000).map(|n| member(n) + "\n").collect();
    std::fs::write(folder.path().join("m.ndjson"), members).expect("a file");
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let limited = format!("trap '' XFSZ; ulimit -f 1500; exec {PROGRAM} import --source loyalty m.ndjson");
    let mut command = Command::new("bash");
    command.current_dir(folder.path()).env("HUB_DATABASE", &url).env("HUB_DATA_DIR", folder.path());
    let said: Said = command.args(["-c", &limited]).output().expect("bash runs").into();
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains("no room left"), "{}", said.err);
    let again = import(folder.path(), &url, "m.ndjson", &[]);
    assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
    let mut verify = hub(PROGRAM, folder.path(), &url);
    let verified: Said = verify.args(["verify", "--json"]).output().expect("it runs").into();
    let report: serde_json::Value = serde_json::from_str(&verified.out).expect("JSON");
    assert_eq!((verified.code, report["records"].clone()), (Some(0), 5_000.into()), "{}", verified.out);
}
