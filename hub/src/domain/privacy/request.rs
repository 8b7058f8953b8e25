//! A request's kinds and states, and its clock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To see everything that is held (Article 15 of the GDPR).
    Access,
    /// To be forgotten (Article 17).
    Erasure,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has checked yet that it comes from the person.
    Open,
    /// The identity is checked; it can be carried out.
    Verified,
    /// It must not be carried out for now, such as for a legal hold.
    Held,
    Done,
    Refused,
}

/// What stays of a person who is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keeps {
    /// Entries of loyalty ledgers under their membership number; otherwise the number is replaced, and the points stay in
    /// the books.
    pub ledger: bool,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Access => "access",
            Kind::Erasure => "erasure",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        [Kind::Access, Kind::Erasure].into_iter().find(|kind| kind.name() == name)
    }
}

impl State {
    const ALL: [State; 5] = [State::Open, State::Verified, State::Held, State::Done, State::Refused];

    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Verified => "verified",
            State::Held => "held",
            State::Done => "done",
            State::Refused => "refused",
        }
    }

    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// When a request must be answered: one month after it was received (Article 12(3) of the GDPR), where a shorter month ends
/// on its last day.
pub fn due_us(received_us: i64) -> i64 {
    use jiff::tz::Offset;
    let received = jiff::Timestamp::from_microsecond(received_us).unwrap_or_default();
    let due = Offset::UTC.to_datetime(received).checked_add(jiff::Span::new().months(1));
    let due = due.and_then(|due| Offset::UTC.to_timestamp(due)).unwrap_or(received);
    due.as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_later_or_at_the_end_of_a_shorter_one() {
        let check = |received: &str, due: &str| {
            let us = |text: &str| text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_microsecond).ok();
            assert_eq!(us(received).map(due_us), us(due), "{received}");
        };
        check("2026-03-15T10:00:00Z", "2026-04-15T10:00:00Z");
        check("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z");
    }

    #[test]
    fn names_are_read_back() {
        assert!(State::ALL.into_iter().all(|state| State::parse(state.name()) == Some(state)));
        assert_eq!(Kind::parse("erasure"), Some(Kind::Erasure));
        assert_eq!(Kind::parse("rectify"), None);
    }
}
