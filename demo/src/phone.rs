//! Telephone numbers that ring nowhere.
//!
//! Numbers come first from the ranges that a country keeps for fiction (555-01xx, Ofcom's and
//! the Bundesnetzagentur's drama numbers, Arcep's 06 39 98). Where such a range is too small for
//! the population, or a country has none, they go on in ranges that its plan leaves unassigned.

use crate::{country::Country, dice::scramble};

/// A telephone number: country and national number without the trunk digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phone {
    pub country: Country,
    pub national: u64,
}

/// How a number is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    E164,
    International,
    TrunkInBrackets,
    DoubleZero,
    Plain,
    Spaced,
    Dashed,
    Dotted,
}

impl Style {
    /// Those that people use when nobody tells them how.
    pub const ALL: [Style; 8] = [
        Style::Plain,
        Style::Spaced,
        Style::Dashed,
        Style::E164,
        Style::International,
        Style::TrunkInBrackets,
        Style::DoubleZero,
        Style::Dotted,
    ];
}

/// How many telephone numbers of each kind a household can have.
const SLOTS: u64 = 16;
const FIRST_LANDLINE_SLOT: u64 = 12;

impl Phone {
    /// The mobile number in a slot of the how-manieth household of the country.
    pub fn mobile(country: Country, household: u64, slot: u64) -> Self {
        let n = household * FIRST_LANDLINE_SLOT + slot % FIRST_LANDLINE_SLOT;
        let national = match country {
            Country::UnitedStates => united_states(household * SLOTS + slot % FIRST_LANDLINE_SLOT),
            Country::UnitedKingdom => spread(n, &[7_700_900], 1_000, 7_200_000_000, 100_000_000),
            Country::Germany => spread(n, &[17_139_200], 100, 1_540_000_000, 10_000_000),
            Country::France => spread(n, &[63_998], 10_000, 710_000_000, 20_000_000),
            Country::Spain => spread(n, &[], 1, 750_000_000, 50_000_000),
        };
        Self { country, national }
    }

    /// The landline of one of the household's homes.
    pub fn landline(country: Country, household: u64, home: u64) -> Self {
        let home = home % (SLOTS - FIRST_LANDLINE_SLOT);
        let n = household * (SLOTS - FIRST_LANDLINE_SLOT) + home;
        let national = match country {
            Country::UnitedStates => united_states(household * SLOTS + FIRST_LANDLINE_SLOT + home),
            Country::UnitedKingdom => spread(n, &UK_DRAMA, 1_000, 1_632_000_000, 900_000),
            Country::Germany => spread(n, &GERMAN_DRAMA, 1_000, 302_312_500_000, 100_000),
            Country::France => spread(n, &FRENCH_DRAMA, 10_000, 199_100_000, 900_000),
            Country::Spain => spread(n, &[], 1, 890_000_000, 10_000_000),
        };
        Self { country, national }
    }

    /// The number of a shop, which a till sometimes puts in for the customer's.
    pub fn of_store(country: Country, store: u64) -> Self {
        Self::landline(country, 50_000 + store % 5, 3)
    }

    /// The number with one digit near its end changed, or two neighbours swapped.
    pub fn mistyped(self, bits: u64) -> Self {
        let place = 10u64.pow((bits % 6) as u32);
        let (low, high) = (self.national / place % 10, self.national / place / 10 % 10);
        let without = self.national - low * place - high * place * 10;
        let national = if low != high && bits & 64 == 0 {
            without + high * place + low * place * 10
        } else {
            without + (low + 1 + (bits >> 8) % 8) % 10 * place + high * place * 10
        };
        Self { national, ..self }
    }

    /// Writes the number in a style.
    pub fn write(self, style: Style, out: &mut String) {
        let (code, trunk) = (self.country.calling_code(), self.country.trunk());
        let digits = self.national.to_string();
        let before = match style {
            Style::E164 | Style::International => ["+", code, ""],
            Style::TrunkInBrackets if trunk.is_empty() => ["+", code, ""],
            Style::TrunkInBrackets => ["+", code, " (0)"],
            Style::DoubleZero if trunk.is_empty() => ["", "", ""],
            Style::DoubleZero => ["00", code, ""],
            Style::Plain | Style::Spaced | Style::Dashed | Style::Dotted => [trunk, "", ""],
        };
        before.iter().for_each(|part| out.push_str(part));
        let joint = match style {
            Style::International | Style::Spaced => ' ',
            Style::Dashed => '-',
            Style::Dotted => '.',
            Style::E164 | Style::TrunkInBrackets | Style::DoubleZero | Style::Plain => {
                return out.push_str(&digits);
            }
        };
        if style == Style::International {
            out.push(joint);
        }
        group(self.country, &digits, joint, out);
    }
}

