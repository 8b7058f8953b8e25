//! One visit: what a system takes down of a customer.

use crate::{
    calendar::{Civil, DRAWN, Day, Instant, OPENED},
    card,
    country::Country,
    dice::Dice,
    household::Household,
    mistakes,
    person::Person,
    phone::{Phone, Style},
    record::{Record, Source, Telephone},
    tags::Tag,
};

/// Fills an empty or used record: what the source took down of the person, mistakes included.
pub fn take_down(record: &mut Record, household: &Household, person: &Person, source: Source, dice: &mut Dice) {
    let of_age = person.birth.plus_years(14);
    let first = Day(OPENED.0.max(of_age.0).min(DRAWN.0 - 30));
    let created = instant(Day(dice.between(first.0, DRAWN.0 - 2)), dice);
    let updated =
        if dice.chance(0.35) { instant(Day(dice.between(created.day().0 + 1, DRAWN.0 - 1)), dice) } else { created };
    record.clear();
    (record.source, record.created, record.updated) = (source, created, updated);
    fill(record, household, person, dice);
    mistakes::make(record, household, person, dice);
}

/// What the system would hold if nobody made a mistake.
fn fill(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    let day = record.updated.day();
    (record.person, record.household, record.country) = (person.id, household.id, household.country);
    record.female = person.female;
    record.tags = person.tags;
    record.given.push_str(person.given);
    record.surname.push_str(person.surname.at(day));
    age_tags(record, person, day);
    fill_person(record, person, dice);
    fill_contact(record, household, person, dice);
    fill_address(record, household, person, dice);
    fill_firm(record, household);
}

/// Says which values are no longer true.
fn age_tags(record: &mut Record, person: &Person, day: Day) {
    let old = [
        (person.surname.is_old_at(day), Tag::Maiden),
        (person.email.is_old_at(day), Tag::EmailOld),
        (person.mobile.is_old_at(day), Tag::PhoneOld),
        (person.home.is_old_at(day), Tag::AddressOld),
    ];
    old.iter().filter(|(is, _)| *is).for_each(|(_, tag)| record.tags.add(*tag));
}

/// How often each source fills a field: Salesforce, Shopify, Square, loyalty.
struct Habit([f64; 4]);

const TITLE: Habit = Habit([0.5, 0.0, 0.0, 0.0]);
const MIDDLE: Habit = Habit([0.5, 0.02, 0.05, 0.0]);
const SUFFIX: Habit = Habit([0.75, 0.25, 0.3, 0.4]);
const BIRTH: Habit = Habit([0.36, 0.0, 0.14, 0.82]);
const EMAIL: Habit = Habit([0.8, 0.98, 0.5, 0.86]);
const MOBILE: Habit = Habit([0.62, 0.5, 0.72, 0.7]);
const LANDLINE: Habit = Habit([0.6, 0.1, 0.08, 0.05]);
const ADDRESS: Habit = Habit([0.88, 0.9, 0.22, 0.9]);
const CARD: Habit = Habit([0.3, 0.12, 0.25, 1.0]);

impl Habit {
    fn fills(&self, record: &Record, dice: &mut Dice) -> bool {
        dice.chance(self.0[record.source as usize])
    }
}

fn fill_person(record: &mut Record, person: &Person, dice: &mut Dice) {
    if TITLE.fills(record, dice) {
        record.title = match (person.female, dice.chance(0.03)) {
            (_, true) => "Dr.",
            (true, _) => dice.pick(&["Ms.", "Mrs."]),
            (false, _) => "Mr.",
        };
    }
    if !person.middle.is_empty() && MIDDLE.fills(record, dice) {
        let initial = dice.chance(0.5).then(|| person.middle.chars().next()).flatten();
        match initial {
            Some(initial) => record.middle.push(initial),
            None => record.middle.push_str(person.middle),
        }
    }
    if SUFFIX.fills(record, dice) {
        record.suffix = person.suffix;
    }
    if BIRTH.fills(record, dice) {
        record.birth = Some(person.birth_date());
    }
    if let Some(holder) = person.card
        && CARD.fills(record, dice)
    {
        record.card = card::number(holder);
    }
}

fn fill_contact(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    let day = record.updated.day();
    if EMAIL.fills(record, dice) {
        record.email.push_str(person.email.at(day));
    }
    if MOBILE.fills(record, dice) {
        record.mobile = number(record.source, *person.mobile.at(day), dice);
    }
    if let Some(landline) = household.homes[*person.home.at(day)].landline
        && LANDLINE.fills(record, dice)
    {
        record.landline = number(record.source, landline, dice);
        if record.mobile.is_none() {
            record.tags.add(Tag::PhoneHousehold);
        }
    }
}

/// A number in the style of the source: shops and tills ask for the international form, the
/// others take what they get.
fn number(source: Source, phone: Phone, dice: &mut Dice) -> Telephone {
    let strict = match source {
        Source::Shopify => 0.95,
        Source::Square => 0.7,
        Source::Loyalty => 0.2,
        Source::Salesforce => 0.1,
    };
    let style = if dice.chance(strict) { Style::E164 } else { dice.pick(&Style::ALL) };
    Telephone::Number(phone, style)
}

fn fill_address(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    let home = &household.homes[*person.home.at(record.updated.day())];
    if !ADDRESS.fills(record, dice) {
        if dice.chance(0.3) {
            record.postcode.push_str(&home.postcode);
        }
        return;
    }
    let short = dice.chance(0.4).then(|| dice.below(6));
    home.write_street(short, &mut record.street);
    record.house_number.push_str(&home.house_number);
    if !dice.chance(0.12) {
        home.unit.write(household.country, dice.below(12), &mut record.unit);
    }
    record.city.push_str(&home.city.name);
    if household.country == Country::UnitedStates || dice.chance(0.4) {
        record.region = &home.city.region;
    }
    record.postcode.push_str(&home.postcode);
}

fn fill_firm(record: &mut Record, household: &Household) {
    let Some(firm) = &household.firm else { return };
    record.company.push_str(&firm.name);
    record.birth = None::<Civil>;
    if !firm.shows_contact {
        record.given.clear();
        record.surname.clear();
        record.middle.clear();
        record.title = "";
    }
}

/// A second of the day's opening hours.
fn instant(day: Day, dice: &mut Dice) -> Instant {
    Instant(i64::from(day.0) * 86_400 + i64::from(dice.between(7 * 3600, 22 * 3600)))
}
