//! Which canonical fields a field of the payload feeds.

use super::path::{Part, Path};
use super::{Entry, Mapping};
use crate::contract::EXTENSIONS;

/// The ways that a mapping reads, with what each feeds.
#[derive(Debug, Clone)]
pub struct Feeds {
    ways: Vec<(String, String)>,
    ignores_case: bool,
}

impl Feeds {
    /// The canonical fields that a path of the payload feeds, each once, in the order of the contract.
    pub fn of(&self, path: &str) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for (way, field) in &self.ways {
            if self.leads_to(way, path) && !found.contains(&field.as_str()) {
                found.push(field);
            }
        }
        found
    }

    /// To the path itself, or to what the path stands in.
    fn leads_to(&self, way: &str, path: &str) -> bool {
        let (Some(head), rest) = (path.get(..way.len()), path.get(way.len()..).unwrap_or_default()) else {
            return false;
        };
        let same = if self.ignores_case { head.eq_ignore_ascii_case(way) } else { head == way };
        same && (rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl Mapping {
    /// What is fed by which path; the record stands where `record` leads.
    pub(crate) fn feeds(&self, record: Option<&Path>) -> Feeds {
        let record = record.map(Path::parts).unwrap_or_default();
        let mut ways: Vec<(String, String)> = Vec::new();
        let mut add = |field: &str, each: Option<&Path>, paths: Vec<&Path>| {
            for path in paths {
                let each = each.filter(|_| path.begins_at_element()).map(each_element).unwrap_or_default();
                let way = Part::written(&[record.clone(), each, path.parts()].concat());
                // A way to the whole record says nothing of any field.
                if way != "$" {
                    ways.push((way, field.to_owned()));
                }
            }
        };
        add("key", None, self.key.paths());
        for (name, rule) in [("version", &self.version), ("changed_at", &self.changed_at)] {
            rule.iter().for_each(|rule| add(name, None, rule.from.paths()));
        }
        self.deleted.iter().for_each(|condition| add("deleted", None, condition.paths()));
        self.fields.iter().for_each(|(field, expr)| add(field.name, None, expr.paths()));
        for entry in self.entries() {
            entry.fields.iter().for_each(|(_, name, expr)| add(name, entry.each.as_ref(), expr.paths()));
        }
        for (name, expr) in &self.extensions.fields {
            add(&format!("{EXTENSIONS}.{name}"), None, expr.paths());
        }
        add(&format!("{EXTENSIONS}.*"), None, self.extensions.spread.iter().collect());
        Feeds { ways, ignores_case: self.ignores_case }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.lists.iter().flat_map(|list| &list.entries)
    }
}

/// The way to any element of a list.
pub(super) fn each_element(each: &Path) -> Vec<Part> {
    let mut list = each.parts();
    if list.last() != Some(&Part::Element) {
        list.push(Part::Element);
    }
    list
}
