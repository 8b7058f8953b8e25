//! The `[write_back]` table: how golden values are written to a system.

use super::access::{base, credentials};
use super::expressions::{Scope, expression, path as path_of};
use super::parse::Lookups;
use super::record::version_rule;
use super::section::{Report, Section, Toml, did_you_mean};
use super::signature::header_name;
use crate::contract::{FIELDS, LISTS};
use crate::mapping::{Expr, Kind, Path};
use crate::poll::Poll;
use crate::write_back::{Condition, Encoding, KEY, Method, Place, Template, Told, WriteBack};

const ENCODINGS: [(&str, Encoding); 2] = [("json", Encoding::Json), ("form", Encoding::Form)];
const METHODS: [(&str, Method); 3] = [("PATCH", Method::Patch), ("PUT", Method::Put), ("POST", Method::Post)];
/// The golden record has one name where a source record has several.
const NAME: &str = "name";

/// Nothing only after an error was reported.
pub(super) fn write_back(
    report: &mut Report<'_>,
    value: &Toml<'_>,
    poll: Option<&Poll>,
    lookups: &Lookups,
) -> Option<WriteBack> {
    let mut section = report.section(value, "[write_back]")?;
    // Most systems are written to where they are read, by the same client.
    let base = match poll.filter(|_| !section.has("base")) {
        Some(poll) => Some(poll.base.clone()),
        None => base(report, &mut section),
    };
    let credentials = match poll.filter(|_| !section.has("auth")) {
        Some(poll) => Some(poll.credentials.clone()),
        None => credentials(report, &mut section),
    };
    let csrf = section.take_text(report, "csrf").map(str::to_owned);
    let remedy = "add `path = \"/customers/{key}\"`: `{key}` stands for the record's key";
    let path = section.required(report, "path", remedy).and_then(|value| path(report, value));
    let method = report.one_of(section.take("method"), "method", &METHODS).unwrap_or(Method::Patch);
    let encoding = report.one_of(section.take("encoding"), "encoding", &ENCODINGS).unwrap_or(Encoding::Json);
    let body = body(report, &mut section);
    if let (Some((path, at)), Some((body, _))) = (&path, &body)
        && !path.contains(KEY)
        && !body.names_record()
    {
        let remedy = "write `{key}` into it, or the record's id into `body`, as in \"{$.id}\"";
        report.error(*at, "`path` does not lead to one record", remedy);
    }
    let refused = section.take("refused").and_then(|value| {
        let text = report.text(value, "`refused`")?;
        path_of(report, value.span().start, text, false).map(|(path, _)| path)
    });
    let condition = section.take("condition").map(|value| condition(report, value, lookups));
    let best = section.take("best").map(|value| best(report, value)).unwrap_or_default();
    let remedy = "add [write_back.fields] with lines such as first_name = \"$.name.given\"";
    let fields = section.required(report, "fields", remedy).map(|value| fields(report, value, lookups));
    let held = section
        .take("held")
        .map(|value| held(report, value, fields.as_deref().unwrap_or_default()))
        .unwrap_or_default();
    section.finish(report);
    let condition = condition.map_or(Some(None), |found| found.map(Some));
    let (base, path, credentials, (body, body_at)) = (base?, path?.0, credentials?, body?);
    let fields = fields?;
    if let Some(at) = body_at {
        check_places(report, at, &body, &fields);
    }
    let condition = condition?;
    Some(WriteBack { base, credentials, csrf, method, path, encoding, body, refused, condition, best, fields, held })
}

fn path(report: &mut Report<'_>, value: &Toml<'_>) -> Option<(String, usize)> {
    let text = report.text(value, "`path`")?;
    if !text.starts_with('/') || text.matches(KEY).count() > 1 {
        let remedy = "begin it with / and name the record once, as in \"/customers/{key}\"";
        report.error(value.span().start, "`path` does not lead to one record", remedy);
    }
    Some((text.to_owned(), value.span().start))
}

