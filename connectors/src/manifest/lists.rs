//! The `[map]` table, whose shape is the canonical record's own, checked against the contract.

use toml::de::DeValue;

use super::conditions::condition;
use super::expressions::{Scope, expression, path};
use super::parse::Lookups;
use super::section::{Report, Section, Toml, did_you_mean};
use crate::contract::{EXTENSIONS, FIELDS, Field, FieldType, LISTS, List};
use crate::mapping::{Entry, Expr, From, Kind, ListMapping, Path, Transform};

#[derive(Default)]
pub(super) struct Mapped {
    pub(super) fields: Vec<(&'static Field, Expr)>,
    pub(super) lists: Vec<ListMapping>,
    pub(super) extensions: Vec<(String, Expr)>,
    pub(super) spread: Vec<Path>,
}

pub(super) fn mapped(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(section) = report.section(value, "[map]") else {
        return mapped;
    };
    for (name, at, value) in section.members() {
        if let Some(field) = FIELDS.iter().find(|field| field.name == name) {
            let expr = typed(report, value, field, Scope::record(name, lookups));
            mapped.fields.extend(expr.map(|expr| (field, expr)));
        } else if let Some(list) = LISTS.iter().find(|list| list.name == name) {
            let entries = entries(report, value, list, lookups);
            mapped.lists.push(ListMapping { list, entries });
        } else if name == EXTENSIONS {
            extensions(report, value, &mut mapped, lookups);
        } else {
            let known: Vec<&str> =
                FIELDS.iter().map(|field| field.name).chain(LISTS.iter().map(|list| list.name)).collect();
            let remedy = format!("{}; [map.extensions] takes any name", did_you_mean(name, &known));
            report.error(at, format!("the canonical customer has no field `{name}`"), remedy);
        }
    }
    mapped
}

fn entries(report: &mut Report<'_>, value: &Toml<'_>, list: &'static List, lookups: &Lookups) -> Vec<Entry> {
    let values: Vec<&Toml<'_>> = match value.get_ref() {
        DeValue::Array(values) => values.iter().collect(),
        _ => vec![value],
    };
    values.into_iter().filter_map(|value| entry(report, value, list, lookups)).collect()
}

fn entry(report: &mut Report<'_>, value: &Toml<'_>, list: &'static List, lookups: &Lookups) -> Option<Entry> {
    let title = format!("[[map.{}]]", list.name);
    if value.get_ref().as_table().is_none() {
        let remedy = format!("begin each entry with {title}");
        report.error(value.span().start, format!("`{}` is a list of tables", list.name), remedy);
        return None;
    }
    let mut section = report.section(value, &title)?;
    let each = section.take("each").and_then(|value| each(report, value));
    let has_element = each.is_some();
    let when = section.take("when").and_then(|when| condition(report, when, "`when`", has_element));
    let mut fields = Vec::new();
    for field in list.fields {
        let name = format!("{}[].{}", list.name, field.name);
        let Some(value) = section.take(field.name) else {
            continue;
        };
        let scope = Scope::record(&name, lookups).within_each(has_element);
        let expr = typed(report, value, field, scope);
        fields.extend(expr.map(|expr| (field, name.clone(), expr)));
    }
    needs_essential(report, &section, list);
    section.finish(report);
    Some(Entry { each, when, fields })
}

fn each(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Path> {
    let text = report.text(value, "`each`")?;
    Some(path(report, value.span().start, text, false)?.0)
}

fn needs_essential(report: &mut Report<'_>, section: &Section<'_>, list: &List) {
    if !section.members().any(|(name, _, _)| list.essential.contains(&name)) {
        let what = format!("the entry of `{}` would always be empty", list.name);
        report.error(section.at, what, format!("map at least one of {}", list.essential.join(", ")));
    }
}

fn extensions(report: &mut Report<'_>, value: &Toml<'_>, mapped: &mut Mapped, lookups: &Lookups) {
    let Some(section) = report.section(value, "[map.extensions]") else {
        return;
    };
    for (name, _, value) in section.members() {
        if name != "*" {
            let expr = expression(report, value, Scope::record(name, lookups));
            mapped.extensions.extend(expr.map(|(expr, _)| (name.to_owned(), expr)));
            continue;
        }
        let found = report.text(value, "`*`").and_then(|text| path(report, value.span().start, text, false));
        mapped.spread.extend(found.map(|(path, _)| path));
    }
}

/// An expression whose values will have the field's type.
fn typed(report: &mut Report<'_>, value: &Toml<'_>, field: &Field, scope: Scope<'_>) -> Option<Expr> {
    let (expr, kind) = expression(report, value, scope)?;
    let fits = match (field.field_type, kind) {
        (_, Kind::Any)
        | (FieldType::Texts, _)
        | (FieldType::Boolean, Kind::Boolean)
        | (FieldType::Date, Kind::Date)
        | (FieldType::Instant, Kind::Text | Kind::Date) => true,
        (FieldType::Text, kind) => !matches!(kind, Kind::List | Kind::Boolean),
        (FieldType::Choice(_), kind) => kind == Kind::Text,
        (FieldType::Boolean | FieldType::Date | FieldType::Instant, _) => false,
    };
    if !fits {
        let what = format!("`{}` is {}, but this gives {}", scope.field, field.field_type.words(), kind.words());
        report.error(value.span().start, what, remedy(field.field_type, kind));
        return None;
    }
    if let FieldType::Choice(words) = field.field_type {
        fixed_words(report, value, &expr, words, scope.field);
    }
    Some(expr)
}

fn remedy(field_type: FieldType, kind: Kind) -> &'static str {
    match (field_type, kind) {
        (FieldType::Date, _) => "end `then` with { parse_date = [\"YYYY-MM-DD\"] }",
        (FieldType::Instant, _) => "take a text such as 2026-01-31T10:20:30Z",
        (FieldType::Boolean, _) => "end `then` with \"parse_boolean\"",
        (_, Kind::List) => "take one with { coalesce = [..] } or { split = \",\", take = 0 }, or join them",
        _ => "use { lookup = \"..\" } to translate it to a word",
    }
}

/// Constants and lookup tables are known now, so that a wrong word is found before the first record.
fn fixed_words(report: &mut Report<'_>, value: &Toml<'_>, expr: &Expr, words: &[&str], field: &str) {
    let last = expr.steps.last();
    let fixed: Vec<&str> = match (&expr.from, last) {
        (_, Some(Transform::Lookup(lookup))) => {
            lookup.table.values().chain(&lookup.otherwise).map(String::as_str).collect()
        }
        (From::Constant(constant), None) => constant.as_str().into_iter().collect(),
        _ => Vec::new(),
    };
    let mut wrong: Vec<&str> = fixed.into_iter().filter(|word| !words.contains(word)).collect();
    wrong.sort_unstable();
    wrong.dedup();
    for word in wrong {
        let what = format!("`{word}` is no word of `{field}`");
        report.error(value.span().start, what, format!("use one of {}", words.join(", ")));
    }
}
