//! The ground that the other tests stand on, tested itself.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{PgConnection, SqliteConnection};
use tests::{Database, Engine, both, postgres};

/// Set in the process that a test starts in order to end it rudely.
const HOLD: &str = "HUB_TEST_HOLD_SERVER";

both!(a_database_takes_writes, |db| async move {
    let text = "CREATE TABLE kept (id INTEGER PRIMARY KEY); INSERT INTO kept VALUES (7);";
    assert_eq!(run_on(&db, text).await, 1);
});

both!(two_databases_do_not_share_tables, |db| async move {
    let other = db.another().await;
    assert_ne!(db.url(), other.url());
    for database in [&db, &other] {
        run_on(database, "CREATE TABLE same_name (id INTEGER)").await;
    }
});

/// Runs a text of statements and says how many rows they wrote.
async fn run_on(database: &Database, text: &'static str) -> u64 {
    match database.engine() {
        Engine::Sqlite => {
            let options: SqliteConnectOptions = database.url().parse().expect("the URL is well formed");
            let mut connection =
                SqliteConnection::connect_with(&options.create_if_missing(true)).await.expect("the file can be made");
            sqlx::raw_sql(text).execute(&mut connection).await.expect("the text is valid").rows_affected()
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(database.url()).await.expect("the server answers");
            sqlx::raw_sql(text).execute(&mut connection).await.expect("the text is valid").rows_affected()
        }
    }
}

#[test]
fn a_machine_without_postgresql_is_told_what_to_run() {
    let empty = tempfile::tempdir().expect("a temporary directory can be made");
    let reason = postgres::find_programs(empty.path(), Some(empty.path().as_os_str())).unwrap_err();
    assert!(reason.contains("tests/run"), "{reason}");
    assert!(postgres::find_programs(empty.path(), None).is_err());
}

#[test]
fn the_newest_of_several_versions_is_used() {
    let versions = tempfile::tempdir().expect("a temporary directory can be made");
    for version in ["9.6", "15", "17"] {
        install(versions.path(), version, &["initdb", "postgres"]);
    }
    // Left behind by a package that was removed half way.
    install(versions.path(), "18", &["initdb"]);
    let found = postgres::find_programs(versions.path(), Some(OsStr::new("/nowhere")));
    assert_eq!(found, Ok(versions.path().join("17/bin")));
}

fn install(versions: &Path, version: &str, programs: &[&str]) {
    let directory = versions.join(version).join("bin");
    std::fs::create_dir_all(&directory).expect("a directory can be made");
    for program in programs {
        std::fs::write(directory.join(program), "").expect("a file can be written");
    }
}

/// Starts the server; in the process that the next test starts, it also waits to be killed.
#[test]
fn the_private_server_starts() {
    let server = postgres::server().unwrap_or_else(|reason| panic!("{reason}"));
    assert!(exists(server.process_id()));
    if env::var_os(HOLD).is_some() {
        println!("\nserver {}", server.process_id());
        thread::sleep(Duration::from_secs(600));
    }
}

#[test]
fn no_server_outlives_a_killed_process() {
    let program = env::current_exe().expect("this program has a path");
    let mut process = Command::new(program)
        .args(["--exact", "harness::the_private_server_starts", "--nocapture"])
        .env(HOLD, "1")
        // Not a part of this run: the process has a server of its own.
        .env_remove("NEXTEST_RUN_ID")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts");
    let server = server_of(&mut process);
    process.kill().expect("a running process can be killed");
    process.wait().expect("a killed process ends");
    let deadline = Instant::now() + Duration::from_secs(60);
    while exists(server) {
        assert!(Instant::now() < deadline, "server {server} outlived the process that it was for");
        thread::sleep(Duration::from_millis(50));
    }
}

fn server_of(process: &mut Child) -> u32 {
    let output = process.stdout.take().expect("the output is a pipe");
    BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("server ")?.parse().ok())
        .expect("the process says which server it holds")
}

fn exists(process_id: u32) -> bool {
    let answer = Command::new("kill").args(["-0", &process_id.to_string()]).stderr(Stdio::null()).status();
    answer.is_ok_and(|status| status.success())
}
