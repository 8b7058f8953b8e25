//! `hub users`: accounts on the command line.

use std::io::Write;
use std::process::{Command, Stdio};
use tests::program::{Said, hub};
use tests::{Database, both};

/// Runs `hub users` with a password on its standard input.
fn users(db: &Database, arguments: &[&str], password: &str) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command: Command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder.path(), db.url());
    command.arg("users").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("the program starts");
    writeln!(running.stdin.take().expect("a pipe"), "{password}").expect("it reads");
    running.wait_with_output().expect("it ends").into()
}

both!(accounts_are_made_listed_and_ended, |db| async move {
    let made = users(&db, &["create", "Mira@Example.com", "--role", "steward"], "a long enough password");
    assert_eq!(
        (made.code, made.out.as_str()),
        (Some(0), "mira@example.com signs in with the password that was given\n"),
        "{}",
        made.err
    );
    let shown = users(&db, &["create", "ben", "--role", "viewer", "--json"], "");
    let shown: serde_json::Value =
        serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{}{}", shown.out, shown.err));
    assert!(shown["password"].as_str().is_some_and(|password| password.len() > 15), "one is made up: {shown}");
    let cases: [(&[&str], &str, &str); 5] = [
        (&["create", "ben", "--role", "viewer"], "a long enough password", "there is an account of this name"),
        (&["create", "eve", "--role", "source"], "a long enough password", "no role of a person"),
        (&["create", "eve", "--role", "viewer"], "short", "a password has 12 to 200 characters"),
        (&["password", "eve"], "a long enough password", "no account is named eve"),
        (&["disable", "eve"], "", "no account in use is named eve"),
    ];
    for (arguments, password, part) in cases {
        let said = users(&db, arguments, password);
        assert!(said.code == Some(1) && said.err.contains(part), "{arguments:?}: {:?} {}", said.code, said.err);
    }
    assert_eq!(users(&db, &["password", "ben"], "another long password").code, Some(0));
    assert_eq!(users(&db, &["disable", "ben"], "").out, "disabled ben\n");
    let list = users(&db, &["list"], "").out;
    assert!(list.contains("mira@example.com") && list.contains("steward") && list.contains("disabled"), "{list}");
    assert!(!list.contains("argon2"), "no hash is shown: {list}");
});
