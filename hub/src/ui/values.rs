//! Golden values and source values as people read them.

use crate::domain::ids::SourceKey;
use crate::domain::rules::Attribute;
use crate::read::profiles::rfc3339;
use serde_json::{Map, Value};
use web::reviews::Due;
use web::shell::Instant;
use web::words::Words;

/// What an attribute is called.
pub fn label(words: &'static Words, attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Name => words.field_name,
        Attribute::BirthDate => words.field_birth,
        Attribute::Gender => words.field_gender,
        Attribute::Emails => words.field_email,
        Attribute::Phones => words.field_phone,
        Attribute::Addresses => words.field_address,
        Attribute::Identifiers => words.field_identifier,
        Attribute::Organisation => words.field_organisation,
        Attribute::Language => words.field_language,
        Attribute::Country => words.field_country,
    }
}

/// What a value of an attribute consists of where somebody types it: the part's name in a golden record, and for people.
pub fn fields(words: &'static Words, attribute: Attribute) -> Vec<(&'static str, &'static str)> {
    match attribute {
        Attribute::Name => vec![("given", words.field_given), ("family", words.field_family)],
        Attribute::Addresses => vec![
            ("lines", words.field_street),
            ("postcode", words.field_postcode),
            ("city", words.field_city),
            ("country", words.field_country),
        ],
        Attribute::Identifiers => vec![("scheme", words.field_scheme), ("value", words.field_identifier)],
        Attribute::Emails | Attribute::Phones => vec![("value", label(words, attribute))],
        Attribute::BirthDate
        | Attribute::Gender
        | Attribute::Organisation
        | Attribute::Language
        | Attribute::Country => vec![("", label(words, attribute))],
    }
}

/// A typed value in the shape that the attribute has in golden records; of a list the first, before what there is. Nothing
/// if nothing was typed.
pub fn typed<'f>(
    attribute: Attribute,
    parts: impl Iterator<Item = (&'f str, &'f str)>,
    present: &Map<String, Value>,
) -> Option<Value> {
    let mut parts = parts.map(|(name, text)| (name, text.trim())).filter(|(_, text)| !text.is_empty()).peekable();
    parts.peek()?;
    let value = match attribute {
        Attribute::BirthDate
        | Attribute::Gender
        | Attribute::Organisation
        | Attribute::Language
        | Attribute::Country => return parts.next().map(|(_, text)| text.into()),
        Attribute::Addresses => parts
            .map(|(name, text)| (name.to_owned(), if name == "lines" { vec![text].into() } else { text.into() }))
            .collect(),
        _ => parts.map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<String, Value>>(),
    };
    let value = Value::Object(value);
    if !attribute.is_list() {
        return Some(value);
    }
    let others = present.get(attribute.name()).and_then(Value::as_array).into_iter().flatten();
    let others = others.filter(|other| line(attribute, other) != line(attribute, &value));
    Some(std::iter::once(value.clone()).chain(others.cloned()).collect())
}

/// Each value of an attribute in one line, from a record in the shape of a golden record.
pub fn lines(values: &Map<String, Value>, attribute: Attribute) -> Vec<String> {
    match values.get(attribute.name()) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.iter().map(|value| line(attribute, value)).filter(|l| !l.is_empty()).collect(),
        Some(value) => vec![line(attribute, value)],
    }
}

/// One value in one line.
pub fn line(attribute: Attribute, value: &Value) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    match (attribute, value) {
        (Attribute::Name, Value::Object(_)) => {
            let parts = joined(["prefix", "given", "middle", "family", "suffix"].map(text), " ");
            if text("given").is_empty() && text("family").is_empty() { text("full").to_owned() } else { parts }
        }
        (Attribute::Emails | Attribute::Phones, _) => text("value").to_owned(),
        (Attribute::Addresses, _) => {
            let lines = value["lines"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let place = joined([text("postcode"), text("city")], " ");
            let rest = [place.as_str(), text("region"), text("country")];
            joined(lines.chain(rest), ", ")
        }
        (Attribute::Identifiers, _) => joined([text("scheme"), text("value")], " "),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

fn joined<'t>(parts: impl IntoIterator<Item = &'t str>, with: &str) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(with)
}

