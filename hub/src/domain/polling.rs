//! How the reading of one system goes: when it is asked next, and whether its circuit is open. Open means hold: nothing
//! is asked before a time, and then one request shows whether the system is back.

/// Failures in a row that open the circuit.
const FAILURES_MAX: u32 = 5;

/// Whether a system is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Paused,
}

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When the next page, or the next run, is due.
    pub due_us: i64,
    /// Nothing at all is asked before.
    pub held_us: i64,
    /// Failures in a row.
    pub failures: u32,
    pub failed_us: Option<i64>,
    /// What went wrong the last time; never what was sent or answered.
    pub failure: Option<String>,
    /// When the last page was stored.
    pub answered_us: Option<i64>,
    /// When everything had been read the last time.
    pub finished_us: Option<i64>,
    pub pages: i64,
    pub records: i64,
    /// Records that said what they had said before.
    pub unchanged: i64,
}

impl Standing {
    pub fn is_open(&self) -> bool {
        self.failures >= FAILURES_MAX
    }

    /// After a request that failed, so many in a row by now.
    pub fn failed(&self, failures: u32, what: String, now_us: i64, wait_us: i64) -> Standing {
        let held_us = now_us.saturating_add(wait_us);
        Standing { held_us, failures, failed_us: Some(now_us), failure: Some(what), ..self.clone() }
    }

    /// After a page with so many new records and so many that were known.
    pub fn answered(&self, now_us: i64, records: usize, unchanged: usize) -> Standing {
        Standing {
            answered_us: Some(now_us),
            pages: self.pages + 1,
            records: self.records + records as i64,
            unchanged: self.unchanged + unchanged as i64,
            ..self.recovered()
        }
    }

    /// After an answer.
    pub fn recovered(&self) -> Standing {
        Standing { failures: 0, held_us: 0, ..self.clone() }
    }

    /// The same when everything has been read.
    pub fn finished(self, now_us: i64, next_us: i64) -> Standing {
        Standing { finished_us: Some(now_us), due_us: now_us.saturating_add(next_us), ..self }
    }
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Paused => "paused",
        }
    }

    pub fn parse(name: &str) -> Option<Status> {
        [Status::Active, Status::Paused].into_iter().find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_opens_after_failures_in_a_row_and_closes_with_an_answer() {
        let mut standing = Standing::default();
        for failures in 1..=FAILURES_MAX {
            assert!(!standing.is_open());
            standing = standing.failed(failures, "status 500".to_owned(), 10, 7);
            assert_eq!((standing.held_us, standing.failed_us), (17, Some(10)));
        }
        assert!(standing.is_open());
        let answered = standing.answered(20, 3, 1).finished(20, 60);
        assert!(!answered.is_open());
        assert_eq!((answered.due_us, answered.held_us), (80, 0));
        assert_eq!((answered.pages, answered.records, answered.unchanged), (1, 3, 1));
        assert_eq!(answered.failure.as_deref(), Some("status 500"), "it stays to be seen");
    }

    #[test]
    fn states_have_names() {
        assert_eq!(Status::parse(Status::Paused.name()), Some(Status::Paused));
        assert_eq!(Status::parse("asleep"), None);
    }
}
