//! The `[poll]` table: where a system is asked, by whom, how often, and how its answers are paged.

mod paging;

use self::paging::paging;
use super::access::{base, credentials};
use super::parse::FORMATS;
use super::section::{Report, Section, Toml};
use super::signature::header_name;
use crate::poll::{Budget, Clock, Fetch, Job, Paging, Poll, Reading, Since};
use crate::read::{Format, Options};

/// Nobody needs to be asked more often.
const EVERY_SECS_MIN: i64 = 1;
const DAY_SECS: i64 = 86_400;
const EVERY_SECS: u32 = 300;
/// What every system stands, where the manifest names no other budget.
const BUDGET: Budget = Budget { requests: 10, refill_secs: 5 };
const CLOCKS: [(&str, Clock); 4] = [
    ("rfc3339", Clock::Rfc3339),
    ("date", Clock::Date),
    ("epoch_seconds", Clock::EpochSeconds),
    ("epoch_millis", Clock::EpochMillis),
];

/// Nothing only after an error was reported.
pub(super) fn poll(report: &mut Report<'_>, value: &Toml<'_>, file: &Options) -> Option<Poll> {
    let mut section = report.section(value, "[poll]")?;
    let base = base(report, &mut section);
    let credentials = credentials(report, &mut section);
    let headers = section.take("headers").map(|value| headers(report, value)).unwrap_or_default();
    let every = section.take("every_secs");
    let every_secs = every.and_then(|value| report.integer(value, "`every_secs`", EVERY_SECS_MIN, 31 * DAY_SECS));
    let budget = section.take("rate").map_or(Some(BUDGET), |value| budget(report, value));
    let fetch = section.take("fetch").and_then(|value| fetch(report, value));
    let first = section.take("first").and_then(|value| {
        let mut first = report.section(value, "[poll.first]")?;
        let reading = reading(report, &mut first, file);
        first.finish(report);
        reading
    });
    let changes = reading(report, &mut section, file);
    section.finish(report);
    let every_secs = every_secs.and_then(|secs| u32::try_from(secs).ok()).unwrap_or(EVERY_SECS);
    Some(Poll {
        base: base?,
        credentials: credentials?,
        headers,
        every_secs,
        budget: budget?,
        changes: changes?,
        first,
        fetch,
    })
}

fn headers(report: &mut Report<'_>, value: &Toml<'_>) -> Vec<(String, String)> {
    let Some(section) = report.section(value, "`headers`") else { return Vec::new() };
    let mut headers = Vec::new();
    for (name, at, value) in section.members() {
        let text = report.text(value, &format!("the header `{name}`"));
        if name.eq_ignore_ascii_case("authorization") {
            report.error(at, "a secret must not stand in the manifest itself", "write it as `auth`, see MANIFEST.md");
        }
        let is_plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            || !text.is_none_or(is_plain)
        {
            report.error(at, format!("`{name}` is no header"), "names and values of headers are plain ASCII");
        }
        headers.extend(text.map(|text| (name.to_owned(), text.to_owned())));
    }
    headers
}

fn budget(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Budget> {
    let mut section = report.section(value, "`rate`")?;
    let mut number = |report: &mut Report<'_>, name, most| {
        let value = section.required(report, name, "write { requests = 40, per_secs = 20 }")?;
        u32::try_from(report.integer(value, &format!("`{name}`"), 1, most)?).ok()
    };
    let requests = number(report, "requests", 1_000_000);
    let refill_secs = number(report, "per_secs", DAY_SECS);
    section.finish(report);
    Some(Budget { requests: requests?, refill_secs: refill_secs? })
}

