//! Who may name whom: the rooms of the hub from the ground up, and the paths that stay in their place.

use super::limits::{Ban, Limits};
use super::tokens::{Kind, NamedPath};
use super::tree::{Source, TESTS, Tree};
use super::{Breach, limits};

/// Where the rooms are.
const ROOMS: &str = "hub/src/";
/// Statements that only the store may contain: a first and a later word.
const STATEMENTS: [(&str, &str); 9] = [
    ("SELECT ", " FROM "),
    ("INSERT ", "INTO "),
    ("UPDATE ", " SET "),
    ("DELETE ", "FROM "),
    ("CREATE ", "TABLE "),
    ("CREATE ", "INDEX "),
    ("ALTER ", "TABLE "),
    ("DROP ", "TABLE "),
    ("PRAGMA ", ""),
];
const STORE: &str = "hub/src/store";

pub fn rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, source) in tree.production() {
        let paths: Vec<NamedPath> =
            source.production.paths().into_iter().map(|named| from_the_root(path, named)).collect();
        breaches.extend(banned(path, &paths, &limits.ban));
        breaches.extend(upwards(path, &paths, &limits.hub.layers));
        breaches.extend(statements(path, source));
    }
    breaches
}

/// Replaces `self` and `super` by what they stand for.
fn from_the_root(path: &str, mut named: NamedPath) -> NamedPath {
    let first = named.segments.first().map(String::as_str);
    if !matches!(first, Some("self" | "super")) {
        return named;
    }
    let mut module = module_of(path);
    module.append(&mut named.within);
    let mut rest = named.segments.as_slice();
    while let [word, tail @ ..] = rest {
        match word.as_str() {
            "self" => {}
            "super" => drop(module.pop()),
            _ => break,
        }
        rest = tail;
    }
    named.segments = [vec!["crate".to_owned()], module, rest.to_vec()].concat();
    named
}

/// The module that a file is, from its crate's root.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut module: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn banned(path: &str, paths: &[NamedPath], bans: &[Ban]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for ban in bans.iter().filter(|ban| ban.covers(path)) {
        let words: Vec<&str> = ban.path.split("::").collect();
        for named in paths.iter().filter(|named| names(&named.segments, &words)) {
            let problem = format!("`{}` is named here", ban.path);
            breaches.push(Breach::new(path, named.line, problem, format!("It must not be, because {}", ban.why)));
        }
    }
    breaches
}

/// Whether a path leads to the banned one, in full or by its last two words (the module itself being imported).
fn names(segments: &[String], banned: &[&str]) -> bool {
    let begins = |words: &[&str]| {
        let globbed = segments.last().is_some_and(|last| last == "*") && segments.len() <= words.len();
        let length = if globbed { segments.len() - 1 } else { words.len() };
        segments.len() >= length && segments.iter().zip(words).take(length).all(|(a, b)| a == b)
    };
    match banned {
        // A crate's name alone may be a variable; as the start of a longer path it is the crate.
        [_] => segments.len() > 1 && begins(banned),
        [_, rest @ ..] => begins(banned) || (rest.len() > 1 && segments.len() > 1 && begins(rest)),
        [] => false,
    }
}

fn upwards(path: &str, paths: &[NamedPath], layers: &[Vec<String>]) -> Vec<Breach> {
    let Some(inside) = path.strip_prefix(ROOMS) else {
        return Vec::new();
    };
    let level = |room: &str| layers.iter().position(|row| row.iter().any(|name| name == room));
    let room = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
    match (room, level(room)) {
        ("lib", _) => Vec::new(),
        ("main" | "bin", _) => main_beyond_cli(path, paths, layers),
        (_, Some(own)) => paths
            .iter()
            .filter_map(|named| {
                let [root, other, ..] = named.segments.as_slice() else {
                    return None;
                };
                let is_upwards = root == "crate" && other != room && level(other)? >= own;
                let problem = format!("`{room}` names `{other}`");
                let remedy = "Rooms name only those below them; see [hub] in tests/tidy.toml";
                is_upwards.then(|| Breach::new(path, named.line, problem, remedy))
            })
            .collect(),
        (_, None) => {
            let remedy = format!("Give it a row in [hub] of {}", limits::PATH);
            vec![Breach::new(path, 0, format!("the room `{room}` has no level"), remedy)]
        }
    }
}

/// The binary hands everything to the topmost room.
fn main_beyond_cli(path: &str, paths: &[NamedPath], layers: &[Vec<String>]) -> Vec<Breach> {
    let top = layers.last().map_or(&[][..], Vec::as_slice);
    let beyond = paths.iter().filter(|named| {
        let room = named.segments.get(1);
        named.segments.first().is_some_and(|root| root == "hub") && room.is_some_and(|room| !top.contains(room))
    });
    beyond
        .map(|named| {
            let problem = format!("the binary names `{}`", named.segments.join("::"));
            Breach::new(path, named.line, problem, "Let it call `hub::cli` and nothing else")
        })
        .collect()
}

