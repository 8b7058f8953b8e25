//! How much of what a crate offers is explained: items, methods and trait members, and each file itself.
//!
//! Fields and enum variants are left out: a good name explains most of them, and a forced sentence explains none.

use std::collections::BTreeMap;

use super::Breach;
use super::limits::Limits;
use super::tokens::Tokens;
use super::tree::Tree;

/// Words between `pub` and what is declared.
const QUALIFIERS: [&str; 4] = ["async", "unsafe", "extern", "default"];
/// What a declaration may be; imports, modules and fields are not counted.
const KINDS: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
/// How many places a message lists.
const LISTED_MAX: usize = 30;

struct Item {
    path: String,
    line: usize,
    name: String,
    documented: bool,
}

pub fn rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let mut crates: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (path, source) in tree.production() {
        let name = path.split('/').next().unwrap_or(path);
        crates.entry(name.to_owned()).or_default().extend(items(path, &source.production));
    }
    crates.iter().flat_map(|(name, items)| judge(items, percent_min(limits, name))).collect()
}

fn percent_min(limits: &Limits, name: &str) -> usize {
    let table = &limits.documented_percent_min;
    table.get(name).or_else(|| table.get("default")).copied().unwrap_or(0)
}

fn judge(items: &[Item], percent_min: usize) -> Vec<Breach> {
    let documented = items.iter().filter(|item| item.documented).count();
    if documented * 100 >= percent_min * items.len() {
        return Vec::new();
    }
    let missing = items.iter().filter(|item| !item.documented).take(LISTED_MAX);
    missing
        .map(|item| {
            let problem = format!("{} has no doc comment", item.name);
            let share = format!("{documented} of {} public items of this crate have one", items.len());
            Breach::new(&item.path, item.line, problem, format!("{share}; {percent_min} % are the least"))
        })
        .collect()
}

fn items(path: &str, tokens: &Tokens) -> Vec<Item> {
    let item =
        |at: usize, name: String, documented| Item { path: path.to_owned(), line: tokens.line(at), name, documented };
    // A program's own file offers nothing to others.
    let offered = !path.ends_with("/main.rs");
    let file = item(0, "the file".to_owned(), tokens.matches(0, &["#", "!", "[", "doc"]));
    let public = tokens.places("pub").filter_map(|at| {
        let kind = after_qualifiers(tokens, at + 1)?;
        Some(item(at, described(tokens, kind), has_doc(tokens, at)))
    });
    let members = trait_members(tokens).into_iter().map(|at| item(at, described(tokens, at), has_doc(tokens, at)));
    offered.then_some(file).into_iter().chain(public).chain(members).collect()
}

/// The place of the word that says what a `pub` declares.
fn after_qualifiers(tokens: &Tokens, mut at: usize) -> Option<usize> {
    loop {
        let is = |words: &[&str]| words.iter().any(|word| tokens.matches(at, &[word]));
        let is_qualifier =
            is(&QUALIFIERS) || tokens.matches(at, &["const", "fn"]) || tokens.matches(at, &["const", "async"]);
        if is_qualifier || is(&["\"C\""]) {
            at += 1;
        } else {
            return is(&KINDS).then_some(at);
        }
    }
}

fn described(tokens: &Tokens, kind: usize) -> String {
    let words: Vec<&str> = tokens.iter().skip(kind).take(2).map(|token| token.text.as_str()).collect();
    format!("`{}`", words.join(" "))
}

/// Whether one of the attributes before this place is a doc comment.
fn has_doc(tokens: &Tokens, at: usize) -> bool {
    let mut before = at;
    while let Some(open) = attribute_before(tokens, before) {
        if tokens.matches(open + 1, &["doc"]) {
            return true;
        }
        before = open - 1;
    }
    false
}

/// The opening bracket of the attribute that ends right before this place.
fn attribute_before(tokens: &Tokens, at: usize) -> Option<usize> {
    let close = at.checked_sub(1).filter(|close| tokens.matches(*close, &["]"]))?;
    (1..close).rev().find(|open| tokens.matches(*open, &["["]) && tokens.group(*open).end == close).filter(|open| {
        // An inner attribute speaks of what encloses it.
        tokens.matches(open - 1, &["#"])
    })
}

/// The members of public traits, which need no `pub` of their own.
fn trait_members(tokens: &Tokens) -> Vec<usize> {
    let mut members = Vec::new();
    for at in tokens.places("trait").filter(|at| *at > 0 && tokens.matches(at - 1, &["pub"])) {
        let end = tokens.item_end(at);
        let Some(open) = (at..end).find(|open| tokens.matches(*open, &["{"]) && tokens.group(*open).end == end) else {
            continue;
        };
        let mut member = open + 1;
        while member < end {
            let start = skip_attributes(tokens, member);
            if start < end {
                members.push(start);
            }
            member = tokens.item_end(start) + 1;
        }
    }
    members
}

fn skip_attributes(tokens: &Tokens, mut at: usize) -> usize {
    while tokens.matches(at, &["#", "["]) {
        at = tokens.group(at + 1).end + 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::expect;
    use super::*;

    fn expect_in(percent_min: usize, text: &str, expected: &[&str]) {
        let limits = format!("[documented_percent_min]\ndefault = {percent_min}\n");
        expect(rule, &limits, &[("web/Cargo.toml", ""), ("web/src/lib.rs", text)], expected);
    }

    #[test]
    fn missing_comments_are_named() {
        let text = "//! Yes.\n/// Yes.\n#[derive(Debug)]\npub struct A { pub a: u8 }\nimpl A {\n    pub const fn b() {}\n}\npub(crate) fn c() {}\n";
        expect_in(100, text, &["web/src/lib.rs:6 `fn b` has no doc comment"]);
        expect_in(66, text, &[]);
    }

    #[test]
    fn members_of_public_traits_count() {
        let text = "//! Yes.\n/// Yes.\npub trait T: Sized {\n    /// Yes.\n    #[must_use]\n    fn a(&self) {}\n    type B;\n}\n";
        expect_in(100, text, &["web/src/lib.rs:7 `type B` has no doc comment"]);
    }

    #[test]
    fn a_file_without_an_opening_counts() {
        expect_in(100, "fn a() {}\n", &["web/src/lib.rs:1 the file has no doc comment"]);
    }
}