/// Puts a number's digits in the groups that the country is used to.
fn group(country: Country, digits: &str, joint: char, out: &mut String) {
    let sizes: &[usize] = match country {
        Country::UnitedStates => &[3, 3],
        Country::UnitedKingdom => &[4],
        Country::Germany => &[3],
        Country::France => &[1, 2, 2, 2],
        Country::Spain => &[3, 3],
    };
    let mut rest = digits;
    for &size in sizes {
        let Some((head, tail)) = rest.split_at_checked(size) else {
            break;
        };
        out.push_str(head);
        out.push(joint);
        rest = tail;
    }
    out.push_str(rest);
}

const UK_DRAMA: [u64; 15] = [
    2_079_460, 1_134_960, 1_144_960, 1_154_960, 1_164_960, 1_174_960, 1_184_960, 1_214_960, 1_314_960, 1_414_960,
    1_514_960, 1_614_960, 1_914_980, 2_896_496, 1_632_960,
];
const GERMAN_DRAMA: [u64; 5] = [3_023_125, 2_214_710, 4_066_969, 8_999_998, 6_990_009];
const FRENCH_DRAMA: [u64; 5] = [19_900, 26_191, 35_301, 46_571, 53_649];

/// The number `n` of a row: from blocks of the given size first, then from one large range.
fn spread(n: u64, blocks: &[u64], block_size: u64, base: u64, size: u64) -> u64 {
    let fictional = blocks.len() as u64 * block_size;
    if n < fictional {
        let n = permute(n, fictional);
        blocks[(n / block_size) as usize] * block_size + n % block_size
    } else {
        base + permute((n - fictional) % size, size)
    }
}

/// Area codes without three-digit services and toll-free codes (x11, x00, x88 and the like).
const AREAS: u64 = 8 * 81;
const FICTIONAL: u64 = AREAS * 100;

fn united_states(n: u64) -> u64 {
    if n < FICTIONAL {
        let n = permute(n, FICTIONAL);
        let (first, pair) = (n / 100 / 81 + 2, n / 100 % 81);
        // Nine middle digits (0 to 8) with nine last digits each: all but the same one.
        let (middle, last) = (pair / 9, (pair / 9 + 1 + pair % 9) % 10);
        return ((first * 10 + middle) * 10 + last) * 10_000_000 + 5_550_100 + n % 100;
    }
    // Area codes with 9 in the middle are kept back for the day when the plan grows a digit.
    let n = permute((n - FICTIONAL) % 64_000_000, 64_000_000);
    let (area, exchange, line) = (n / 8_000_000, n / 10_000 % 800 + 200, n % 10_000);
    (area * 100 + 290 + exchange % 9) * 10_000_000 + exchange * 10_000 + line
}

/// Spreads the numbers below `size` over each other, so that neighbours look unrelated.
fn permute(n: u64, size: u64) -> u64 {
    // A prime larger than any range has no factor in common with its size.
    const PRIME: u64 = 2_654_435_761;
    ((u128::from(n) * u128::from(PRIME) + u128::from(scramble(size))) % u128::from(size)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn text(phone: Phone, style: Style) -> String {
        let mut out = String::new();
        phone.write(style, &mut out);
        out
    }

    #[test]
    fn no_number_is_given_out_twice() {
        for country in Country::ALL {
            let mut seen = HashSet::new();
            for household in 0..20_000 {
                for slot in 0..12 {
                    assert!(seen.insert(Phone::mobile(country, household, slot).national));
                }
                for home in 0..4 {
                    assert!(seen.insert(Phone::landline(country, household, home).national));
                }
            }
        }
    }

    #[test]
    fn the_demo_stays_in_the_fictional_range() {
        for household in 0..4_000 {
            let number = Phone::mobile(Country::UnitedStates, household, 5).national;
            assert_eq!(number / 100 % 100_000, 55_501, "{number}");
            assert!((200..1000).contains(&(number / 10_000_000)));
        }
    }

    #[test]
    fn numbers_are_written_in_many_ways() {
        let us = Phone { country: Country::UnitedStates, national: 4_155_550_123 };
        let de = Phone { country: Country::Germany, national: 3_023_125_007 };
        let cases = [
            (us, Style::E164, "+14155550123"),
            (us, Style::Dashed, "415-555-0123"),
            (us, Style::DoubleZero, "4155550123"),
            (de, Style::TrunkInBrackets, "+49 (0)3023125007"),
            (de, Style::DoubleZero, "00493023125007"),
            (de, Style::Spaced, "0302 3125007"),
            (de, Style::International, "+49 302 3125007"),
        ];
        for (phone, style, written) in cases {
            assert_eq!(text(phone, style), written, "{style:?}");
        }
    }

    #[test]
    fn a_mistyped_number_differs_and_keeps_its_length() {
        let phone = Phone { country: Country::France, national: 639_980_012 };
        for bits in 0..5_000u64 {
            let wrong = phone.mistyped(scramble(bits));
            assert_ne!(wrong.national, phone.national);
            assert_eq!(text(wrong, Style::Plain).len(), 10);
        }
    }
}
