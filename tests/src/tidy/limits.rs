//! `tidy.toml`, checked once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tree::Tree;

/// Where the limits stand.
pub const PATH: &str = "tests/tidy.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub files: FileLimits,
    pub functions: FunctionLimits,
    pub long_files: BTreeMap<String, usize>,
    pub documented_percent_min: BTreeMap<String, usize>,
    pub crates: BTreeMap<String, Vec<String>>,
    pub hub: Hub,
    pub ban: Vec<Ban>,
    pub unnamed: Unnamed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLimits {
    pub lines_median_max: usize,
    pub lines_p95_max: usize,
    pub bytes_max: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionLimits {
    pub lines_median_max: usize,
    pub lines_p95_max: usize,
    pub lines_max: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    pub layers: Vec<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unnamed {
    pub directories: Vec<String>,
}

/// A path that may be named in some places only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    pub path: String,
    #[serde(default)]
    pub inside: Vec<String>,
    #[serde(default)]
    pub outside: Vec<String>,
    pub why: String,
}

impl Limits {
    pub fn read(tree: &Tree) -> Self {
        let text = tree.text(PATH).unwrap_or_else(|| panic!("{PATH} is missing"));
        Self::parse(text).unwrap_or_else(|error| panic!("{PATH}: {error}"))
    }

    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { lines_median_max: usize::MAX, lines_p95_max: usize::MAX, bytes_max: usize::MAX }
    }
}

impl Default for FunctionLimits {
    fn default() -> Self {
        Self { lines_median_max: usize::MAX, lines_p95_max: usize::MAX, lines_max: usize::MAX }
    }
}

impl Ban {
    /// Whether the ban holds in this file.
    pub fn covers(&self, path: &str) -> bool {
        let below = |places: &[String]| places.iter().any(|place| is_below(path, place));
        below(&self.inside) || (!self.outside.is_empty() && !below(&self.outside))
    }
}

/// Whether the file is this module: its own file, or one in its directory.
fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/') || rest == ".rs" || rest.is_empty())
}
