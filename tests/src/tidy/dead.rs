//! No dead files: every Rust file is compiled, and every other file of a crate is named by some source.

use super::Breach;
use super::limits::Limits;
use super::tree::Tree;

/// Files that are there for Cargo, for readers, or for the tools that made them.
const SELF_EVIDENT: [&str; 5] = ["Cargo.toml", "README.md", ".snap", ".proptest-regressions", ".gitignore"];
/// Where regressions and snapshots lie, named by the tests that wrote them.
const KEPT_BY_TOOLS: [&str; 2] = ["/proptest-regressions/", "/snapshots/"];
/// Beside the crates, this directory must be in use to the last file.
const MIGRATIONS: &str = "migrations/";

pub fn rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let rust = tree.sources().filter(|(path, _)| !tree.is_reached(path));
    let unreached = rust.map(|(path, _)| {
        Breach::new(path, 0, "no `mod` declaration leads to this file", "Declare it in its parent module, or remove it")
    });
    let crates: Vec<String> = tree.manifests().map(|(directory, _)| format!("{directory}/")).collect();
    let others = tree.texts().map(|(path, _)| path).chain(tree.sizes().map(|(path, _)| path));
    let mut others: Vec<&str> = others.filter(|path| must_be_named(path, &crates, limits)).collect();
    others.sort_unstable();
    others.dedup();
    let unnamed = others.into_iter().filter(|path| !is_named(tree, path)).map(|path| {
        let remedy = "Remove it, or list its directory under [unnamed] in tests/tidy.toml if it is read as a whole";
        Breach::new(path, 0, "no source names this file", remedy)
    });
    unreached.chain(unnamed).collect()
}

fn must_be_named(path: &str, crates: &[String], limits: &Limits) -> bool {
    let in_house = path.starts_with(MIGRATIONS) || crates.iter().any(|directory| path.starts_with(directory.as_str()));
    let read_as_a_whole = limits.unnamed.directories.iter().any(|directory| path.starts_with(&format!("{directory}/")));
    in_house
        && !read_as_a_whole
        && !path.ends_with(".rs")
        && !SELF_EVIDENT.iter().any(|ending| path.ends_with(ending))
        && !KEPT_BY_TOOLS.iter().any(|place| path.contains(place))
}

/// Whether the file's name stands in any other text of the workspace that is run or compiled. A quoted name without its
/// ending is enough: a macro may add the ending.
fn is_named(tree: &Tree, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let quoted = format!("\"{stem}\"");
    let mut sources = tree.texts().filter(|(other, _)| *other != path && !other.ends_with(".md"));
    sources.any(|(_, text)| text.contains(name) || text.contains(&quoted))
}

#[test]
fn dead_files_are_found() {
    let files = [
        ("web/Cargo.toml", ""),
        ("web/src/lib.rs", "mod a; const A: &str = include_str!(\"../used.css\"); const B: &str = list!(\"names\");"),
        ("web/src/a.rs", ""),
        ("web/src/b.rs", ""),
        ("web/used.css", ""),
        ("web/data/names.txt", ""),
        ("web/unused.css", ""),
        ("web/samples/one.json", ""),
        ("migrations/0001_records.sql", ""),
        ("notes.md", "unused.css"),
    ];
    let expected = [
        "migrations/0001_records.sql:0 no source names this file",
        "web/src/b.rs:0 no `mod` declaration leads to this file",
        "web/unused.css:0 no source names this file",
    ];
    super::expect(rule, "[unnamed]\ndirectories = [\"web/samples\"]", &files, &expected);
}
