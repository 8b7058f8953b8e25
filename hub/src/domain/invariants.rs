//! The numbered invariants as pure predicates: tests, the simulator and `hub verify` use the same ones.

mod deliveries;
mod feed;
mod membership;
#[cfg(test)]
mod tests;

pub use self::deliveries::{Delivered, check_delivered};
pub use self::feed::{FeedCheck, FeedEvent, FeedState};
pub use self::membership::{Crossed, check_decisions, check_membership, check_redirects};

use serde::Serialize;
use std::fmt;

/// A numbered invariant; ARCHITECTURE.md says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Invariant {
    I1,
    I4,
    I5,
    I6,
    I8,
    I9,
    I10,
    I11,
    I12,
    I14,
}

/// One place where an invariant does not hold; ids only, never values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Breach {
    pub invariant: Invariant,
    pub what: &'static str,
    pub ids: Vec<String>,
}

impl Breach {
    pub fn new(invariant: Invariant, what: &'static str, ids: impl IntoIterator<Item = String>) -> Breach {
        Breach { invariant, what, ids: ids.into_iter().collect() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}: {}", self.invariant, self.what, self.ids.join(", "))
    }
}
