//! The population as one CSV for matching engines.

use std::{fmt::Write as _, io};

use csv::{ByteRecord, Writer, WriterBuilder};

use crate::{
    Retailer,
    calendar::Civil,
    country::Country,
    population::Population,
    record::{Record, Source},
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
const BUFFER_BYTES: usize = 1 << 18;

/// Writes records and truth; see [`Retailer::write_common_csv`].
pub fn write(
    retailer: &Retailer,
    out: impl io::Write,
    truth: impl io::Write,
    progress: &mut dyn FnMut(u64),
) -> io::Result<u64> {
    let mut out = WriterBuilder::new()
        .buffer_capacity(BUFFER_BYTES)
        .from_writer(out);
    let mut truth = WriterBuilder::new()
        .buffer_capacity(BUFFER_BYTES)
        .from_writer(truth);
    out.write_record(COLUMNS)?;
    truth.write_record(["record_id", "cluster_id", "household_id", "tags"])?;
    let mut population = Population::new(retailer.seed, retailer.records);
    let (mut batch, mut row) = (Vec::new(), Row::default());
    let wanted = retailer.records as u64;
    while row.written < wanted {
        batch.clear();
        population.next_household(&mut batch);
        for record in batch.iter().take((wanted - row.written) as usize) {
            row.write(record, &mut out, &mut truth)?;
            if row.written % PROGRESS_EVERY == 0 {
                progress(row.written);
            }
        }
    }
    out.flush()?;
    truth.flush()?;
    progress(row.written);
    Ok(row.written)
}

/// The row under construction; its buffers are used again and again.
#[derive(Default)]
struct Row {
    written: u64,
    fields: ByteRecord,
    text: String,
}

impl Row {
    fn write<W: io::Write, T: io::Write>(
        &mut self,
        record: &Record,
        out: &mut Writer<W>,
        truth: &mut Writer<T>,
    ) -> io::Result<()> {
        self.written += 1;
        self.fields.clear();
        let id = self.written;
        self.put(|text| push_id(text, id));
        self.fields.push_field(record.source.name().as_bytes());
        self.names(record);
        self.put(|text| write_birth(record.birth, text));
        self.fields.push_field(gender(record).as_bytes());
        self.put(|text| record.telephone().write(text));
        self.fields.push_field(record.email.as_bytes());
        self.place(record);
        self.fields.push_field(b"");
        self.fields.push_field(record.card.as_bytes());
        self.put(|text| write_birth(Some(record.created.day().civil()), text));
        out.write_byte_record(&self.fields)?;
        self.fields.clear();
        self.put(|text| push_id(text, id));
        self.put(|text| push_number(text, record.person));
        self.put(|text| push_number(text, record.household));
        self.put(|text| record.tags.write(text));
        truth.write_byte_record(&self.fields)?;
        Ok(())
    }

    /// Adds a field that `write` puts together.
    fn put(&mut self, write: impl FnOnce(&mut String)) {
        self.text.clear();
        write(&mut self.text);
        self.fields.push_field(self.text.as_bytes());
    }

    /// Tills know one field for the whole name, the others two or three; a company stands in the
    /// field for the whole name.
    fn names(&mut self, record: &Record) {
        let whole = record.source == Source::Square && record.created.0 % 10 < 6;
        let parts = [&record.given, &record.middle, &record.surname];
        for part in parts {
            self.fields
                .push_field(if whole { b"" } else { part.as_bytes() });
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
        self.fields.push_field(record.city.as_bytes());
        self.fields.push_field(record.region.as_bytes());
        self.fields.push_field(record.postcode.as_bytes());
        self.fields.push_field(country(record).as_bytes());
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

/// The decimal digits of a number; quicker than the formatting machinery, and there are five
/// numbers to a row.
fn push_number(out: &mut String, number: u64) {
    push_padded(out, number, 1);
}

fn push_padded(out: &mut String, number: u64, width: usize) {
    if number >= 10u64.pow(width.min(19) as u32) {
        // Wider than planned. Writing to a String cannot fail.
        let _ = write!(out, "{number}");
        return;
    }
    for place in (0..width as u32).rev() {
        out.push(char::from(b'0' + (number / 10u64.pow(place) % 10) as u8));
    }
}
