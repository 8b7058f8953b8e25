//! Cities, postcodes and what streets are called.

use crate::{country::Country, dice::scramble};

/// A city with the shape of its postcodes.
pub struct City {
    pub name: String,
    pub region: String,
    pattern: String,
}

impl City {
    /// Reads `name|region|pattern`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('|').map(str::to_owned);
        Some(Self { name: parts.next()?, region: parts.next()?, pattern: parts.next()? })
    }

    /// The postcode of one street: `#` becomes a digit and `@` a letter, always the same ones
    /// for the same street.
    pub fn postcode(&self, street: u64) -> String {
        const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
        let mut bits = scramble(street.wrapping_mul(31) + self.pattern.len() as u64);
        let mut draw = |bound: u64| {
            let drawn = bits % bound;
            bits /= bound;
            drawn as usize
        };
        self.pattern
            .chars()
            .map(|symbol| match symbol {
                '#' => char::from(b'0' + draw(10) as u8),
                '@' => char::from(LETTERS[draw(20)]),
                other => other,
            })
            .collect()
    }
}

/// A kind of street: the full word and the short forms that people write.
pub type StreetType = (&'static str, &'static [&'static str]);

/// How a country writes its addresses.
pub struct PostalStyle {
    pub types: &'static [StreetType],
    /// The type stands before the name (rue des Lilas), or else after it.
    pub type_first: bool,
    /// What stands between name and type.
    pub joint: &'static str,
    /// The house number stands before the street.
    pub number_first: bool,
}

impl PostalStyle {
    /// The customs of a country.
    pub fn of(country: Country) -> &'static Self {
        &STYLES[country as usize]
    }
}

const STYLES: [PostalStyle; 5] = [
    PostalStyle {
        types: &[
            ("Street", &["St", "St.", "Str"]),
            ("Avenue", &["Ave", "Av"]),
            ("Road", &["Rd"]),
            ("Drive", &["Dr", "Drv"]),
            ("Lane", &["Ln"]),
            ("Court", &["Ct"]),
            ("Boulevard", &["Blvd"]),
            ("Place", &["Pl"]),
            ("Circle", &["Cir"]),
            ("Way", &["Wy"]),
        ],
        type_first: false,
        joint: " ",
        number_first: true,
    },
    PostalStyle {
        types: &[
            ("Street", &["St"]),
            ("Road", &["Rd"]),
            ("Lane", &["La", "Ln"]),
            ("Avenue", &["Ave"]),
            ("Close", &["Cl"]),
            ("Drive", &["Dr"]),
            ("Gardens", &["Gdns"]),
            ("Crescent", &["Cres"]),
            ("Terrace", &["Terr"]),
            ("Way", &["Wy"]),
        ],
        type_first: false,
        joint: " ",
        number_first: true,
    },
    PostalStyle {
        types: &[
            ("straße", &["str.", "strasse", "str"]),
            ("weg", &["weg"]),
            ("allee", &["allee"]),
            ("platz", &["pl."]),
            ("gasse", &["gasse"]),
        ],
        type_first: false,
        joint: "",
        number_first: false,
    },
    PostalStyle {
        types: &[
            ("rue", &["r.", "r"]),
            ("avenue", &["av.", "ave"]),
            ("boulevard", &["bd", "blvd"]),
            ("chemin", &["ch.", "che"]),
            ("place", &["pl."]),
            ("impasse", &["imp."]),
            ("allée", &["all."]),
        ],
        type_first: true,
        joint: " ",
        number_first: true,
    },
    PostalStyle {
        types: &[
            ("Calle", &["C/", "C."]),
            ("Avenida", &["Avda.", "Av."]),
            ("Plaza", &["Pza.", "Pl."]),
            ("Paseo", &["Pº", "Pso."]),
            ("Camino", &["Cno."]),
        ],
        type_first: true,
        joint: " ",
        number_first: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_keeps_its_postcode() {
        let city = City::parse("Leeds||LS# #@@").unwrap();
        assert_eq!(city.postcode(4), city.postcode(4));
        assert_ne!(city.postcode(4), city.postcode(5));
        let code = city.postcode(4);
        assert!(code.starts_with("LS") && code.len() == 7, "{code}");
        assert!(City::parse("Leeds").is_none());
    }
}
