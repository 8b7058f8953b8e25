//! Brings a person's values into comparable form.

pub(crate) mod address;
mod check_digit;
pub(crate) mod date;
pub(crate) mod email;
#[cfg(test)]
mod fuzz;
pub(crate) mod identifier;
pub(crate) mod name;
pub(crate) mod nickname;
pub(crate) mod organisation;
pub(crate) mod phone;
pub(crate) mod text;

use crate::features::{Draft, Features, Gender};
use crate::hash::hash32;
use crate::person::Person;

/// Standardises one record. Total: any text whatever is accepted, unusable values are left out.
pub fn standardise(person: &Person) -> Features {
    let country = country(person);
    let mut draft = Draft { country, ..Draft::default() };
    for name in &person.names {
        name::read(name, &mut draft);
    }
    draft.emails.extend(person.emails.iter().filter_map(|raw| email::read(raw)));
    draft.phones.extend(person.phones.iter().filter_map(|raw| phone::read(raw, country)));
    for raw in &person.addresses {
        draft.addresses.extend(address::read(raw, country));
    }
    draft.identifiers.extend(person.identifiers.iter().filter_map(identifier::read));
    draft.birth = person.birth_date.as_deref().map(date::read).unwrap_or_default();
    draft.gender = person.gender.as_deref().map(gender).unwrap_or_default();
    draft.source = person.source.as_deref().map_or(0, |source| hash32(source.as_bytes()));
    if let Some(stated) = person.organisation.as_deref().map(organisation::hash).filter(|_| !draft.is_firm) {
        draft.organisation = stated;
    }
    draft.birth_place = person.birth_place.as_deref().map_or(0, words);
    draft.occupation = person.occupation.as_deref().map_or(0, words);
    draft.pack()
}

/// One telephone number in comparable form, country code first; `None` for what cannot be a person's number.
///
/// `country` says whose national form a number without a country code has.
///
/// ```
/// let international = matching::phone_number("+44 (0)20 7946 0018", None);
/// assert_eq!(international, matching::phone_number("020 7946 0018", Some("GB")));
/// ```
pub fn phone_number(raw: &str, country: Option<&str>) -> Option<u64> {
    phone::read(raw, country.map(address::country_code).unwrap_or_default())
}

/// The ISO 3166-1 code of a country, from its code or a common name of it.
///
/// ```
/// assert_eq!(matching::country_code("Deutschland").as_deref(), Some("DE"));
/// assert_eq!(matching::country_code("Utopia"), None);
/// ```
pub fn country_code(raw: &str) -> Option<String> {
    let code = address::country_code(raw);
    (code != [0; 2]).then(|| String::from_utf8_lossy(&code).into_owned())
}

fn country(person: &Person) -> [u8; 2] {
    let stated =
        person.country.as_deref().or_else(|| person.addresses.iter().find_map(|address| address.country.as_deref()));
    stated.map(address::country_code).unwrap_or_default()
}

fn gender(raw: &str) -> Gender {
    let raw = raw.trim();
    match raw.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'f' | b'w') => Gender::Female,
        Some(b'm') if raw.len() == 1 || !raw.to_ascii_lowercase().starts_with("mu") => Gender::Male,
        _ => Gender::Unknown,
    }
}

/// Hash of a text whose spelling alone counts, 0 when there is nothing in it.
fn words(raw: &str) -> u32 {
    let folded = text::collapse(&text::fold(raw));
    if folded.is_empty() { 0 } else { hash32(folded.as_bytes()).max(1) }
}
