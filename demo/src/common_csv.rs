//! The population as one CSV for matching engines.

use std::{io, ops::ControlFlow};

use crate::{
    Retailer,
    calendar::Civil,
    country::Country,
    population::Population,
    record::{Record, Source},
    sheet::Sheet,
};

const COLUMNS: [&str; 18] = [
    "record_id",
    "source",
    "given_name",
    "middle_name",
    "surname",
    "full_name",
    "dob",
    "gender",
    "phone",
    "email",
    "address",
    "city",
    "region",
    "postcode",
    "country",
    "national_id",
    "loyalty_id",
    "created_at",
];
/// After so many records the progress is told.
const PROGRESS_EVERY: u64 = 10_000;

/// Writes records and truth; see [`Retailer::write_common_csv`].
pub fn write(
    retailer: &Retailer,
    out: impl io::Write,
    truth: impl io::Write,
    progress: &mut dyn FnMut(u64),
) -> io::Result<u64> {
    let mut rows = Rows { out: Sheet::new(out), truth: Sheet::new(truth), written: 0, text: String::new() };
    rows.out.header(&COLUMNS);
    rows.truth.header(&["record_id", "cluster_id", "household_id", "tags"]);
    let wanted = retailer.records as u64;
    Population::new(retailer.seed, retailer.records).each_household(|records| {
        for record in records {
            if rows.written == wanted {
                return Ok(ControlFlow::Break(()));
            }
            rows.write(record)?;
            if rows.written.is_multiple_of(PROGRESS_EVERY) {
                progress(rows.written);
            }
        }
        Ok::<_, io::Error>(ControlFlow::Continue(()))
    })?;
    rows.out.flush()?;
    rows.truth.flush()?;
    if !rows.written.is_multiple_of(PROGRESS_EVERY) {
        progress(rows.written);
    }
    Ok(rows.written)
}

/// Both files, row by row.
struct Rows<W, T> {
    out: Sheet<W>,
    truth: Sheet<T>,
    written: u64,
    text: String,
}

impl<W: io::Write, T: io::Write> Rows<W, T> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.written += 1;
        let id = self.written;
        self.out.plain(|text| push_id(text, id));
        self.out.plain(|text| text.push_str(record.source.name()));
        self.names(record);
        self.out.plain(|text| write_birth(record.birth, text));
        self.out.plain(|text| text.push_str(gender(record)));
        self.out.plain(|text| record.telephone().write(text));
        self.out.field(&record.email);
        self.place(record);
        self.out.plain(|_| {});
        self.out.plain(|text| text.push_str(&record.card));
        self.out.plain(|text| write_birth(Some(record.created.day().civil()), text));
        self.out.end_row()?;
        self.truth(record)
    }

    fn truth(&mut self, record: &Record) -> io::Result<()> {
        let id = self.written;
        self.truth.plain(|text| push_id(text, id));
        self.truth.plain(|text| push_padded(text, record.person, 1));
        self.truth.plain(|text| push_padded(text, record.household, 1));
        self.truth.plain(|text| record.tags.write(text));
        self.truth.end_row()
    }

    /// Adds a field that `write` puts together.
    fn put(&mut self, write: impl FnOnce(&mut String)) {
        self.text.clear();
        write(&mut self.text);
        self.out.field(&self.text);
    }

    /// Tills know one field for the whole name, the others two or three; a company stands in the
    /// field for the whole name.
    fn names(&mut self, record: &Record) {
        let whole = record.source == Source::Square && record.created.0 % 10 < 6;
        let parts = [&record.given, &record.middle, &record.surname];
        for part in parts {
            self.out.field(if whole { "" } else { part });
        }
        self.put(|text| {
            if !record.company.is_empty() {
                text.push_str(&record.company);
            } else if whole || record.created.0 % 10 < 2 {
                write_full_name(record, parts, text);
            }
        });
    }

    fn place(&mut self, record: &Record) {
        self.put(|text| record.write_address_line(text));
        self.out.field(&record.city);
        self.out.plain(|text| text.push_str(record.region));
        self.out.field(&record.postcode);
        self.out.plain(|text| text.push_str(country(record)));
    }
}

fn write_full_name(record: &Record, parts: [&String; 3], out: &mut String) {
    for part in parts.into_iter().map(String::as_str).chain([record.suffix]) {
        if !part.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(part);
        }
    }
}

/// A date with the parts that are known.
fn write_birth(birth: Option<Civil>, out: &mut String) {
    let Some(Civil { year, month, day }) = birth else {
        return;
    };
    match (year, month) {
        (_, 0) => push_padded(out, u64::from(year), 4),
        (year, _) => {
            push_padded(out, u64::from(year), 4);
            out.push('-');
            push_padded(out, u64::from(month), 2);
            out.push('-');
            push_padded(out, u64::from(day), 2);
        }
    }
}

/// One in five records says so, in the manner of its source.
fn gender(record: &Record) -> &'static str {
    let said = record.created.0 % 100 < 30 && record.company.is_empty();
    match (said, record.source, record.female) {
        (true, Source::Salesforce, true) => "F",
        (true, Source::Salesforce, false) => "M",
        (true, Source::Loyalty, true) => "female",
        (true, Source::Loyalty, false) => "male",
        _ => "",
    }
}

/// Mostly the code, at times a word for it or nothing.
fn country(record: &Record) -> &'static str {
    match (record.created.0 / 7 % 100, record.country) {
        (0..3, _) => "",
        (3..8, Country::UnitedStates) => "USA",
        (3..8, Country::UnitedKingdom) => "UK",
        (3..6, country) => country.name(),
        (_, country) => country.code(),
    }
}

fn push_id(out: &mut String, id: u64) {
    out.push('r');
    push_padded(out, id, 8);
}

/// The decimal digits of a number, with zeros in front up to the width; quicker than the
/// formatting machinery, and there are nine numbers to a row.
fn push_padded(out: &mut String, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut start) = (number, digits.len());
    while rest > 0 || digits.len() - start < width.min(20) {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits[start..].iter().for_each(|&digit| out.push(char::from(digit)));
}
