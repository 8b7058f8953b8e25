//! Settings and secrets that manifests name: variables of the environment, and files. They are read when they are needed,
//! so that a new one takes the place of an old one without a restart, and are never shown.

use connectors::webhook::SecretRef;
use std::io::ErrorKind;
use std::sync::Arc;

/// What a variable of the environment holds.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A file that is there and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the file {file} cannot be read; correct its permissions")]
pub struct Unreadable {
    pub file: String,
    pub source: std::io::Error,
}

/// What is kept at a place; nothing if the place is empty or not there.
pub fn text(place: &SecretRef, environment: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, Unreadable> {
    let found = match place {
        SecretRef::Env(variable) => environment(variable),
        SecretRef::File(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(source) => return Err(Unreadable { file: path.display().to_string(), source }),
        },
    };
    Ok(found.filter(|text| !text.trim().is_empty()))
}
