//! Reads the common table of records: CSV, plain or gzip.

mod truth;

pub use truth::{Truth, TruthRow, read_truth};

use crate::features::Features;
use crate::person::{Address, Identifier, Name, Person};
use crate::standardise::standardise;
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How many rows are standardised at a time, in parallel.
const BATCH_ROWS: usize = 8_192;

/// So many batches may be read ahead.
const BATCHES_WAITING_MAX: usize = 2;

/// Why a table could not be read. Opaque: the text says what to do about it and shows no personal data.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct TableError {
    file: String,
    problem: String,
}

impl TableError {
    pub(crate) fn new(path: &Path, problem: impl std::fmt::Display) -> Self {
        TableError { file: path.display().to_string(), problem: problem.to_string() }
    }
}

/// All records of a table, standardised.
#[derive(Debug, Default)]
pub struct Records {
    names: String,
    ends: Vec<usize>,
    /// One entry a row, in the order of the file.
    pub features: Vec<Features>,
    /// How long rows were standardised, while others were read.
    pub(crate) standardising: Duration,
}

impl Records {
    /// The `record_id` of a row.
    pub fn name(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.names[start..self.ends[row]]
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn push_name(&mut self, name: &str) {
        self.names.push_str(name);
        self.ends.push(self.names.len());
    }
}

/// Reads and standardises a whole table; `progress` is told the number of rows done so far.
pub fn read_table(path: &Path, mut progress: impl FnMut(usize)) -> Result<Records, TableError> {
    let mut reader = csv_reader(path)?;
    let header = reader.byte_headers().map_err(|error| reading_failed(path, &error))?.clone();
    let columns = Columns::new(&header);
    if columns.record_id.is_none() {
        return Err(TableError::new(path, no_record_id(&header)));
    }
    let mut records = Records::default();
    std::thread::scope(|scope| {
        // One thread takes the file apart while all others standardise what it has read before.
        let (full, batches) = sync_channel::<csv::Result<Vec<csv::ByteRecord>>>(BATCHES_WAITING_MAX);
        let (done, empty) = sync_channel(BATCHES_WAITING_MAX + 2);
        scope.spawn(move || read_batches(reader, &full, &empty));
        for batch in batches {
            let started = Instant::now();
            let batch = batch.map_err(|error| reading_failed(path, &error))?;
            batch.iter().for_each(|row| records.push_name(&columns.name(row)));
            records.features.par_extend(batch.par_iter().map(|row| standardise(&columns.person(row))));
            progress(records.len());
            records.standardising += started.elapsed();
            // The reader may have ended already and need no more.
            let _ = done.try_send(batch);
        }
        Ok(())
    })?;
    Ok(records)
}

/// Reads until the end, a failure, or until nobody listens any more. The memory of done batches is used again.
fn read_batches(
    mut reader: csv::Reader<Box<dyn Read + Send>>,
    full: &SyncSender<csv::Result<Vec<csv::ByteRecord>>>,
    empty: &Receiver<Vec<csv::ByteRecord>>,
) {
    loop {
        let mut batch = empty.try_recv().unwrap_or_default();
        batch.resize(BATCH_ROWS, csv::ByteRecord::new());
        let read = fill(&mut reader, &mut batch);
        let is_last = !matches!(read, Ok(BATCH_ROWS));
        let batch = read.map(|rows| {
            batch.truncate(rows);
            batch
        });
        if full.send(batch).is_err() || is_last {
            return;
        }
    }
}

/// Fills the batch from the front, reusing the memory of its rows; returns how many rows were left to read.
fn fill(reader: &mut csv::Reader<Box<dyn Read + Send>>, batch: &mut [csv::ByteRecord]) -> csv::Result<usize> {
    for (at, row) in batch.iter_mut().enumerate() {
        if !reader.read_byte_record(row)? {
            return Ok(at);
        }
    }
    Ok(batch.len())
}

/// Opens a table, packed by gzip or not, which its first bytes tell.
pub(crate) fn csv_reader(path: &Path) -> Result<csv::Reader<Box<dyn Read + Send>>, TableError> {
    let file = File::open(path).map_err(|error| TableError::new(path, error))?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    let beginning = file.fill_buf().map_err(|error| TableError::new(path, error))?;
    if beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff") {
        return Err(TableError::new(path, "the table is UTF-16; export it as CSV in UTF-8"));
    }
    let is_gzip = beginning.starts_with(b"\x1f\x8b");
    let input: Box<dyn Read + Send> = if is_gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 18).from_reader(input))
}

