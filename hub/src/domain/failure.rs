//! What failures have in common, so that a thousand dead letters with one cause are seen as one thing.

use std::fmt::Write;
use xxhash_rust::xxh3::xxh3_64;

/// Groups like failures: the same source, step and kind of reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads one as [`fingerprint`] makes them.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        let fits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Fingerprint(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.0
    }
}

/// The fingerprint of a failure. Reasons name fields and hold no person's values; their numbers (lines, bytes, counts)
/// differ from one record to the next and are left out.
pub fn fingerprint(source: &str, step: &str, reason: &str) -> Fingerprint {
    let hash = xxh3_64(format!("{source}\0{step}\0{}", kind(reason)).as_bytes());
    let mut text = String::with_capacity(16);
    let _ = write!(text, "{hash:016x}");
    Fingerprint(text)
}

/// A reason with `#` in place of each number. Digits within a word, such as `$.address2`, are part of a name and stay;
/// the line that a record stood on is no part of why it failed.
pub fn kind(reason: &str) -> String {
    let mut kind = String::with_capacity(reason.len());
    let mut before = ' ';
    for letter in reason.chars() {
        let in_name = before.is_alphanumeric() || before == '_';
        match letter.is_ascii_digit() {
            true if before == '#' => continue,
            true if !in_name => before = '#',
            _ => before = letter,
        }
        kind.push(before);
    }
    kind.strip_prefix("line #: ").map(str::to_owned).unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reasons_of_one_kind() {
        for (reason, expected) in [
            ("line 17: the row has 3 cells, the header has 12", "the row has # cells, the header has #"),
            ("transform: birth_date from $.address2: not a date", "transform: birth_date from $.address2: not a date"),
            ("key: key from $['id']: longer than 512 bytes", "key: key from $['id']: longer than # bytes"),
            ("an array has 1_000 entries", "an array has #_000 entries"),
            ("", ""),
        ] {
            assert_eq!(kind(reason), expected);
        }
    }

    #[test]
    fn like_failures_share_a_fingerprint_and_others_do_not() {
        let one = fingerprint("crm", "read", "line 3: the row has 2 cells, the header has 5");
        assert_eq!(one, fingerprint("crm", "read", "line 9: the row has 4 cells, the header has 5"));
        assert_ne!(one, fingerprint("pos", "read", "line 3: the row has 2 cells, the header has 5"));
        assert_ne!(one, fingerprint("crm", "map", "line 3: the row has 2 cells, the header has 5"));
        assert_ne!(one, fingerprint("crm", "read", "line 3: the row has no cells, the header has 5"));
    }

    proptest! {
        #[test]
        fn numbers_do_not_matter(text in "[a-z :.$]{0,20}", a in 0u32.., b in 0u32..) {
            let reason = |number: u32| format!("{text} {number} bytes");
            prop_assert_eq!(fingerprint("crm", "map", &reason(a)), fingerprint("crm", "map", &reason(b)));
        }

        #[test]
        fn fingerprints_are_read_back(source in ".{0,9}", reason in ".{0,40}") {
            let made = fingerprint(&source, "map", &reason);
            prop_assert_eq!(Fingerprint::parse(made.as_str()), Some(made.clone()));
        }
    }
}
