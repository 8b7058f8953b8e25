//! One way to read a system, and the requests that it makes.

use sha2::{Digest, Sha256};

use super::address::{set_in_body, with_query};
use super::paging::At;
use super::progress::Run;
use super::{Job, Paging};
use crate::read::Options;

/// One way to read a system: all of it, or what has changed.
#[derive(Debug, Clone)]
pub struct Reading {
    /// After the base, with the parameters that every page takes.
    pub path: String,
    /// JSON that is posted for each page; parameters are then set within it. Without it pages are got.
    pub body: Option<String>,
    pub paging: Paging,
    /// Absent where every run reads everything.
    pub since: Option<Since>,
    /// Systems that prepare an answer first.
    pub job: Option<Job>,
    /// How a page's records are told apart.
    pub page: Options,
    /// A header that tells how many records the page has, so that one that was cut off is noticed.
    pub count_header: Option<String>,
}

/// How a system is asked for what has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The parameter that takes the time; absent where only a job's body does.
    pub parameter: Option<String>,
    /// What the parameter says, with `{since}` for the time, where it is not the time alone. The first run then begins
    /// in 1970, because the condition cannot be left out.
    pub text: Option<String>,
    pub clock: Clock,
    /// So far before the newest change that was seen, the next run begins: systems commit late and out of order.
    pub look_back_secs: u32,
}

/// How the system writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Rfc3339,
    /// The day alone, in UTC.
    Date,
    EpochSeconds,
    EpochMillis,
}

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub url: String,
    /// Posted as JSON; without it the address is got.
    pub body: Option<String>,
}

impl Reading {
    pub(super) fn request(&self, base: &str, run: &Run) -> Request {
        let get = |url: String| Request { url, body: None };
        let url = match (&run.at, &self.job) {
            (At::Url(url), _) => return get(url.clone()),
            (At::Order, Some(job)) => return job.order(base, self.since_text(run)),
            (At::Pending(id), Some(job)) => return get(job.state_url(base, id)),
            (_, Some(job)) => job.results_url(base, run.job.as_deref().unwrap_or_default()),
            (_, None) => format!("{base}{}", self.path),
        };
        let mut parameters = self.paging.parameters(&run.at);
        parameters.extend(self.since_parameter(run));
        match &self.body {
            Some(body) => Request { url, body: Some(set_in_body(body, &parameters)) },
            None => get(with_query(&url, &parameters)),
        }
    }

    fn since_parameter(&self, run: &Run) -> Option<(String, String)> {
        let (since, time) = (self.since.as_ref()?, self.since_text(run)?);
        let text = since.text.as_ref().map(|text| text.replace("{since}", &time));
        Some((since.parameter.clone()?, text.unwrap_or(time)))
    }

    fn since_text(&self, run: &Run) -> Option<String> {
        Some(self.since.as_ref()?.clock.write(run.since_us?))
    }

    pub(super) fn mark(&self, base: &str) -> String {
        let meaning = format!("{base} {} {:?} {:?} {:?}", self.path, self.body, self.paging, self.job);
        Sha256::digest(meaning.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Since {
    /// Where a run begins, in microseconds since 1970; absent where it leaves the condition out.
    pub(super) fn begin_us(&self, settled_us: Option<i64>) -> Option<i64> {
        let always = self.text.is_some() || self.parameter.is_none();
        let back = |us: i64| us.saturating_sub(i64::from(self.look_back_secs) * 1_000_000).max(0);
        settled_us.map(back).or_else(|| always.then_some(0))
    }
}

impl Clock {
    pub(super) fn write(self, us: i64) -> String {
        let instant = || jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        match self {
            Clock::EpochSeconds => us.div_euclid(1_000_000).to_string(),
            Clock::EpochMillis => us.div_euclid(1000).to_string(),
            Clock::Rfc3339 => format!("{:.0}", instant()),
            Clock::Date => instant().strftime("%Y-%m-%d").to_string(),
        }
    }
}
