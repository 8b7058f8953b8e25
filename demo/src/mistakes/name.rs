//! Mistakes in names.

use std::mem;

use crate::{
    country::Country,
    dice::Dice,
    fold,
    person::Person,
    record::{Record, Source},
    tags::Tag,
};

use super::slip;

/// Distorts the names of a record.
pub fn distort(record: &mut Record, person: &Person, dice: &mut Dice) {
    if record.given.is_empty() && record.surname.is_empty() {
        return;
    }
    choose_given(record, person, dice);
    choose_surname(record, dice);
    mistype(record, dice);
    lose_marks(record, dice);
    lose_parts(record, dice);
    rearrange(record, dice);
    change_case(record, dice);
}

/// What the customer goes by.
fn choose_given(record: &mut Record, person: &Person, dice: &mut Dice) {
    let informal = if record.source == Source::Salesforce { 0.06 } else { 0.14 };
    if !person.nicknames.is_empty() && dice.chance(informal) {
        let nickname = &person.nicknames[dice.below(person.nicknames.len())];
        replace(&mut record.given, nickname);
        record.tags.add(Tag::Nick);
    } else if !person.middle.is_empty() && dice.chance(0.02) {
        replace(&mut record.given, person.middle);
        record.middle.clear();
        record.tags.add(Tag::GoesByMiddle);
    } else if dice.chance(0.04)
        && let Some(initial) = record.given.chars().next()
    {
        record.given.clear();
        record.given.push(initial);
        if dice.chance(0.5) {
            record.given.push('.');
        }
        record.tags.add(Tag::Initial);
    }
}

/// Foreign systems have room for one of two Spanish surnames.
fn choose_surname(record: &mut Record, dice: &mut Dice) {
    if record.country != Country::Spain || !dice.chance(0.3) {
        return;
    }
    // Surnames with an article are left whole: their second word is not a second surname.
    if let Some((first, _)) = record.surname.split_once(' ')
        && first.chars().next().is_some_and(char::is_uppercase)
        && first != "San"
    {
        let length = first.len();
        record.surname.truncate(length);
        record.tags.add(Tag::OneSurname);
    }
}

fn mistype(record: &mut Record, dice: &mut Dice) {
    if dice.chance(0.045) && slip::letter(&mut record.given, dice) {
        record.tags.add(Tag::TypoGiven);
    }
    if dice.chance(0.055) && slip::letter(&mut record.surname, dice) {
        record.tags.add(Tag::TypoSurname);
    }
}

/// Ä, é and ñ on their way through systems that never heard of them.
fn lose_marks(record: &mut Record, dice: &mut Dice) {
    if record.given.is_ascii() && record.surname.is_ascii() {
        return;
    }
    let german = record.country == Country::Germany;
    let (tag, change): (Tag, fn(&str) -> String) = match dice.weighted(&[66, 16, 16, 2]) {
        1 => (Tag::DiacriticsFolded, fold::fold),
        2 if german => (Tag::DiacriticsExpanded, fold::expand),
        2 => (Tag::DiacriticsFolded, fold::fold),
        3 => (Tag::Mojibake, fold::mojibake),
        _ => return,
    };
    record.given = change(&record.given);
    record.surname = change(&record.surname);
    record.tags.add(tag);
}

fn lose_parts(record: &mut Record, dice: &mut Dice) {
    let hasty = matches!(record.source, Source::Square | Source::Shopify);
    if dice.chance(if hasty { 0.055 } else { 0.01 }) {
        record.surname.clear();
        record.tags.add(Tag::NoSurname);
    } else if dice.chance(if hasty { 0.05 } else { 0.015 }) {
        record.given.clear();
        record.tags.add(Tag::NoGiven);
    } else if dice.chance(0.004) {
        let (given, surname) = dice.pick(&[
            ("Unknown", "Unknown"),
            ("Unknown", "Customer"),
            ("Guest", ""),
            ("Store", "Customer"),
            ("X", "X"),
            ("-", "-"),
        ]);
        replace(&mut record.given, given);
        replace(&mut record.surname, surname);
        record.middle.clear();
        record.tags.add(Tag::NamePlaceholder);
    }
}

/// Fields mixed up: swapped, or all in the first.
fn rearrange(record: &mut Record, dice: &mut Dice) {
    if record.given.is_empty() || record.surname.is_empty() || record.tags.has(Tag::NamePlaceholder) {
        return;
    }
    let one_field = if record.source == Source::Square { 0.1 } else { 0.005 };
    if dice.chance(0.01) {
        mem::swap(&mut record.given, &mut record.surname);
        record.tags.add(Tag::Swap);
    } else if dice.chance(one_field) {
        join_names(record, dice);
        record.tags.add(Tag::NameInOneField);
    } else if !record.middle.is_empty() && dice.chance(0.06) {
        record.given.push(' ');
        let middle = mem::take(&mut record.middle);
        record.given.push_str(&middle);
        record.tags.add(Tag::MiddleInGiven);
    } else if record.source != Source::Salesforce && dice.chance(0.01) {
        record.given.insert_str(0, if record.female { "Mrs " } else { "Mr " });
        record.tags.add(Tag::Title);
    }
}

fn join_names(record: &mut Record, dice: &mut Dice) {
    let surname = mem::take(&mut record.surname);
    if dice.chance(0.25) {
        record.given = [surname.as_str(), ", ", record.given.as_str()].concat();
    } else {
        record.given.push(' ');
        record.given.push_str(&surname);
    }
}

fn change_case(record: &mut Record, dice: &mut Dice) {
    let (upper, lower) = match record.source {
        Source::Square => (0.25, 0.02),
        Source::Shopify => (0.03, 0.08),
        Source::Salesforce | Source::Loyalty => (0.02, 0.005),
    };
    let names = [&mut record.given, &mut record.middle, &mut record.surname];
    if dice.chance(upper) {
        names.into_iter().for_each(|name| *name = name.to_uppercase());
        record.tags.add(Tag::Upper);
    } else if dice.chance(lower) {
        names.into_iter().for_each(|name| *name = name.to_lowercase());
        record.tags.add(Tag::Lower);
    }
}

fn replace(text: &mut String, by: &str) {
    text.clear();
    text.push_str(by);
}
