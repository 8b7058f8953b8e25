//! The word lists, read once into tables to draw from.

mod names;
mod places;

use std::{collections::HashMap, sync::OnceLock};

use crate::{country::Country, dice::Dice};
pub use names::Names;
pub use places::{City, PostalStyle};

/// Everything that the generator draws words from.
pub struct Tables {
    traditions: Vec<Tradition>,
    locales: Vec<Locale>,
    /// Words for e-mail addresses that say nothing of a name: what kind, and who.
    pub hobbies: (Vec<&'static str>, Vec<&'static str>),
}

/// The names of one language group.
pub struct Tradition {
    pub female: Names,
    pub male: Names,
    pub surnames: Names,
    pub nicknames: HashMap<String, Vec<String>>,
}

/// Traditions by index, with their shares in per cent.
type Shares = &'static [(usize, u32)];

/// The places of one country.
pub struct Locale {
    pub streets: Vec<String>,
    pub cities: Vec<City>,
    pub trades: Vec<String>,
    pub legal_forms: Vec<String>,
    /// Which traditions its people follow.
    traditions: Shares,
}

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../data/", $name, ".txt"))
    };
}

/// The tables, made at the first use.
pub fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables { traditions: traditions(), locales: locales(), hobbies: hobbies() })
}

impl Tables {
    /// The places of a country.
    pub fn locale(&self, country: Country) -> &Locale {
        &self.locales[country as usize]
    }

    /// A tradition that a household of the country may follow.
    pub fn tradition(&self, country: Country, dice: &mut Dice) -> &Tradition {
        let choices = self.locale(country).traditions;
        let mut rest = dice.below(100) as u32;
        for &(index, share) in choices {
            if rest < share {
                return &self.traditions[index];
            }
            rest -= share;
        }
        &self.traditions[choices[0].0]
    }
}

fn traditions() -> Vec<Tradition> {
    let lists: [[&str; 5]; 5] = [
        [data!("en_female"), data!("en_male"), data!("en_surnames"), data!("en_surname_parts"), data!("en_nicknames")],
        [data!("gb_female"), data!("gb_male"), data!("gb_surnames"), "", ""],
        [data!("de_female"), data!("de_male"), data!("de_surnames"), data!("de_surname_parts"), data!("de_nicknames")],
        [data!("fr_female"), data!("fr_male"), data!("fr_surnames"), data!("fr_surname_parts"), data!("fr_nicknames")],
        [data!("es_female"), data!("es_male"), data!("es_surnames"), data!("es_surname_parts"), data!("es_nicknames")],
    ];
    lists
        .iter()
        .map(|[female, male, surnames, parts, nicknames]| Tradition {
            female: Names::given(female),
            male: Names::given(male),
            surnames: Names::surnames(surnames, parts),
            nicknames: nickname_table(nicknames),
        })
        .collect()
}

fn nickname_table(text: &str) -> HashMap<String, Vec<String>> {
    text.lines()
        .filter_map(|line| {
            let mut list = words(line);
            let name = list.next()?;
            Some((name, list.collect()))
        })
        .collect()
}

fn locales() -> Vec<Locale> {
    let lists: [(&str, &str, Shares); 5] = [
        (data!("streets_us"), data!("cities_us"), &[(0, 86), (4, 14)]),
        (data!("streets_gb"), data!("cities_gb"), &[(0, 82), (1, 18)]),
        (data!("streets_de"), data!("cities_de"), &[(2, 100)]),
        (data!("streets_fr"), data!("cities_fr"), &[(3, 100)]),
        (data!("streets_es"), data!("cities_es"), &[(4, 100)]),
    ];
    lists
        .iter()
        .zip(Country::ALL)
        .map(|(&(streets, cities, traditions), country)| Locale {
            streets: words(streets).collect(),
            cities: cities.lines().filter_map(City::parse).collect(),
            trades: line_of(data!("trades"), country),
            legal_forms: line_of(data!("legal_forms"), country),
            traditions,
        })
        .collect()
}

/// The words of the line that begins with the country's code.
fn line_of(text: &str, country: Country) -> Vec<String> {
    let code = country.code().to_lowercase();
    let line = text.lines().find_map(|line| line.strip_prefix(&code));
    words(line.unwrap_or_default()).collect()
}

fn hobbies() -> (Vec<&'static str>, Vec<&'static str>) {
    let mut lines = data!("hobbies").lines().map(|line| line.split_whitespace().collect());
    (lines.next().unwrap_or_default(), lines.next().unwrap_or_default())
}

/// Words stand between blanks; a blank inside a word is written as an underscore.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().map(|word| word.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_enough_words() {
        for country in Country::ALL {
            let locale = tables().locale(country);
            let main = &tables().traditions[locale.traditions[0].0];
            let found = [
                main.female.len() + main.male.len(),
                main.surnames.len(),
                main.nicknames.len(),
                locale.streets.len(),
                locale.cities.len(),
                locale.trades.len(),
                locale.legal_forms.len(),
            ];
            let least = [300, 400, 30, 60, 25, 10, 4];
            let enough = found.iter().zip(least).all(|(&found, least)| found >= least);
            assert!(enough, "{country:?}: {found:?}");
        }
    }
}
