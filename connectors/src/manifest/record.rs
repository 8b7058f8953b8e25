//! The `[record]` table: what identifies a record, orders its states, and says that it is gone.

use std::collections::HashSet;

use toml::de::DeValue;

use super::conditions::condition;
use super::expressions::{Scope, expression};
use super::lists::Mapped;
use super::parse::Lookups;
use super::section::{Report, Section, Toml};
use crate::mapping::{Clock, Condition, Expr, Extensions, Kind, Mapping, Path, VersionRule, is_time_pattern};

pub(super) struct Rules {
    key: Expr,
    version: Option<VersionRule>,
    changed_at: Option<VersionRule>,
    deleted: Option<Condition>,
    keeps_unmapped: bool,
    ignores_case: bool,
}

pub(super) fn rules(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<Rules> {
    let mut section = report.section(value, "[record]")?;
    let key = section.required(report, "key", "add `key = \"$.id\"`: the path of the id that never changes");
    let key = key.and_then(|value| text_expr(report, value, "key", lookups));
    let version = section.take("version").and_then(|value| version_rule(report, value, "version", lookups));
    let changed_at = section.take("changed_at").and_then(|value| {
        let rule = version_rule(report, value, "changed_at", lookups)?;
        if rule.clock == Clock::Sequence || rule.clock == Clock::Either {
            let remedy = "use `timestamp` or `epoch_seconds`, `epoch_millis`, `epoch_micros`";
            report.error(value.span().start, "`changed_at` must be a time", remedy);
        }
        Some(rule)
    });
    let deleted = section.take("deleted").and_then(|value| condition(report, value, "`deleted`", false));
    let keeps_unmapped = section.take("unmapped").is_some_and(|value| unmapped(report, value));
    let ignores_case = section.take("ignore_case").and_then(|value| report.boolean(value, "`ignore_case`"));
    section.finish(report);
    Some(Rules { key: key?, version, changed_at, deleted, keeps_unmapped, ignores_case: ignores_case.unwrap_or(false) })
}

/// An expression that gives one text.
pub(super) fn text_expr(report: &mut Report<'_>, value: &Toml<'_>, name: &str, lookups: &Lookups) -> Option<Expr> {
    let (expr, kind) = expression(report, value, Scope::record(name, lookups))?;
    if !matches!(kind, Kind::Any | Kind::Text) {
        let remedy = "take one text: use { join = [..] } or a path without stars";
        report.error(value.span().start, format!("`{name}` would be {}", kind.words()), remedy);
    }
    Some(expr)
}

impl Rules {
    pub(super) fn into_mapping(self, mapped: Mapped, country: Option<String>) -> Mapping {
        let Mapped { fields, lists, extensions, spread } = mapped;
        let extensions = Extensions { fields: extensions, spread, unmapped: None };
        let Rules { key, version, changed_at, deleted, keeps_unmapped, ignores_case } = self;
        let mut mapping =
            Mapping { key, version, changed_at, deleted, fields, lists, extensions, ignores_case, country };
        if keeps_unmapped {
            let fold = |name: &str| {
                if ignores_case { name.to_ascii_lowercase() } else { name.to_owned() }
            };
            let named = mapping.all_paths().into_iter().filter_map(Path::first_member);
            let named: HashSet<String> = named.map(fold).collect();
            mapping.extensions.unmapped = Some(named);
        }
        mapping
    }
}

fn unmapped(report: &mut Report<'_>, value: &Toml<'_>) -> bool {
    match report.text(value, "`unmapped`") {
        Some("keep") => true,
        Some("drop") | None => false,
        Some(_) => {
            let remedy = "write \"keep\" for extensions, or \"drop\"";
            report.error(value.span().start, "`unmapped` is neither keep nor drop", remedy);
            false
        }
    }
}

pub(super) fn version_rule(
    report: &mut Report<'_>,
    value: &Toml<'_>,
    name: &str,
    lookups: &Lookups,
) -> Option<VersionRule> {
    let remedy = "write { timestamp = \"$.updated_at\" } or { sequence = \"$.version\" }";
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        report.error(value.span().start, format!("`{name}` does not say how the source counts"), remedy);
        return None;
    }
    let mut section = report.section(value, &format!("`{name}`"))?;
    let formats = section.take("formats").map(|value| time_patterns(report, value)).unwrap_or_default();
    let found = clocks(&mut section, formats);
    section.finish(report);
    let [(clock, from)] = <[_; 1]>::try_from(found)
        .map_err(|_| report.error(value.span().start, format!("`{name}` needs exactly one way to count"), remedy))
        .ok()?;
    let (from, kind) = expression(report, from, Scope::record(name, lookups))?;
    if !matches!(kind, Kind::Any | Kind::Text | Kind::Decimal) {
        report.error(value.span().start, format!("`{name}` would be {}", kind.words()), "take one text or number");
    }
    Some(VersionRule { from, clock })
}

fn clocks<'t>(section: &mut Section<'t>, formats: Vec<String>) -> Vec<(Clock, &'t Toml<'t>)> {
    let known = [
        ("timestamp", Clock::Timestamp { formats }),
        ("sequence", Clock::Sequence),
        ("timestamp_or_sequence", Clock::Either),
        ("epoch_seconds", Clock::Epoch { unit_us: 1_000_000 }),
        ("epoch_millis", Clock::Epoch { unit_us: 1000 }),
        ("epoch_micros", Clock::Epoch { unit_us: 1 }),
    ];
    known.into_iter().filter_map(|(name, clock)| Some((clock, section.take(name)?))).collect()
}

fn time_patterns(report: &mut Report<'_>, value: &Toml<'_>) -> Vec<String> {
    let patterns = report.texts(value, "`formats`");
    for pattern in patterns.iter().filter(|pattern| !is_time_pattern(pattern)) {
        let remedy = "use the directives of strptime, such as \"%d/%m/%Y %H:%M\"";
        report.error(value.span().start, format!("`{pattern}` is no time pattern"), remedy);
    }
    patterns
}
