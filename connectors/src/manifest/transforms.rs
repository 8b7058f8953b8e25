//! The steps of `then`.

use toml::de::DeValue;

use super::expressions::Scope;
use super::section::{Report, Section, Toml, did_you_mean};
use crate::mapping::{DatePattern, Lookup, Transform};

const WORDS: [&str; 9] =
    ["trim", "lower", "upper", "parse_boolean", "parse_decimal", "split", "lookup", "parse_date", "date_from_millis"];

/// Each step with its place; wrong ones are reported and left out.
pub(super) fn transforms(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Vec<(Transform, usize)> {
    let steps: Vec<&Toml<'_>> = match value.get_ref() {
        DeValue::Array(steps) => steps.iter().collect(),
        _ => vec![value],
    };
    let with_place = |step: &Toml<'_>| Some((transform(report, step, scope)?, step.span().start));
    steps.into_iter().filter_map(with_place).collect()
}

fn transform(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Option<Transform> {
    match value.get_ref() {
        DeValue::String(word) => match word.as_ref() {
            "trim" => Some(Transform::Trim),
            "lower" => Some(Transform::Lower),
            "upper" => Some(Transform::Upper),
            "date_from_millis" => Some(Transform::DateFromMillis),
            "parse_boolean" => Some(Transform::ParseBoolean),
            "parse_decimal" => Some(Transform::ParseDecimal { decimal_sign: '.' }),
            "parse_date" | "split" | "lookup" | "join" | "scale" => {
                let what = format!("the transform `{word}` needs a setting");
                report.error(value.span().start, what, format!("write it as {}", example(word)));
                None
            }
            _ => {
                let remedy = did_you_mean(word, &WORDS);
                report.error(value.span().start, format!("the transform `{word}` is unknown"), remedy);
                None
            }
        },
        DeValue::Table(_) => with_setting(report, value, scope),
        _ => {
            report.wrong_type(
                value,
                "a transform",
                "a word such as \"lower\" or a table such as { lookup = \"gender\" }",
            );
            None
        }
    }
}

fn example(word: &str) -> &'static str {
    match word {
        "parse_date" => "{ parse_date = [\"DD.MM.YYYY\"] }",
        "split" => "{ split = \",\", take = 0 }",
        "lookup" => "{ lookup = \"gender\" }",
        "join" => "{ join = \", \" }",
        _ => "{ scale = -2 }",
    }
}

fn with_setting(report: &mut Report<'_>, value: &Toml<'_>, scope: Scope<'_>) -> Option<Transform> {
    let mut section = report.section(value, "the transform")?;
    let mut found = Vec::new();
    found.extend(section.take("split").map(|setting| split(report, &mut section, setting)));
    found.extend(section.take("lookup").map(|setting| lookup(report, &mut section, setting, scope)));
    found.extend(section.take("join").map(|with| {
        let with = report.text(with, "`join`")?.to_owned();
        Some(Transform::Join { with })
    }));
    found.extend(section.take("parse_date").map(|setting| Some(Transform::ParseDate(date_patterns(report, setting)))));
    found.extend(section.take("parse_decimal").map(|setting| decimal(report, setting)));
    found.extend(section.take("scale").map(|setting| {
        let by = report.integer(setting, "`scale`", -18, 18)?;
        Some(Transform::Scale { by: i8::try_from(by).ok()? })
    }));
    section.finish(report);
    if found.len() != 1 {
        let what = "a transform needs exactly one of split, lookup, join, parse_date, parse_decimal, scale";
        report.error(value.span().start, what, "put each transform in a table of its own");
        return None;
    }
    found.pop().flatten()
}

fn split(report: &mut Report<'_>, section: &mut Section<'_>, setting: &Toml<'_>) -> Option<Transform> {
    let at = report.text(setting, "`split`")?.to_owned();
    if at.is_empty() {
        report.error(setting.span().start, "`split` has no sign to split at", "write { split = \",\" }");
    }
    let take = section.take("take").and_then(|value| report.integer(value, "`take`", 0, 1000));
    Some(Transform::Split { at, take: take.and_then(|part| usize::try_from(part).ok()) })
}

fn lookup(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    setting: &Toml<'_>,
    scope: Scope<'_>,
) -> Option<Transform> {
    let name = report.text(setting, "`lookup`")?;
    let otherwise = section.take_text(report, "otherwise").map(str::to_owned);
    let Some(table) = scope.lookups.get(name) else {
        let known: Vec<&str> = scope.lookups.keys().map(String::as_str).collect();
        let what = format!("the lookup table `{name}` is unknown");
        let remedy = format!("add [lookup.{name}]{}", if known.is_empty() { "" } else { ", or name another" });
        report.error(setting.span().start, what, remedy);
        return None;
    };
    Some(Transform::Lookup(Lookup { name: name.to_owned(), table: table.clone(), otherwise }))
}

fn date_patterns(report: &mut Report<'_>, setting: &Toml<'_>) -> Vec<DatePattern> {
    let texts = report.texts(setting, "`parse_date`");
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        match DatePattern::parse(&text) {
            Ok(pattern) => patterns.push(pattern),
            Err(what) => {
                let remedy = "write it like \"DD.MM.YYYY\", with `*` for any rest";
                report.error(setting.span().start, format!("`{text}`: {what}"), remedy);
            }
        }
    }
    patterns
}

fn decimal(report: &mut Report<'_>, setting: &Toml<'_>) -> Option<Transform> {
    match report.text(setting, "`parse_decimal`")? {
        "." => Some(Transform::ParseDecimal { decimal_sign: '.' }),
        "," => Some(Transform::ParseDecimal { decimal_sign: ',' }),
        _ => {
            let remedy = "write { parse_decimal = \",\" } or { parse_decimal = \".\" }";
            report.error(setting.span().start, "`parse_decimal` names no decimal sign", remedy);
            None
        }
    }
}
