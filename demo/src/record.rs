//! One customer as one system knows them.

use crate::{
    calendar::{Civil, Instant},
    country::Country,
    phone::{Phone, Style},
    tags::Tags,
};

/// The systems that export customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Salesforce,
    Shopify,
    Square,
    Loyalty,
}

impl Source {
    /// All of them, in the order of the export files.
    pub const ALL: [Source; 4] = [Source::Salesforce, Source::Shopify, Source::Square, Source::Loyalty];

    /// The name that the truth and the common CSV use.
    pub fn name(self) -> &'static str {
        ["salesforce", "shopify", "square", "loyalty"][self as usize]
    }
}

/// What stands in the telephone field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Telephone {
    #[default]
    None,
    Number(Phone, Style),
    /// What a cashier types to get past the field.
    Nonsense(&'static str),
}

impl Telephone {
    /// Appends the number as it was typed.
    pub fn write(self, out: &mut String) {
        match self {
            Telephone::None => {}
            Telephone::Number(phone, style) => phone.write(style, out),
            Telephone::Nonsense(text) => out.push_str(text),
        }
    }

    /// The number as a text of its own.
    pub fn text(self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// Whether nothing was entered.
    pub fn is_none(self) -> bool {
        self == Telephone::None
    }
}

/// A customer record with whatever went wrong when it was taken down.
#[derive(Debug, Clone, Default)]
pub struct Record {
    pub source: Source,
    pub person: u64,
    pub household: u64,
    pub country: Country,
    pub tags: Tags,
    pub title: &'static str,
    pub given: String,
    pub middle: String,
    pub surname: String,
    pub suffix: &'static str,
    pub female: bool,
    pub birth: Option<Civil>,
    pub email: String,
    pub mobile: Telephone,
    pub landline: Telephone,
    pub street: String,
    pub house_number: String,
    pub unit: String,
    pub city: String,
    pub region: &'static str,
    pub postcode: String,
    pub company: String,
    pub card: String,
    pub created: Instant,
    pub updated: Instant,
}

impl Record {
    /// Empties every field and keeps the room of the texts.
    pub fn clear(&mut self) {
        (self.title, self.suffix, self.region) = ("", "", "");
        self.birth = None;
        (self.mobile, self.landline) = (Telephone::None, Telephone::None);
        for text in [
            &mut self.given,
            &mut self.middle,
            &mut self.surname,
            &mut self.email,
            &mut self.street,
            &mut self.house_number,
            &mut self.unit,
            &mut self.city,
            &mut self.postcode,
            &mut self.company,
            &mut self.card,
        ] {
            text.clear();
        }
    }

    /// The number that a system with one field for it holds.
    pub fn telephone(&self) -> Telephone {
        if self.mobile.is_none() { self.landline } else { self.mobile }
    }

    /// Street, house number and flat in one line, in the order of the country.
    pub fn write_address_line(&self, out: &mut String) {
        let number_first = crate::tables::PostalStyle::of(self.country).number_first;
        let (first, second) =
            if number_first { (&self.house_number, &self.street) } else { (&self.street, &self.house_number) };
        let flat_first = self.country == Country::UnitedKingdom;
        let parts = if flat_first { [&self.unit, first, second] } else { [first, second, &self.unit] };
        let start = out.len();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if out.len() > start {
                out.push_str(if flat_first && out.len() == start + self.unit.len() { ", " } else { " " });
            }
            out.push_str(part);
        }
    }

    /// The same as a text of its own.
    pub fn address_line(&self) -> String {
        let mut out = String::new();
        self.write_address_line(&mut out);
        out
    }
}
