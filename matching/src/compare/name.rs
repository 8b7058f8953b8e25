//! Given, middle and family names, read together because one may stand in the place of the other.

use super::edit;
use super::{Field, Outcome};
use crate::features::{Role, TokenView, View};
use crate::model::Weights;
use crate::standardise::nickname;

/// Levels of [`Field::Given`].
pub(crate) mod given {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const BY_MIDDLE: u8 = 2;
    pub(crate) const NICKNAME: u8 = 3;
    pub(crate) const TYPO: u8 = 4;
    pub(crate) const INITIAL: u8 = 5;
    pub(crate) const SIMILAR: u8 = 6;
    pub(crate) const OTHER_INITIAL: u8 = 7;
    pub(crate) const DIFFERENT: u8 = 8;
}

/// Levels of [`Field::Family`].
pub(crate) mod family {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const PART: u8 = 2;
    pub(crate) const TYPO: u8 = 3;
    pub(crate) const SIMILAR: u8 = 4;
    pub(crate) const DIFFERENT: u8 = 5;
}

/// Levels of [`Field::Middle`].
pub(crate) mod middle {
    pub(crate) const AGREES: u8 = 1;
    pub(crate) const DIFFERENT: u8 = 2;
}

/// Levels of [`Field::NameOrder`].
pub(crate) mod order {
    pub(crate) const SWAPPED: u8 = 1;
}

pub(crate) struct Names {
    pub given: Outcome,
    pub family: Outcome,
    pub middle: Outcome,
    pub order: Outcome,
}

const PARTS_MAX: usize = 12;

/// The tokens of one record by part.
#[derive(Clone, Copy)]
struct Parts<'a> {
    tokens: [TokenView<'a>; PARTS_MAX],
    len: usize,
    is_lone: bool,
}

impl<'a> Parts<'a> {
    fn new(view: View<'a>) -> Self {
        let mut parts = Parts { tokens: [TokenView::NONE; PARTS_MAX], len: 0, is_lone: false };
        for (slot, token) in parts.tokens.iter_mut().zip(view.tokens()) {
            *slot = token;
            parts.len += 1;
            parts.is_lone |= token.role == Role::Either;
        }
        parts
    }

    fn of(&self, role: Role) -> impl Iterator<Item = &TokenView<'a>> + Clone {
        self.tokens[..self.len].iter().filter(move |token| token.role == role)
    }

    fn swapped(&self) -> Self {
        self.recast(&[(Role::Given, Role::Family), (Role::Family, Role::Given)])
    }

    /// Reads every token of role `from` as one of role `to`.
    fn recast(&self, changes: &[(Role, Role)]) -> Self {
        let mut parts = *self;
        for token in &mut parts.tokens[..self.len] {
            if let Some((_, to)) = changes.iter().find(|(from, _)| *from == token.role) {
                token.role = *to;
            }
        }
        parts
    }
}

pub(crate) fn compare(weights: &Weights, a: View<'_>, b: View<'_>) -> Names {
    let (a, b) = (Parts::new(a), Parts::new(b));
    let mut best = if a.is_lone || b.is_lone { best_reading(weights, &a, &b) } else { straight(weights, &a, &b) };
    let is_poor = best.given.level >= given::SIMILAR || best.family.level >= family::SIMILAR;
    if is_poor && may_be_swapped(&a, &b) {
        for mut names in [straight(weights, &a.swapped(), &b), straight(weights, &a, &b.swapped())] {
            names.order = weights.outcome(Field::NameOrder, order::SWAPPED);
            if strength(&names) > strength(&best) {
                best = names;
            }
        }
    }
    best
}

/// Whether at least one name stands in the other's place exactly; without that a swap is no explanation.
fn may_be_swapped(a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let crosses = |x: Role, y: Role| a.of(x).any(|token| b.of(y).any(|other| token.canon == other.canon));
    crosses(Role::Given, Role::Family) || crosses(Role::Family, Role::Given)
}

