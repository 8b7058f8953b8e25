//! Files in: watched folders under `hub serve`, and what `hub import` shares with them.

use hub::domain::ids::DeliveryId;
use hub::store::Store;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::both;
use tests::program::{Said, Serving, hub};

const GOOD: &str = "{\"key\":\"1\",\"names\":[{\"given\":\"Ana\",\"family\":\"Silva\"}]}\n";
const BAD: &str = "{\"key\":\"2\",\"birth_date\":\"2999-01-01\"}\nno record\n";

fn program(folder: &Path, database: &str) -> Command {
    hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database)
}

/// Makes the folder and the settings that watch it.
fn watched(folder: &Path, more: &str) {
    fs::create_dir(folder.join("in")).expect("a folder");
    let settings = format!("[[folders]]\nsource = \"canonical\"\npath = \"in\"\npattern = \"*.ndjson\"\n{more}");
    fs::write(folder.join("hub.toml"), settings).expect("a file");
}

/// Waits until files are where they belong.
async fn arrive(folder: &Path, files: &[&str]) {
    for _ in 0..900 {
        if files.iter().all(|file| folder.join("in").join(file).is_file()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{files:?} do not appear");
}

async fn deliveries(store: &Store) -> DeliveryId {
    store.progress().await.expect("the store answers").1
}

both!(files_are_read_once_checked_and_put_aside_with_a_report, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    watched(folder.path(), "settle_secs = 0\n");
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    let write = |name: &str, text: &str| fs::write(folder.path().join("in").join(name), text).expect("a file");
    write("a.ndjson", &format!("{GOOD}{BAD}"));
    write("b.ndjson", &format!("{GOOD}{BAD}"));
    write("c.ndjson.control", "records = 3\n");
    write("c.ndjson", &GOOD.repeat(2));
    write("d.ndjson.control", "rows = 3\n");
    write("d.ndjson", GOOD);
    write("e.ndjson.control", "records = 2\n");
    write("e.ndjson", &GOOD.repeat(2));
    write("f.csv", "not one of these");
    write(".g.ndjson", GOOD);
    let serving = Serving::start(program(folder.path(), db.url())).await;
    arrive(folder.path(), &["done/a.ndjson", "done/b.ndjson", "failed/c.ndjson", "failed/d.ndjson", "done/e.ndjson"])
        .await;
    serving.kill();
    assert_eq!(deliveries(&store).await, DeliveryId(5), "three of a, none of b, c and d, two of e");
    let read = |name: &str| fs::read_to_string(folder.path().join("in").join(name)).unwrap_or_default();
    let report = read("done/a.ndjson.exceptions.csv");
    let lines: Vec<&str> = report.lines().map(|line| line.split(',').next().unwrap_or_default()).collect();
    assert_eq!(lines, ["line", "2", "3"], "{report}");
    assert!(report.contains("2,contract,") && report.contains("3,read,") && !report.contains("2999"), "{report}");
    assert!(read("failed/c.ndjson.exceptions.csv").contains("holds 2 records, 3 were announced"));
    assert!(read("failed/d.ndjson.exceptions.csv").contains("control file"));
    assert_eq!(read("done/e.ndjson.control"), "records = 2\n");
    assert_eq!((read("done/e.ndjson.exceptions.csv"), read("f.csv")), (String::new(), "not one of these".to_owned()));
    assert_eq!(read(".g.ndjson"), GOOD);
});

both!(a_file_is_read_on_where_the_hub_was_killed, |db| async move {
    const RECORDS: i64 = 24_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    watched(folder.path(), "settle_secs = 0\n");
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    let line =
        |key: i64| format!("{{\"key\":\"{key}\",\"identifiers\":[{{\"scheme\":\"card\",\"value\":\"{key:09}\"}}]}}\n");
    let text: String = (0..RECORDS).map(line).collect();
    fs::write(folder.path().join("in/all.ndjson"), text).expect("a file");
    for _ in 0..3 {
        let before = deliveries(&store).await;
        let serving = Serving::start(program(folder.path(), db.url())).await;
        while deliveries(&store).await == before && before.0 < RECORDS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        serving.kill();
    }
    let serving = Serving::start(program(folder.path(), db.url())).await;
    arrive(folder.path(), &["done/all.ndjson"]).await;
    serving.kill();
    assert_eq!(deliveries(&store).await, DeliveryId(RECORDS), "none twice, none left out");
});

both!(an_import_knows_its_file_again_and_counts_it, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path();
    fs::write(place.join("all.ndjson"), format!("{GOOD}{BAD}")).expect("a file");
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    let import = |more: &[&str]| -> Said {
        let mut command = program(place, db.url());
        command.args(["import", "--source", "canonical", "all.ndjson"]).args(more).output().expect("it runs").into()
    };
    let refused = import(&["--expect-records", "4"]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    assert!(refused.out.contains("holds 3 records, 4 were announced"), "{}", refused.out);
    assert_eq!(deliveries(&store).await, DeliveryId(0), "nothing enters");
    let taken = import(&["--expect-records", "3", "--report", "wrong.csv"]);
    assert_eq!((taken.code, deliveries(&store).await), (Some(3), DeliveryId(3)), "{}", taken.err);
    assert_eq!(fs::read_to_string(place.join("wrong.csv")).expect("a report").lines().count(), 3);
    let known = import(&[]);
    assert!(known.code == Some(0) && known.out.contains("--again"), "{} {}", known.out, known.err);
    assert_eq!(deliveries(&store).await, DeliveryId(3));
    let again = import(&["--again"]);
    assert_eq!((again.code, deliveries(&store).await), (Some(3), DeliveryId(6)), "{}", again.err);
    let piped = |more: &str| -> Said {
        let program = env!("CARGO_BIN_EXE_hub-under-test");
        let line = format!("cat all.ndjson | \"$0\" import --source canonical {more} /dev/stdin");
        let mut shell = hub("sh", place, db.url());
        shell.args(["-c", &line, program]).output().expect("a shell").into()
    };
    let counted = piped("--expect-records 3");
    assert!(counted.code == Some(3) && counted.out.contains("pipe"), "{} {}", counted.out, counted.err);
    assert_eq!((piped("").code, deliveries(&store).await), (Some(3), DeliveryId(9)));
});

#[test]
fn mistakes_in_the_settings_of_folders_name_their_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    watched(folder.path(), "");
    let sound = fs::read_to_string(folder.path().join("hub.toml")).expect("a file");
    for (text, remedy) in [
        (sound.replace("\"in\"", "\"nowhere\""), "create it"),
        (format!("{sound}cut_off = \"late\"\n"), "\"22:00\""),
        (format!("{sound}cut_off = \"22:00\"\ntime_zone = \"Atlantis\"\n"), "Europe/Berlin"),
        (sound.replace("canonical", "atlantis"), "no source is named atlantis"),
    ] {
        fs::write(folder.path().join("hub.toml"), &text).expect("a file");
        let mut command = program(folder.path(), &format!("sqlite:{}", folder.path().join("hub.db").display()));
        let said: Said = command.args(["serve", "--listen", "127.0.0.1:0"]).output().expect("it runs").into();
        assert!(said.code == Some(1) && said.err.contains(remedy), "{text}{}", said.err);
    }
}
