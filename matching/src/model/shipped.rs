//! The model that works from the first record.

use super::{FieldModel, Level, Model, NameFrequencies, Thresholds};
use crate::compare::Field;
use crate::keys::Reach;

/// Name of a level, then its probability for one person, for two of one household, for strangers.
type Row = (&'static str, f64, f64, f64);

/// The population that the shipped probabilities are meant for.
const POPULATION: f64 = 131_072.0;

const GIVEN: &[Row] = &[
    ("exact", 0.76, 0.02, 0.004),
    ("goes by the middle name", 0.004, 0.002, 0.0005),
    ("form of the same name", 0.045, 0.003, 0.0015),
    ("typing error", 0.075, 0.006, 0.003),
    ("initial agrees", 0.06, 0.007, 0.005),
    ("similar", 0.006, 0.004, 0.006),
    ("initial differs", 0.003, 0.06, 0.075),
    ("different", 0.03, 0.90, 0.90),
];

const FAMILY: &[Row] = &[
    ("exact", 0.82, 0.75, 0.0005),
    ("one of several", 0.03, 0.045, 0.001),
    ("typing error", 0.09, 0.05, 0.001),
    ("similar", 0.008, 0.006, 0.003),
    ("different", 0.035, 0.15, 0.995),
];

const MIDDLE: &[Row] = &[("agrees", 0.93, 0.12, 0.09), ("different", 0.07, 0.88, 0.91)];

const BIRTH: &[Row] = &[
    ("exact", 0.88, 0.004, 0.00005),
    ("day and month swapped", 0.012, 0.0002, 0.00005),
    ("one digit differs", 0.035, 0.004, 0.0015),
    ("year and month", 0.015, 0.003, 0.0005),
    ("day and month", 0.003, 0.003, 0.0025),
    ("year, and no more is known", 0.025, 0.009, 0.002),
    ("near", 0.008, 0.012, 0.012),
    ("year only", 0.004, 0.08, 0.015),
    ("different", 0.018, 0.88, 0.97),
];

const GENDER: &[Row] = &[("agrees", 0.98, 0.44, 0.5), ("differs", 0.02, 0.56, 0.5)];

const GENERATION: &[Row] =
    &[("agrees", 0.15, 0.004, 0.03), ("differs", 0.002, 0.056, 0.03), ("only one states it", 0.85, 0.94, 0.94)];

/// Of how many strangers a record shares a private value by recycling and mischief, over the shipped population.
const RECYCLED: f64 = 0.01 / POPULATION;

const EMAIL: &[Row] = &[
    ("exact", 0.64, 0.004, RECYCLED),
    ("exact, of two people", 0.15, 0.035, RECYCLED),
    ("exact, of several people", 0.014, 0.014, 3.0 * RECYCLED),
    ("exact, of many people", 0.002, 0.003, 100.0 * RECYCLED),
    ("typing error", 0.045, 0.008, 0.00001),
    ("similar", 0.01, 0.006, 0.0003),
    ("same mailbox elsewhere", 0.012, 0.001, 0.00005),
    ("different", 0.127, 0.93, 0.9996),
];

const PHONE: &[Row] = &[
    ("exact", 0.60, 0.004, RECYCLED),
    ("exact, of two people", 0.14, 0.03, RECYCLED),
    ("exact, of several people", 0.02, 0.02, 3.0 * RECYCLED),
    ("exact, of many people", 0.003, 0.005, 100.0 * RECYCLED),
    ("typing error", 0.04, 0.002, 0.00001),
    ("different", 0.197, 0.94, 0.99998),
];

const ADDRESS: &[Row] = &[
    ("exact", 0.14, 0.03, 20.0 * RECYCLED),
    ("exact, of two people", 0.16, 0.15, 20.0 * RECYCLED),
    ("exact, of several people", 0.19, 0.35, 30.0 * RECYCLED),
    ("exact, of many people", 0.045, 0.115, 100.0 * RECYCLED),
    ("exact, of very many people", 0.01, 0.03, 500.0 * RECYCLED),
    ("same house or a slip", 0.045, 0.032, 0.00005),
    ("parts of it", 0.01, 0.007, 0.0002),
    ("postcode", 0.255, 0.248, 0.0006),
    ("postcode, other street", 0.03, 0.022, 0.001),
    ("postcode with a slip", 0.01, 0.003, 0.004),
    ("town", 0.03, 0.005, 0.026),
    ("different", 0.08, 0.011, 0.968),
];

const IDENTIFIER: &[Row] = &[
    ("exact", 0.78, 0.01, RECYCLED),
    ("exact, of two people", 0.15, 0.07, RECYCLED),
    ("exact, of several people", 0.02, 0.03, 3.0 * RECYCLED),
    ("exact, of many people", 0.003, 0.005, 100.0 * RECYCLED),
    ("typing error", 0.012, 0.0005, 0.00002),
    ("different", 0.035, 0.885, 0.9999),
];

const ORGANISATION: &[Row] =
    &[("agrees", 0.79, 0.29, 0.001), ("differs", 0.2, 0.66, 0.949), ("firm and person", 0.01, 0.05, 0.05)];

const BIRTH_PLACE: &[Row] = &[("agrees", 0.85, 0.5, 0.02), ("differs", 0.15, 0.5, 0.98)];

const OCCUPATION: &[Row] = &[("agrees", 0.7, 0.15, 0.03), ("differs", 0.3, 0.85, 0.97)];

const COUNTRY: &[Row] = &[("agrees", 0.985, 0.985, 0.6), ("differs", 0.015, 0.015, 0.4)];

/// Says nothing until it has been fitted to data.
const SOURCE: &[Row] = &[("same source", 0.5, 0.5, 0.5), ("other source", 0.5, 0.5, 0.5)];

const NAME_ORDER: &[Row] = &[("swapped", 0.03, 0.02, 0.03)];

pub(super) fn model() -> Model {
    let tables = [
        (Field::Given, GIVEN),
        (Field::Family, FAMILY),
        (Field::Middle, MIDDLE),
        (Field::Birth, BIRTH),
        (Field::Gender, GENDER),
        (Field::Generation, GENERATION),
        (Field::Email, EMAIL),
        (Field::Phone, PHONE),
        (Field::Address, ADDRESS),
        (Field::Identifier, IDENTIFIER),
        (Field::Organisation, ORGANISATION),
        (Field::BirthPlace, BIRTH_PLACE),
        (Field::Occupation, OCCUPATION),
        (Field::Country, COUNTRY),
        (Field::Source, SOURCE),
        (Field::NameOrder, NAME_ORDER),
    ];
    Model {
        version: "shipped-1".to_owned(),
        population: POPULATION,
        compare_all_max: 0,
        reach: Reach::Lean,
        duplicates_per_record: 3.0,
        household_per_record: 6.0,
        thresholds: Thresholds { link: 0.0, review: -2.0, floor: -3.0 },
        fields: tables.map(|(field, rows)| FieldModel { field, levels: rows.iter().map(level).collect() }).to_vec(),
        names: NameFrequencies { given_otherwise: 0.002, family_otherwise: 0.0005, ..NameFrequencies::default() },
    }
}

fn level(&(name, same, household, stranger): &Row) -> Level {
    Level { name: name.to_owned(), same, household, stranger }
}