fn best_reading(weights: &Weights, a: &Parts<'_>, b: &Parts<'_>) -> Names {
    let mut best: Option<Names> = None;
    for a in readings(a) {
        for b in readings(b) {
            consider(&mut best, straight(weights, &a, &b));
        }
    }
    best.unwrap_or_else(|| straight(weights, a, b))
}

/// A lone token is read as a given name and as a family name.
fn readings<'a>(parts: &Parts<'a>) -> impl Iterator<Item = Parts<'a>> + use<'a> {
    let lone = parts.is_lone;
    let first = if lone { parts.recast(&[(Role::Either, Role::Given)]) } else { *parts };
    let second = lone.then(|| parts.recast(&[(Role::Either, Role::Family)]));
    std::iter::once(first).chain(second)
}

fn consider(best: &mut Option<Names>, names: Names) {
    if best.as_ref().is_none_or(|best| strength(&names) > strength(best)) {
        *best = Some(names);
    }
}

/// What a reading says against strangers, and where two say the same, against housemates: the better reading
/// must not depend on the side from which a pair is looked at.
fn strength(names: &Names) -> (f32, f32) {
    let outcomes = [names.given, names.family, names.middle, names.order];
    let stranger = outcomes.iter().map(|outcome| outcome.same - outcome.stranger).sum();
    let household = outcomes.iter().map(|outcome| outcome.same - outcome.household).sum();
    (stranger, household)
}

fn straight(weights: &Weights, a: &Parts<'_>, b: &Parts<'_>) -> Names {
    Names {
        given: given_outcome(weights, a, b),
        family: family_outcome(weights, a, b),
        middle: middle_outcome(weights, a, b),
        order: Outcome::NULL,
    }
}

/// How two tokens agree, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Equal,
    Nickname,
    Typo,
    Initial,
    Similar,
    OtherInitial,
    Different,
}

fn likeness(a: &TokenView<'_>, b: &TokenView<'_>, nicknames: bool) -> Likeness {
    if a.hash == b.hash {
        return if a.text.len() == 1 { Likeness::Initial } else { Likeness::Equal };
    }
    if a.text.len() == 1 || b.text.len() == 1 {
        return if a.text.first() == b.text.first() { Likeness::Initial } else { Likeness::OtherInitial };
    }
    if nicknames && nickname::related(a.hash, b.hash) {
        return Likeness::Nickname;
    }
    spelling(a.text, b.text)
}

fn spelling(a: &[u8], b: &[u8]) -> Likeness {
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    if long - short > 3 {
        return if short >= 3 && long > short && (a.starts_with(b) || b.starts_with(a)) {
            Likeness::Similar
        } else {
            Likeness::Different
        };
    }
    let typos_max = match short {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let distance = if edit::may_be_within(a, b, typos_max + 1) { edit::distance(a, b) } else { usize::MAX };
    if distance <= typos_max {
        Likeness::Typo
    } else if distance <= typos_max + 1 && short > 4 || short >= 3 && (a.starts_with(b) || b.starts_with(a)) {
        Likeness::Similar
    } else {
        Likeness::Different
    }
}

/// The best likeness between two sets of tokens, and the token that it rests on.
fn best<'a, 'v: 'a>(
    left: impl Iterator<Item = &'a TokenView<'v>>,
    right: impl Iterator<Item = &'a TokenView<'v>> + Clone,
    nicknames: bool,
) -> Option<(Likeness, TokenView<'v>, TokenView<'v>)> {
    let mut found: Option<(Likeness, TokenView<'v>, TokenView<'v>)> = None;
    for a in left {
        for b in right.clone() {
            let likeness = likeness(a, b, nicknames);
            if found.as_ref().is_none_or(|best| (likeness, tie(a, b)) < (best.0, tie(&best.1, &best.2))) {
                found = Some((likeness, *a, *b));
            }
        }
    }
    found
}

/// Breaks ties between equally good pairs the same way from both sides.
fn tie(a: &TokenView<'_>, b: &TokenView<'_>) -> (u32, u32) {
    (a.hash.min(b.hash), a.hash.max(b.hash))
}

