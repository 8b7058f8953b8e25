//! Which source fields feed which canonical field, known without any record.

use crate::contract::EXTENSIONS;
use crate::mapping::{Expr, Extensions, From, Mapping, Path};

/// Which source fields feed one canonical field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The canonical path, such as `addresses[].city`; `key`, `version` and `deleted` are listed too.
    pub field: String,
    /// Paths in the payload, of values and of conditions.
    pub sources: Vec<String>,
    /// What is done on the way, in order.
    pub transforms: Vec<String>,
}

pub(super) fn of(mapping: &Mapping) -> Vec<Lineage> {
    let mut lines = of_record(mapping);
    lines.extend(mapping.fields.iter().map(|(field, expr)| line(field.name, expr, None)));
    for entry in mapping.lists.iter().flat_map(|list| &list.entries) {
        let each = entry.each.as_ref();
        lines.extend(entry.fields.iter().map(|(_, name, expr)| line(name, expr, each)));
    }
    lines.extend(of_extensions(&mapping.extensions));
    lines
}

fn of_record(mapping: &Mapping) -> Vec<Lineage> {
    let mut lines = vec![line("key", &mapping.key, None)];
    let rules = [("version", &mapping.version), ("changed_at", &mapping.changed_at)];
    for (name, rule) in rules {
        lines.extend(rule.iter().map(|rule| line(name, &rule.from, None)));
    }
    lines.extend(mapping.deleted.iter().map(|condition| Lineage {
        field: "deleted".to_owned(),
        sources: condition.paths().into_iter().map(|path| path.text().to_owned()).collect(),
        transforms: Vec::new(),
    }));
    lines
}

fn of_extensions(extensions: &Extensions) -> Vec<Lineage> {
    let wildcard = |source: &str, what: &str| Lineage {
        field: format!("{EXTENSIONS}.*"),
        sources: vec![source.to_owned()],
        transforms: vec![what.to_owned()],
    };
    let named = |(name, expr): &(String, Expr)| line(&format!("{EXTENSIONS}.{name}"), expr, None);
    let mut lines: Vec<Lineage> = extensions.fields.iter().map(named).collect();
    lines.extend(extensions.spread.iter().map(|path| wildcard(path.text(), "all members")));
    lines.extend(extensions.unmapped.iter().map(|_| wildcard("$.*", "members that nothing else names")));
    lines
}

fn line(field: &str, expr: &Expr, each: Option<&Path>) -> Lineage {
    let absolute = |path: &Path| match each {
        Some(each) if path.begins_at_element() => format!("{}{}", each.text(), &path.text()[1..]),
        _ => path.text().to_owned(),
    };
    let mut transforms = Vec::new();
    describe(expr, &mut transforms);
    Lineage { field: field.to_owned(), sources: expr.paths().into_iter().map(absolute).collect(), transforms }
}

fn describe(expr: &Expr, transforms: &mut Vec<String>) {
    let (parts, word) = match &expr.from {
        From::Path(_) => (&[][..], None),
        From::Constant(value) => (&[][..], Some(format!("constant {value}"))),
        From::Coalesce(parts) => (parts.as_slice(), Some("coalesce".to_owned())),
        From::Join { parts, with } => (parts.as_slice(), Some(format!("join with {with:?}"))),
        From::List(parts) => (parts.as_slice(), Some("list".to_owned())),
    };
    for part in parts {
        describe(part, transforms);
    }
    transforms.extend(word);
    transforms.extend(expr.steps.iter().map(|step| step.words()));
    transforms.extend(expr.when.iter().map(|_| "when".to_owned()));
    transforms.extend(expr.omits_errors.then(|| "omit on error".to_owned()));
}
