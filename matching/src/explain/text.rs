//! Standardised values as text for explanations.

use crate::compare::Field;
use crate::features::{Gender, Role, View};

/// The values that a record states for a field, joined.
pub(super) fn values(field: Field, view: View<'_>) -> String {
    match field {
        Field::Given => tokens(view, &[Role::Given, Role::Either]),
        Field::Family => tokens(view, &[Role::Family, Role::Either]),
        Field::Middle => tokens(view, &[Role::Middle]),
        Field::NameOrder => tokens(view, &[Role::Given, Role::Middle, Role::Family, Role::Either]),
        Field::Birth => birth(view),
        Field::Gender => match view.gender() {
            Gender::Unknown => String::new(),
            Gender::Female => "female".to_owned(),
            Gender::Male => "male".to_owned(),
        },
        Field::Generation => match view.generation() {
            0 => String::new(),
            1 => "senior".to_owned(),
            2 => "junior".to_owned(),
            later => format!("the {later}."),
        },
        Field::Email => joined(view.emails().map(|email| format!("{}@{}", text(email.local), text(email.domain)))),
        Field::Phone => joined(view.phones().map(|phone| format!("+{phone}"))),
        Field::Address => joined(view.addresses().map(|address| {
            let number = if address.number == 0 { String::new() } else { address.number.to_string() };
            let parts = [text(address.street), number, text(address.postcode), text(address.city)];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        })),
        Field::Identifier => joined(view.identifiers().map(|entry| text(entry.value))),
        Field::Country => text(view.country().as_slice()).trim_matches('\0').to_owned(),
        Field::Source => stated(view.source()),
        Field::Organisation if view.is_firm() => "a firm".to_owned(),
        Field::Organisation => stated(view.organisation()),
        Field::BirthPlace => stated(view.birth_place()),
        Field::Occupation => stated(view.occupation()),
    }
}

/// Of some values only a hash is kept.
fn stated(hash: u32) -> String {
    if hash == 0 { String::new() } else { "stated".to_owned() }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn tokens(view: View<'_>, roles: &[Role]) -> String {
    view.tokens()
        .filter(|token| roles.contains(&token.role))
        .map(|token| text(token.text))
        .collect::<Vec<_>>()
        .join(" ")
}

fn birth(view: View<'_>) -> String {
    let birth = view.birth();
    match (birth.year, birth.month, birth.day) {
        (0, ..) => String::new(),
        (year, 0, _) => format!("{year:04}"),
        (year, month, 0) => format!("{year:04}-{month:02}"),
        (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
