//! A flat view of a Rust file's tokens: enough to find functions, paths, modules and test-only items.
//!
//! The lexer is the compiler's own (through `proc-macro2`), so strings, comments and lifetimes cannot confuse the rules.
//! Tokens inside macro calls are seen as well, which a syntax tree would hide.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Symbol,
    Literal,
    Open,
    Close,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
    /// Of an opening token, where its group ends; of every other token, its own place.
    end: usize,
}

#[derive(Debug, Default)]
pub struct Tokens(Vec<Token>);

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// A `mod name;` that stands for a file. The name has slashes where inline modules enclose it.
#[derive(Debug, PartialEq, Eq)]
pub struct Module {
    pub name: String,
    pub path: Option<String>,
}

/// A path such as `std::time::Instant`, with `use` groups expanded.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub segments: Vec<String>,
    pub line: usize,
    /// The inline modules around it, outermost first.
    pub within: Vec<String>,
}

impl Tokens {
    /// # Errors
    /// The line at which the text stops being Rust.
    pub fn lex(text: &str) -> Result<Self, usize> {
        let stream: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| error.span().start().line)?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        Ok(Self(tokens))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Token> {
        self.0.iter()
    }

    /// Whether the tokens from this place on have these texts.
    pub fn matches(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().enumerate().all(|(offset, text)| self.text(at + offset) == *text)
    }

    fn text(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_word(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|token| token.kind == Kind::Word)
    }

    /// The places of all tokens with this text that are no literals.
    pub fn places(&self, text: &str) -> impl Iterator<Item = usize> {
        let wanted = text.to_owned();
        let places = self.0.iter().enumerate();
        places.filter(move |(_, token)| token.kind != Kind::Literal && token.text == wanted).map(|(at, _)| at)
    }

    pub fn line(&self, at: usize) -> usize {
        self.0.get(at).map_or(0, |token| token.line)
    }

    /// The tokens between an opening token and its partner.
    pub fn group(&self, open: usize) -> Range<usize> {
        open + 1..self.0.get(open).map_or(open + 1, |token| token.end.max(open + 1))
    }

    /// Where the item that begins here ends: at its `;` or its `}`.
    pub fn item_end(&self, start: usize) -> usize {
        let mut at = start;
        while at < self.0.len() {
            match self.text(at) {
                ";" | "{" => return self.0[at].end,
                // The group that encloses the item ends: an enum variant or a field.
                "}" | ")" | "]" if self.0[at].kind == Kind::Close => return at - 1,
                _ => at = self.0[at].end + 1,
            }
        }
        self.0.len().saturating_sub(1)
    }

    /// The same tokens without test-only items, and how many lines those take.
    pub fn without_tests(&self) -> (Self, usize) {
        let mut kept = Vec::new();
        let mut lines = BTreeSet::new();
        let mut at = 0;
        while at < self.0.len() {
            if self.is_test_attribute(at) {
                let end = self.item_end(self.after_attributes(at));
                lines.extend(self.line(at)..=self.line(end));
                at = end + 1;
            } else {
                kept.push(self.0[at].clone());
                at += 1;
            }
        }
        (Self(paired(kept)), lines.len())
    }