fn fetch(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Fetch> {
    let mut section = report.section(value, "`fetch`")?;
    let remedy = "write { path = \"/customers/{key}\", records = \"customer\" }";
    let path = section.required(report, "path", remedy).and_then(|value| path(report, value, "{key}"));
    let records = section.take("records").map(|value| report.texts(value, "`records`")).unwrap_or_default();
    section.finish(report);
    // No member has the empty name, so that no list inside a record is taken for records.
    let records = if records.is_empty() { vec![String::new()] } else { records };
    Some(Fetch { path: path?, page: Options { format: Format::JsonArray, records, ..Options::default() } })
}

/// A path below the base, which has to hold a mark.
fn path(report: &mut Report<'_>, value: &Toml<'_>, mark: &str) -> Option<String> {
    let path = report.text(value, "`path`")?;
    if !path.starts_with('/') || path.contains(char::is_whitespace) || path.contains('#') {
        let remedy = "begin it with `/`; the host stands in `base`, and spaces are written %20";
        report.error(value.span().start, "this is no path below `base`", remedy);
    } else if !path.contains(mark) {
        report.error(value.span().start, format!("the path does not hold {mark}"), "say where the value goes");
    }
    Some(path.to_owned())
}

fn reading(report: &mut Report<'_>, section: &mut Section<'_>, file: &Options) -> Option<Reading> {
    let at = section.at;
    let job = section.take("job").map(|value| job(report, value));
    let path = section.take("path").and_then(|value| path(report, value, ""));
    let body = section.take("body").and_then(|value| json(report, value));
    let paging = section.take("paging").map_or(Some(Paging::One), |value| paging(report, value));
    let since = section.take("since").and_then(|value| since(report, value));
    let page = page(report, section, file);
    let count_header = section.take("count_header").and_then(|value| header_name(report, value, "`count_header`"));
    if path.is_none() && job.is_none() {
        report.error(at, "`path` is missing in [poll]", "add `path = \"/customers?limit=100\"`, what is asked first");
    }
    let needs_parameter = since.as_ref().is_some_and(|since| since.parameter.is_none());
    if needs_parameter && job.is_none() {
        let remedy = "add `parameter = \"updated_since\"`, the one that takes the time";
        report.error(at, "`since` names no parameter", remedy);
    }
    let job = match job {
        Some(job) => Some(job?),
        None => None,
    };
    Some(Reading { path: path.unwrap_or_default(), body, paging: paging?, since, job, page, count_header })
}

fn page(report: &mut Report<'_>, section: &mut Section<'_>, file: &Options) -> Options {
    let mut page = Options { format: Format::JsonArray, ..file.clone() };
    if let Some(found) = report.one_of(section.take("format"), "format", &FORMATS) {
        page.format = found;
    }
    if let Some(value) = section.take("records") {
        page.records = report.texts(value, "`records`");
    }
    if page.records.is_empty() {
        page.records = vec![String::new()];
    }
    page
}

fn json(report: &mut Report<'_>, value: &Toml<'_>) -> Option<String> {
    let body = report.text(value, "`body`")?;
    if serde_json::from_str::<serde_json::Value>(body).is_err() {
        report.error(value.span().start, "`body` is no JSON", "write the JSON in ''' quotes; parameters are set in it");
    }
    Some(body.to_owned())
}

fn since(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Since> {
    let mut section = report.section(value, "`since`")?;
    let parameter = section.take_text(report, "parameter").map(str::to_owned);
    let text_at = section.take("text");
    let text = text_at.and_then(|value| report.text(value, "`text`")).map(str::to_owned);
    let clock = report.one_of(section.take("clock"), "clock", &CLOCKS).unwrap_or(Clock::Rfc3339);
    let look_back = section.take("look_back_secs");
    let look_back = look_back.and_then(|value| report.integer(value, "`look_back_secs`", 0, 31 * DAY_SECS));
    section.finish(report);
    if let (Some(value), false) = (text_at, text.as_ref().is_none_or(|text| text.contains("{since}"))) {
        report.error(value.span().start, "`text` does not hold {since}", "write {since} where the time goes");
    }
    let look_back_secs = look_back.and_then(|secs| u32::try_from(secs).ok()).unwrap_or(EVERY_SECS);
    Some(Since { parameter, text, clock, look_back_secs })
}

fn job(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Job> {
    let mut section = report.section(value, "`job`")?;
    let path_at = section.required(report, "path", "add where the job is ordered, such as \"/jobs/query\"");
    let job_path = path_at.and_then(|value| path(report, value, ""));
    let body = section.required(report, "body", "add the order as JSON").and_then(|value| json(report, value));
    let results = section.required(report, "results", "add where the results are, such as \"/jobs/{job}/results\"");
    let results = results.and_then(|value| path(report, value, "{job}"));
    let mut words = |report: &mut Report<'_>, name: &'static str, otherwise: &str| {
        let found = section.take(name).map(|value| report.texts(value, &format!("`{name}`")));
        found.unwrap_or_else(|| vec![otherwise.to_owned()])
    };
    let (done, failed) = (words(report, "done", "done"), words(report, "failed", "failed"));
    let id = members(section.take_text(report, "id").unwrap_or("id"));
    let state = members(section.take_text(report, "state").unwrap_or("state"));
    section.finish(report);
    Some(Job { path: job_path?, body: body?, id, state, done, failed, results: results? })
}

/// Members of members, with dots between them.
fn members(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}
