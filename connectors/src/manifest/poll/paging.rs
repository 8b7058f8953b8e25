//! `paging` of `[poll]`: how a system cuts its answer into pages.

use super::members;
use crate::manifest::section::{Report, Section, Toml};
use crate::manifest::signature::header_name;
use crate::poll::{Paging, Size};

const PAGE_RECORDS_MAX: i64 = 1_000_000;
const REMEDY: &str = "write \"link-header\", \"one\", { url_in_body = \"next\" }, { token_in_body = \"next\", parameter = \
                      \"after\" }, { token_in_header = \"X-Next\", parameter = \"at\" }, { page = \"page\", records = 100 }, \
                      { offset = \"offset\", records = 100 } or { last_record = \"id\", parameter = \"after\", more = \
                      \"has_more\" }";

/// Nothing only after an error was reported.
pub(super) fn paging(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Paging> {
    match value.get_ref().as_str() {
        Some("link-header") => return Some(Paging::LinkHeader),
        Some("one") => return Some(Paging::One),
        Some(word) => {
            report.error(value.span().start, format!("the paging `{word}` is unknown"), REMEDY);
            return None;
        }
        None => {}
    }
    let mut section = report.section(value, "`paging`")?;
    let kinds = ["url_in_body", "token_in_body", "token_in_header", "page", "offset", "last_record"];
    let found: Vec<(&str, &Toml<'_>)> =
        kinds.into_iter().filter_map(|kind| Some((kind, section.take(kind)?))).collect();
    let [(kind, named)] = found[..] else {
        report.error(value.span().start, "`paging` is of one kind", REMEDY);
        return None;
    };
    let paging = of_kind(report, &mut section, kind, named);
    section.finish(report);
    paging
}

fn of_kind(report: &mut Report<'_>, section: &mut Section<'_>, kind: &str, named: &Toml<'_>) -> Option<Paging> {
    let name = report.text(named, &format!("`{kind}`"))?.to_owned();
    match kind {
        "url_in_body" => Some(Paging::UrlInBody { path: members(&name) }),
        "token_in_body" => Some(Paging::TokenInBody { path: members(&name), parameter: parameter(report, section)? }),
        "token_in_header" => {
            let header = header_name(report, named, "`token_in_header`");
            let parameter = parameter(report, section);
            Some(Paging::TokenInHeader { header: header?, parameter: parameter? })
        }
        "page" => {
            let first = section.take("first").and_then(|value| report.integer(value, "`first`", 0, 1));
            let first = first.and_then(|first| u64::try_from(first).ok()).unwrap_or(1);
            Some(Paging::Number { parameter: name, first, size: size(report, section)? })
        }
        "offset" => Some(Paging::Offset { parameter: name, size: size(report, section)? }),
        _ => {
            let parameter = parameter(report, section);
            let more =
                section.required(report, "more", "add `more = \"has_more\"`: what says that there are more pages");
            let more = more.and_then(|value| report.text(value, "`more`"));
            Some(Paging::LastRecord { member: name, parameter: parameter?, more: members(more?) })
        }
    }
}

fn parameter(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<String> {
    let remedy = "add `parameter = \"after\"`, the one in which the token is sent back";
    let value = section.required(report, "parameter", remedy)?;
    report.text(value, "`parameter`").map(str::to_owned)
}

fn size(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Size> {
    let parameter = section.take_text(report, "size").map(str::to_owned);
    let remedy = "add `records = 100`, how many records a full page has";
    let records = section.required(report, "records", remedy)?;
    let records = report.integer(records, "`records`", 1, PAGE_RECORDS_MAX)?;
    Some(Size { parameter, records: u64::try_from(records).ok()? })
}
