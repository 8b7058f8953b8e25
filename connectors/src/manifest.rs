//! One TOML file a system, checked when it is parsed.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::mapped::{MapError, Mapped, Step};
use crate::read;

/// How one system's records are read and become canonical customers.
#[derive(Debug, Clone)]
pub struct Manifest {
    name: String,
    trust: Trust,
}

/// How much a source's values weigh against those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// 0 to 100, for a value fresh from the source.
    pub value: u8,
    /// After so many days without a change the trust has come half the way down to the floor.
    pub half_life_days: Option<u32>,
    /// Trust never falls below this by age.
    pub floor: u8,
}

/// Which source fields feed one canonical field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    pub field: String,
    pub sources: Vec<String>,
    pub transforms: Vec<String>,
}

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}; {remedy}")]
pub struct ManifestError {
    pub file: String,
    pub line: usize,
    pub what: String,
    pub remedy: String,
}

/// Everything that is wrong with a manifest, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestErrors(pub Vec<ManifestError>);

impl std::error::Error for ManifestErrors {}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let line_end = if i == 0 { "" } else { "\n" };
            write!(f, "{line_end}{error}")?;
        }
        Ok(())
    }
}

impl Manifest {
    /// Checks a manifest's text; all errors are reported at once.
    pub fn parse(file_name: &str, toml: &str) -> Result<Manifest, ManifestErrors> {
        let wrong = |what: String| {
            ManifestErrors(vec![ManifestError {
                file: file_name.to_owned(),
                line: 1,
                what,
                remedy: "see MANIFEST.md".to_owned(),
            }])
        };
        let table: toml::Table = toml
            .parse()
            .map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        let name = table
            .get("name")
            .and_then(|name| name.as_str())
            .ok_or_else(|| wrong("`name` is missing".into()))?;
        Ok(Manifest {
            name: name.to_owned(),
            trust: Trust {
                value: 50,
                half_life_days: None,
                floor: 0,
            },
        })
    }

    /// The manifests that come with the program.
    pub fn shipped() -> Vec<Manifest> {
        ["common-csv", "canonical"]
            .iter()
            .filter_map(|name| Manifest::shipped_named(name))
            .collect()
    }

    pub fn shipped_named(name: &str) -> Option<Manifest> {
        let known = ["common-csv", "canonical"].contains(&name);
        known.then(|| Manifest {
            name: name.to_owned(),
            trust: Trust {
                value: 50,
                half_life_days: None,
                floor: 0,
            },
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn title(&self) -> &str {
        &self.name
    }

    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// How this system's files are to be read.
    pub fn read_options(&self) -> read::Options {
        read::Options::default()
    }

    /// One record's payload, the text of a JSON object, becomes a canonical customer.
    pub fn map(&self, payload: &[u8]) -> Result<Mapped, MapError> {
        let error = |step, field: &str, reason: &str| MapError {
            step,
            field: field.to_owned(),
            source_path: "$".to_owned(),
            reason: reason.to_owned(),
        };
        let value: Value = serde_json::from_slice(payload)
            .map_err(|_| error(Step::Parse, "", "the payload is not JSON"))?;
        let Value::Object(mut source) = value else {
            return Err(error(Step::Parse, "", "the payload is not an object"));
        };
        let key_name = if self.name == "canonical" {
            "key"
        } else {
            "record_id"
        };
        let key = match source.remove(key_name) {
            Some(Value::String(key)) if !key.is_empty() => key,
            _ => return Err(error(Step::Key, "key", "the key is missing")),
        };
        let record = if self.name == "canonical" {
            Value::Object(source)
        } else {
            common(&source)
        };
        Ok(Mapped {
            key,
            version: None,
            changed_at_us: None,
            deleted: false,
            record,
            omitted: Vec::new(),
        })
    }

    /// Which source fields feed which canonical field.
    pub fn lineage(&self) -> Vec<Lineage> {
        Vec::new()
    }
}

fn common(source: &Map<String, Value>) -> Value {
    let pick = |pairs: &[(&str, &str)]| -> Value {
        let filled = pairs.iter().filter_map(|(to, from)| {
            let text = source
                .get(*from)?
                .as_str()
                .filter(|text| !text.is_empty())?;
            Some(((*to).to_owned(), json!(text)))
        });
        Value::Object(filled.collect())
    };
    let mut record = pick(&[
        ("birth_date", "dob"),
        ("gender", "gender"),
        ("country", "country"),
    ])
    .as_object()
    .cloned()
    .unwrap_or_default();
    let lists = [
        (
            "names",
            pick(&[
                ("given", "given_name"),
                ("middle", "middle_name"),
                ("family", "surname"),
                ("full", "full_name"),
            ]),
        ),
        ("emails", pick(&[("value", "email")])),
        ("phones", pick(&[("value", "phone")])),
        (
            "addresses",
            pick(&[
                ("city", "city"),
                ("region", "region"),
                ("postcode", "postcode"),
                ("country", "country"),
            ]),
        ),
    ];
    for (list, entry) in lists {
        if entry.as_object().is_some_and(|entry| !entry.is_empty()) {
            record.insert(list.to_owned(), json!([entry]));
        }
    }
    Value::Object(record)
}
