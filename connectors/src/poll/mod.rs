//! Reading a system page by page, as decisions alone: which request comes next, what an answer means, how long to wait.
//! Whoever carries them out commits the progress with the records that it stands for, and goes on from it after a crash.

mod address;
mod answer;
mod auth;
mod pace;
mod paging;
mod progress;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Taken, Then};
pub use auth::{Auth, Grant, Token};
pub use pace::{Budget, Pace};
pub use paging::Paging;
pub use progress::Progress;

use address::{same_origin, with_query};
use paging::At;
use progress::Run;

/// More pages in one run are a system that goes in circles.
const PAGES_MAX: u64 = 1_000_000;

/// How one system is read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The address of the first page.
    pub url: String,
    pub paging: Paging,
    /// Absent where every run reads everything.
    pub since: Option<Since>,
}

/// How a system is asked for what has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The parameter that takes the time.
    pub parameter: String,
    pub clock: Clock,
    /// So far before the newest change that was seen, the next run begins: systems commit late and out of order.
    pub look_back_secs: u32,
}

/// How the system writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Rfc3339,
    EpochSeconds,
    EpochMillis,
}

/// Why a system cannot be read on as it is. Nothing of an answer's content is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    #[error("the system answered {0}; check the address and what the credentials permit")]
    Refused(u16),
    #[error("the next page is said to be on another host; the credentials stay with the one in the manifest")]
    Elsewhere,
    #[error("the answer leads back to the page that it belongs to; check the paging in the manifest")]
    Circle,
    #[error("the run has more than {PAGES_MAX} pages; check the paging in the manifest")]
    Endless,
    #[error("the stored progress cannot be read; delete it, then the system is read from its beginning")]
    Progress,
}

impl Plan {
    /// The address to ask next. The same progress always gives the same address.
    pub fn next(&self, progress: &Progress) -> String {
        let run = progress.run.clone().unwrap_or_else(|| self.new_run(progress));
        let mut parameters = Vec::new();
        // A system that names the next page itself has put the time into it already.
        if !matches!(run.at, At::Url(_)) {
            parameters.extend(self.since.iter().zip(run.since_us).map(|(since, us)| since.parameter(us)));
        }
        match &run.at {
            At::Url(url) => url.clone(),
            at => {
                parameters.extend(self.paging.parameters(at));
                with_query(&self.url, &parameters)
            }
        }
    }

    fn new_run(&self, progress: &Progress) -> Run {
        let back = |since: &Since| progress.settled_us.map(|us| us - i64::from(since.look_back_secs) * 1_000_000);
        Run { since_us: self.since.as_ref().and_then(back), newest_us: None, at: self.paging.first(), pages: 0 }
    }

    /// What an answer means: the progress to commit with its records, and what to do then.
    pub fn take(&self, progress: &Progress, answer: &Answer<'_>) -> Result<Taken, PollError> {
        if let Some(wait_secs) = answer.wait_secs(progress.failures) {
            let failures = progress.failures.saturating_add(1);
            let progress = Progress { failures, ..progress.clone() };
            return Ok(Taken { progress, then: Then::Wait { secs: wait_secs } });
        }
        if !(200..300).contains(&answer.status) {
            return Err(PollError::Refused(answer.status));
        }
        let mut run = progress.run.clone().unwrap_or_else(|| self.new_run(progress));
        run.newest_us = run.newest_us.max(answer.newest_us);
        run.pages += 1;
        let Some(next) = self.paging.after(&run.at, answer) else {
            let settled_us = progress.settled_us.max(run.newest_us);
            return Ok(Taken { progress: Progress { settled_us, run: None, failures: 0 }, then: Then::Finished });
        };
        let next = match next {
            At::Url(url) => At::Url(same_origin(&self.url, &url).ok_or(PollError::Elsewhere)?),
            at => at,
        };
        if next == run.at {
            return Err(PollError::Circle);
        }
        if run.pages >= PAGES_MAX {
            return Err(PollError::Endless);
        }
        run.at = next;
        let progress = Progress { settled_us: progress.settled_us, run: Some(run), failures: 0 };
        Ok(Taken { progress, then: Then::More })
    }
}

impl Since {
    fn parameter(&self, us: i64) -> (String, String) {
        let value = match self.clock {
            Clock::EpochSeconds => us.div_euclid(1_000_000).to_string(),
            Clock::EpochMillis => us.div_euclid(1000).to_string(),
            Clock::Rfc3339 => {
                let instant = jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
                format!("{instant:.0}")
            }
        };
        (self.parameter.clone(), value)
    }
}
