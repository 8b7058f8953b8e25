//! Opens the index where it was left, or begins a new one.

use super::document::{FORM, Fields};
use crate::domain::ids::EventSeq;
use std::path::{Path, PathBuf};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError};

/// Memory that the writer fills before it writes a segment.
const WRITER_BYTES: usize = 48 << 20;

/// Where the index is kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A folder of its own; anything else in it is removed when the index is built afresh.
    Folder(PathBuf),
    Memory,
}

/// An index ready to be fed.
pub struct Opened {
    pub writer: IndexWriter,
    pub reader: IndexReader,
    pub fields: Fields,
    pub position: EventSeq,
}

/// Opens the index; `end` is the last event of the feed.
pub fn open(place: &Place, end: EventSeq) -> Result<Opened, TantivyError> {
    let Place::Folder(folder) = place else { return ready(in_memory(), EventSeq(0)) };
    let resumed = resume(folder, end);
    let opened = match resumed {
        Some((index, position)) => ready(index, position),
        None => in_folder(folder).and_then(|index| ready(index, EventSeq(0))),
    };
    opened.or_else(|error| {
        tracing::warn!(%error, folder = %folder.display(), "the search index is kept in memory, its folder cannot be used");
        ready(in_memory(), EventSeq(0))
    })
}

/// What a commit remembers of how far it had come.
pub fn payload(position: EventSeq) -> String {
    format!("{FORM}:{}", position.0)
}

/// The index as it was left, if it has today's form and is not ahead of the feed, as one of another database would be.
fn resume(folder: &Path, end: EventSeq) -> Option<(Index, EventSeq)> {
    let index = Index::open_in_dir(folder).ok()?;
    let payload = index.load_metas().ok()?.payload?;
    let (form, position) = payload.split_once(':')?;
    let position = EventSeq(position.parse().ok()?);
    let fits = form.parse() == Ok(FORM) && index.schema() == Fields::schema().0 && position <= end;
    fits.then_some((index, position))
}

fn in_folder(folder: &Path) -> Result<Index, TantivyError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Index::create_in_dir(folder, Fields::schema().0)
}

fn in_memory() -> Index {
    Index::create_in_ram(Fields::schema().0)
}

fn ready(index: Index, position: EventSeq) -> Result<Opened, TantivyError> {
    let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    Ok(Opened { writer, reader, fields: Fields::schema().1, position })
}
