//! Carries a manifest's mapping out on one record. The mapping is data: closed, and total, so that a hostile record
//! costs a bounded amount of work and ends in a value or in an error, never in a panic.

mod condition;
mod date;
mod decimal;
mod expr;
mod feeds;
mod list;
mod node;
mod path;
mod steps;
mod target;
mod unread;
mod version;

use std::cell::OnceCell;
use std::collections::HashSet;

use serde_json::{Map, Value};

pub(crate) use condition::Condition;
pub(crate) use date::DatePattern;
use expr::Val;
pub(crate) use expr::{Expr, From};
pub use feeds::Feeds;
pub(crate) use list::{Entry, ListMapping};
pub(crate) use node::Node;
pub(crate) use path::{Context, Nodes, Part, Path};
pub(crate) use steps::{Kind, Lookup, Transform};
pub(crate) use version::{Clock, VersionRule, is_time_pattern};

use crate::contract::{EXTENSIONS, Field};
use crate::fields;
use crate::json::{self, JsonError, Problem, Shape};
use crate::mapped::{MapError, Mapped, Step};

/// Payloads nested deeper than this are refused.
pub(crate) const DEPTH_MAX: usize = 64;
/// More entries of one list are no customer.
pub(crate) const ENTRIES_MAX: usize = 1000;
const KEY_BYTES_MAX: usize = 512;

/// A checked mapping, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) key: Expr,
    pub(crate) version: Option<VersionRule>,
    pub(crate) changed_at: Option<VersionRule>,
    pub(crate) deleted: Option<Condition>,
    pub(crate) fields: Vec<(&'static Field, Expr)>,
    pub(crate) lists: Vec<ListMapping>,
    pub(crate) extensions: Extensions,
    pub(crate) ignores_case: bool,
    /// Stands for the country that a record leaves out.
    pub(crate) country: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    pub(crate) fields: Vec<(String, Expr)>,
    /// Objects whose members become extensions.
    pub(crate) spread: Vec<Path>,
    /// Members of the record that the mapping does not name, kept under their own names.
    pub(crate) unmapped: Option<HashSet<String>>,
}

/// Why a value could not be used; the field is added where it is known.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) step: Step,
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn for_field(self, field: &str) -> MapError {
        MapError { step: self.step, field: field.to_owned(), source_path: self.path, reason: self.reason }
    }
}

/// What is known of a record that stands inside a notice, besides the record itself. Paths begin at the notice.
#[derive(Default)]
pub(crate) struct Inside<'m> {
    pub(crate) record: Option<&'m Path>,
    /// In place of the mapping's own.
    pub(crate) key: Option<&'m Expr>,
    /// In place of the mapping's own, where it gives a value.
    pub(crate) version: Option<&'m VersionRule>,
    pub(crate) is_deleted: bool,
}

impl Mapping {
    pub(crate) fn run(&self, payload: &[u8], inside: &Inside<'_>) -> Result<Mapped, MapError> {
        let document = json::parse(payload, DEPTH_MAX).map_err(|error| unreadable(&error))?;
        let (whole, whole_record, nothing) = (OnceCell::new(), OnceCell::new(), Value::Object(Map::new()));
        let notice = self.context(Node::Fast(document.root()), &whole);
        let record = match inside.record.map(|path| within(&notice, path)) {
            // Whoever knows the key of what is gone needs nothing else.
            Some(Err(_)) if inside.is_deleted && inside.key.is_some() => Node::General(&nothing),
            Some(found) => found?,
            None => notice.record,
        };
        if record.shape() != Shape::Object {
            let reason = format!("a record must be a JSON object, this is {}", record.shape().word());
            return Err(parse_error(reason));
        }
        let context = self.context(record, &whole_record);
        let mut omitted = Vec::new();
        let says_so = || self.deleted.as_ref().is_some_and(|condition| condition.holds(&context));
        let deleted = inside.is_deleted || says_so();
        let record = match self.record(&context, &mut omitted) {
            // Nobody needs the values of what is gone: a bad one must not keep the record alive.
            Err(error) if deleted => {
                omitted.push(error);
                Value::Object(Map::new())
            }
            record => record?,
        };
        let key = match inside.key {
            Some(expr) => key(expr, &notice)?,
            None => key(&self.key, &context)?,
        };
        let read = |name, rule: Option<&VersionRule>, context: &Context<'_>| match rule {
            Some(rule) => rule.read(context).map_err(|fault| fault.for_field(name)),
            None => Ok(None),
        };
        let own = read("version", self.version.as_ref(), &context)?;
        let version = read("version", inside.version, &notice)?.or(own);
        let changed_at = read("changed_at", self.changed_at.as_ref(), &context)?;
        let from_version = version.filter(|version| version.is_instant);
        Ok(Mapped {
            key,
            version: version.map(|version| crate::Version(version.value)),
            changed_at_us: changed_at.or(from_version).map(|instant| instant.value),
            deleted,
            record,
            omitted,
            fingerprint: fields::fingerprint(document.root()),
        })
    }

    /// The key of the record that a notice is about.
    pub(crate) fn key_inside(&self, payload: &[u8], expr: &Expr) -> Result<String, MapError> {
        let document = json::parse(payload, DEPTH_MAX).map_err(|error| unreadable(&error))?;
        let whole = OnceCell::new();
        key(expr, &self.context(Node::Fast(document.root()), &whole))
    }

    fn context<'d>(&self, record: Node<'d>, whole: &'d OnceCell<Value>) -> Context<'d> {
        Context { record, element: None, ignores_case: self.ignores_case, whole }
    }

    fn record(&self, context: &Context<'_>, omitted: &mut Vec<MapError>) -> Result<Value, MapError> {
        let mut record = Map::with_capacity(self.fields.len() + self.lists.len() + 1);
        for list in &self.lists {
            list.add_to(&mut record, context, omitted)?;
        }
        for (field, expr) in &self.fields {
            if let Some(value) = target::value_of(field, field.name, expr, context, omitted)? {
                record.insert(field.name.to_owned(), value);
            }
        }
        if let (Some(country), None) = (&self.country, record.get("country")) {
            record.insert("country".to_owned(), Value::String(country.clone()));
        }
        let extensions = self.extensions.collect(context, omitted)?;
        if !extensions.is_empty() {
            record.insert(EXTENSIONS.to_owned(), Value::Object(extensions));
        }
        Ok(Value::Object(record))
    }
}

