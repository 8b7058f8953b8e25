//! Which fields records have and what kind of value each holds, so that a source that begins to send something else is
//! noticed. Paths and kinds alone: never a value.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::json::{self, Json, Shape};
use crate::mapping::{DEPTH_MAX, Part};

/// More fields are a record of another kind; the rest goes unnoticed.
const FIELDS_MAX: usize = 500;
/// A longer name is no name.
const NAME_CHARS_MAX: usize = 64;
/// So many digits in a row are an identifier, not a part of a name.
const DIGITS_MAX: usize = 4;

/// A field that holds something. Null, empty text and empty containers hold nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Such as `$.addresses[*].city`; a name that is an identifier itself is written `*`.
    pub path: String,
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Text,
    Number,
    Boolean,
    List,
    Object,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Text, "text"),
    (Kind::Number, "number"),
    (Kind::Boolean, "boolean"),
    (Kind::List, "list"),
    (Kind::Object, "object"),
];

impl Kind {
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    pub fn parse(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    fn of(value: Json<'_>) -> Option<Kind> {
        match value.shape() {
            Shape::Null => None,
            Shape::Text(text) => (!text.trim().is_empty()).then_some(Kind::Text),
            Shape::Number(_) => Some(Kind::Number),
            Shape::Boolean(_) => Some(Kind::Boolean),
            Shape::Array => value.elements().next().map(|_| Kind::List),
            Shape::Object => value.members().next().map(|_| Kind::Object),
        }
    }
}

/// Equal for two documents of the same fields, however many elements their lists have.
pub(crate) fn fingerprint(document: Json<'_>) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    match document.shape() {
        Shape::Object => {
            for (name, value) in document.members() {
                if let Some(kind) = Kind::of(value) {
                    hasher.write(name.as_bytes());
                    hasher.write_u8(kind as u8);
                    if matches!(kind, Kind::List | Kind::Object) {
                        hasher.write_u64(fingerprint(value));
                    }
                }
            }
        }
        Shape::Array => {
            let mut elements: Vec<u64> = document.elements().map(fingerprint).collect();
            elements.sort_unstable();
            elements.dedup();
            elements.into_iter().for_each(|element| hasher.write_u64(element));
        }
        _ => hasher.write_u8(Kind::of(document).map_or(u8::MAX, |kind| kind as u8)),
    }
    hasher.finish()
}

/// The fields of a document, each once, in the order of the text; none if it cannot be read.
pub(crate) fn fields(payload: &[u8]) -> Vec<Field> {
    let Ok(document) = json::parse(payload, DEPTH_MAX) else { return Vec::new() };
    let mut found = Vec::new();
    visit(document.root(), &mut Vec::new(), &mut found);
    found
}

fn visit(value: Json<'_>, way: &mut Vec<Part>, found: &mut Vec<Field>) {
    let Some(kind) = Kind::of(value).filter(|_| found.len() < FIELDS_MAX) else { return };
    if !way.is_empty() {
        let field = Field { path: Part::written(way), kind };
        if !found.contains(&field) {
            found.push(field);
        }
    }
    for (name, member) in value.members() {
        way.push(Part::Member(if is_name(name, way.is_empty()) { name.to_owned() } else { "*".to_owned() }));
        visit(member, way, found);
        way.pop();
    }
    for element in value.elements() {
        way.push(Part::Element);
        visit(element, way, found);
        way.pop();
    }
}

/// Objects that are looked up by a number, an address or a person's name have no names, and what stands there may be a
/// person's. Only a table's columns are named with blanks between words.
fn is_name(text: &str, is_column: bool) -> bool {
    let mut digits = 0;
    let is_sign = |c: char| {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        digits <= DIGITS_MAX && c != '@' && !c.is_control() && (is_column || !c.is_whitespace())
    };
    text.chars().count() <= NAME_CHARS_MAX && text.chars().all(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(payload: &str) -> String {
        let one = |field: Field| format!("{} {}", field.path, field.kind.name());
        fields(payload.as_bytes()).into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn fingerprint_of(payload: &str) -> u64 {
        fingerprint(json::parse(payload.as_bytes(), DEPTH_MAX).expect("JSON").root())
    }

    #[test]
    fn fields_are_paths_with_kinds_and_what_is_empty_is_none() {
        let cases = [
            (r#"{"id": 7, "ok": true, "name": "Ann"}"#, "$.id number, $.ok boolean, $.name text"),
            (r#"{"a": null, "b": "", "c": " ", "d": [], "e": {}}"#, ""),
            (
                r#"{"list": [{"x": 1}, {"x": "1"}, {"x": 2}]}"#,
                "$.list list, $.list[*] object, $.list[*].x number, $.list[*].x text",
            ),
            (r#"{"First Name": "Ann"}"#, "$['First Name'] text"),
            (r#"{"by": {"Ann Lee": 1}}"#, "$.by object, $.by['*'] number"),
            (r#"{"address_line_2024": 1}"#, "$.address_line_2024 number"),
            // What stands for a person is no name.
            (r#"{"by": {"ann@example.org": 1, "4711234": 2}}"#, "$.by object, $.by['*'] number"),
            ("[1", ""),
            ("7", ""),
        ];
        for (payload, expected) in cases {
            assert_eq!(listed(payload), expected, "{payload}");
        }
    }

    #[test]
    fn fingerprints_differ_with_the_fields_and_with_nothing_else() {
        let alike = [
            (r#"{"a": "x", "b": 1}"#, r#"{"a": "y", "b": 22}"#),
            (r#"{"a": [1]}"#, r#"{"a": [1, 2, 3]}"#),
            (r#"{"a": [{"x": 1}, {"y": 1}]}"#, r#"{"a": [{"y": 1}, {"x": 1}, {"x": 5}]}"#),
            (r#"{"a": "x", "b": null}"#, r#"{"a": "x"}"#),
        ];
        for (left, right) in alike {
            assert_eq!(fingerprint_of(left), fingerprint_of(right), "{left} {right}");
        }
        let different = [
            (r#"{"a": "x"}"#, r#"{"b": "x"}"#),
            (r#"{"a": "1"}"#, r#"{"a": 1}"#),
            (r#"{"a": {"b": 1}}"#, r#"{"a": 1, "b": 1}"#),
            (r#"{"a": {"b": 1}}"#, r#"{"a": [{"b": 1}]}"#),
            (r#"{"a": [1]}"#, r#"{"a": ["1"]}"#),
        ];
        for (left, right) in different {
            assert_ne!(fingerprint_of(left), fingerprint_of(right), "{left} {right}");
        }
    }
}
