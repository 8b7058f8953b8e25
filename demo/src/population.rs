//! The whole population, household by household.

use std::{ops::ControlFlow, sync::mpsc, thread};

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

/// Goes through the households in order.
pub struct Population {
    seed: u64,
    people: f64,
    next: u64,
}

/// Records to a person, on average; the e-mail addresses get their digits by it.
const RECORDS_PER_PERSON: f64 = 2.5;
/// How many in a thousand people have one record, two, and so on.
const VISITS: [u32; 12] = [420, 240, 130, 80, 47, 28, 18, 12, 8, 6, 5, 6];

impl Population {
    /// The population that makes about so many records.
    pub fn new(seed: u64, records: usize) -> Self {
        Self {
            seed,
            people: (records as f64 / RECORDS_PER_PERSON).max(1.0),
            next: 0,
        }
    }

    /// Fills the batch with the records of the next household. Every one of its people has at
    /// least one.
    fn next_household(&mut self, batch: &mut Batch) {
        batch.used = 0;
        let (household, mut dice) = Household::draw(self.seed, self.next, self.people);
        self.next += 1;
        for person in &household.people {
            let visits = 1 + dice.weighted(&VISITS);
            let mut loyal = false;
            for _ in 0..visits {
                let source = source(person, &mut loyal, &mut dice);
                visit(batch.add(), &household, person, source, &mut dice);
                // Somebody presses the button twice, or an import runs again.
                if dice.chance(0.02) {
                    batch.repeat(&mut dice);
                }
            }
        }
    }
}

impl Population {
    /// Hands the records of one household after another to `use_records` until it says stop.
    /// The next households are made on a second thread meanwhile; they arrive in order, so the
    /// thread changes nothing but the time. Memory is bounded by the blocks under way.
    pub fn each_household<E>(
        mut self,
        mut use_records: impl FnMut(&[Record]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        thread::scope(|scope| {
            let (full, blocks) = mpsc::sync_channel::<Vec<Batch>>(BLOCKS);
            let (empty, used) = mpsc::channel::<Vec<Batch>>();
            scope.spawn(move || {
                loop {
                    let mut block = used.try_recv().unwrap_or_default();
                    block.resize_with(BLOCK_HOUSEHOLDS, Batch::default);
                    block
                        .iter_mut()
                        .for_each(|batch| self.next_household(batch));
                    // Nobody listens any more: enough records have been written.
                    if full.send(block).is_err() {
                        return;
                    }
                }
            });
            for block in blocks {
                for batch in &block {
                    if use_records(batch.records())?.is_break() {
                        return Ok(());
                    }
                }
                // A block that is not taken back is simply dropped.
                let _ = empty.send(block);
            }
            Ok(())
        })
    }
}

/// Blocks that may wait for the writer, and households in each.
const BLOCKS: usize = 4;
const BLOCK_HOUSEHOLDS: usize = 64;

/// The records of one household. The room that they take is used again for the next one, which
/// saves most of the allocations.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    used: usize,
}

impl Batch {
    /// The records of the household.
    fn records(&self) -> &[Record] {
        &self.records[..self.used]
    }

    fn add(&mut self) -> &mut Record {
        if self.used == self.records.len() {
            self.records.push(Record::default());
        }
        self.used += 1;
        &mut self.records[self.used - 1]
    }

    /// Adds the last customer once more under another key, a while later.
    fn repeat(&mut self, dice: &mut Dice) {
        let mut copy = self.records[self.used - 1].clone();
        copy.tags.add(Tag::Copy);
        copy.created = Instant(copy.created.0 + i64::from(dice.between(20, 86_000)));
        copy.updated = Instant(copy.updated.0.max(copy.created.0));
        if dice.chance(0.5) {
            copy.card.clear();
        }
        *self.add() = copy;
    }
}

/// Which system takes the customer down. The loyalty programme seldom does so twice.
fn source(person: &Person, loyal: &mut bool, dice: &mut Dice) -> Source {
    let loyalty = match person.card {
        Some(_) if *loyal => 2,
        Some(_) => 30,
        None => 0,
    };
    let source = Source::ALL[dice.weighted(&[26, 38, 24, loyalty])];
    *loyal |= source == Source::Loyalty;
    source
}

fn visit(
    record: &mut Record,
    household: &Household,
    person: &Person,
    source: Source,
    dice: &mut Dice,
) {
    let of_age = person.birth.plus_years(14);
    let first = Day(OPENED.0.max(of_age.0).min(DRAWN.0 - 30));
    let created = instant(Day(dice.between(first.0, DRAWN.0 - 2)), dice);
    let updated = if dice.chance(0.35) {
        instant(Day(dice.between(created.day().0 + 1, DRAWN.0 - 1)), dice)
    } else {
        created
    };
    record.clear();
    (record.source, record.created, record.updated) = (source, created, updated);
    take_down(record, household, person, dice);
    mistakes::make(record, household, person, dice);
}

/// What the system would hold if nobody made a mistake.
fn take_down(record: &mut Record, household: &Household, person: &Person, dice: &mut Dice) {
    let day = record.updated.day();
    (record.person, record.household, record.country) =
        (person.id, household.id, household.country);
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
    old.iter()
        .filter(|(is, _)| *is)
        .for_each(|(_, tag)| record.tags.add(*tag));
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
        let initial = dice
            .chance(0.5)
            .then(|| person.middle.chars().next())
            .flatten();
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
    let style = if dice.chance(strict) {
        Style::E164
    } else {
        dice.pick(&Style::ALL)
    };
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
        home.unit
            .write(household.country, dice.below(12), &mut record.unit);
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