fn statements(path: &str, source: &Source) -> Vec<Breach> {
    let in_store = path.strip_prefix(STORE).is_some_and(|rest| rest.starts_with(['/', '.']));
    if in_store || path.starts_with(&format!("{TESTS}/")) {
        return Vec::new();
    }
    let literals = source.production.iter().filter(|token| token.kind == Kind::Literal);
    literals
        .filter(|token| is_statement(&token.text))
        .map(|token| {
            let remedy = format!("Move it below {STORE}, where both databases are tested");
            Breach::new(path, token.line, "an SQL statement outside the store", remedy)
        })
        .collect()
}

fn is_statement(literal: &str) -> bool {
    STATEMENTS.iter().any(|(first, later)| {
        let text = literal.trim_start_matches(['r', '#', '"', ' ', '\n', '\\']);
        text.strip_prefix(first).is_some_and(|rest| format!(" {rest} ").contains(later))
    })
}

#[cfg(test)]
mod tests {
    use super::super::expect;
    use super::*;

    const LIMITS: &str = r#"
        [hub]
        layers = [["domain"], ["store"], ["api", "pipeline"], ["cli"]]
        [[ban]]
        path = "sqlx"
        outside = ["hub/src/store"]
        why = "x"
        [[ban]]
        path = "std::time::Instant"
        inside = ["hub/src/domain"]
        why = "x"
    "#;

    /// Puts a text into one file of a hub that has all rooms.
    fn expect_in(path: &str, text: &str, expected: &[&str]) {
        let rooms = "pub mod domain; pub mod store; pub mod api; pub mod pipeline; pub mod cli; pub mod attic;";
        let files =
            [("hub/Cargo.toml", ""), ("hub/src/lib.rs", rooms), ("hub/src/domain.rs", "mod plan;"), (path, text)];
        let expected: Vec<String> = expected.iter().map(|rest| format!("{path}:{rest}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(rule, LIMITS, &files, &expected);
    }

    #[test]
    fn rooms_name_only_rooms_below() {
        expect_in("hub/src/store.rs", "use crate::domain::Plan;", &[]);
        expect_in("hub/src/store.rs", "\nuse crate::{domain, api::Page};", &["2 `store` names `api`"]);
        expect_in("hub/src/domain/plan.rs", "use super::super::store::Row;", &["1 `domain` names `store`"]);
        expect_in("hub/src/domain/plan.rs", "use super::record::Record;", &[]);
        expect_in("hub/src/api.rs", "fn f() { crate::pipeline::run() }", &["1 `api` names `pipeline`"]);
        expect_in("hub/src/api.rs", "#[cfg(test)] mod tests { use crate::pipeline::run; }", &[]);
        expect_in("hub/src/store.rs", "mod a { use super::super::cli; }", &["1 `store` names `cli`"]);
        expect_in("hub/src/attic.rs", "", &["0 the room `attic` has no level"]);
    }

    #[test]
    fn the_binary_knows_the_command_line_alone() {
        expect_in("hub/src/main.rs", "fn main() { hub::cli::run() }", &[]);
        expect_in("hub/src/main.rs", "use hub::store;", &["1 the binary names `hub::store`"]);
    }

    #[test]
    fn banned_paths_are_found_however_they_are_written() {
        let found = &["1 `std::time::Instant` is named here"];
        for text in [
            "use std::time::Instant;",
            "use std::{fmt, time::{Duration, Instant as I}};",
            "fn f() { std::time::Instant::now(); }",
            "use std::time::*;",
            "fn f() { time::Instant::now(); }",
        ] {
            expect_in("hub/src/domain/plan.rs", text, found);
        }
        for text in ["use std::time::Duration;", "// std::time::Instant", "const A: &str = \"std::time::Instant\";"] {
            expect_in("hub/src/domain/plan.rs", text, &[]);
        }
        expect_in("hub/src/api.rs", "use std::time::Instant;", &[]);
    }

    #[test]
    fn only_the_store_knows_the_database() {
        expect_in("hub/src/store.rs", "use sqlx::Row; const A: &str = \"SELECT 1 FROM t\";", &[]);
        expect_in("hub/src/api.rs", "use sqlx::Row;", &["1 `sqlx` is named here"]);
        let statement = "const A: &str = \"\\\n UPDATE t SET a = 1\";";
        expect_in("hub/src/api.rs", statement, &["1 an SQL statement outside the store"]);
        expect_in("hub/src/api.rs", "const A: &str = \"Select one from the list\";", &[]);
        expect_in("hub/src/api.rs", "const A: &str = \"UPDATE of the profile\";", &[]);
    }
}
