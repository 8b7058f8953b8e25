//! Conditions of `when` and `deleted`.

use toml::de::DeValue;

use super::expressions::path;
use super::section::{Report, Section, Toml};
use crate::mapping::Condition;

/// Nothing only after an error was reported.
pub(super) fn condition(
    report: &mut Report<'_>,
    value: &Toml<'_>,
    title: &str,
    has_element: bool,
) -> Option<Condition> {
    let at = value.span().start;
    let mut section = report.section(value, title)?;
    let all = section.take("all").map(|value| conditions(report, value, has_element));
    let any = section.take("any").map(|value| conditions(report, value, has_element));
    let path_at = section.take("path");
    let tests = tests(report, &mut section);
    section.finish(report);
    match (all, any, path_at, tests.len()) {
        (Some(all), None, None, 0) => Some(Condition::All(all?)),
        (None, Some(any), None, 0) => Some(Condition::Any(any?)),
        (None, None, Some(value), 1) => {
            let text = report.text(value, "`path`")?;
            let (path, _) = path(report, value.span().start, text, has_element)?;
            Some(match tests.into_iter().next()?? {
                Test::Present(wanted) => Condition::Present { path, wanted },
                Test::Is(words, wanted) => Condition::Is { path, words, wanted },
            })
        }
        _ => {
            let remedy = "write { path = \"$.x\", is = \"word\" }, with `is_not` or `present` for `is`, or { all = [..] }, { any = [..] }";
            report.error(at, format!("{title} is no condition"), remedy);
            None
        }
    }
}

enum Test {
    Present(bool),
    Is(Vec<String>, bool),
}

fn tests(report: &mut Report<'_>, section: &mut Section<'_>) -> Vec<Option<Test>> {
    let present = section.take("present").map(|value| report.boolean(value, "`present`").map(Test::Present));
    let is = section.take("is").map(|value| words(report, value).map(|words| Test::Is(words, true)));
    let is_not = section.take("is_not").map(|value| words(report, value).map(|words| Test::Is(words, false)));
    [present, is, is_not].into_iter().flatten().collect()
}

/// Texts, numbers and booleans are all compared as they are written.
fn words(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Boolean(boolean) => Some(vec![boolean.to_string()]),
        DeValue::Integer(number) => Some(vec![number.as_str().to_owned()]),
        DeValue::Array(values) => {
            let words: Vec<_> = values.iter().map(|value| words(report, value)).collect();
            Some(words.into_iter().collect::<Option<Vec<_>>>()?.concat())
        }
        _ => {
            report.wrong_type(value, "what to compare with", "a text, a number, true or false, or a list of them");
            None
        }
    }
}

fn conditions(report: &mut Report<'_>, value: &Toml<'_>, has_element: bool) -> Option<Vec<Condition>> {
    let Some(values) = value.get_ref().as_array() else {
        report.wrong_type(value, "the list of conditions", "a list of conditions in [ ]");
        return None;
    };
    let conditions: Vec<_> =
        values.iter().map(|value| condition(report, value, "the condition", has_element)).collect();
    conditions.into_iter().collect()
}
