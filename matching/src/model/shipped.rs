//! The model that works from the first record.

use super::{FieldModel, Level, Model, NameFrequencies, Thresholds};
use crate::compare::Field;

/// Name of a level, then its probability for one person, for two of one household, for strangers.
type Row = (&'static str, f64, f64, f64);

const GIVEN: &[Row] = &[
    ("exact", 0.76, 0.02, 0.004),
    ("goes by the middle name", 0.015, 0.002, 0.004),
    ("form of the same name", 0.04, 0.004, 0.003),
    ("typing error", 0.06, 0.008, 0.003),
    ("initial agrees", 0.06, 0.06, 0.06),
    ("similar", 0.015, 0.012, 0.006),
    ("initial differs", 0.004, 0.55, 0.6),
    ("different", 0.03, 0.93, 0.98),
];

const FAMILY: &[Row] = &[
    ("exact", 0.80, 0.70, 0.0005),
    ("one of several", 0.05, 0.04, 0.001),
    ("typing error", 0.09, 0.05, 0.001),
    ("similar", 0.012, 0.012, 0.003),
    ("different", 0.035, 0.24, 0.995),
];

const MIDDLE: &[Row] = &[
    ("agrees", 0.95, 0.12, 0.09),
    ("different", 0.05, 0.88, 0.91),
];

const BIRTH: &[Row] = &[
    ("exact", 0.90, 0.03, 0.00005),
    ("day and month swapped", 0.015, 0.0002, 0.00005),
    ("one digit differs", 0.03, 0.003, 0.0015),
    ("year and what else is known", 0.80, 0.04, 0.017),
    ("day and month", 0.01, 0.003, 0.0025),
    ("year only", 0.006, 0.04, 0.017),
    ("different", 0.012, 0.93, 0.98),
];

const GENDER: &[Row] = &[("agrees", 0.985, 0.45, 0.5), ("differs", 0.015, 0.55, 0.5)];

const GENERATION: &[Row] = &[
    ("agrees", 0.97, 0.2, 0.5),
    ("differs", 0.01, 0.8, 0.5),
    ("only one states it", 0.4, 0.6, 0.5),
];

const EMAIL: &[Row] = &[
    ("exact", 0.55, 0.01, 0.000003),
    ("exact, of two people", 0.5, 0.08, 0.000003),
    ("exact, of several people", 0.4, 0.25, 0.00001),
    ("exact, of many people", 0.3, 0.3, 0.0003),
    ("typing error", 0.05, 0.003, 0.00003),
    ("same mailbox elsewhere", 0.03, 0.002, 0.0001),
    ("different", 0.37, 0.85, 0.9999),
];

const PHONE: &[Row] = &[
    ("exact", 0.6, 0.02, 0.000003),
    ("exact, of two people", 0.55, 0.15, 0.000003),
    ("exact, of several people", 0.5, 0.4, 0.00001),
    ("exact, of many people", 0.3, 0.3, 0.0003),
    ("typing error", 0.03, 0.003, 0.00002),
    ("different", 0.37, 0.6, 0.9999),
];

const ADDRESS: &[Row] = &[
    ("exact", 0.55, 0.3, 0.000005),
    ("exact, of two people", 0.5, 0.5, 0.000005),
    ("exact, of several people", 0.5, 0.6, 0.00001),
    ("exact, of many people", 0.5, 0.6, 0.0001),
    ("exact, of very many people", 0.4, 0.4, 0.001),
    ("same house or a slip", 0.07, 0.06, 0.00001),
    ("postcode", 0.75, 0.75, 0.001),
    ("postcode, other street", 0.04, 0.03, 0.001),
    ("town", 0.12, 0.08, 0.03),
    ("different", 0.12, 0.12, 0.97),
];

const IDENTIFIER: &[Row] = &[
    ("exact", 0.85, 0.02, 0.000002),
    ("exact, of two people", 0.8, 0.15, 0.000002),
    ("exact, of several people", 0.7, 0.4, 0.00001),
    ("exact, of many people", 0.4, 0.4, 0.0003),
    ("typing error", 0.03, 0.0005, 0.00002),
    ("different", 0.1, 0.8, 0.9999),
];

const ORGANISATION: &[Row] = &[("agrees", 0.8, 0.3, 0.001), ("differs", 0.2, 0.7, 0.999)];

const NAME_ORDER: &[Row] = &[("swapped", 0.02, 0.004, 0.02)];

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
        (Field::NameOrder, NAME_ORDER),
    ];
    Model {
        version: "shipped-1".to_owned(),
        population: 131_072.0,
        duplicates_per_record: 3.0,
        household_per_record: 6.0,
        thresholds: Thresholds {
            link: 1.0,
            review: -2.0,
            floor: -3.0,
        },
        fields: tables
            .map(|(field, rows)| FieldModel {
                field,
                levels: rows.iter().map(level).collect(),
            })
            .to_vec(),
        names: NameFrequencies {
            given_otherwise: 0.002,
            family_otherwise: 0.0005,
            ..NameFrequencies::default()
        },
    }
}

fn level(&(name, same, household, stranger): &Row) -> Level {
    Level {
        name: name.to_owned(),
        same,
        household,
        stranger,
    }
}
