//! How far a system has been read. It commits with the records that it stands for.

use super::PollError;
use super::answer::wait_secs_after;
use super::paging::At;
use serde_json::{Value, json};

/// How far a system has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Every change up to then is in, in microseconds since 1970. It moves when a run ends, and never back.
    pub(super) settled_us: Option<i64>,
    /// The run in hand.
    pub(super) run: Option<Run>,
    /// Failures in a row, for the next wait.
    pub(super) failures: u32,
}

/// One run through all pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Run {
    /// The mark of the reading that the run belongs to; under another one its places mean nothing.
    pub(super) of: String,
    /// Whether it reads as long as nothing has been read to its end.
    pub(super) is_first: bool,
    pub(super) since_us: Option<i64>,
    pub(super) newest_us: Option<i64>,
    /// The job whose results are read.
    pub(super) job: Option<String>,
    /// The page to ask for next.
    pub(super) at: At,
    pub(super) pages: u64,
}

impl Progress {
    /// The progress as text, to be stored.
    pub fn to_text(&self) -> String {
        let run = self.run.as_ref().map(Run::to_json);
        json!({ "settled_us": self.settled_us, "failures": self.failures, "run": run }).to_string()
    }

    /// Reads what [`Progress::to_text`] has written.
    pub fn from_text(text: &str) -> Result<Progress, PollError> {
        let stored: Value = serde_json::from_str(text).map_err(|_| PollError::Progress)?;
        let failures = stored["failures"].as_u64().and_then(|failures| u32::try_from(failures).ok());
        let run = match &stored["run"] {
            Value::Null => None,
            run => Some(Run::from_json(run).ok_or(PollError::Progress)?),
        };
        Ok(Progress { settled_us: stored["settled_us"].as_i64(), run, failures: failures.ok_or(PollError::Progress)? })
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Every change up to then is in, in microseconds since 1970.
    pub fn settled_us(&self) -> Option<i64> {
        self.settled_us
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait after these failures.
    pub fn wait_secs(&self) -> u64 {
        wait_secs_after(self.failures.saturating_sub(1))
    }

    /// The progress after a request that brought no answer, or an error: failures are counted, and a run that cannot go
    /// on as it is begins anew.
    pub fn failed(&self, error: Option<&PollError>) -> Progress {
        // Places in an answer end sooner or later: cursors expire, jobs are removed.
        let place_is_gone = match error {
            None => false,
            Some(PollError::Refused(status)) => matches!(status, 400 | 404 | 410 | 416),
            Some(_) => true,
        };
        let progress = self.failed_once();
        if place_is_gone { Progress { run: None, ..progress } } else { progress }
    }

    /// The same with one failure more.
    pub(super) fn failed_once(&self) -> Progress {
        Progress { failures: self.failures.saturating_add(1), ..self.clone() }
    }

    /// The same after an answer that belongs to no run.
    pub fn recovered(&self) -> Progress {
        Progress { failures: 0, ..self.clone() }
    }

    pub(super) fn within(&self, run: Run) -> Progress {
        Progress { settled_us: self.settled_us, run: Some(run), failures: 0 }
    }

    pub(super) fn finished(&self, run: &Run) -> Progress {
        Progress { settled_us: self.settled_us.max(run.newest_us), run: None, failures: 0 }
    }
}

impl Run {
    fn to_json(&self) -> Value {
        let at = match &self.at {
            At::First => json!({}),
            At::Order => json!({ "order": true }),
            At::Pending(job) => json!({ "pending": job }),
            At::Url(url) => json!({ "url": url }),
            At::Token(token) => json!({ "token": token }),
            At::Number(number) => json!({ "number": number }),
        };
        json!({
            "of": self.of, "is_first": self.is_first, "since_us": self.since_us, "newest_us": self.newest_us,
            "job": self.job, "pages": self.pages, "at": at,
        })
    }

    fn from_json(run: &Value) -> Option<Run> {
        Some(Run {
            of: run["of"].as_str()?.to_owned(),
            is_first: run["is_first"].as_bool()?,
            since_us: run["since_us"].as_i64(),
            newest_us: run["newest_us"].as_i64(),
            job: run["job"].as_str().map(str::to_owned),
            at: at(&run["at"])?,
            pages: run["pages"].as_u64()?,
        })
    }
}

fn at(stored: &Value) -> Option<At> {
    let text = |name: &str| stored[name].as_str().map(str::to_owned);
    if stored.as_object()?.is_empty() {
        return Some(At::First);
    }
    if stored["order"] == true {
        return Some(At::Order);
    }
    let number = || stored["number"].as_u64().map(At::Number);
    text("url")
        .map(At::Url)
        .or_else(|| text("token").map(At::Token))
        .or_else(|| text("pending").map(At::Pending))
        .or_else(number)
}
