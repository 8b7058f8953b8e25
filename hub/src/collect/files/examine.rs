//! What a file is before anything of it is taken in: its content's hash, how many records, and whether that is what its
//! sender says.

use connectors::read::{Item, Options, records};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::{self, Read};

/// What a sender says of a file, beside it or on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// How many records it holds, good and bad.
    pub records: Option<u64>,
    /// SHA-256 of its bytes.
    pub sha256: Option<String>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub hash: String,
    /// How many records it holds; counted only where that is asked for.
    pub records: Option<u64>,
}

impl Examined {
    /// What comes out of a pipe cannot be read twice, so it is known by its time alone and never again.
    pub fn of_a_pipe(at_us: i64) -> Examined {
        Examined { hash: format!("pipe {at_us}"), records: None }
    }
}

impl Expected {
    /// How a file differs from what was said of it.
    pub fn differs(&self, examined: &Examined) -> Option<String> {
        match (self.records, examined.records) {
            (Some(expected), Some(found)) if expected != found => {
                return Some(format!("the file holds {found} records, {expected} were announced"));
            }
            (Some(_), None) => {
                return Some("a pipe cannot be counted before it is taken in; write it to a file first".to_owned());
            }
            _ => {}
        }
        let announced = self.sha256.as_ref().map(|hash| hash.trim().to_ascii_lowercase());
        let differs = announced.is_some_and(|hash| hash != examined.hash);
        differs.then(|| "the file's SHA-256 is not the one that was announced".to_owned())
    }
}

/// Reads a file through, once; its records are taken apart only if they are to be counted.
pub fn examine(input: impl Read, options: &Options, expected: &Expected) -> io::Result<Examined> {
    let mut hashing = Hashing { input, hash: Sha256::new() };
    let count = expected.records.map(|_| {
        let items = records(&mut hashing, options);
        items.filter(|item| !matches!(item, Item::Failed { .. })).count() as u64
    });
    // What the reader left, such as bytes behind a closed array, is part of the content.
    io::copy(&mut hashing, &mut io::sink())?;
    let mut hash = String::with_capacity(64);
    for byte in hashing.hash.finalize() {
        let _ = write!(hash, "{byte:02x}");
    }
    Ok(Examined { hash, records: count })
}

/// Passes bytes on and remembers them in a hash.
struct Hashing<R> {
    input: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "{\"id\": 1}\n{\"id\": 2}\nno record\n";

    fn check(expected: Expected, differs: Option<&str>) {
        let examined = examine(ROWS.as_bytes(), &Options::default(), &expected);
        let found = examined.map(|examined| expected.differs(&examined)).unwrap_or_default();
        assert_eq!(found.is_some(), differs.is_some(), "{found:?}");
        assert!(found.unwrap_or_default().contains(differs.unwrap_or_default()));
    }

    #[test]
    fn a_file_is_what_its_sender_says_or_is_refused() {
        let hash = || examine(ROWS.as_bytes(), &Options::default(), &Expected::default()).map(|e| e.hash).ok();
        check(Expected::default(), None);
        check(Expected { records: Some(3), sha256: hash() }, None);
        check(Expected { records: Some(4), sha256: hash() }, Some("3 records, 4 were announced"));
        let pipe = Expected { records: Some(3), sha256: None }.differs(&Examined::of_a_pipe(7));
        assert!(pipe.is_some_and(|reason| reason.contains("pipe")));
        check(Expected { records: None, sha256: Some("00".repeat(32)) }, Some("SHA-256"));
    }

    #[test]
    fn counting_does_not_change_the_hash() {
        let counted = Expected { records: Some(0), sha256: None };
        let hashes: Vec<_> = [Expected::default(), counted]
            .iter()
            .map(|expected| examine(ROWS.as_bytes(), &Options::default(), expected).map(|e| e.hash).unwrap_or_default())
            .collect();
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[0].len(), 64);
    }
}
