//! Compares two records field by field into ordered levels.

mod birth;
mod contact;
mod edit;
mod name;
mod place;
mod proof;

pub(crate) use name::{family as family_levels, given as given_levels};

use crate::features::View;
use crate::model::Weights;
use serde::{Deserialize, Serialize};

/// What is compared. The order is that of the explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Given names, nicknames and initials.
    Given,
    /// Family names.
    Family,
    /// Middle names.
    Middle,
    /// Birth date.
    Birth,
    /// Gender.
    Gender,
    /// Junior, senior, the third.
    Generation,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal address.
    Address,
    /// Identifiers such as cards.
    Identifier,
    /// Firm.
    Organisation,
    /// Where the person was born.
    BirthPlace,
    /// What the person does for a living.
    Occupation,
    /// Country, where no address says more.
    Country,
    /// Whether one source holds both records.
    Source,
    /// Whether given and family name stand in each other's place.
    NameOrder,
}

impl Field {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Field::Given => "given name",
            Field::Family => "family name",
            Field::Middle => "middle name",
            Field::Birth => "birth date",
            Field::Gender => "gender",
            Field::Generation => "generation",
            Field::Email => "e-mail",
            Field::Phone => "phone",
            Field::Address => "address",
            Field::Identifier => "identifier",
            Field::Organisation => "organisation",
            Field::BirthPlace => "birth place",
            Field::Occupation => "occupation",
            Field::Country => "country",
            Field::Source => "source",
            Field::NameOrder => "name order",
        }
    }
}

/// All fields in their order.
pub const FIELDS: [Field; 16] = [
    Field::Given,
    Field::Family,
    Field::Middle,
    Field::Birth,
    Field::Gender,
    Field::Generation,
    Field::Email,
    Field::Phone,
    Field::Address,
    Field::Identifier,
    Field::Organisation,
    Field::BirthPlace,
    Field::Occupation,
    Field::Country,
    Field::Source,
    Field::NameOrder,
];

/// The level that one field reached and what it says, as log2 probabilities under the three hypotheses:
/// one person, two people of one household, strangers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Outcome {
    pub level: u8,
    pub same: f32,
    pub household: f32,
    pub stranger: f32,
}

impl Outcome {
    /// A missing value says nothing under any hypothesis.
    pub(crate) const NULL: Outcome = Outcome { level: 0, same: 0.0, household: 0.0, stranger: 0.0 };
}

/// The outcomes of all fields.
pub(crate) type Outcomes = [Outcome; FIELDS.len()];

/// Of how many different people a value is known, as a class: 0 one, 1 two, 2 up to four, 3 up to eight, 4 more.
pub(crate) type Carriers = u8;

/// The class from which on a value proves nothing.
pub(crate) const GENERIC: Carriers = 4;

/// Most values of one kind that a record may carry; `features::draft` keeps to it.
pub(crate) const VALUES_MAX: usize = 6;

/// One side of a comparison together with how widely each of its values is shared.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'a> {
    pub view: View<'a>,
    pub emails: [Carriers; VALUES_MAX],
    pub phones: [Carriers; VALUES_MAX],
    pub identifiers: [Carriers; VALUES_MAX],
    pub addresses: [Carriers; VALUES_MAX],
}

/// Compares all fields of two records.
pub(crate) fn compare(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcomes {
    let mut outcomes = [Outcome::NULL; FIELDS.len()];
    let names = name::compare(weights, probe.view, other);
    outcomes[Field::Given as usize] = names.given;
    outcomes[Field::Family as usize] = names.family;
    outcomes[Field::Middle as usize] = names.middle;
    outcomes[Field::NameOrder as usize] = names.order;
    outcomes[Field::Birth as usize] = birth::compare(weights, probe.view.birth(), other.birth());
    outcomes[Field::Gender as usize] = proof::gender(weights, probe.view, other);
    outcomes[Field::Generation as usize] = proof::generation(weights, probe.view, other);
    outcomes[Field::Email as usize] =
        contact::after_name(contact::email(weights, probe, other), &outcomes, probe.view, other);
    outcomes[Field::Phone as usize] = contact::phone(weights, probe, other);
    outcomes[Field::Address as usize] = place::compare(weights, probe, other);
    outcomes[Field::Identifier as usize] = proof::identifier(weights, probe, other);
    outcomes[Field::Organisation as usize] = proof::organisation(weights, probe.view, other);
    outcomes[Field::BirthPlace as usize] = proof::birth_place(weights, probe.view, other);
    outcomes[Field::Occupation as usize] = proof::occupation(weights, probe.view, other);
    outcomes[Field::Source as usize] = proof::source(weights, probe.view, other);
    if outcomes[Field::Address as usize].level == 0
        || outcomes[Field::Address as usize].level == place::level::DIFFERENT
    {
        outcomes[Field::Country as usize] = proof::country(weights, probe.view, other);
    }
    outcomes
}
