//! The circuit breaker of one subscriber: open means hold, never fail.

/// First attempts that fail in a row before the circuit opens.
const FAILURES_MAX: u32 = 5;

/// Whether the receiver is thought to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    Closed {
        /// First attempts that failed since the last success.
        failures: u32,
    },
    /// Nothing is sent before `until_us`, and then one event to see.
    Open {
        until_us: i64,
        /// How many holds in a row have ended in a failure.
        holds: u32,
    },
}

impl Default for Circuit {
    fn default() -> Circuit {
        Circuit::Closed { failures: 0 }
    }
}

impl Circuit {
    /// An event has arrived; answers whether the circuit was open.
    pub(super) fn succeeded(&mut self) -> bool {
        matches!(std::mem::take(self), Circuit::Open { .. })
    }

    /// An attempt has failed. One person who fails again and again says nothing about the receiver, so that in a closed
    /// circuit only first attempts count. `hold_us` says how long to hold after so many holds.
    pub(super) fn failed(&mut self, is_first: bool, now_us: i64, hold_us: impl Fn(u32) -> i64) {
        *self = match *self {
            Circuit::Closed { failures } if failures + 1 >= FAILURES_MAX && is_first => {
                Circuit::Open { until_us: now_us + hold_us(0), holds: 0 }
            }
            Circuit::Closed { failures } => Circuit::Closed { failures: failures + u32::from(is_first) },
            // It left before the circuit opened.
            Circuit::Open { until_us, holds } if now_us < until_us => Circuit::Open { until_us, holds },
            Circuit::Open { holds, .. } => Circuit::Open { until_us: now_us + hold_us(holds + 1), holds: holds + 1 },
        };
    }

    /// The receiver asks for a pause.
    pub(super) fn asked(&mut self, wanted_us: i64) {
        *self = match *self {
            Circuit::Closed { .. } => Circuit::Open { until_us: wanted_us, holds: 0 },
            Circuit::Open { until_us, holds } => Circuit::Open { until_us: until_us.max(wanted_us), holds },
        };
    }
}