/// What a request carries: the fields alone, within a member, or at their places in a body of its own.
fn body(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<(Template, Option<usize>)> {
    let wrap = section.take_text(report, "wrap").map(str::to_owned);
    let Some(value) = section.take("body") else {
        let wrapped = |name| Template::Object(vec![(name, Template::Fields)]);
        return Some((wrap.map_or(Template::Fields, wrapped), None));
    };
    let at = value.span().start;
    if wrap.is_some() {
        report.error(at, "`wrap` and `body` both say what the record stands in", "write it into `body` alone");
    }
    let text = report.text(value, "`body`")?;
    let Ok(parsed) = serde_json::from_str(text) else {
        report.error(at, "`body` is no JSON", "write what stands for a field as a text, such as \"{field street}\"");
        return None;
    };
    match Template::parse(parsed) {
        Ok(template) => Some((template, Some(at))),
        Err(text) => {
            let remedy = "write \"{fields}\", \"{field name}\", or a path of the record to one value, \"{$.id}\"";
            report.error(at, format!("`{text}` stands for nothing in `body`"), remedy);
            None
        }
    }
}

/// Every field has a place, and every place a field.
fn check_places(report: &mut Report<'_>, at: usize, body: &Template, fields: &[(Vec<String>, Expr)]) {
    for name in body.named().into_iter().filter(|name| !fields.iter().any(|(field, _)| field == name)) {
        let what = format!("`body` has a place for `{}`, which is no field", name.join("."));
        report.error(at, what, "add it to [write_back.fields]");
    }
    let homeless = |(name, _): &&(Vec<String>, Expr)| !body.takes_any() && !body.named().contains(&name.as_slice());
    for (name, _) in fields.iter().filter(homeless) {
        let remedy = "write \"{fields}\" where all others belong, or name it, as in \"{field street}\"";
        report.error(at, format!("`body` has no place for `{}`", name.join(".")), remedy);
    }
}

fn held(report: &mut Report<'_>, value: &Toml<'_>, fields: &[(Vec<String>, Expr)]) -> Vec<(Vec<String>, Path)> {
    let Some(section) = report.section(value, "[write_back.held]") else { return Vec::new() };
    let mut held = Vec::new();
    for (name, at, value) in section.members() {
        let Some(field) = split(report, at, name) else { continue };
        if !fields.iter().any(|(known, _)| *known == field) {
            report.error(at, format!("`{name}` is not written"), "add it to [write_back.fields], or remove it here");
        }
        let Some(text) = report.text(value, &format!("`{name}`")) else { continue };
        match path_of(report, value.span().start, text, false) {
            Some((place, _)) if place.is_place() => held.push((field, place)),
            Some(_) => {
                let remedy = "name one member or element after the other, as in \"$.addresses[0].street\"";
                report.error(value.span().start, format!("`{text}` is not one place"), remedy);
            }
            None => {}
        }
    }
    held
}

fn condition(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<Condition> {
    let mut section = report.section(value, "`condition`")?;
    let header = section.take("header").and_then(|value| header_name(report, value, "`header`"));
    let field = section.take("field").and_then(|value| field_path(report, value));
    let told = section.take("value").and_then(|value| expression(report, value, Scope::record("value", lookups)));
    let time = section.take("time").and_then(|value| version_rule(report, value, "time", lookups));
    let at = section.at;
    section.finish(report);
    let place = match (header, field) {
        (Some(name), None) => Some(Place::Header(name)),
        (None, Some(path)) => Some(Place::Field(path)),
        _ => None,
    };
    let version = match (told, time) {
        (Some((expr, _)), None) => Some(Told::As(expr)),
        (None, Some(rule)) => Some(Told::Time(rule)),
        _ => None,
    };
    let condition = place.zip(version).map(|(place, version)| Condition { place, version });
    if condition.is_none() {
        let remedy = "write { header = \"If-Match\", value = \"$.etag\" }, { field = \"version\", value = \"$.version\" } \
                      or { header = \"If-Unmodified-Since\", time = { timestamp = \"$.updated_at\" } }";
        report.error(at, "`condition` is not one place and one version", remedy);
    }
    condition
}

fn field_path(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Vec<String>> {
    let text = report.text(value, "`field`")?;
    split(report, value.span().start, text)
}

/// The members on the way to a field, written with dots between.
fn split(report: &mut Report<'_>, at: usize, text: &str) -> Option<Vec<String>> {
    let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if parts.iter().any(String::is_empty) {
        let remedy = "write member names with dots between them, such as \"billing.phone\"";
        report.error(at, format!("`{text}` is no field of a record"), remedy);
        return None;
    }
    Some(parts)
}

fn best(report: &mut Report<'_>, value: &Toml<'_>) -> Vec<String> {
    let names = report.texts(value, "`best`");
    let lists: Vec<&str> = LISTS.iter().map(|list| list.name).filter(|name| *name != "names").collect();
    for name in names.iter().filter(|name| !lists.contains(&name.as_str())) {
        report.error(value.span().start, format!("`{name}` has no best value"), did_you_mean(name, &lists));
    }
    names
}

fn fields(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Vec<(Vec<String>, Expr)> {
    let Some(section) = report.section(value, "[write_back.fields]") else { return Vec::new() };
    check_any(report, &section);
    let field = |(name, at, value)| field(report, name, at, value, lookups);
    section.members().filter_map(field).collect()
}

fn check_any(report: &mut Report<'_>, section: &Section<'_>) {
    if section.members().next().is_none() {
        let remedy = "add lines such as first_name = \"$.name.given\", or remove [write_back]";
        report.error(section.at, "[write_back.fields] lets no field be written", remedy);
    }
}

fn field(
    report: &mut Report<'_>,
    name: &str,
    at: usize,
    value: &Toml<'_>,
    lookups: &Lookups,
) -> Option<(Vec<String>, Expr)> {
    let path = split(report, at, name);
    let (expr, kind) = expression(report, value, Scope::record(name, lookups))?;
    if kind == Kind::List {
        let remedy = "take one value, such as \"$.emails[0].value\", or end `then` with { join = \", \" }";
        report.error(value.span().start, format!("`{name}` would be a list"), remedy);
    }
    check_attributes(report, value.span().start, &expr);
    path.map(|path| (path, expr))
}

/// Values come from the golden record, whose attributes are known.
fn check_attributes(report: &mut Report<'_>, at: usize, expr: &Expr) {
    let mut known: Vec<&str> = vec![NAME];
    known.extend(LISTS.iter().map(|list| list.name).filter(|name| *name != "names"));
    known.extend(FIELDS.iter().map(|field| field.name));
    for path in expr.paths() {
        let first = path.first_member();
        if !first.is_some_and(|name| known.contains(&name)) {
            let what = format!("`{}` names no attribute of the golden record", Path::text(path));
            report.error(at, what, did_you_mean(first.unwrap_or_default(), &known));
        }
    }
}
