//! E-mail addresses and telephone numbers.

use super::edit;
use super::{Carriers, Field, GENERIC, Outcome, Outcomes, Probe};
use crate::features::{EmailView, Role, View};
use crate::keys;
use crate::model::Weights;

/// Levels of [`Field::Email`]; an exact one is counted on by how many people share it.
pub(crate) mod email_level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const TYPO: u8 = 5;
    pub(crate) const SIMILAR: u8 = 6;
    pub(crate) const MAILBOX: u8 = 7;
    pub(crate) const DIFFERENT: u8 = 8;
}

/// Levels of [`Field::Phone`]; an exact one is counted on by how many people share it.
pub(crate) mod phone_level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const TYPO: u8 = 5;
    pub(crate) const DIFFERENT: u8 = 6;
}

/// Several values are alternatives: the best pair speaks for the field. A value that too many people share speaks for
/// nobody, on whichever side it stands.
pub(crate) fn email(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best = None;
    let shared = || probe.view.emails().zip(probe.emails).filter(|entry| entry.1 >= GENERIC).map(|entry| entry.0);
    let same = |a: &EmailView<'_>, b: &EmailView<'_>| (a.local_hash, a.domain_hash) == (b.local_hash, b.domain_hash);
    for (at, b) in other.emails().enumerate() {
        if other.generic().email(at) || shared().any(|a| same(&a, &b)) {
            continue;
        }
        for (a, carriers) in probe.view.emails().zip(probe.emails) {
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
        return Some(if a.domain_hash == b.domain_hash { email_level::EXACT + carriers } else { email_level::MAILBOX });
    }
    Some(email_spelling(a, b))
}

/// So many edits are slips of the hand.
const TYPO_EDITS: usize = 2;

/// Slips in the whole address count, because the domain is typed by hand as well.
fn email_spelling(a: &EmailView<'_>, b: &EmailView<'_>) -> u8 {
    let kinds = |email: &EmailView<'_>| edit::kinds(email.local) | edit::kinds(email.domain);
    if (kinds(a) ^ kinds(b)).count_ones() > 8 {
        return email_level::DIFFERENT;
    }
    let (x, y) = (Typed::new(a), Typed::new(b));
    let longest = x.len.max(y.len);
    let allowed = (longest / 6).min(4);
    if a.local.len().min(b.local.len()) < 4 || !edit::may_be_within(x.text(), y.text(), allowed) {
        return email_level::DIFFERENT;
    }
    if !same_digits(a.local, b.local) {
        return email_level::DIFFERENT;
    }
    match edit::distance_within(x.text(), y.text(), allowed.max(TYPO_EDITS)) {
        Some(0..=TYPO_EDITS) => email_level::TYPO,
        Some(_) => email_level::SIMILAR,
        None => email_level::DIFFERENT,
    }
}

/// Numbers in mailboxes tell people of one name apart; nobody mistypes them into another person's.
fn same_digits(a: &[u8], b: &[u8]) -> bool {
    a.iter().filter(|byte| byte.is_ascii_digit()).eq(b.iter().filter(|byte| byte.is_ascii_digit()))
}

/// Letters and digits of a whole address, marks left out.
struct Typed {
    bytes: [u8; 64],
    len: usize,
}

impl Typed {
    fn new(email: &EmailView<'_>) -> Self {
        let mut bytes = [0; 64];
        let mut len = 0;
        let typed = email.local.iter().chain(email.domain).filter(|byte| byte.is_ascii_alphanumeric());
        for (slot, byte) in bytes.iter_mut().zip(typed) {
            *slot = *byte;
            len += 1;
        }
        Typed { bytes, len }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

pub(crate) fn phone(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> Outcome {
    let mut best = None;
    let shared = || probe.view.phones().zip(probe.phones).filter(|entry| entry.1 >= GENERIC).map(|entry| entry.0);
    for (at, b) in other.phones().enumerate() {
        if other.generic().phone(at) || shared().any(|a| keys::subscriber(a) == keys::subscriber(b)) {
            continue;
        }
        for (a, carriers) in probe.view.phones().zip(probe.phones) {
            better(&mut best, phone_level_of(a, b, carriers));
        }
    }
    best.map_or(Outcome::NULL, |level| weights.outcome(Field::Phone, level))
}

fn phone_level_of(a: u64, b: u64, carriers: Carriers) -> Option<u8> {
    if carriers >= GENERIC {
        return None;
    }
    let (a, b) = comparable(a, b);
    if a == b {
        return Some(phone_level::EXACT + carriers);
    }
    Some(if is_phone_typo(a, b) { phone_level::TYPO } else { phone_level::DIFFERENT })
}

/// Sources differ in whether they know the country of a number, so that its last digits have to do. Of two numbers of the
/// same length both know it, or neither does: they are compared as a whole.
fn comparable(a: u64, b: u64) -> (u64, u64) {
    if a.checked_ilog10() == b.checked_ilog10() { (a, b) } else { (keys::subscriber(a), keys::subscriber(b)) }
}

/// One digit wrong, missing or too many, or two neighbours exchanged.
fn is_phone_typo(a: u64, b: u64) -> bool {
    let (a, b) = (digits(a), digits(b));
    edit::is_one_slip(&a.0[..a.1], &b.0[..b.1])
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

/// Strangers of one name like to choose one mailbox: what the name has told already is not to be told again.
pub(crate) fn after_name(email: Outcome, outcomes: &Outcomes, a: View<'_>, b: View<'_>) -> Outcome {
    let names_agree = (1..=4).contains(&outcomes[Field::Given as usize].level)
        && (1..=3).contains(&outcomes[Field::Family as usize].level);
    let chance = match email.level {
        0 | email_level::DIFFERENT => return email,
        level if level < email_level::TYPO => SAME_ADDRESS_LOG2,
        _ => SAME_MAILBOX_LOG2,
    };
    if names_agree && is_made_of_name(a) && is_made_of_name(b) {
        Outcome { stranger: email.stranger.max(chance), ..email }
    } else {
        email
    }
}

/// Among strangers of one name whose mailboxes are made of it, one in this many (log2) states the same address.
const SAME_ADDRESS_LOG2: f32 = -7.0;

/// The same for mailboxes that agree but for the provider or a letter.
const SAME_MAILBOX_LOG2: f32 = -4.0;

/// Whether a mailbox carries a family name and no number of its own.
fn is_made_of_name(view: View<'_>) -> bool {
    let carries = |local: &[u8]| {
        let family = view.tokens().filter(|token| token.role != Role::Middle && token.text.len() > 2);
        !local.iter().any(u8::is_ascii_digit)
            && family.into_iter().any(|token| local.windows(token.text.len()).any(|part| part == token.text))
    };
    view.emails().any(|email| carries(email.local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_length_are_compared_as_a_whole() {
        let cases = [
            (18_515_550_135, 18_515_550_135, phone_level::EXACT),
            // One of them without its country.
            (442_079_460_001, 2_079_460_001, phone_level::EXACT),
            // The first digit of an area is the tenth from the end.
            (18_515_550_135, 19_515_550_135, phone_level::TYPO),
            (18_515_550_135, 19_725_550_135, phone_level::DIFFERENT),
            (442_079_460_001, 442_079_460_011, phone_level::TYPO),
        ];
        for (a, b, expected) in cases {
            assert_eq!(phone_level_of(a, b, 0), Some(expected), "{a} {b}");
            assert_eq!(phone_level_of(b, a, 0), Some(expected), "{b} {a}");
        }
        assert_eq!(phone_level_of(1, 1, GENERIC), None);
    }
}