/// The record inside a notice.
fn within<'d>(notice: &Context<'d>, path: &Path) -> Result<Node<'d>, MapError> {
    match path.find(notice) {
        Nodes::One(Some(node)) => Ok(node),
        _ => Err(MapError {
            source_path: path.text().to_owned(),
            ..parse_error("the notice holds no record".to_owned())
        }),
    }
}

fn key(expr: &Expr, context: &Context<'_>) -> Result<String, MapError> {
    let error = |reason: String| expr.fault(Step::Key, reason).for_field("key");
    let key = expr.evaluate(context).and_then(Val::into_key).map_err(|fault| error(fault.reason))?;
    match key {
        None => Err(error("the record has no key".to_owned())),
        Some(key) if key.len() > KEY_BYTES_MAX => Err(error(format!("the key is longer than {KEY_BYTES_MAX} bytes"))),
        Some(key) => Ok(key.into_owned()),
    }
}

impl Mapping {
    /// Every path that the mapping reads.
    pub(crate) fn all_paths(&self) -> Vec<&Path> {
        let mut paths = self.key.paths();
        paths.extend([&self.version, &self.changed_at].into_iter().flatten().flat_map(|rule| rule.from.paths()));
        paths.extend(self.deleted.iter().flat_map(Condition::paths));
        paths.extend(self.fields.iter().flat_map(|(_, expr)| expr.paths()));
        for entry in self.entries() {
            paths.extend(&entry.each);
            paths.extend(entry.when.iter().flat_map(Condition::paths));
            paths.extend(entry.fields.iter().flat_map(|(_, _, expr)| expr.paths()));
        }
        paths.extend(self.extensions.fields.iter().flat_map(|(_, expr)| expr.paths()));
        paths.extend(&self.extensions.spread);
        paths
    }
}

impl Extensions {
    fn collect(&self, context: &Context<'_>, omitted: &mut Vec<MapError>) -> Result<Map<String, Value>, MapError> {
        let mut found = Map::new();
        if let Some(mapped) = &self.unmapped {
            for (name, node) in context.record.members() {
                let folded = context.ignores_case.then(|| name.to_ascii_lowercase());
                if !mapped.contains(folded.as_deref().unwrap_or(name)) {
                    keep(&mut found, name, node);
                }
            }
        }
        for path in &self.spread {
            if let Nodes::One(Some(node)) = path.find(context) {
                for (name, node) in node.members() {
                    keep(&mut found, name, node);
                }
            }
        }
        for (name, expr) in &self.fields {
            match expr.evaluate(context) {
                Ok(value) => found.extend(value.into_any().map(|value| (name.clone(), value))),
                Err(fault) if expr.omits_errors => omitted.push(fault.for_field(name)),
                Err(fault) => return Err(fault.for_field(name)),
            }
        }
        Ok(found)
    }
}

fn keep(found: &mut Map<String, Value>, name: &str, node: Node<'_>) {
    if !matches!(node.shape(), Shape::Null | Shape::Text("")) {
        found.insert(name.to_owned(), node.to_value());
    }
}

pub(crate) fn unreadable(error: &JsonError) -> MapError {
    let at = error.at;
    parse_error(match error.problem {
        Problem::InvalidUtf8 => format!("the payload is not valid UTF-8 at byte {at}"),
        Problem::Ends => "the payload ends within a JSON value".to_owned(),
        Problem::TooDeep => format!("the payload is nested deeper than {DEPTH_MAX} levels"),
        Problem::Syntax(what) => format!("the payload is malformed JSON at byte {at}: {what}"),
    })
}

fn parse_error(reason: String) -> MapError {
    MapError { step: Step::Parse, field: "record".to_owned(), source_path: "$".to_owned(), reason }
}
