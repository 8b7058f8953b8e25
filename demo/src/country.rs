//! The five countries in which the retailer sells.

/// A country of the retailer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Country {
    #[default]
    UnitedStates,
    UnitedKingdom,
    Germany,
    France,
    Spain,
}

use Country::{France, Germany, Spain, UnitedKingdom, UnitedStates};

/// Of each fifty households in a row, how many live in each country.
const SHARES: [(Country, u64); 5] = [(UnitedStates, 27), (UnitedKingdom, 9), (Germany, 6), (France, 4), (Spain, 4)];

impl Country {
    /// All of them; the position is the index into every table by country.
    pub const ALL: [Country; 5] = [UnitedStates, UnitedKingdom, Germany, France, Spain];

    /// Where a household lives, and the how-manieth it is of its country. Both follow from the
    /// number alone, so that telephone numbers can be given out without a ledger.
    pub fn of_household(household: u64) -> (Country, u64) {
        let (block, place) = (household / 50, household % 50 * 19 % 50);
        let mut start = 0;
        for (country, count) in SHARES {
            if place < start + count {
                return (country, block * count + place - start);
            }
            start += count;
        }
        (UnitedStates, household)
    }

    /// Two letters, ISO 3166-1.
    pub fn code(self) -> &'static str {
        ["US", "GB", "DE", "FR", "ES"][self as usize]
    }

    /// The English name, as a shop system writes it out.
    pub fn name(self) -> &'static str {
        ["United States", "United Kingdom", "Germany", "France", "Spain"][self as usize]
    }

    /// The calling code without the plus sign.
    pub fn calling_code(self) -> &'static str {
        ["1", "44", "49", "33", "34"][self as usize]
    }

    /// The digit dialled before the national number inside the country.
    pub fn trunk(self) -> &'static str {
        ["", "0", "0", "0", ""][self as usize]
    }

    /// The currency of the shop.
    pub fn currency(self) -> &'static str {
        ["USD", "GBP", "EUR", "EUR", "EUR"][self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn places_are_dense_and_unique() {
        let mut seen = HashSet::new();
        let mut highest = [0; 5];
        for household in 0..5_000 {
            let (country, local) = Country::of_household(household);
            assert!(seen.insert((country as usize, local)));
            highest[country as usize] = local.max(highest[country as usize]);
        }
        assert_eq!(highest, [2699, 899, 599, 399, 399]);
    }
}
