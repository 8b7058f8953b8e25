//! Identifiers within their scheme.

use super::check_digit::is_possible;
use crate::features::IdentifierDraft;
use crate::hash::hash32;
use crate::person::Identifier;

/// Schemes in which an authority gives each person one number of their own.
const EXCLUSIVE: [&str; 13] = [
    "national_id",
    "ssn",
    "passport",
    "tax_id",
    "nhs_number",
    "driving_licence",
    "drivers_license",
    "medicare",
    "social_security",
    "dni",
    "nie",
    "nir",
    "steuer_id",
];

/// Reads one identifier; `None` when it is too short or one repeated character.
pub(crate) fn read(raw: &Identifier) -> Option<IdentifierDraft> {
    let value: String =
        raw.value.chars().take(64).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let first = value.bytes().next()?;
    let worthless = value.len() < 3
        || value.bytes().all(|b| b == first)
        || matches!(value.as_str(), "unknown" | "none" | "null" | "test" | "nan" | "inf");
    let scheme = raw.scheme.trim().to_ascii_lowercase();
    (!worthless).then(|| IdentifierDraft {
        scheme: hash32(scheme.as_bytes()),
        // A number that was mistyped is nobody's own.
        is_exclusive: EXCLUSIVE.contains(&scheme.as_str()) && is_possible(&scheme, &value),
        value,
    })
}