fn given_outcome(weights: &Weights, a: &Parts<'_>, b: &Parts<'_>) -> Outcome {
    let direct = best(a.of(Role::Given), b.of(Role::Given), true);
    let Some((likeness, left, right)) = direct else {
        return Outcome::NULL;
    };
    if likeness >= Likeness::Similar {
        let crossed =
            [best(a.of(Role::Middle), b.of(Role::Given), true), best(a.of(Role::Given), b.of(Role::Middle), true)];
        if let Some((_, token, _)) = crossed.into_iter().flatten().find(|found| found.0 <= Likeness::Nickname) {
            return weights.given(given::BY_MIDDLE, token.canon, token.canon);
        }
    }
    let level = match likeness {
        Likeness::Equal => equal_given(a, b, &left),
        Likeness::Nickname => given::NICKNAME,
        Likeness::Typo => given::TYPO,
        Likeness::Initial => given::INITIAL,
        Likeness::Similar => given::SIMILAR,
        Likeness::OtherInitial => given::OTHER_INITIAL,
        Likeness::Different => given::DIFFERENT,
    };
    weights.given(level, left.hash, right.hash)
}

/// Compound names: what comes first counts, and two that agree on one part only are two names.
fn equal_given(a: &Parts<'_>, b: &Parts<'_>, shared: &TokenView<'_>) -> u8 {
    let unmatched = |x: &Parts<'_>, y: &Parts<'_>| {
        x.of(Role::Given).any(|token| {
            token.text.len() > 1 && y.of(Role::Given).all(|other| likeness(token, other, true) > Likeness::Initial)
        })
    };
    let is_first = |x: &Parts<'_>| x.of(Role::Given).next().is_some_and(|token| token.hash == shared.hash);
    match () {
        () if unmatched(a, b) && unmatched(b, a) => given::SIMILAR,
        () if is_first(a) && is_first(b) => given::EXACT,
        () if !unmatched(a, b) && !unmatched(b, a) => given::EXACT,
        () => given::BY_MIDDLE,
    }
}

/// Double names: all parts, some of them, or only one where both have others as well.
fn equal_family(a: &Parts<'_>, b: &Parts<'_>) -> u8 {
    let contains = |x: &Parts<'_>, y: &Parts<'_>| {
        y.of(Role::Family).all(|token| x.of(Role::Family).any(|other| likeness(token, other, false) <= Likeness::Typo))
    };
    match (contains(a, b), contains(b, a)) {
        (true, true) => family::EXACT,
        (false, false) => family::SIMILAR,
        _ => family::PART,
    }
}

fn family_outcome(weights: &Weights, a: &Parts<'_>, b: &Parts<'_>) -> Outcome {
    let direct = best(a.of(Role::Family), b.of(Role::Family), false);
    let Some((likeness, left, right)) = direct else {
        return Outcome::NULL;
    };
    let level = match likeness {
        Likeness::Equal => equal_family(a, b),
        Likeness::Typo => family::TYPO,
        Likeness::Initial | Likeness::Similar => family::SIMILAR,
        _ => {
            let crossed = [
                best(a.of(Role::Middle), b.of(Role::Family), false),
                best(a.of(Role::Family), b.of(Role::Middle), false),
            ];
            match crossed.into_iter().flatten().find(|found| found.0 == Likeness::Equal) {
                Some(_) => family::PART,
                None => family::DIFFERENT,
            }
        }
    };
    weights.family(level, left.hash, right.hash)
}

fn middle_outcome(weights: &Weights, a: &Parts<'_>, b: &Parts<'_>) -> Outcome {
    let Some((likeness, ..)) = best(a.of(Role::Middle), b.of(Role::Middle), true) else {
        return Outcome::NULL;
    };
    let level = if likeness <= Likeness::Initial { middle::AGREES } else { middle::DIFFERENT };
    weights.outcome(Field::Middle, level)
}
