//! The `[write_back]` table: how golden values are written to a system.

use toml::de::DeValue;

use super::expressions::{Scope, expression};
use super::parse::Lookups;
use super::record::version_rule;
use super::section::{Report, Section, Toml, did_you_mean};
use super::signature::{header_name, secrets};
use crate::contract::{FIELDS, LISTS};
use crate::mapping::{Expr, Kind, Path};
use crate::write_back::{Auth, Base, Condition, KEY, Method, Place, Told, WriteBack};

const METHODS: [(&str, Method); 3] = [("PATCH", Method::Patch), ("PUT", Method::Put), ("POST", Method::Post)];
/// The golden record has one name where a source record has several.
const NAME: &str = "name";

/// Nothing only after an error was reported.
pub(super) fn write_back(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<WriteBack> {
    let mut section = report.section(value, "[write_back]")?;
    let remedy = "add `base = \"https://api.example.com\"`, or { env = \"MY_SHOP_URL\" } where it differs";
    let base = section.required(report, "base", remedy).and_then(|value| base(report, value));
    let remedy = "add `path = \"/customers/{key}\"`: `{key}` stands for the record's key";
    let path = section.required(report, "path", remedy).and_then(|value| path(report, value));
    let method = section.take("method").and_then(|value| method(report, value)).unwrap_or(Method::Patch);
    let remedy = "add `auth = \"bearer\"`, \"basic\", or { header = \"X-Token\" }";
    let auth = section.required(report, "auth", remedy).and_then(|value| auth(report, value));
    let remedy = "add `secret = { env = \"MY_SHOP_TOKEN\" }`";
    let secret = section.required(report, "secret", remedy).and_then(|value| one_secret(report, value));
    let wrap = section.take_text(report, "wrap").map(str::to_owned);
    let condition = section.take("condition").map(|value| condition(report, value, lookups));
    let best = section.take("best").map(|value| best(report, value)).unwrap_or_default();
    let remedy = "add [write_back.fields] with lines such as first_name = \"$.name.given\"";
    let fields = section.required(report, "fields", remedy).map(|value| fields(report, value, lookups));
    section.finish(report);
    let condition = condition.map_or(Some(None), |found| found.map(Some));
    let (base, path, auth, secret, condition) = (base?, path?, auth?, secret?, condition?);
    Some(WriteBack { base, path, method, auth, secret, wrap, condition, best, fields: fields? })
}

fn base(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Base> {
    if matches!(value.get_ref(), DeValue::Table(_)) {
        let mut section = report.section(value, "`base`")?;
        let remedy = "write { env = \"MY_SHOP_URL\" }";
        let name = section.required(report, "env", remedy).and_then(|value| report.text(value, "`env`"));
        section.finish(report);
        return name.map(|name| Base::Env(name.to_owned()));
    }
    let text = report.text(value, "`base`")?;
    if !text.starts_with("https://") && !text.starts_with("http://") {
        report.error(value.span().start, "`base` is no address", "write it like \"https://api.example.com\"");
    }
    Some(Base::Fixed(text.to_owned()))
}

fn path(report: &mut Report<'_>, value: &Toml<'_>) -> Option<String> {
    let text = report.text(value, "`path`")?;
    if !text.starts_with('/') || text.matches(KEY).count() != 1 {
        let remedy = "begin it with / and name the record once, as in \"/customers/{key}\"";
        report.error(value.span().start, "`path` does not lead to one record", remedy);
    }
    Some(text.to_owned())
}

fn method(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Method> {
    let word = report.text(value, "`method`")?;
    let found = METHODS.iter().find(|(name, _)| *name == word).map(|(_, method)| *method);
    if found.is_none() {
        let remedy = did_you_mean(word, &METHODS.map(|(name, _)| name));
        report.error(value.span().start, format!("the method `{word}` changes no record"), remedy);
    }
    found
}

fn auth(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Auth> {
    if matches!(value.get_ref(), DeValue::Table(_)) {
        let mut section = report.section(value, "`auth`")?;
        let remedy = "write { header = \"X-Token\" }";
        let name = section.required(report, "header", remedy);
        let name = name.and_then(|value| header_name(report, value, "`header`"));
        section.finish(report);
        return name.map(Auth::Header);
    }
    match report.text(value, "`auth`")? {
        "bearer" => Some(Auth::Bearer),
        "basic" => Some(Auth::Basic),
        word => {
            let remedy = "write \"bearer\", \"basic\" (the secret is name:password), or { header = \"X-Token\" }";
            report.error(value.span().start, format!("`auth` does not know `{word}`"), remedy);
            None
        }
    }
}

fn one_secret(report: &mut Report<'_>, value: &Toml<'_>) -> Option<crate::webhook::SecretRef> {
    let mut places = secrets(report, value);
    if places.len() > 1 {
        report.error(value.span().start, "`secret` names several places", "write with one secret at a time");
    }
    places.pop()
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
