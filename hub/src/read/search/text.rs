//! Texts in the form in which they are compared: folded to plain lower-case words, and exact forms for look-ups.

use crate::domain::limits::{SEARCH_CHARS_MAX, SEARCH_WORDS_MAX};

/// A value that one golden record is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    Email(String),
    Phone { number: String, country: Option<String> },
    Identifier { scheme: String, value: String },
}

/// Splits a text into lower-case words without accents; other scripts are transliterated.
pub fn fold(text: &str) -> impl Iterator<Item = String> {
    let plain = deunicode::deunicode(text).to_lowercase();
    let words: Vec<String> =
        plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    words.into_iter()
}

/// The words of a question, without repetitions, as many as count.
pub fn words(text: &str) -> Vec<String> {
    let short: String = text.chars().take(SEARCH_CHARS_MAX).collect();
    let mut words: Vec<String> = Vec::new();
    for word in fold(&short) {
        if !words.contains(&word) && words.len() < SEARCH_WORDS_MAX {
            words.push(word);
        }
    }
    words
}

pub fn email(raw: &str) -> String {
    raw.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The number with its country code where that can be known, else its digits.
pub fn phone(raw: &str, country: Option<&str>) -> String {
    match matching::phone_number(raw, country) {
        Some(number) => number.to_string(),
        None => raw.chars().filter(char::is_ascii_digit).collect(),
    }
}

pub fn identifier(scheme: &str, value: &str) -> String {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    format!("{}:{}", plain(scheme), plain(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text}");
    }

    #[test]
    fn words_are_folded() {
        check("María-José  GARCÍA", &["maria", "jose", "garcia"]);
        check("Øyvind Weiß", &["oyvind", "weiss"]);
        check("Иванов", &["ivanov"]);
        check("ana ana.silva@example.com", &["ana", "silva", "example", "com"]);
        check(" ,; ", &[]);
    }

    #[test]
    fn exact_forms_do_not_depend_on_spelling() {
        assert_eq!(email(" Ana.Silva@Example.com"), "ana.silva@example.com");
        assert_eq!(phone("+44 20 7946 0018", None), phone("020 7946 0018", Some("GB")));
        assert_eq!(identifier("Loyalty_Card", "LC-00 17"), identifier("loyalty card", "lc0017"));
    }
}
