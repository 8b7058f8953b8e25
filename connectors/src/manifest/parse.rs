//! The manifest as a whole: who it is for, how files are read, how records are mapped.

use std::collections::HashMap;
use std::sync::Arc;

use toml::de::DeTable;

use super::error::ManifestErrors;
use super::section::{Report, Section, did_you_mean};
use super::{Manifest, Trust, lists, poll, record, webhook, write_back};
use crate::read::{self, Format};

const TRUST_OF_THE_UNKNOWN: u8 = 50;
pub(super) const FORMATS: [(&str, Format); 4] =
    [("auto", Format::Auto), ("csv", Format::Csv), ("json", Format::JsonArray), ("ndjson", Format::Ndjson)];

/// Tables for `lookup`, by name.
pub(super) type Lookups = HashMap<String, Arc<HashMap<String, String>>>;

pub(super) fn parse(file_name: &str, toml: &str) -> Result<Manifest, ManifestErrors> {
    let mut report = Report::new(file_name, toml);
    let (table, errors) = DeTable::parse_recoverable(toml);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        report.error(at, format!("this is no TOML: {}", error.message()), "see https://toml.io for the syntax");
    }
    let manifest = if errors.is_empty() { manifest(&mut report, table.get_ref()) } else { None };
    report.finish()?;
    manifest.ok_or_else(|| ManifestErrors(Vec::new()))
}

/// Gives nothing only after it has reported why.
fn manifest(report: &mut Report<'_>, table: &DeTable<'_>) -> Option<Manifest> {
    let mut top = Section::new(table, 0, "the manifest");
    let name = name(report, &mut top);
    let title = top.take_text(report, "title");
    let version = top.take_text(report, "version").unwrap_or("1").to_owned();
    let owner = top.take_text(report, "owner").map(str::to_owned);
    let trust = trust(report, &mut top);
    let country = country(report, &mut top);
    let file = file(report, &mut top);
    let lookups = lookups(report, &mut top);
    let webhook = top.take("webhook").and_then(|value| webhook::webhook(report, value, &lookups));
    let poll = top.take("poll").and_then(|value| poll::poll(report, value, &file));
    let write_back =
        top.take("write_back").and_then(|value| write_back::write_back(report, value, poll.as_ref(), &lookups));
    let rules = top.required(report, "record", "add a [record] table with at least `key = \"$.id\"`");
    let rules = rules.and_then(|rules| record::rules(report, rules, &lookups));
    let map = top.required(report, "map", "add a [map] table that says where the canonical fields come from");
    let mapped = map.map(|map| lists::mapped(report, map, &lookups));
    top.finish(report);
    let (name, rules, mapped) = (name?, rules?, mapped?);
    let title = title.map_or_else(|| name.clone(), str::to_owned);
    let mapping = rules.into_mapping(mapped, country);
    Some(Manifest { name, title, version, owner, trust, file, webhook, poll, write_back, mapping })
}

fn name(report: &mut Report<'_>, top: &mut Section<'_>) -> Option<String> {
    let value = top.required(report, "name", "add `name = \"my-shop\"` as the first line")?;
    let name = report.text(value, "`name`")?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        let what = "`name` may hold only small letters a-z, digits, `-` and `_`, at most 64";
        report.error(value.span().start, what, "write it like `my-shop`");
    }
    Some(name.to_owned())
}

fn trust(report: &mut Report<'_>, top: &mut Section<'_>) -> Trust {
    let mut number = |name: &'static str, least, most| {
        let value = top.take(name)?;
        report.integer(value, &format!("`{name}`"), least, most)
    };
    let value = number("trust", 0, 100).map_or(TRUST_OF_THE_UNKNOWN, |value| value as u8);
    let half_life_days = number("trust_half_life_days", 1, 36_500).map(|days| days as u32);
    let floor = number("trust_floor", 0, 100).map_or(value / 2, |floor| floor as u8);
    if floor > value {
        let at = top.take("trust_floor").map_or(0, |value| value.span().start);
        report.error(at, "`trust_floor` is above `trust`", "lower the floor: age never makes a value more trusted");
    }
    Trust { value, half_life_days, floor }
}

fn country(report: &mut Report<'_>, top: &mut Section<'_>) -> Option<String> {
    let value = top.take("country")?;
    let country = report.text(value, "`country`")?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        report.error(value.span().start, "`country` is no ISO 3166 code", "write two capitals such as \"DE\"");
    }
    Some(country.to_owned())
}

fn file(report: &mut Report<'_>, top: &mut Section<'_>) -> read::Options {
    let mut options = read::Options::default();
    let Some(mut section) = top.take("file").and_then(|file| report.section(file, "[file]")) else {
        return options;
    };
    if let Some(value) = section.take("format")
        && let Some(word) = report.text(value, "`format`")
    {
        match FORMATS.iter().find(|(name, _)| *name == word) {
            Some((_, format)) => options.format = *format,
            None => {
                let remedy = did_you_mean(word, &FORMATS.map(|(name, _)| name));
                report.error(value.span().start, format!("the format `{word}` is unknown"), remedy);
            }
        }
    }
    if let Some(value) = section.take("records") {
        options.records = report.texts(value, "`records`");
        if options.records.iter().any(|path| path.starts_with('$') || path.split('.').any(str::is_empty)) {
            let remedy = "write member names with dots between them, such as \"data.customers\"";
            report.error(value.span().start, "`records` is no plain path", remedy);
        }
    }
    if let Some(value) = section.take("delimiter") {
        match report.text(value, "`delimiter`").map(str::as_bytes) {
            Some([delimiter]) if !matches!(delimiter, b'"' | b'\n' | b'\r') => options.delimiter = Some(*delimiter),
            Some(_) => report.error(value.span().start, "`delimiter` is not one sign", "write \";\" or \"\\t\""),
            None => {}
        }
    }
    section.finish(report);
    options
}

fn lookups(report: &mut Report<'_>, top: &mut Section<'_>) -> Lookups {
    let mut lookups = HashMap::new();
    let Some(section) = top.take("lookup").and_then(|value| report.section(value, "[lookup]")) else {
        return lookups;
    };
    for (name, _, value) in section.members() {
        let title = format!("[lookup.{name}]");
        let Some(table) = report.section(value, &title) else {
            continue;
        };
        let entries = table.members().filter_map(|(key, _, value)| {
            Some((key.to_lowercase(), report.text(value, &format!("`{key}` in {title}"))?.to_owned()))
        });
        let entries = entries.collect();
        lookups.insert(name.to_owned(), Arc::new(entries));
    }
    lookups
}
