//! Reading a system page by page, as decisions alone: which request comes next, what an answer means, how long to wait.
//! Whoever carries them out commits the progress with the records that it stands for, and goes on from it after a crash.

mod address;
mod answer;
mod job;
mod pace;
mod page;
mod paging;
mod progress;
mod reading;
mod settings;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Taken, Then};
pub use job::Job;
pub use pace::{Budget, Pace};
pub use page::{Page, Paged};
pub use paging::{Paging, Size};
pub use progress::Progress;
pub use reading::{Clock, Reading, Request, Since};
pub use settings::{Fetch, Poll};

use address::same_origin;
use paging::At;
use progress::Run;

/// More pages in one run are a system that goes in circles.
const PAGES_MAX: u64 = 1_000_000;

/// How one system is read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Scheme, host, and what stands before every path.
    pub base: String,
    /// How it is read again and again.
    pub changes: Reading,
    /// How it is read as long as nothing has been read to its end, if that differs.
    pub first: Option<Reading>,
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
    #[error("there is a next page, but no record of this one names its place; check `last_record` in the manifest")]
    NoPlace,
    #[error("the answer names no job; check `job` in the manifest")]
    NoJob,
    #[error("the system could not carry out its job; it is asked for another one")]
    JobFailed,
    #[error("the stored progress cannot be read; delete it, then the system is read from its beginning")]
    Progress,
}

impl Plan {
    /// What to ask next. The same progress always gives the same request.
    pub fn next(&self, progress: &Progress) -> Request {
        let run = self.run(progress);
        self.reading(&run).request(&self.base, &run)
    }

    /// How the page that comes next is to be read.
    pub fn next_reading(&self, progress: &Progress) -> &Reading {
        self.reading(&self.run(progress))
    }

    /// Whether the next answer holds records, and not the state of a job.
    pub fn expects_records(&self, progress: &Progress) -> bool {
        !matches!(self.run(progress).at, At::Order | At::Pending(_))
    }

    /// What an answer means: the progress to commit with its records, and what to do then.
    pub fn take(&self, progress: &Progress, answer: &Answer<'_>) -> Result<Taken, PollError> {
        if let Some(secs) = answer.wait_secs(progress.failures) {
            return Ok(Taken { progress: progress.failed_once(), then: Then::Wait { secs } });
        }
        if !(200..300).contains(&answer.status) {
            return Err(PollError::Refused(answer.status));
        }
        let mut run = self.run(progress);
        let reading = self.reading(&run);
        if let Some(job) = reading.job.as_ref().filter(|_| matches!(run.at, At::Order | At::Pending(_))) {
            let then = job.advance(&mut run, answer)?;
            return Ok(Taken { progress: progress.within(run), then });
        }
        // A clock of the system that is ahead must not make the next run begin in the future.
        run.newest_us = run.newest_us.max(answer.newest_us.map(|us| us.min(answer.now_us)));
        run.pages += 1;
        let Some(next) = reading.paging.after(&run.at, answer)? else {
            return Ok(Taken { progress: progress.finished(&run), then: Then::Finished });
        };
        run.at = self.checked(&run, next)?;
        Ok(Taken { progress: progress.within(run), then: Then::More { pause_secs: answer.pause_secs() } })
    }

    fn checked(&self, run: &Run, next: At) -> Result<At, PollError> {
        let next = match next {
            At::Url(url) => At::Url(same_origin(&self.base, &url).ok_or(PollError::Elsewhere)?),
            at => at,
        };
        if next == run.at {
            return Err(PollError::Circle);
        }
        if run.pages >= PAGES_MAX {
            return Err(PollError::Endless);
        }
        Ok(next)
    }

    /// The run in hand, as long as it is one of this plan; otherwise a new one.
    fn run(&self, progress: &Progress) -> Run {
        let is_ours = |run: &&Run| run.of == self.mark(run.is_first);
        progress.run.as_ref().filter(is_ours).cloned().unwrap_or_else(|| self.new_run(progress))
    }

    fn new_run(&self, progress: &Progress) -> Run {
        let is_first = progress.settled_us.is_none() && self.first.is_some();
        let mut run = Run { is_first, of: self.mark(is_first), ..Run::default() };
        let reading = self.reading(&run);
        run.since_us = reading.since.as_ref().and_then(|since| since.begin_us(progress.settled_us));
        run.at = if reading.job.is_some() { At::Order } else { reading.paging.first() };
        run
    }

    fn reading(&self, run: &Run) -> &Reading {
        self.first.as_ref().filter(|_| run.is_first).unwrap_or(&self.changes)
    }

    /// Changes with everything that gives a place in an answer its meaning.
    fn mark(&self, is_first: bool) -> String {
        let reading = self.first.as_ref().filter(|_| is_first).unwrap_or(&self.changes);
        reading.mark(&self.base)
    }
}
