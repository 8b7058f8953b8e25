//! Watched folders: files of a source, taken in one after the other and put aside, with a report of what was wrong.

mod due;
mod settle;

pub use self::due::CutOff;

use self::settle::Settling;
use super::files::{End, Examined, Expected, FileError, Outcome, Taker, examine};
use super::{Collection, PAUSE_MS};
use connectors::Manifest;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often a folder is looked at.
const LOOK_MS: u64 = 1000;
/// Where files go that were read, and those that were not or not to their end.
const DONE: &str = "done";
const FAILED: &str = "failed";
/// What stands beside a file: what its sender says of it, and what was wrong with it.
const CONTROL: &str = "control";
const EXCEPTIONS: &str = "exceptions.csv";

/// One source's folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    pub source: String,
    pub path: PathBuf,
    /// The names of its files; `*` stands for anything and `?` for one letter.
    pub pattern: String,
    /// A file that has not changed for so long is complete.
    pub settle: Duration,
    /// Whether files wait for what their sender says of them.
    pub needs_control: bool,
    /// When a day's batch closes; without one, files are taken as they come.
    pub cut_off: Option<CutOff>,
}

/// Watches a folder.
pub async fn run(collection: Collection, folder: Folder) {
    let Some(manifest) = collection.sources.get(&folder.source).cloned() else { return };
    let taker = Taker { store: collection.store.clone(), wake: collection.wake.clone(), checks: true };
    let (folder, mut settling, mut last) = (Arc::new(folder), Settling::default(), String::new());
    loop {
        let what = match look(&collection, &taker, &manifest, &folder, &mut settling).await {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        };
        // What stays wrong for an hour is one line in the log.
        if what != last && !what.is_empty() {
            tracing::warn!(source = folder.source, error = what, "a folder cannot be worked on; it is tried again");
        }
        last = what;
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

/// Takes in what is complete and due, by name.
async fn look(
    collection: &Collection,
    taker: &Taker,
    manifest: &Manifest,
    folder: &Arc<Folder>,
    settling: &mut Settling,
) -> Result<(), FileError> {
    let listing = folder.clone();
    let here = off_thread(move || listing.files()).await?;
    for path in settling.settled(here, folder) {
        collection.room().await?;
        let (opening, options) = ((folder.clone(), path.clone()), manifest.read_options().clone());
        let opened = off_thread(move || open(&opening.0, &opening.1, &options)).await?;
        let outcome = match opened {
            Opened::Ready { file, examined, expected } => {
                taker.take(manifest, &examined, &expected, false, file).await?
            }
            Opened::Unclear(outcome) => *outcome,
        };
        tell(folder, &outcome);
        let folder = folder.clone();
        off_thread(move || put_aside(&folder.path, &path, &outcome)).await?;
        tokio::time::sleep(Duration::from_millis(PAUSE_MS / 10)).await;
    }
    Ok(())
}

/// A file that is about to be taken in.
enum Opened {
    /// Limited to the bytes that were examined: what is added later is another content.
    Ready { file: io::Take<File>, examined: Examined, expected: Expected },
    /// What its sender says of it cannot be read.
    Unclear(Box<Outcome>),
}

fn open(folder: &Folder, path: &Path, options: &connectors::read::Options) -> io::Result<Opened> {
    let expected = match fs::read_to_string(beside(path, CONTROL)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.needs_control => Expected::default(),
        Err(error) => return Err(error),
        Ok(text) => match toml::from_str(&text) {
            Ok(expected) => expected,
            Err(_) => {
                let reason = "the control file is not made of `records = N` and `sha256 = \"...\"`";
                return Ok(Opened::Unclear(Box::new(Outcome::refused(reason.to_owned()))));
            }
        },
    };
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let examined = examine((&mut file).take(bytes), options, &expected)?;
    file.rewind()?;
    Ok(Opened::Ready { file: file.take(bytes), examined, expected })
}

/// Names no file: its name may be a person's.
fn tell(folder: &Folder, outcome: &Outcome) {
    let (source, records, exceptions) = (&folder.source, outcome.read.records, outcome.exceptions.count());
    match &outcome.end {
        End::Complete => tracing::info!(source, records, exceptions, "a file was taken in"),
        End::Known => tracing::info!(source, records, "a file came that had been taken in before"),
        End::Refused { reason } => tracing::error!(source, reason, "a file was refused; nothing of it was taken in"),
        // The reason may quote a header, which in a file without one is somebody's data; the report has it.
        End::Broken { .. } => tracing::error!(source, records, "a file cannot be read to its end; see its report"),
    }
}

/// Moves a file out of the way, with its control file, and the report beside it.
fn put_aside(folder: &Path, path: &Path, outcome: &Outcome) -> io::Result<()> {
    let aside = folder.join(match outcome.end {
        End::Complete | End::Known => DONE,
        End::Refused { .. } | End::Broken { .. } => FAILED,
    });
    fs::create_dir_all(&aside)?;
    let target = free(&aside, path);
    if outcome.exceptions.count() > 0 {
        outcome.exceptions.write(File::create(beside(&target, EXCEPTIONS))?)?;
    }
    let control = beside(path, CONTROL);
    if control.exists() {
        fs::rename(control, beside(&target, CONTROL))?;
    }
    // Last, because as long as the file is here it is looked at again.
    fs::rename(path, target)
}

/// A name that no other file has taken.
fn free(aside: &Path, path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let numbered = (2..).map(|number| beside(&aside.join(name), &number.to_string()));
    std::iter::once(aside.join(name))
        .chain(numbered)
        .find(|target| !target.exists())
        .unwrap_or_else(|| aside.join(name))
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    PathBuf::from(name)
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, FileError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| FileError::Broken)??)
}