/// A message without content of the table, which the reader's own might quote.
pub(crate) fn reading_failed(path: &Path, error: &csv::Error) -> TableError {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            TableError::new(path, "the gzip file ends too early; fetch or pack it again")
        }
        csv::ErrorKind::Io(error) => TableError::new(path, format!("reading failed: {error}")),
        csv::ErrorKind::Utf8 { .. } => TableError::new(path, "the text is not UTF-8; export the table as UTF-8"),
        _ => TableError::new(path, "the table is no CSV"),
    }
}

/// Why a header without `record_id` is of no use.
fn no_record_id(header: &csv::ByteRecord) -> &'static str {
    let has = |mark: u8| header.iter().any(|column| column.contains(&mark));
    if header.len() == 1 && (has(b';') || has(b'\t')) {
        "the header's columns are not parted by commas; export the table with commas"
    } else {
        "the header names no column record_id"
    }
}

/// What programs write for a value that they do not have, just so; people are called Nan, None and Null.
const MISSING: [&[u8]; 6] = [b"NaN", b"nan", b"NULL", b"\\N", b"<NA>", b"#N/A"];

/// Where the known columns stand; any may be missing.
struct Columns {
    record_id: Option<usize>,
    source: Option<usize>,
    given: Option<usize>,
    middle: Option<usize>,
    family: Option<usize>,
    full: Option<usize>,
    birth: Option<usize>,
    gender: Option<usize>,
    phone: Option<usize>,
    email: Option<usize>,
    address: Option<usize>,
    city: Option<usize>,
    region: Option<usize>,
    postcode: Option<usize>,
    country: Option<usize>,
    organisation: Option<usize>,
    birth_place: Option<usize>,
    occupation: Option<usize>,
    identifiers: Vec<(&'static str, usize)>,
}

impl Columns {
    fn new(header: &csv::ByteRecord) -> Self {
        let at = |names: &[&str]| {
            header
                .iter()
                .position(|column| names.iter().any(|name| column.trim_ascii().eq_ignore_ascii_case(name.as_bytes())))
        };
        let identifiers = ["national_id", "loyalty_id"].iter().filter_map(|name| Some((*name, at(&[name])?))).collect();
        Columns {
            record_id: at(&["record_id", "id"]),
            source: at(&["source"]),
            given: at(&["given_name", "first_name"]),
            middle: at(&["middle_name"]),
            family: at(&["surname", "family_name", "last_name"]),
            full: at(&["full_name", "name"]),
            birth: at(&["dob", "birth_date"]),
            gender: at(&["gender", "sex"]),
            phone: at(&["phone"]),
            email: at(&["email"]),
            address: at(&["address"]),
            city: at(&["city"]),
            region: at(&["region"]),
            postcode: at(&["postcode"]),
            country: at(&["country"]),
            organisation: at(&["organisation", "company"]),
            birth_place: at(&["birth_place", "place_of_birth"]),
            occupation: at(&["occupation"]),
            identifiers,
        }
    }

    fn text(&self, column: Option<usize>, row: &csv::ByteRecord) -> Option<String> {
        let bytes = row.get(column?)?.trim_ascii();
        (!bytes.is_empty() && !MISSING.contains(&bytes)).then(|| String::from_utf8_lossy(bytes).into_owned())
    }

    fn name<'r>(&self, row: &'r csv::ByteRecord) -> Cow<'r, str> {
        String::from_utf8_lossy(self.record_id.and_then(|column| row.get(column)).unwrap_or_default().trim_ascii())
    }

    fn person(&self, row: &csv::ByteRecord) -> Person {
        let text = |column| self.text(column, row);
        let country = text(self.country);
        let name = Name {
            given: text(self.given),
            middle: text(self.middle),
            family: text(self.family),
            full: text(self.full),
        };
        let address = Address {
            lines: text(self.address),
            city: text(self.city),
            region: text(self.region),
            postcode: text(self.postcode),
            country: country.clone(),
        };
        let identifiers = self.identifiers.iter().filter_map(|(scheme, column)| {
            Some(Identifier { scheme: (*scheme).to_owned(), value: text(Some(*column))? })
        });
        Person {
            source: text(self.source),
            names: vec![name],
            birth_date: text(self.birth),
            gender: text(self.gender),
            emails: text(self.email).into_iter().collect(),
            phones: text(self.phone).into_iter().collect(),
            addresses: vec![address],
            identifiers: identifiers.collect(),
            organisation: text(self.organisation),
            birth_place: text(self.birth_place),
            occupation: text(self.occupation),
            country,
        }
    }
}
