//! The export files of four systems, each in the shape of its kind.

mod loyalty;
mod salesforce;
mod shopify;
mod square;

use std::{
    convert::Infallible,
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    Retailer,
    population::Population,
    record::{Record, Source},
    sheet::Sheet,
    tags::Tag,
};

/// What was written, and where.
#[derive(Debug, Clone)]
pub struct Exports {
    /// One file for each system.
    pub files: Vec<ExportFile>,
    /// `source,source_key,person_id,household_id,tags` for every record that has a key.
    pub truth: PathBuf,
    /// How many different customers (people and firms) the sound records are about.
    pub people: u64,
    /// How many households they live in.
    pub households: u64,
}

/// One export file.
#[derive(Debug, Clone)]
pub struct ExportFile {
    /// The name of the source, as in the truth.
    pub source: &'static str,
    /// Where it was written.
    pub path: PathBuf,
    /// Sound records, deleted ones included.
    pub records: u64,
    /// Records that the system marks as deleted or closed.
    pub deleted: u64,
    /// Records beside them that no importer can take as they are.
    pub bad: u64,
}

/// How one system writes customers down.
trait Shape {
    /// Name of the file.
    const FILE: &'static str;
    /// What stands before, between and after the entries.
    const FRAME: [&'static str; 3];
    /// The system's own key for the customer taken down at that place in the order of time.
    fn key(place: u64) -> String;
    /// One customer.
    fn entry(key: &str, record: &Record) -> String;
    /// Entries that belong among the dead letters.
    fn broken() -> Vec<Broken>;
}

/// An entry that cannot be taken as it is.
struct Broken {
    /// The key, if it can be read.
    key: Option<String>,
    text: String,
}

impl Broken {
    fn keyed(key: &str, text: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), text: text.into() }
    }

    fn keyless(text: impl Into<String>) -> Self {
        Self { key: None, text: text.into() }
    }
}

/// Ids in the truth for entries that are nobody's, far above all others.
const NOBODY: u64 = 9_000_000_000_000;
const PROGRESS_EVERY: u64 = 1_000;

/// Writes all files into a directory; see [`Retailer::write_exports`].
pub fn write(retailer: &Retailer, dir: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Exports> {
    let census = Census::take(retailer);
    let truth_path = dir.join("truth.csv");
    let mut truth = Sheet::new(File::create(&truth_path)?);
    truth.header(&["source", "source_key", "person_id", "household_id", "tags"]);
    let mut job = Job { dir, truth, done: 0, progress };
    let [salesforce, shopify, square, loyalty] = &census.records;
    let files = vec![
        job.file::<salesforce::Contacts>(Source::Salesforce, salesforce)?,
        job.file::<shopify::Customers>(Source::Shopify, shopify)?,
        job.file::<square::Customers>(Source::Square, square)?,
        job.file::<loyalty::Members>(Source::Loyalty, loyalty)?,
    ];
    job.truth.flush()?;
    let done = job.done;
    progress(done);
    Ok(Exports { files, truth: truth_path, people: census.people, households: census.households })
}

/// All records, by source, in the order in which they were taken down: exports come sorted by
/// key, and keys are given out in the order of time.
struct Census {
    records: [Vec<Record>; 4],
    people: u64,
    households: u64,
}

impl Census {
    fn take(retailer: &Retailer) -> Self {
        let mut census = Self { records: Default::default(), people: 0, households: 0 };
        let mut total = 0;
        let population = Population::new(retailer.seed, retailer.records);
        let Ok(()) = population.each_household(|records| {
            if total >= retailer.records {
                return Ok(ControlFlow::Break(()));
            }
            census.count(records);
            total += records.len();
            Ok::<_, Infallible>(ControlFlow::Continue(()))
        });
        census.records.iter_mut().for_each(|list| list.sort_by_key(|record| record.created));
        census
    }

    fn count(&mut self, records: &[Record]) {
        self.households += 1;
        let mut last = None;
        for record in records {
            // The records of one person stand together.
            self.people += u64::from(last != Some(record.person));
            last = Some(record.person);
            self.records[record.source as usize].push(record.clone());
        }
    }
}

/// The writing of all files.
struct Job<'a> {
    dir: &'a Path,
    truth: Sheet<File>,
    done: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Job<'_> {
    fn file<S: Shape>(&mut self, source: Source, records: &[Record]) -> io::Result<ExportFile> {
        let path = self.dir.join(S::FILE);
        let mut out = BufWriter::new(File::create(&path)?);
        let [head, between, tail] = S::FRAME;
        out.write_all(head.as_bytes())?;
        let mut broken = S::broken();
        let bad = broken.len();
        // The broken entries are spread among the sound ones, one after each stride.
        let stride = records.len() / (bad + 1) + 1;
        broken.reverse();
        for (place, record) in records.iter().enumerate() {
            if place > 0 {
                out.write_all(between.as_bytes())?;
            }
            let key = S::key(place as u64);
            out.write_all(S::entry(&key, record).as_bytes())?;
            self.truth_of(source, &key, record)?;
            if (place + 1).is_multiple_of(stride)
                && let Some(entry) = broken.pop()
            {
                self.broken(source, &entry, between, &mut out)?;
            }
        }
        while let Some(entry) = broken.pop() {
            self.broken(source, &entry, between, &mut out)?;
        }
        out.write_all(tail.as_bytes())?;
        out.flush()?;
        let deleted = records.iter().filter(|record| record.tags.has(Tag::Deleted)).count();
        Ok(ExportFile {
            source: source.name(),
            path,
            records: records.len() as u64,
            deleted: deleted as u64,
            bad: bad as u64,
        })
    }

    fn truth_of(&mut self, source: Source, key: &str, record: &Record) -> io::Result<()> {
        self.truth_row(source, key, [record.person, record.household], &record.tags.to_string())
    }

    fn broken(&mut self, source: Source, entry: &Broken, between: &str, out: &mut impl Write) -> io::Result<()> {
        out.write_all(between.as_bytes())?;
        out.write_all(entry.text.as_bytes())?;
        if let Some(key) = &entry.key {
            let nobody = NOBODY + self.done;
            self.truth_row(source, key, [nobody, nobody], Tag::Bad.name())?;
        }
        Ok(())
    }

    fn truth_row(&mut self, source: Source, key: &str, ids: [u64; 2], tags: &str) -> io::Result<()> {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            (self.progress)(self.done);
        }
        self.truth.field(source.name());
        self.truth.field(key);
        ids.iter().for_each(|id| self.truth.field(&id.to_string()));
        self.truth.field(tags);
        self.truth.end_row()
    }
}

/// A text, or null for none.
fn text_or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
