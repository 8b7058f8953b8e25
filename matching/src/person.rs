//! What one source record says of one person, before anything is standardised.

use serde::{Deserialize, Serialize};

/// One source record's statements about one person, as text and as received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The system that said it.
    pub source: Option<String>,
    /// Every name the record carries; several are compared as alternatives.
    pub names: Vec<Name>,
    /// Birth date in whatever notation the source uses, possibly partial.
    pub birth_date: Option<String>,
    /// Gender in whatever notation the source uses.
    pub gender: Option<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Postal addresses.
    pub addresses: Vec<Address>,
    /// Card numbers, national ids and the like.
    pub identifiers: Vec<Identifier>,
    /// The firm, when the record speaks of one.
    pub organisation: Option<String>,
    /// Where the person was born.
    pub birth_place: Option<String>,
    /// What the person does for a living.
    pub occupation: Option<String>,
    /// Country of the person, used to read phones and postcodes.
    pub country: Option<String>,
}

/// One name, in parts or in one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Name {
    /// Given name or names.
    pub given: Option<String>,
    /// Middle names or initials.
    pub middle: Option<String>,
    /// Family name or names.
    pub family: Option<String>,
    /// The whole name in one text; used where the parts are missing.
    pub full: Option<String>,
}

/// One postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Street, house number and unit in one text.
    pub lines: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Country of the address.
    pub country: Option<String>,
}

/// One identifier within a scheme, such as a loyalty card number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// What kind of identifier, for example `loyalty` or `national_id`.
    pub scheme: String,
    /// The identifier itself.
    pub value: String,
}
