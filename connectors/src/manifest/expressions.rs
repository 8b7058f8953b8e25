//! Expressions: a path in quotes, a list of expressions, or a table that says more.

use serde_json::Value;
use toml::de::DeValue;

use super::conditions::condition;
use super::parse::Lookups;
use super::section::{Report, Section, Toml};
use super::transforms::transforms;
use crate::mapping::{Expr, From, Kind, Path};

/// More than one descent makes the cost of a path grow faster than its record.
const DESCENTS_MAX: usize = 1;
const NESTING_MAX: usize = 8;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// What it is for, in messages.
    pub(super) field: &'s str,
    /// Within `each`, where paths may begin with `@`.
    pub(super) has_element: bool,
    pub(super) lookups: &'s Lookups,
    nesting: usize,
}

impl<'s> Scope<'s> {
    pub(super) fn record(field: &'s str, lookups: &'s Lookups) -> Scope<'s> {
        Scope { field, has_element: false, lookups, nesting: 0 }
    }

    pub(super) fn within_each(self, has_element: bool) -> Scope<'s> {
        Scope { has_element, ..self }
    }
}

/// The expression and what its values will be; nothing only after an error was reported.
pub(super) fn expression(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Option<(Expr, Kind)> {
    let at = value.span().start;
    if scope.nesting > NESTING_MAX {
        report.error(at, format!("the expression for `{}` is nested too deep", scope.field), "make it flatter");
        return None;
    }
    match value.get_ref() {
        DeValue::String(text) => {
            let (path, kind) = path(report, at, text, scope.has_element)?;
            Some((plain(From::Path(path)), kind))
        }
        DeValue::Array(_) => Some((plain(From::List(parts(report, value, scope)?.0)), Kind::List)),
        DeValue::Table(_) => table(report, value, scope),
        other => {
            let remedy = "write a path such as \"$.name\", or { constant = \"..\" } for a fixed value";
            report.error(at, format!("`{}` is written as {}", scope.field, other.type_str()), remedy);
            None
        }
    }
}

/// A checked path and what it leads to.
pub(super) fn path(report: &mut Report<'_>, at: usize, text: &str, has_element: bool) -> Option<(Path, Kind)> {
    if !text.starts_with(['$', '@']) {
        let remedy = "begin a path with `$.`, or write { constant = \"..\" } for a fixed text";
        report.error(at, format!("`{text}` is no path"), remedy);
        return None;
    }
    let path = match Path::parse(text) {
        Ok(path) => path,
        Err(message) => {
            let what = format!("`{text}` is no JSONPath: {message}");
            report.error(at, what, "see RFC 9535; names with spaces or dots are written $['Account.Name']");
            return None;
        }
    };
    if path.begins_at_element() && !has_element {
        let remedy = "begin it with `$`, or give the entry an `each`";
        report.error(at, format!("`{text}` begins at the element of an `each`, but there is none"), remedy);
    }
    if text.matches("..").count() > DESCENTS_MAX {
        report.error(at, format!("`{text}` descends more than once"), "name the members between, use `..` once");
    }
    let kind = if path.is_singular() { Kind::Any } else { Kind::List };
    Some((path, kind))
}

fn plain(from: From) -> Expr {
    Expr { from, steps: Vec::new(), when: None, omits_errors: false }
}

fn parts(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Option<(Vec<Expr>, Vec<Kind>)> {
    let Some(values) = value.get_ref().as_array() else {
        report.wrong_type(value, "the list of expressions", "a list such as [\"$.a\", \"$.b\"]");
        return None;
    };
    let inner = Scope { nesting: scope.nesting + 1, ..scope };
    let parts: Vec<_> = values.iter().map(|value| expression(report, value, inner)).collect();
    let parts: Option<Vec<_>> = parts.into_iter().collect();
    if values.is_empty() {
        report.error(value.span().start, "the list of expressions is empty", "name at least one path");
    }
    Some(parts?.into_iter().unzip())
}

fn table(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Option<(Expr, Kind)> {
    let at = value.span().start;
    let mut section = report.section(value, &format!("the expression for `{}`", scope.field))?;
    let source = source(report, &mut section, at, scope);
    let steps = section.take("then").map(|then| transforms(report, then, scope)).unwrap_or_default();
    let when = section.take("when").and_then(|when| condition(report, when, "`when`", scope.has_element));
    let omits_errors = section.take("on_error").is_some_and(|value| omits_errors(report, value));
    section.finish(report);
    let (from, mut kind) = source?;
    for (step, step_at) in &steps {
        let Some(next) = step.kind(kind) else {
            let what = format!("`{}` cannot be applied to {}", step.words(), kind.words());
            report.error(*step_at, what, "change the order of `then`, or take one value before");
            return None;
        };
        kind = next;
    }
    let steps = steps.into_iter().map(|(step, _)| step).collect();
    Some((Expr { from, steps, when, omits_errors }, kind))
}

fn source(report: &mut Report<'_>, section: &mut Section<'_>, at: usize, scope: Scope<'_>) -> Option<(From, Kind)> {
    let from_path = section.take("path");
    let constant = section.take("constant");
    let coalesce = section.take("coalesce");
    let join = section.take("join");
    let with = section.take_text(report, "with");
    match (from_path, constant, coalesce, join) {
        (Some(value), None, None, None) => {
            let text = report.text(value, "`path`")?;
            let (path, kind) = path(report, value.span().start, text, scope.has_element)?;
            Some((From::Path(path), kind))
        }
        (None, Some(value), None, None) => fixed(report, value),
        (None, None, Some(value), None) => {
            let (parts, kinds) = parts(report, value, scope)?;
            Some((From::Coalesce(parts), shared_kind(report, value, &kinds)))
        }
        (None, None, None, Some(value)) => {
            let (parts, kinds) = parts(report, value, scope)?;
            if kinds.contains(&Kind::List) {
                let remedy = "join a list by `then = [{ join = \", \" }]`";
                report.error(value.span().start, "`join` holds a list", remedy);
            }
            Some((From::Join { parts, with: with.unwrap_or(" ").to_owned() }, Kind::Text))
        }
        _ => {
            let what = format!("the expression for `{}` needs exactly one source", scope.field);
            report.error(at, what, "give one of `path`, `constant`, `coalesce`, `join`");
            None
        }
    }
}

fn fixed(report: &mut Report<'_>, value: &Toml<'_>) -> Option<(From, Kind)> {
    match value.get_ref() {
        DeValue::String(text) => Some((From::Constant(Value::String(text.to_string())), Kind::Text)),
        DeValue::Boolean(value) => Some((From::Constant(Value::Bool(*value)), Kind::Boolean)),
        _ => {
            report.wrong_type(value, "`constant`", "a text in quotes, true or false");
            None
        }
    }
}

/// What all alternatives have in common; a payload's value may become any of them.
fn shared_kind(report: &mut Report<'_>, value: &Toml<'_>, kinds: &[Kind]) -> Kind {
    let first = kinds.iter().copied().find(|kind| *kind != Kind::Any);
    let Some(first) = first else { return Kind::Any };
    if let Some(other) = kinds.iter().find(|kind| **kind != Kind::Any && **kind != first) {
        let what = format!("the alternatives of `coalesce` are {} and {}", first.words(), other.words());
        report.error(value.span().start, what, "give all alternatives one type");
    }
    if kinds.contains(&Kind::Any) && first == Kind::Text { Kind::Any } else { first }
}

fn omits_errors(report: &mut Report<'_>, value: &Toml<'_>) -> bool {
    match report.text(value, "`on_error`") {
        Some("omit") => true,
        Some("fail") | None => false,
        Some(_) => {
            let remedy = "write \"omit\" to leave the field out, or \"fail\" to refuse the record";
            report.error(value.span().start, "`on_error` is neither omit nor fail", remedy);
            false
        }
    }
}
