//! Where people live.

use crate::{
    country::Country,
    dice::Dice,
    phone::Phone,
    tables::{City, PostalStyle, tables},
};

/// A home with its landline.
pub struct Home {
    country: Country,
    street: usize,
    street_type: usize,
    pub house_number: String,
    pub unit: Unit,
    pub city: &'static City,
    pub postcode: String,
    pub landline: Option<Phone>,
}

/// A flat within the house.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    None,
    Flat(u16),
    Floor(u8, char),
}

impl Home {
    /// A home for the household, the `nth` it has.
    pub fn draw(country: Country, local_household: u64, nth: u64, dice: &mut Dice) -> Self {
        let locale = tables().locale(country);
        let city_index = skewed(locale.cities.len(), dice);
        let street = dice.below(locale.streets.len());
        let street_type = skewed(PostalStyle::of(country).types.len(), dice);
        let key = ((city_index * 1_000 + street) * 32 + street_type) as u64;
        let city = &locale.cities[city_index];
        Self {
            country,
            street,
            street_type,
            house_number: house_number(country, dice),
            unit: unit(country, dice),
            city,
            postcode: city.postcode(key),
            landline: dice.chance(0.45).then(|| Phone::landline(country, local_household, nth)),
        }
    }

    /// Writes the street without the number; `short` picks an abbreviation.
    pub fn write_street(&self, short: Option<usize>, out: &mut String) {
        let style = PostalStyle::of(self.country);
        let name = &tables().locale(self.country).streets[self.street];
        let (full, abbreviations) = style.types[self.street_type];
        let word = short.map_or(full, |n| abbreviations[n % abbreviations.len()]);
        let (first, second) = if style.type_first { (word, name.as_str()) } else { (name.as_str(), word) };
        out.push_str(first);
        out.push_str(style.joint);
        out.push_str(second);
    }
}

impl Unit {
    /// Writes the unit the way the country does, `variant` choosing among its ways.
    pub fn write(self, country: Country, variant: usize, out: &mut String) {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = match (self, country) {
            (Unit::None, _) => Ok(()),
            (Unit::Flat(n), Country::UnitedStates) => {
                write!(out, "{} {n}", ["Apt", "Unit", "apt", "#"][variant % 4])
            }
            (Unit::Flat(n), Country::UnitedKingdom) => {
                write!(out, "{} {n}", ["Flat", "Apartment", "flat"][variant % 3])
            }
            (Unit::Flat(n), _) => write!(out, "App. {n}"),
            (Unit::Floor(floor, door), _) => write!(out, "{floor}º {door}"),
        };
    }
}

/// Towards the front of a list: large cities have more people, some street types more streets.
fn skewed(len: usize, dice: &mut Dice) -> usize {
    dice.below(len).min(dice.below(len))
}

fn house_number(country: Country, dice: &mut Dice) -> String {
    let highest = if country == Country::UnitedStates && dice.chance(0.6) { 9_899 } else { 148 };
    let mut number = (1 + dice.below(highest)).to_string();
    match country {
        Country::Germany if dice.chance(0.15) => number.push(dice.pick(&['a', 'b', 'c', 'd'])),
        Country::UnitedKingdom if dice.chance(0.04) => number.push(dice.pick(&['A', 'B'])),
        Country::France if dice.chance(0.06) => number.push_str(" bis"),
        _ => {}
    }
    number
}

fn unit(country: Country, dice: &mut Dice) -> Unit {
    match country {
        Country::UnitedStates if dice.chance(0.28) => Unit::Flat(1 + dice.below(60) as u16),
        Country::UnitedKingdom if dice.chance(0.18) => Unit::Flat(1 + dice.below(24) as u16),
        Country::Spain if dice.chance(0.6) => Unit::Floor(1 + dice.below(8) as u8, dice.pick(&['A', 'B', 'C', 'D'])),
        _ => Unit::None,
    }
}
