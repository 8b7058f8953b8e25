//! Which files of a folder are complete: those that match, have not changed for a while, and are due.

use super::{CONTROL, EXCEPTIONS, Folder, beside};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

/// A file as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub bytes: u64,
    pub changed: SystemTime,
}

/// Since when each file has been as it is.
#[derive(Default)]
pub struct Settling(BTreeMap<PathBuf, (Seen, Instant)>);

impl Folder {
    /// The files that may be taken, as they are now.
    pub fn files(&self) -> io::Result<Vec<(PathBuf, Seen)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| self.wants(name)) else { continue };
            let about = entry.metadata()?;
            let path = self.path.join(name);
            if about.is_file() && (!self.needs_control || beside(&path, CONTROL).is_file()) {
                files.push((path, Seen { bytes: about.len(), changed: about.modified()? }));
            }
        }
        Ok(files)
    }

    /// Whether a name is one of a file to read; hidden ones are still being written by many senders.
    fn wants(&self, name: &str) -> bool {
        let is_ours = [CONTROL, EXCEPTIONS].iter().any(|what| name.ends_with(&format!(".{what}")));
        !name.starts_with('.') && !is_ours && matches(self.pattern.as_bytes(), name.as_bytes())
    }
}

impl Settling {
    /// The files that have not changed for as long as the folder asks for, and are due; by name.
    pub fn settled(&mut self, here: Vec<(PathBuf, Seen)>, folder: &Folder) -> Vec<PathBuf> {
        let (now, clock) = (Instant::now(), Timestamp::now());
        let mut before = std::mem::take(&mut self.0);
        for (path, seen) in here {
            let since = before.remove(&path).filter(|(was, _)| *was == seen).map_or(now, |(_, since)| since);
            self.0.insert(path, (seen, since));
        }
        let is_due = |seen: &Seen| match (&folder.cut_off, Timestamp::try_from(seen.changed)) {
            (Some(cut_off), Ok(changed)) => cut_off.closes(changed).is_some_and(|closes| closes <= clock),
            _ => true,
        };
        let settled = self.0.iter().filter(|(_, (seen, since))| now - *since >= folder.settle && is_due(seen));
        settled.map(|(path, _)| path.clone()).collect()
    }
}

/// `*` stands for anything, `?` for one letter.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // Where the last star began, and where in the name it is tried to end.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((after, tried)) => {
                    star = Some((after, tried + 1));
                    (p, n) = (after, tried + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn folder(settle: Duration) -> Folder {
        let (source, path, pattern) = ("crm".to_owned(), PathBuf::from("in"), "*.csv".to_owned());
        Folder { source, path, pattern, settle, needs_control: false, cut_off: None }
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "a.csv", true),
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("crm-*-v?.csv*", "crm-2026-v2.csv.gz", true),
            ("crm-*-v?.csv", "crm-2026-v22.csv", false),
            ("*a*b", "xaxbxb", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_stands_beside_files_is_no_file() {
        let folder = Folder { pattern: "*".to_owned(), ..folder(Duration::ZERO) };
        for (name, expected) in
            [("a.csv", true), (".a.csv", false), ("a.csv.control", false), ("a.csv.exceptions.csv", false)]
        {
            assert_eq!(folder.wants(name), expected, "{name}");
        }
    }

    #[test]
    fn a_file_that_grows_is_left_alone() {
        let seen = |bytes| vec![(PathBuf::from("in/a.csv"), Seen { bytes, changed: SystemTime::UNIX_EPOCH })];
        let (mut settling, patient) = (Settling::default(), folder(Duration::from_secs(3600)));
        assert!(settling.settled(seen(1), &patient).is_empty());
        assert!(settling.settled(seen(2), &patient).is_empty());
        assert_eq!(settling.settled(seen(2), &folder(Duration::ZERO)), [PathBuf::from("in/a.csv")]);
        assert!(settling.settled(Vec::new(), &folder(Duration::ZERO)).is_empty(), "it is gone");
    }
}
