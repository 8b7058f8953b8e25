//! Birth dates.

use super::{Field, Outcome};
use crate::features::Birth;
use crate::model::Weights;

/// Levels of [`Field::Birth`].
pub(crate) mod level {
    pub(crate) const EXACT: u8 = 1;
    pub(crate) const SWAPPED: u8 = 2;
    pub(crate) const ONE_DIGIT: u8 = 3;
    pub(crate) const YEAR_AND_MORE: u8 = 4;
    pub(crate) const DAY_AND_MONTH: u8 = 5;
    pub(crate) const YEAR_KNOWN: u8 = 6;
    pub(crate) const NEAR: u8 = 7;
    pub(crate) const SAME_YEAR: u8 = 8;
    pub(crate) const DIFFERENT: u8 = 9;
}

pub(crate) fn compare(weights: &Weights, a: Birth, b: Birth) -> Outcome {
    if a.year == 0 || b.year == 0 {
        return Outcome::NULL;
    }
    weights.outcome(Field::Birth, reached(a, b))
}

/// First of January and missing parts stand for "only the year is known".
fn is_partial(date: Birth) -> bool {
    date.day == 0 || (date.month, date.day) == (1, 1)
}

fn reached(a: Birth, b: Birth) -> u8 {
    if is_partial(a) || is_partial(b) {
        return partial(a, b);
    }
    let day_and_month = (a.month, a.day) == (b.month, b.day);
    if a.year == b.year {
        return match () {
            () if day_and_month => level::EXACT,
            () if (a.month, a.day) == (b.day, b.month) => level::SWAPPED,
            () if digits_apart(a, b) == 1 => level::ONE_DIGIT,
            () if is_near(a, b) => level::NEAR,
            () => level::SAME_YEAR,
        };
    }
    match (day_and_month, digits_apart(a, b)) {
        (_, 1) => level::ONE_DIGIT,
        (true, _) => level::DAY_AND_MONTH,
        _ if is_near(a, b) => level::NEAR,
        _ => level::DIFFERENT,
    }
}

/// What a date of which parts are missing agrees on.
fn partial(a: Birth, b: Birth) -> u8 {
    let year_alone = |date: Birth| date.month == 0 || (date.month, date.day) == (1, 1);
    match a.year.abs_diff(b.year) {
        0 if a == b && a.day != 0 => level::YEAR_AND_MORE,
        0 if year_alone(a) || year_alone(b) => level::YEAR_KNOWN,
        0 if a.month == b.month => level::YEAR_AND_MORE,
        0 => level::SAME_YEAR,
        1 | 2 if year_alone(a) || year_alone(b) => level::NEAR,
        _ => level::DIFFERENT,
    }
}

/// About the same time of the year, with the year right or off by one or by ten, as slips of hand and memory make it.
fn is_near(a: Birth, b: Birth) -> bool {
    let day_of_year = |date: Birth| u32::from(date.month) * 31 + u32::from(date.day);
    let apart = day_of_year(a).abs_diff(day_of_year(b));
    matches!(a.year.abs_diff(b.year), 0 | 1 | 10) && (apart <= 35 || apart >= 372 - 35)
}

/// In how many of their eight digits the dates differ; two neighbours in each other's place count once.
fn digits_apart(a: Birth, b: Birth) -> usize {
    let (a, b) = (digits(a), digits(b));
    let differing: Vec<usize> = (0..8).filter(|at| a[*at] != b[*at]).collect();
    match differing.as_slice() {
        [x, y] if x + 1 == *y && a[*x] == b[*y] && a[*y] == b[*x] => 1,
        other => other.len(),
    }
}

fn digits(date: Birth) -> [u8; 8] {
    let packed = u32::from(date.year) * 10_000 + u32::from(date.month) * 100 + u32::from(date.day);
    let mut rest = packed;
    let mut out = [0; 8];
    for slot in out.iter_mut().rev() {
        *slot = (rest % 10) as u8;
        rest /= 10;
    }
    out
}
