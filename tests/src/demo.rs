//! `hub demo`: what it prints is true, works as pasted, and is continued from.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tests::both;
use tests::program::{Said, hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");
const RECORDS: &str = "600";

fn demo(folder: &Path, url: &str, more: &[&str]) -> Command {
    let mut command = hub(PROGRAM, folder, url);
    command.args(["demo", "--records", RECORDS]).args(more);
    command
}

fn said(mut command: Command) -> Said {
    command.output().expect("the program runs").into()
}

fn summary(command: Command) -> serde_json::Value {
    let said = said(command);
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.out))
}

/// A demo that serves; ended when dropped.
struct Serving(Child);

impl Serving {
    /// Starts serving and returns the `curl` lines that it printed.
    fn start(mut command: Command) -> (Serving, Vec<String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let printed: Vec<String> = lines.take_while(|line| !line.starts_with("Ctrl-C")).collect();
        (Serving(child), printed.into_iter().filter(|line| line.starts_with("curl ")).collect())
    }

    /// Ends it as Ctrl-C does, and tells the exit code.
    fn interrupt(mut self) -> Option<i32> {
        // The shell's own `kill`, because a bare machine may have no other.
        let line = format!("kill -INT {}", self.0.id());
        let sent = Command::new("sh").args(["-c", &line]).status().expect("a shell");
        assert!(sent.success());
        self.0.wait().expect("it ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the line answers when it is pasted into a shell.
fn paste(line: &str) -> serde_json::Value {
    let mut shell = Command::new("sh");
    let mut child = shell.args(["-c", line]).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut answer = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut answer).expect("text");
    assert!(child.wait().expect("it ends").success(), "{line}");
    serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e}: {line} answered {answer}"))
}

both!(the_demo_is_continued_and_its_lines_work_as_pasted, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = summary(demo(folder.path(), db.url(), &["--exit", "--json"]));
    let count = |summary: &serde_json::Value, name: &str| summary[name].as_i64().expect("a count");
    assert!((500..=700).contains(&count(&first, "records")), "{first}");
    assert!(count(&first, "golden_records") < count(&first, "records"), "{first}");
    assert!(first["records_per_second"].as_f64().expect("a rate") > 0.0);
    assert!(first["honesty"]["f1"].as_f64().expect("a measure") > 0.9, "{first}");

    let (serving, lines) = Serving::start(demo(folder.path(), db.url(), &["--listen", "127.0.0.1:0"]));
    assert_eq!(lines.len(), 3);
    let [profile, search, changes] = [0, 1, 2].map(|place| paste(&lines[place]));
    assert!(profile["lineage"].as_object().is_some_and(|lineage| !lineage.is_empty()), "{profile}");
    assert!(search["hits"].as_array().is_some_and(|found| !found.is_empty()), "{search}");
    assert_eq!(changes["events"].as_array().map(Vec::len), Some(3), "{changes}");
    assert_eq!(serving.interrupt(), Some(0));

    let second = summary(demo(folder.path(), db.url(), &["--exit", "--json"]));
    assert_eq!(second["records_per_second"], serde_json::Value::Null, "nothing was imported again");
    for name in ["records", "golden_records", "largest_cluster", "open_reviews", "dead_letters"] {
        assert_eq!(first[name], second[name], "{name}");
    }
});

#[test]
fn another_population_asks_for_a_reset() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let first = summary(demo(folder.path(), &url, &["--exit", "--json"]));
    let other = said(demo(folder.path(), &url, &["--exit", "--json", "--seed", "2"]));
    assert_eq!(other.code, Some(1), "{}", other.err);
    assert!(other.err.contains("--reset"), "{}", other.err);
    let reset = summary(demo(folder.path(), &url, &["--exit", "--json", "--seed", "2", "--reset"]));
    assert_ne!(first["example"], reset["example"]);
    assert!(reset["records_per_second"].as_f64().is_some_and(|rate| rate > 0.0));
}
