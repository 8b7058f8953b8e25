//! Subjects of NATS messages, made from a pattern.

use crate::domain::ids::GoldenId;

/// The pattern of a subscriber that names none.
pub const PATTERN: &str = "{type}";

/// Whether a pattern gives subjects that a stream can take: tokens of letters, digits, `-` and `_` between single dots,
/// or one of the places.
pub fn is_valid(pattern: &str) -> bool {
    let filled = pattern.replace("{type}", "type").replace("{golden}", "golden");
    let is_token =
        |token: &str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    filled.len() <= 200 && filled.split('.').all(is_token) && !filled.starts_with('_')
}

/// The subject of an event: `{type}` is the type of the event, `{golden}` the golden id.
pub fn fill(pattern: &str, kind: &str, golden: GoldenId) -> String {
    pattern.replace("{type}", kind).replace("{golden}", &golden.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn patterns() {
        for good in [PATTERN, "crm.{type}", "customers.{golden}", "a.{type}.{golden}", "customer_changes-2"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", ".a", "a.", "a..b", "a b", "a.*", "a.>", "$JS.API", "_INBOX.x", "{kind}", "ä"] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn places_are_filled() {
        let golden = GoldenId(Uuid::nil());
        let subject = fill("crm.{type}.{golden}", "hub.golden.created.v1", golden);
        assert_eq!(subject, "crm.hub.golden.created.v1.00000000-0000-0000-0000-000000000000");
    }
}
