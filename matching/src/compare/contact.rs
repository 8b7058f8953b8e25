//! E-mail addresses and telephone numbers.

use super::{Carriers, Field, GENERIC, Outcome, Probe};
use crate::features::{EmailView, View};
use crate::model::Weights;

/// Levels of [`Field::Email`]; an exact one is counted on by how many people share it.
pub(crate) mod email_level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const TYPO: u8 = 5;
    pub(crate) const MAILBOX: u8 = 6;
    pub(crate) const DIFFERENT: u8 = 7;
}

/// Levels of [`Field::Phone`]; an exact one is counted on by how many people share it.
pub(crate) mod phone_level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const TYPO: u8 = 5;
    pub(crate) const DIFFERENT: u8 = 6;
}

/// Several values are alternatives: the best pair speaks for the field.
pub(crate) fn email(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best = None;
    for (a, carriers) in probe.view.emails().zip(probe.emails) {
        for b in other.emails() {
            better(&mut best, email_level_of(&a, &b, carriers));
        }
    }
    best.map_or(Outcome::NULL, |level| weights.outcome(Field::Email, level))
}

fn better(best: &mut Option<u8>, level: Option<u8>) {
    if let Some(level) = level
        && best.is_none_or(|best| level < best)
    {
        *best = Some(level);
    }
}

fn email_level_of(a: &EmailView<'_>, b: &EmailView<'_>, carriers: Carriers) -> Option<u8> {
    if carriers >= GENERIC {
        return None;
    }
    if a.local_hash == b.local_hash {
        return Some(if a.domain_hash == b.domain_hash {
            email_level::EXACT + carriers
        } else {
            email_level::MAILBOX
        });
    }
    let near = a.local.len().abs_diff(b.local.len()) <= 2 && a.local.len().min(b.local.len()) >= 5;
    let typo = near
        && rapidfuzz::distance::osa::distance(a.local.iter().copied(), b.local.iter().copied())
            <= 1;
    Some(if typo {
        email_level::TYPO
    } else {
        email_level::DIFFERENT
    })
}

pub(crate) fn phone(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best = None;
    for (a, carriers) in probe.view.phones().zip(probe.phones) {
        for b in other.phones() {
            better(&mut best, phone_level_of(a, b, carriers));
        }
    }
    best.map_or(Outcome::NULL, |level| weights.outcome(Field::Phone, level))
}

fn phone_level_of(a: u64, b: u64, carriers: Carriers) -> Option<u8> {
    if carriers >= GENERIC {
        return None;
    }
    if a == b {
        return Some(phone_level::EXACT + carriers);
    }
    Some(if is_phone_typo(a, b) {
        phone_level::TYPO
    } else {
        phone_level::DIFFERENT
    })
}

/// One digit wrong, missing or too many, or two neighbours exchanged.
fn is_phone_typo(a: u64, b: u64) -> bool {
    let (a, b) = (digits(a), digits(b));
    rapidfuzz::distance::osa::distance(a.0[..a.1].iter().copied(), b.0[..b.1].iter().copied()) <= 1
}

fn digits(mut number: u64) -> ([u8; 20], usize) {
    let mut out = [0; 20];
    let mut len = 0;
    while number > 0 && len < 20 {
        out[len] = (number % 10) as u8;
        number /= 10;
        len += 1;
    }
    (out, len)
}
