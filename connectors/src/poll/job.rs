//! Systems that prepare a long answer first: a job is ordered, asked for its state, and its results are then read page
//! by page, as with Salesforce's Bulk API 2.0.

use super::answer::{Answer, Then};
use super::paging::At;
use super::progress::Run;
use super::{PollError, Request};

/// How long a job is left alone before it is asked for its state again.
const PENDING_SECS: u64 = 5;
/// Longer names are none.
const ID_CHARS_MAX: usize = 200;

/// How a job is ordered and followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where the job is ordered; its state is then below this path, under its id.
    pub path: String,
    /// The order, JSON with `{since}` for the time.
    pub body: String,
    /// Members of the answer that hold the job's id and its state.
    pub id: Vec<String>,
    pub state: Vec<String>,
    pub done: Vec<String>,
    pub failed: Vec<String>,
    /// Where the results are, with `{job}` for the id.
    pub results: String,
}

impl Job {
    pub(super) fn order(&self, base: &str, since: Option<String>) -> Request {
        let body = self.body.replace("{since}", &since.unwrap_or_default());
        Request { url: format!("{base}{}", self.path), body: Some(body) }
    }

    pub(super) fn state_url(&self, base: &str, id: &str) -> String {
        format!("{base}{}/{id}", self.path)
    }

    pub(super) fn results_url(&self, base: &str, id: &str) -> String {
        format!("{base}{}", self.results.replace("{job}", id))
    }

    /// Goes on from the order to the first page of the results.
    pub(super) fn advance(&self, run: &mut Run, answer: &Answer<'_>) -> Result<Then, PollError> {
        if run.at == At::Order {
            // It becomes a part of addresses.
            let is_id = |id: &String| {
                id.len() <= ID_CHARS_MAX && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            };
            let id = answer.text_at(&self.id).filter(is_id).ok_or(PollError::NoJob)?;
            run.at = At::Pending(id);
            return Ok(Then::Wait { secs: PENDING_SECS });
        }
        let At::Pending(id) = &run.at else { return Err(PollError::NoJob) };
        let state = answer.text_at(&self.state).ok_or(PollError::NoJob)?;
        if self.failed.contains(&state) {
            return Err(PollError::JobFailed);
        }
        if !self.done.contains(&state) {
            return Ok(Then::Wait { secs: PENDING_SECS });
        }
        run.job = Some(id.clone());
        run.at = At::First;
        Ok(Then::More { pause_secs: 0 })
    }
}