    /// Whether a `#[test]`, `#[tokio::test]` or `#[cfg(test)]` begins here.
    fn is_test_attribute(&self, at: usize) -> bool {
        if !self.matches(at, &["#", "["]) {
            return false;
        }
        let inside: Vec<&str> = self.group(at + 1).map(|place| self.text(place)).collect();
        match inside.as_slice() {
            ["cfg", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not"),
            ["test"] | [_, ":", ":", "test", ..] => true,
            _ => false,
        }
    }

    fn after_attributes(&self, mut at: usize) -> usize {
        while self.matches(at, &["#", "["]) {
            at = self.0[at + 1].end + 1;
        }
        at
    }

    pub fn functions(&self) -> Vec<Function> {
        let named = self.places("fn").filter(|at| self.is_word(at + 1));
        named
            .filter_map(|at| {
                let end = self.item_end(at);
                (self.text(end) == "}").then(|| Function {
                    name: self.text(at + 1).to_owned(),
                    line: self.line(at),
                    lines: self.line(end) - self.line(at) + 1,
                })
            })
            .collect()
    }

    pub fn modules(&self) -> Vec<Module> {
        let inline = self.inline_modules();
        let declared = self.places("mod").filter(|at| self.is_word(at + 1) && self.text(at + 2) == ";");
        let mut modules: Vec<Module> = declared
            .map(|at| Module {
                name: [enclosing(&inline, at), vec![self.text(at + 1).to_owned()]].concat().join("/"),
                path: self.path_attribute(at),
            })
            .collect();
        let included = self.places("include").filter(|at| self.matches(at + 1, &["!", "("]));
        modules.extend(
            included.map(|at| Module { name: String::new(), path: Some(unquoted(self.text(at + 3)).to_owned()) }),
        );
        modules
    }

    /// The value of `#[path = "..."]` before a declaration.
    fn path_attribute(&self, at: usize) -> Option<String> {
        let before = (0..at).rev().take_while(|place| ![";", "}"].contains(&self.text(*place)));
        let found = before.into_iter().find(|place| self.matches(*place, &["[", "path", "="]))?;
        Some(unquoted(self.text(found + 3)).to_owned())
    }

    /// The modules with a body in this file: the tokens inside, and the name.
    fn inline_modules(&self) -> Vec<(Range<usize>, String)> {
        let opened = self.places("mod").filter(|at| self.is_word(at + 1) && self.text(at + 2) == "{");
        opened.map(|at| (self.group(at + 2), self.text(at + 1).to_owned())).collect()
    }

    pub fn paths(&self) -> Vec<NamedPath> {
        let inline = self.inline_modules();
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.0.len() {
            let after_colons = at >= 2 && self.matches(at - 2, &[":", ":"]);
            if self.is_word(at) && !after_colons {
                let first = found.len();
                let within = enclosing(&inline, at);
                at = self.path_at(at, Vec::new(), &mut found);
                found[first..].iter_mut().for_each(|path| path.within.clone_from(&within));
            } else {
                at += 1;
            }
        }
        found
    }

    /// Collects the path, or the tree of paths, that begins here. Returns the place after it.
    fn path_at(&self, start: usize, mut segments: Vec<String>, found: &mut Vec<NamedPath>) -> usize {
        let mut at = start;
        loop {
            segments.push(self.text(at).to_owned());
            if !self.matches(at + 1, &[":", ":"]) {
                break;
            }
            let next = at + 3;
            if self.text(next) == "{" {
                self.paths_in_group(next, &segments, found);
                return self.0[next].end + 1;
            }
            if !self.is_word(next) && self.text(next) != "*" {
                break;
            }
            at = next;
        }
        found.push(NamedPath { segments, line: self.line(start), within: Vec::new() });
        at + 1
    }

    fn paths_in_group(&self, open: usize, prefix: &[String], found: &mut Vec<NamedPath>) {
        let inside = self.group(open);
        let mut at = inside.start;
        while at < inside.end {
            at = match self.text(at) {
                "as" => at + 2,
                "*" => self.path_at(at, prefix.to_vec(), found),
                _ if self.is_word(at) => self.path_at(at, prefix.to_vec(), found),
                _ => at + 1,
            };
        }
    }
}

fn enclosing(modules: &[(Range<usize>, String)], at: usize) -> Vec<String> {
    modules.iter().filter(|(inside, _)| inside.contains(&at)).map(|(_, name)| name.clone()).collect()
}

/// The text of a string literal without its quotes.
pub fn unquoted(literal: &str) -> &str {
    literal.trim_start_matches(['r', 'b', 'c', '#']).trim_end_matches('#').trim_matches('"')
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => flatten(group.stream(), tokens),
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                let place = tokens.len();
                push(tokens, Kind::Open, open, group.span_open().start().line);
                flatten(group.stream(), tokens);
                tokens[place].end = tokens.len();
                push(tokens, Kind::Close, close, group.span_close().end().line);
            }
            TokenTree::Ident(word) => push(tokens, Kind::Word, &word.to_string(), word.span().start().line),
            TokenTree::Punct(symbol) => {
                push(tokens, Kind::Symbol, &symbol.as_char().to_string(), symbol.span().start().line);
            }
            TokenTree::Literal(literal) => {
                push(tokens, Kind::Literal, &literal.to_string(), literal.span().start().line);
            }
        }
    }
}

fn push(tokens: &mut Vec<Token>, kind: Kind, text: &str, line: usize) {
    let end = tokens.len();
    let text = text.to_owned();
    tokens.push(Token { kind, text, line, end });
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace | Delimiter::None => ("{", "}"),
    }
}

/// Finds each opening token's partner again after tokens were left out.
fn paired(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut open = Vec::new();
    for at in 0..tokens.len() {
        tokens[at].end = at;
        match tokens[at].kind {
            Kind::Open => open.push(at),
            Kind::Close => {
                if let Some(partner) = open.pop() {
                    tokens[partner].end = at;
                }
            }
            Kind::Word | Kind::Symbol | Kind::Literal => {}
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str) -> Tokens {
        Tokens::lex(text).expect("the text is Rust")
    }

    fn paths(text: &str) -> Vec<String> {
        lex(text).paths().into_iter().map(|path| path.segments.join("::")).filter(|path| path.contains("::")).collect()
    }

    #[test]
    fn functions_have_lines() {
        let text = "fn one() {}\ntrait T { fn none(&self); }\nfn three<T>(f: fn(u8) -> u8)\nwhere T: Copy {\n}\n";
        let found: Vec<(String, usize, usize)> =
            lex(text).functions().into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("one".to_owned(), 1, 1), ("three".to_owned(), 3, 3)]);
    }

    #[test]
    fn paths_are_expanded() {
        assert_eq!(paths("use a::{b, c::{d as x, e}, *};"), ["a::b", "a::c::d", "a::c::e", "a::*"]);
        assert_eq!(paths("fn f() { json!({ k: Vec::<q::R>::new() }) }"), ["q::R"]);
        assert_eq!(paths("let s = \"a::b\"; // c::d\n"), Vec::<String>::new());
    }

    #[test]
    fn paths_know_their_inline_modules() {
        let tokens = lex("mod a { mod b { use super::c; } }");
        let path = tokens.paths().into_iter().find(|path| path.segments == ["super", "c"]);
        assert_eq!(path.map(|path| path.within), Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn test_only_items_are_left_out() {
        let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    fn b() {}\n}\n#[cfg(not(test))]\nfn c() {}\n#[tokio::test]\nasync fn d() {\n}\n";
        let (production, lines) = lex(text).without_tests();
        let names: Vec<String> = production.functions().into_iter().map(|function| function.name).collect();
        assert_eq!(names, ["a", "c"]);
        assert_eq!(lines, 8);
    }

    #[test]
    fn module_declarations_lead_to_files() {
        let text = "mod a; mod b { mod c; } #[path = \"other.rs\"] mod d; include!(\"e.rs\"); mod f { fn g() {} }";
        let found: Vec<(String, Option<String>)> =
            lex(text).modules().into_iter().map(|module| (module.name, module.path)).collect();
        let expected = [("a", None), ("b/c", None), ("d", Some("other.rs")), ("", Some("e.rs"))];
        assert_eq!(found, expected.map(|(name, path)| (name.to_owned(), path.map(str::to_owned))));
    }
}
