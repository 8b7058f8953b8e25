//! Identifiers, gender, generation and firm.

use super::edit;
use super::{Carriers, Field, GENERIC, Outcome, Probe};
use crate::features::{Gender, IdentifierView, View};
use crate::model::Weights;

/// Levels of [`Field::Identifier`]; an exact one is counted on by how many people share it.
pub(crate) mod identifier_level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const TYPO: u8 = 5;
    pub(crate) const DIFFERENT: u8 = 6;
}

/// Levels of the fields that either agree or not.
pub(crate) const AGREES: u8 = 1;
pub(crate) const DIFFERS: u8 = 2;
/// One record states a generation and the other is silent.
pub(crate) const ONE_SILENT: u8 = 3;
/// One record speaks of a firm and the other of a person.
pub(crate) const FIRM_AND_PERSON: u8 = 3;

pub(crate) fn identifier(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best: Option<u8> = None;
    let shared = || probe.view.identifiers().zip(probe.identifiers).filter(|entry| entry.1 >= GENERIC);
    let is_shared =
        |b: &IdentifierView<'_>| shared().any(|(a, _)| (a.scheme, a.value_hash) == (b.scheme, b.value_hash));
    let speaks = |(at, b): &(usize, IdentifierView<'_>)| !other.generic().identifier(*at) && !is_shared(b);
    for (_, b) in other.identifiers().enumerate().filter(speaks) {
        for (a, carriers) in probe.view.identifiers().zip(probe.identifiers).filter(|(a, _)| a.scheme == b.scheme) {
            if let Some(level) = reached(&a, &b, carriers) {
                best = Some(best.map_or(level, |best| best.min(level)));
            }
        }
    }
    best.map_or(Outcome::NULL, |level| weights.outcome(Field::Identifier, level))
}

fn reached(a: &IdentifierView<'_>, b: &IdentifierView<'_>, carriers: Carriers) -> Option<u8> {
    if carriers >= GENERIC {
        return None;
    }
    if a.value_hash == b.value_hash {
        let carriers = if a.is_exclusive { 0 } else { carriers };
        return Some(identifier_level::EXACT + carriers);
    }
    let typo = edit::is_one_slip(a.value, b.value);
    Some(if typo { identifier_level::TYPO } else { identifier_level::DIFFERENT })
}

pub(crate) fn gender(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    match (a.gender(), b.gender()) {
        (Gender::Unknown, _) | (_, Gender::Unknown) => Outcome::NULL,
        (a, b) => weights.outcome(Field::Gender, if a == b { AGREES } else { DIFFERS }),
    }
}

pub(crate) fn generation(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    match (a.generation(), b.generation()) {
        (0, 0) => Outcome::NULL,
        (0, _) | (_, 0) => weights.outcome(Field::Generation, ONE_SILENT),
        (a, b) => weights.outcome(Field::Generation, if a == b { AGREES } else { DIFFERS }),
    }
}

/// Two firms are compared by the words of their names. A firm and a person are not one, whatever they share, unless the
/// person speaks for the firm.
pub(crate) fn organisation(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    match (a.is_firm(), b.is_firm()) {
        (true, true) => Outcome::NULL,
        (false, false) => agreement(weights, Field::Organisation, a.organisation(), b.organisation()),
        _ if a.organisation() == b.organisation() => weights.outcome(Field::Organisation, AGREES),
        _ => weights.outcome(Field::Organisation, FIRM_AND_PERSON),
    }
}

pub(crate) fn birth_place(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    agreement(weights, Field::BirthPlace, a.birth_place(), b.birth_place())
}

pub(crate) fn occupation(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    agreement(weights, Field::Occupation, a.occupation(), b.occupation())
}

/// Whether two values agree, known by their hashes, 0 where nothing is stated.
fn agreement(weights: &Weights, field: Field, a: u32, b: u32) -> Outcome {
    match (a, b) {
        (0, _) | (_, 0) => Outcome::NULL,
        (a, b) => weights.outcome(field, if a == b { AGREES } else { DIFFERS }),
    }
}

pub(crate) fn country(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    match (a.country(), b.country()) {
        ([0, 0], _) | (_, [0, 0]) => Outcome::NULL,
        (a, b) => weights.outcome(Field::Country, if a == b { AGREES } else { DIFFERS }),
    }
}

/// A source that keeps its own house in order holds nobody twice; whether it does, the data tell.
pub(crate) fn source(weights: &Weights, a: View<'_>, b: View<'_>) -> Outcome {
    agreement(weights, Field::Source, a.source(), b.source())
}