/// What somebody is called, or that nobody knows.
pub fn name(words: &'static Words, values: &Map<String, Value>) -> String {
    let known = [Attribute::Name, Attribute::Emails, Attribute::Phones].into_iter();
    let mut known = known.filter_map(|attribute| lines(values, attribute).into_iter().next());
    known.next().unwrap_or_else(|| words.no_name.to_owned())
}

/// What tells two people of one name apart, in a few words.
pub fn detail(values: &Map<String, Value>) -> String {
    let shown = [Attribute::BirthDate, Attribute::Emails, Attribute::Phones, Attribute::Addresses];
    let firsts: Vec<String> =
        shown.into_iter().filter_map(|attribute| lines(values, attribute).into_iter().next()).take(3).collect();
    firsts.join(" · ")
}

/// The sources of some records, each once.
pub fn sources(keys: &[SourceKey]) -> String {
    let mut names: Vec<&str> = keys.iter().map(|key| key.source.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// A count with its thousands set apart.
pub fn number(count: i64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("\u{202f}")
}

/// The day that something is due by, and whether it has passed.
pub fn due(due_us: i64, now_us: i64) -> Due {
    Due { day: rfc3339(due_us).get(..10).unwrap_or_default().to_owned(), is_late: due_us < now_us }
}

pub fn instant(at_us: i64) -> Instant {
    Instant { at: rfc3339(at_us) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_in_one_line() {
        let cases = [
            (Attribute::Name, json!({"prefix": "Dr.", "given": "Ana", "family": "Silva"}), "Dr. Ana Silva"),
            (Attribute::Name, json!({"full": "Ana Silva"}), "Ana Silva"),
            (Attribute::Emails, json!({"value": "a@example.com", "kind": "home"}), "a@example.com"),
            (
                Attribute::Addresses,
                json!({"lines": ["1 Low Road", "left"], "postcode": "BA1", "city": "Bath", "country": "GB"}),
                "1 Low Road, left, BA1 Bath, GB",
            ),
            (Attribute::Identifiers, json!({"scheme": "loyalty", "value": "L1"}), "loyalty L1"),
            (Attribute::Gender, json!("female"), "female"),
        ];
        for (attribute, value, expected) in cases {
            assert_eq!(line(attribute, &value), expected);
        }
        let Value::Object(values) = json!({"emails": [{"value": "a@example.com"}]}) else { panic!("an object") };
        assert_eq!(name(Words::of("en"), &values), "a@example.com");
        assert_eq!(name(Words::of("en"), &Map::new()), "without a name");
    }

    #[test]
    fn what_is_typed_takes_the_shape_of_golden_values() {
        let Value::Object(present) = json!({"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}]}) else {
            panic!("an object")
        };
        let cases = [
            (Attribute::BirthDate, vec![("", " 1980-02-03 ")], Some(json!("1980-02-03"))),
            (Attribute::Name, vec![("given", "Ana"), ("family", "")], Some(json!({"given": "Ana"}))),
            (
                Attribute::Emails,
                vec![("value", "b@example.com")],
                Some(json!([{"value": "b@example.com"}, {"value": "a@example.com"}])),
            ),
            (
                Attribute::Addresses,
                vec![("lines", "1 Low Road"), ("city", "Bath")],
                Some(json!([{"lines": ["1 Low Road"], "city": "Bath"}])),
            ),
            (Attribute::Phones, vec![("value", "  ")], None),
        ];
        for (attribute, parts, expected) in cases {
            assert_eq!(typed(attribute, parts.into_iter(), &present), expected, "{attribute:?}");
        }
    }
}
