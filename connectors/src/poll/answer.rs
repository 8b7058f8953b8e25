//! What came back, as far as the plan needs to know it.

use super::Progress;
use serde_json::Value;

/// Waits after failures double from one second up to this.
const WAIT_SECS_MAX: u64 = 300;
/// Longer pauses are asked for again.
const RESET_SECS_MAX: u64 = 3600;
/// A larger reset counts since 1970.
const EPOCH_SECS_MIN: i64 = 1_000_000_000;

/// A system's answer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub status: u16,
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// Absent where the body is no JSON.
    pub body: Option<&'a Value>,
    /// Whether the body came to its end.
    pub is_whole: bool,
    /// How many records the page holds.
    pub records: u64,
    /// What the last of them that has it says in the member that the paging asks for.
    pub last: Option<&'a str>,
    /// The newest change among them, in microseconds since 1970.
    pub newest_us: Option<i64>,
    pub now_us: i64,
}

/// The progress to commit with the page's records, and what to do then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub progress: Progress,
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Ask for the next page, after a pause if the system has had enough for now.
    More { pause_secs: u64 },
    /// Ask the same again later.
    Wait { secs: u64 },
    /// Everything is read until the next run.
    Finished,
}

/// The wait after so many failures in a row, if the system does not name one.
pub(super) fn wait_secs_after(failures: u32) -> u64 {
    1u64.checked_shl(failures).unwrap_or(WAIT_SECS_MAX).min(WAIT_SECS_MAX)
}

impl Answer<'_> {
    /// How long the system wants to be left alone, if it does. An answer that was cut off is asked for again.
    pub fn wait_secs(&self, failures: u32) -> Option<u64> {
        let is_cut = (200..300).contains(&self.status) && !self.is_whole;
        let is_busy = self.status == 429 || self.status >= 500 || self.status == 408;
        (is_busy || is_cut).then(|| self.retry_after_secs().unwrap_or_else(|| wait_secs_after(failures)))
    }

    /// How long to pause because nothing is left of what the system grants: the headers `RateLimit-Remaining` and
    /// `RateLimit-Reset`, with or without `X-`, and counts such as `40/40`.
    pub(super) fn pause_secs(&self) -> u64 {
        let number =
            |names: [&str; 2]| names.into_iter().find_map(|name| (self.header)(name)?.trim().parse::<i64>().ok());
        let is_spent = number(["ratelimit-remaining", "x-ratelimit-remaining"]).is_some_and(|left| left <= 0);
        let is_full = (self.header)("x-shopify-shop-api-call-limit").and_then(|text| text.split_once('/')).is_some_and(
            |(used, granted)| matches!((used.trim().parse::<u32>(), granted.trim().parse::<u32>()), (Ok(used), Ok(granted)) if used + 1 >= granted),
        );
        if !is_spent {
            return u64::from(is_full);
        }
        let reset = number(["ratelimit-reset", "x-ratelimit-reset"]).unwrap_or(1);
        // Some count from now, others since 1970.
        let from_now = if reset > EPOCH_SECS_MIN { reset - self.now_us / 1_000_000 } else { reset };
        u64::try_from(from_now.max(1)).map_or(1, |secs| secs.min(RESET_SECS_MAX))
    }

    /// `Retry-After` in seconds or as a date (RFC 9110); a day at the most, however long is asked for.
    fn retry_after_secs(&self) -> Option<u64> {
        let text = (self.header)("retry-after")?.trim();
        let by_date = || {
            let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_microsecond();
            u64::try_from((date - self.now_us).max(0)).ok().map(|us| us.div_ceil(1_000_000))
        };
        // Some systems send fractions.
        let whole = || text.split('.').next()?.parse::<u64>().ok().map(|secs| secs + u64::from(text.contains('.')));
        whole().or_else(by_date).map(|secs| secs.min(86_400))
    }

    /// The text or the number at a place in the body.
    pub(super) fn text_at(&self, path: &[String]) -> Option<String> {
        let found = path.iter().try_fold(self.body?, |value, name| value.get(name))?;
        text_of(found)
    }

    pub(super) fn is_true_at(&self, path: &[String]) -> bool {
        let found = self.body.and_then(|body| path.iter().try_fold(body, |value, name| value.get(name)));
        found == Some(&Value::Bool(true))
    }
}

/// A text, or a number with its digits.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
