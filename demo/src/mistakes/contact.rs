//! Mistakes in e-mail addresses and telephone numbers.

use crate::{
    dice::Dice,
    email,
    household::Household,
    person::Person,
    phone::{Phone, Style},
    record::{Record, Source, Telephone},
    tags::Tag,
};

use super::slip;

/// What is entered when a form insists.
const EMAIL_NONSENSE: [&str; 8] = [
    "noemail@example.com",
    "test@example.com",
    "none@example.com",
    "no@example.com",
    "a@example.com",
    "customer@example.org",
    "noreply@example.net",
    "unknown@mailbox.example",
];
/// Mailboxes of the retailer's own stores.
const STORE_EMAILS: [&str; 4] = [
    "store014@wrenfield.example",
    "store022@wrenfield.example",
    "service@wrenfield.example",
    "kasse3@wrenfield.example",
];
const PHONE_NONSENSE: [&str; 8] =
    ["0000000000", "0000000000", "1234567890", "9999999999", "1111111111", "000-000-0000", "5555555555", "123456789"];

/// Distorts e-mail and telephone of a record.
pub fn distort(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    replace_email(record, household, person, dice);
    mistype_email(record, dice);
    replace_phone(record, household, person, dice);
}

fn replace_email(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    let insists = matches!(record.source, Source::Square | Source::Loyalty);
    let absent = record.email.is_empty();
    if dice.chance(if insists && absent { 0.05 } else { 0.004 }) {
        record.email.clear();
        record.email.push_str(dice.pick(&EMAIL_NONSENSE));
        record.tags.add(Tag::EmailPlaceholder);
    } else if dice.chance(0.001) {
        record.email.clear();
        record.email.push_str(dice.pick(&STORE_EMAILS));
        record.tags.add(Tag::EmailStore);
    } else if !absent
        && dice.chance(0.03)
        && let Some(other) = relative(household, person)
    {
        record.email.clone_from(other.email.at(record.updated.day()));
        record.tags.add(Tag::EmailHousehold);
    }
}

/// The head of the household, or for the head the spouse: whose mailbox and phone one borrows.
fn relative<'a>(household: &'a Household, person: &Person) -> Option<&'a Person> {
    household.people.iter().take(2).find(|other| other.id != person.id)
}

fn mistype_email(record: &mut Record, dice: &mut Dice) {
    if record.email.is_empty() || record.tags.has(Tag::EmailPlaceholder) || record.tags.has(Tag::EmailStore) {
        return;
    }
    match dice.weighted(&[940, 20, 9, 12, 6, 13]) {
        1 => {
            let at = record.email.find('@').unwrap_or(0);
            let domain = record.email.split_off(at);
            if slip::letter(&mut record.email, dice) {
                record.tags.add(Tag::EmailTypo);
            }
            record.email.push_str(&domain);
        }
        2 => {
            record.email = email::mistyped_domain(&record.email, dice);
            record.tags.add(Tag::EmailDomain);
        }
        3 => {
            record.email = email::variant(&record.email, dice);
            record.tags.add(Tag::EmailVariant);
        }
        4 => {
            record.email = record.email.replace('@', dice.pick(&["", " ", "@@", "(at)"]));
            record.tags.add(Tag::EmailBroken);
        }
        5 => record.email.make_ascii_uppercase(),
        _ => {}
    }
}

fn replace_phone(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    if record.mobile.is_none() && !dice.chance(0.06) {
        return;
    }
    let absent = record.mobile.is_none();
    if dice.chance(if absent { 0.2 } else { 0.004 }) {
        record.mobile = Telephone::Nonsense(dice.pick(&PHONE_NONSENSE));
        record.tags.add(Tag::PhonePlaceholder);
    } else if dice.chance(0.001) {
        let store = Phone::of_store(record.country, dice.bits());
        record.mobile = Telephone::Number(store, Style::Plain);
        record.tags.add(Tag::PhoneStore);
    } else if dice.chance(0.03)
        && let Some(other) = relative(household, person)
    {
        record.mobile = Telephone::Number(*other.mobile.at(record.updated.day()), Style::Plain);
        record.tags.add(Tag::PhoneHousehold);
    } else if let Telephone::Number(phone, style) = record.mobile
        && dice.chance(0.018)
    {
        record.mobile = Telephone::Number(phone.mistyped(dice.bits()), style);
        record.tags.add(Tag::PhoneTypo);
    }
}
