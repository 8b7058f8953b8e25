//! The sources that this hub knows, each with its manifest.

use crate::store::inbox::Shape;
use connectors::Manifest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Manifests by source name.
pub struct Sources {
    by_name: BTreeMap<String, Manifest>,
    canonical: Manifest,
}

/// Why the sources cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    #[error("{0}")]
    Manifest(connectors::ManifestErrors),
    #[error("the manifest folder {} cannot be read", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("the program ships no manifest for canonical records")]
    NoCanonical,
}

impl Sources {
    /// The shipped manifests, replaced and extended by those in a folder.
    pub fn load(folder: Option<&Path>) -> Result<Sources, SourcesError> {
        let canonical = Manifest::shipped_named("canonical").ok_or(SourcesError::NoCanonical)?;
        let mut by_name: BTreeMap<String, Manifest> = BTreeMap::new();
        for manifest in Manifest::shipped() {
            by_name.insert(manifest.name().to_owned(), manifest);
        }
        for path in folder.map(toml_files).transpose()?.unwrap_or_default() {
            let failed = |e| SourcesError::Folder(path.clone(), e);
            let text = std::fs::read_to_string(&path).map_err(failed)?;
            let manifest = Manifest::parse(&path.display().to_string(), &text).map_err(SourcesError::Manifest)?;
            by_name.insert(manifest.name().to_owned(), manifest);
        }
        Ok(Sources { by_name, canonical })
    }

    /// These sources and one more, in the place of another one of its name.
    pub fn with(mut self, manifest: Manifest) -> Sources {
        self.by_name.insert(manifest.name().to_owned(), manifest);
        self
    }

    pub fn get(&self, name: &str) -> Option<&Manifest> {
        self.by_name.get(name)
    }

    /// The manifest that reads a delivery of this shape.
    pub fn reader(&self, name: &str, shape: &Shape) -> Option<&Manifest> {
        match shape {
            Shape::Manifest | Shape::Notice { .. } => self.get(name),
            Shape::Canonical => Some(&self.canonical),
            Shape::Consents | Shape::Unreadable | Shape::Erased => None,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.by_name.values()
    }
}

/// The manifests of a folder, in the order of their names.
pub fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, SourcesError> {
    let failed = |e| SourcesError::Folder(folder.to_owned(), e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
