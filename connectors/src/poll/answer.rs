//! What came back, as far as the plan needs to know it.

use super::Progress;
use serde_json::Value;

/// Waits after failures double from one second up to this.
const WAIT_SECS_MAX: u64 = 300;

/// A system's answer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub status: u16,
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// Absent where the body is no JSON.
    pub body: Option<&'a Value>,
    /// How many records the page holds.
    pub records: u64,
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
    More,
    /// Ask the same again later.
    Wait {
        secs: u64,
    },
    /// Everything is read until the next run.
    Finished,
}

impl Answer<'_> {
    /// How long the system wants to be left alone, if it does.
    pub(super) fn wait_secs(&self, failures: u32) -> Option<u64> {
        let is_busy = self.status == 429 || self.status >= 500 || self.status == 408;
        let doubled = || 1u64.checked_shl(failures).unwrap_or(WAIT_SECS_MAX).min(WAIT_SECS_MAX);
        is_busy.then(|| self.retry_after_secs().unwrap_or_else(doubled))
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
        match found {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
