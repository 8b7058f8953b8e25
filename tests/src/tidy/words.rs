//! Work that is not finished is not merged, and a test that is skipped proves nothing.

use super::Breach;
use super::limits::Limits;
use super::tokens::Tokens;
use super::tree::Tree;

/// Macros that stand for code that is not there, or not meant to stay.
const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];
/// Written in two halves, so that this file may be searched too.
const MARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X:")];
/// The kinds of files whose comments are searched.
const SOURCES: [&str; 7] = [".rs", ".sql", ".toml", ".js", ".css", ".html", ".sh"];

pub fn rule(tree: &Tree, _: &Limits) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, source) in tree.sources() {
        breaches.extend(macros(path, &source.all));
        breaches.extend(ignored_tests(path, &source.all));
    }
    for (path, text) in tree.texts().filter(|(path, _)| SOURCES.iter().any(|ending| path.ends_with(ending))) {
        breaches.extend(marks(path, text));
    }
    breaches
}

fn macros(path: &str, tokens: &Tokens) -> Vec<Breach> {
    let found = MACROS.iter().flat_map(|name| {
        let calls = tokens.places(name).filter(|at| tokens.matches(at + 1, &["!"]) && !tokens.matches(at + 2, &["="]));
        calls.map(move |at| Breach::new(path, tokens.line(at), format!("`{name}!` is left"), "Finish it"))
    });
    found.collect()
}

fn ignored_tests(path: &str, tokens: &Tokens) -> Vec<Breach> {
    let attributes = tokens.places("#").filter(|at| tokens.matches(at + 1, &["["]));
    let ignoring = attributes.filter(|at| {
        tokens.matches(at + 2, &["ignore"])
            || (tokens.matches(at + 2, &["cfg_attr"])
                && tokens.group(at + 1).any(|inside| tokens.matches(inside, &["ignore"])))
    });
    ignoring
        .map(|at| Breach::new(path, tokens.line(at), "a test is skipped", "Make it fast enough to run, or remove it"))
        .collect()
}

fn marks(path: &str, text: &str) -> Vec<Breach> {
    let lines = text.lines().enumerate();
    let marked = lines.filter_map(|(index, line)| Some((index, MARKS.iter().find(|mark| line.contains(**mark))?)));
    marked.map(|(index, mark)| Breach::new(path, index + 1, format!("`{mark}` is left"), "Do it, or file it")).collect()
}

#[test]
fn unfinished_work_is_found() {
    let mark = MARKS[0];
    let comment = format!("\n-- {mark}: later\n");
    let text = "fn a() { todo!() }\n\n#[test]\n#[ignore = \"slow\"]\nfn b() { dbg!(1); }\n#[cfg_attr(unix, ignore)]\nfn c() {}";
    let allowed = "// todo!()\nconst A: &str = \"dbg!\"; fn todo(dbg: u8) -> bool { dbg != 1 }";
    let files = [("a/src/lib.rs", text), ("b/src/lib.rs", allowed), ("m.sql", comment.as_str())];
    let expected = [
        "a/src/lib.rs:1 `todo!` is left",
        "a/src/lib.rs:4 a test is skipped",
        "a/src/lib.rs:5 `dbg!` is left",
        "a/src/lib.rs:6 a test is skipped",
        &format!("m.sql:2 `{mark}` is left"),
    ];
    super::expect(rule, "", &files, &expected);
}
