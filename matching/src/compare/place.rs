//! Postal addresses.

use super::edit;
use super::{Carriers, Field, GENERIC, Outcome, Probe};
use crate::features::{AddressView, View};
use crate::keys::address_key;
use crate::model::Weights;

/// Taken where the two records name the place differently, so that nobody counts the carriers of what they share.
const CARRIERS_UNKNOWN: Carriers = 2;

/// Levels of [`Field::Address`]; an exact one is counted on by how many people share it.
pub(crate) mod level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const NEAR: u8 = 6;
    pub(crate) const PARTS: u8 = 7;
    pub(crate) const POSTCODE: u8 = 8;
    pub(crate) const OTHER_STREET: u8 = 9;
    pub(crate) const POSTCODE_SLIP: u8 = 10;
    pub(crate) const CITY: u8 = 11;
    pub(crate) const DIFFERENT: u8 = 12;
}

pub(crate) fn compare(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best: Option<u8> = None;
    for (a, carriers) in probe.view.addresses().zip(probe.addresses) {
        for b in other.addresses() {
            if let Some(level) = reached(&a, &b, carriers) {
                best = Some(best.map_or(level, |best| best.min(level)));
            }
        }
    }
    best.map_or(Outcome::NULL, |level| weights.outcome(Field::Address, level))
}

/// Whether two stated values agree; `None` when one is missing.
fn agree(a: u32, b: u32) -> Option<bool> {
    (a != 0 && b != 0).then_some(a == b)
}

fn reached(a: &AddressView<'_>, b: &AddressView<'_>, carriers: Carriers) -> Option<u8> {
    let postcode = agree(a.postcode_hash, b.postcode_hash);
    let city = agree(a.city_hash, b.city_hash);
    let street = agree(a.street_hash, b.street_hash);
    let number = agree(a.number, b.number);
    let place_agrees = postcode == Some(true) || city == Some(true);
    let place_differs = postcode == Some(false) && city == Some(false);
    if street == Some(true) && number == Some(true) && !place_differs {
        let units_differ = agree(a.unit, b.unit) == Some(false);
        let known = address_key(a).filter(|key| address_key(b) == Some(*key));
        return Some(match known {
            _ if units_differ || !place_agrees => level::NEAR,
            Some(_) => level::EXACT + carriers.min(GENERIC),
            None => level::EXACT + CARRIERS_UNKNOWN,
        });
    }
    if place_agrees && is_near(a, b, street, number) {
        return Some(level::NEAR);
    }
    if parts_agree(a, b, number, place_agrees) {
        return Some(level::PARTS);
    }
    match (postcode, street, city) {
        (Some(true), Some(_), _) if street == Some(false) || number == Some(false) => Some(level::OTHER_STREET),
        (Some(true), ..) => Some(level::POSTCODE),
        (Some(false), _, city) if city != Some(false) && edit::is_one_slip(a.postcode, b.postcode) => {
            Some(level::POSTCODE_SLIP)
        }
        (_, _, Some(true)) => Some(level::CITY),
        (_, _, Some(false)) if city_typo(a.city, b.city) => Some(level::CITY),
        (None, _, None) if street.is_none() => None,
        (None, _, None) => Some(level::CITY),
        _ => Some(level::DIFFERENT),
    }
}

/// The same street, spelt alike, with another number in the same place, or with the same number where the places are
/// misspelt or not stated.
fn parts_agree(a: &AddressView<'_>, b: &AddressView<'_>, number: Option<bool>, place_agrees: bool) -> bool {
    let place_alike = || {
        let postcodes = !a.postcode.is_empty() && edit::is_one_slip(a.postcode, b.postcode);
        postcodes || !a.city.is_empty() && !b.city.is_empty() && city_typo(a.city, b.city)
    };
    street_alike(a, b) && (place_agrees || number == Some(true) && place_alike())
}

/// The same street or one misspelt.
fn street_alike(a: &AddressView<'_>, b: &AddressView<'_>) -> bool {
    let allowed = if a.street.len().min(b.street.len()) > 7 { 2 } else { 1 };
    a.street.len().min(b.street.len()) > 3
        && edit::may_be_within(a.street, b.street, allowed)
        && edit::distance_within(a.street, b.street, allowed).is_some()
}

/// The same house with a slip in street or number.
fn is_near(a: &AddressView<'_>, b: &AddressView<'_>, street: Option<bool>, number: Option<bool>) -> bool {
    match (street, number) {
        (Some(true), None | Some(false)) => number.is_none() || number_typo(a.number, b.number),
        (Some(false), Some(true)) => street_alike(a, b),
        _ => false,
    }
}

/// The same town, misspelt.
fn city_typo(a: &[u8], b: &[u8]) -> bool {
    let allowed = (a.len().min(b.len()) / 3).min(3);
    edit::may_be_within(a, b, allowed) && edit::distance_within(a, b, allowed).is_some()
}

fn number_typo(a: u32, b: u32) -> bool {
    let (a, b) = (a.to_string(), b.to_string());
    edit::is_one_slip(a.as_bytes(), b.as_bytes()) && a.len().max(b.len()) > 1
}
