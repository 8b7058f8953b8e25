//! What goes wrong between a customer and a record.

mod contact;
mod name;
mod place;
mod slip;

use crate::{
    calendar::{Civil, DRAWN},
    dice::Dice,
    household::Household,
    person::Person,
    record::{Record, Source},
    tags::Tag,
};

/// Makes the mistakes of one record, each at its own rate.
pub fn make(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    name::distort(record, person, dice);
    contact::distort(record, household, person, dice);
    place::distort(record, dice);
    distort_birth(record, dice);
    if !record.card.is_empty() && dice.chance(0.01) {
        slip::digit(&mut record.card, dice);
        record.tags.add(Tag::CardTypo);
    }
    let deletes = matches!(record.source, Source::Salesforce | Source::Loyalty);
    if deletes && dice.chance(0.008) {
        record.tags.add(Tag::Deleted);
    }
}

fn distort_birth(record: &mut Record, dice: &mut Dice) {
    let Some(birth) = record.birth else { return };
    let partial = match record.source {
        Source::Square => 0.35,
        Source::Loyalty => 0.06,
        Source::Salesforce | Source::Shopify => 0.0,
    };
    let (tag, wrong) = if dice.chance(partial) {
        (Tag::BirthPartial, partial_birth(birth, record.source))
    } else {
        match dice.weighted(&[900, 30, 20, 25, 10]) {
            1 => (Tag::BirthTypo, birth_typo(birth, dice)),
            2 => (Tag::BirthPlaceholder, Civil { year: dice.pick(&[1900, 1900, 1970, 2000]), month: 1, day: 1 }),
            3 => (Tag::BirthFirstOfJanuary, Civil { month: 1, day: 1, ..birth }),
            4 if birth.day <= 12 => (Tag::BirthSwapped, Civil { month: birth.day, day: birth.month, ..birth }),
            _ => return,
        }
    };
    if wrong != birth {
        record.birth = Some(wrong);
        record.tags.add(tag);
    }
}

/// A till asks for the birthday alone, the loyalty form for the year alone.
fn partial_birth(birth: Civil, source: Source) -> Civil {
    match source {
        Source::Square => Civil { year: 0, ..birth },
        _ => Civil { month: 0, day: 0, ..birth },
    }
}

fn birth_typo(birth: Civil, dice: &mut Dice) -> Civil {
    let mut wrong = birth;
    match dice.below(4) {
        0 => wrong.day = birth.day % 28 + 1,
        1 => wrong.month = birth.month % 12 + 1,
        2 => wrong.year = birth.year - 10,
        _ => wrong.year = birth.year - 1,
    }
    wrong.day = wrong.day.min(28);
    debug_assert!(i32::from(wrong.year) < i32::from(DRAWN.civil().year));
    wrong
}
