//! How far a system has been read. It commits with the records that it stands for.

use super::PollError;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) since_us: Option<i64>,
    pub(super) newest_us: Option<i64>,
    /// The page to ask for next.
    pub(super) at: At,
    pub(super) pages: u64,
}

impl Progress {
    /// The progress as text, to be stored.
    pub fn to_text(&self) -> String {
        let run = self.run.as_ref().map(|run| {
            let at = match &run.at {
                At::First => json!({}),
                At::Url(url) => json!({ "url": url }),
                At::Token(token) => json!({ "token": token }),
                At::Number(number) => json!({ "number": number }),
            };
            json!({ "since_us": run.since_us, "newest_us": run.newest_us, "pages": run.pages, "at": at })
        });
        json!({ "settled_us": self.settled_us, "failures": self.failures, "run": run }).to_string()
    }

    /// Reads what [`Progress::to_text`] has written.
    pub fn from_text(text: &str) -> Result<Progress, PollError> {
        let stored: Value = serde_json::from_str(text).map_err(|_| PollError::Progress)?;
        let failures = stored["failures"].as_u64().and_then(|failures| u32::try_from(failures).ok());
        let run = match &stored["run"] {
            Value::Null => None,
            run => Some(Run {
                since_us: run["since_us"].as_i64(),
                newest_us: run["newest_us"].as_i64(),
                at: at(&run["at"])?,
                pages: run["pages"].as_u64().ok_or(PollError::Progress)?,
            }),
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
}

fn at(stored: &Value) -> Result<At, PollError> {
    let text = |name: &str| stored[name].as_str().map(str::to_owned);
    let number = || stored["number"].as_u64().map(At::Number);
    let is_first = || stored.as_object().is_some_and(serde_json::Map::is_empty).then_some(At::First);
    let found = text("url").map(At::Url).or_else(|| text("token").map(At::Token)).or_else(number).or_else(is_first);
    found.ok_or(PollError::Progress)
}
