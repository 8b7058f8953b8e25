//! The house rules, checked. Style that is written down but not checked is not kept.
//!
//! Each rule is a pure function from the [`Tree`] of sources to its breaches. The limits, and the exceptions that exist
//! today, stand in `tidy.toml` beside this crate's manifest; exceptions may only shrink.

mod dead;
mod documented;
mod imports;
mod layout;
mod limits;
mod sizes;
mod tokens;
mod tree;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use limits::Limits;
use tree::Tree;

/// One place that breaks a rule, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    path: String,
    /// Counted from 1; 0 when the whole file is meant.
    line: usize,
    problem: String,
    remedy: String,
}

impl Breach {
    fn new(path: &str, line: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}. {}", self.path, self.line, self.problem, self.remedy)
    }
}

/// What to do about an exception in `tidy.toml` that does not fit: remove, tighten, or obey it.
const TOML_REMEDY: [&str; 3] = [
    "Remove the line from tests/tidy.toml",
    "Lower the number in tests/tidy.toml",
    "Split the file; exceptions only shrink",
];

type Rule = fn(&Tree, &Limits) -> Vec<Breach>;

fn check(rule: Rule) {
    static HOUSE: OnceLock<(Tree, Limits)> = OnceLock::new();
    let (tree, limits) = HOUSE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace");
        let tree = Tree::load(root);
        let limits = Limits::read(&tree);
        (tree, limits)
    });
    let mut breaches = rule(tree, limits);
    breaches.sort();
    let list: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(list.is_empty(), "{} breaches of the house rules:\n{}", list.len(), list.join("\n"));
}

#[test]
fn files_and_functions_are_small() {
    check(sizes::rule);
}

#[test]
fn imports_point_downwards() {
    check(imports::rule);
}

#[test]
fn crates_know_only_what_they_may() {
    check(layout::rule);
}

#[test]
fn no_file_is_dead() {
    check(dead::rule);
}

#[test]
fn no_unfinished_work_is_marked() {
    check(words::rule);
}

#[test]
fn public_items_are_documented() {
    check(documented::rule);
}

#[test]
fn no_file_is_huge() {
    check(sizes::bytes_rule);
}

/// Runs a rule over a made-up tree and compares `path:line problem` of each breach.
#[cfg(test)]
fn expect(rule: Rule, limits: &str, files: &[(&str, &str)], expected: &[&str]) {
    let limits = Limits::parse(limits).expect("the test's limits are valid");
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let mut breaches = rule(&Tree::new(files), &limits);
    breaches.sort();
    let found: Vec<String> = breaches.iter().map(|b| format!("{}:{} {}", b.path, b.line, b.problem)).collect();
    assert_eq!(found, expected);
}
