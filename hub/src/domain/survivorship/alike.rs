//! Whether two values of an attribute say the same, whatever their spelling.

use super::candidates::Borrowed;
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::rules::Attribute;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Compares one value, or one entry of a list, with another; what is no such value is like nothing.
pub fn alike(attribute: Attribute, a: &Value, b: &Value) -> bool {
    match attribute {
        Attribute::Name => compare(a, b, |name: &Name| Borrowed::Name(name).form()),
        Attribute::Emails | Attribute::Phones => compare(a, b, |point: &ContactPoint| Borrowed::Point(point).form()),
        Attribute::Addresses => compare(a, b, |address: &Address| Borrowed::Address(address).form()),
        Attribute::Identifiers => compare(a, b, |identifier: &Identifier| Borrowed::Identifier(identifier).form()),
        Attribute::BirthDate
        | Attribute::Gender
        | Attribute::Organisation
        | Attribute::Language
        | Attribute::Country => compare(a, b, |text: &String| Borrowed::Text(text).form()),
    }
}

fn compare<T: DeserializeOwned>(a: &Value, b: &Value, form: impl Fn(&T) -> Vec<u8>) -> bool {
    match (T::deserialize(a), T::deserialize(b)) {
        (Ok(a), Ok(b)) => form(&a) == form(&b),
        _ => false,
    }
}
