//! When to try again.

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;

/// Pauses before somebody is looked at again who was too early.
const EARLY_US: [i64; 8] = [
    SECOND_US / 10,
    SECOND_US / 5,
    SECOND_US / 2,
    SECOND_US,
    2 * SECOND_US,
    5 * SECOND_US,
    15 * SECOND_US,
    30 * SECOND_US,
];

/// Longest pause that a receiver may ask for.
const ASKED_US_MAX: i64 = 24 * HOUR_US;

/// How patient the hub is with a receiver.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Pauses after the first failed attempt, the second, and so on; the last one repeats.
    delays_us: [i64; 7],
    /// Holds of an open circuit; the last one repeats.
    holds_us: [i64; 5],
    /// An event that still fails after this long disables its subscriber.
    give_up_us: i64,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule {
            delays_us: [
                5 * SECOND_US,
                5 * MINUTE_US,
                30 * MINUTE_US,
                2 * HOUR_US,
                5 * HOUR_US,
                10 * HOUR_US,
                10 * HOUR_US,
            ],
            holds_us: [5 * SECOND_US, 15 * SECOND_US, MINUTE_US, 5 * MINUTE_US, 10 * MINUTE_US],
            give_up_us: 72 * HOUR_US,
        }
    }
}

impl Schedule {
    /// The same schedule so many times quicker, to see in seconds what takes days.
    pub fn hurried(mut self, times: i64) -> Schedule {
        let all = self.delays_us.iter_mut().chain(&mut self.holds_us).chain([&mut self.give_up_us]);
        all.for_each(|pause_us| *pause_us /= times.max(1));
        self
    }

    /// The pause after an attempt that followed so many failed ones, a fifth longer or shorter by chance.
    pub(super) fn delay_us(&self, failed_before: u32, chance: f64) -> i64 {
        spread(pick(&self.delays_us, failed_before), -0.2 + 0.4 * chance)
    }

    /// The hold of an open circuit after so many holds that ended in a failure.
    pub(super) fn hold_us(&self, holds: u32, chance: f64) -> i64 {
        spread(pick(&self.holds_us, holds), -0.2 + 0.4 * chance)
    }

    pub(super) fn gives_up(&self, failing_us: i64) -> bool {
        failing_us >= self.give_up_us
    }
}

/// The pause that a receiver asked for; never shorter, and a little longer, so that not everybody is back at once.
pub(super) fn asked_us(wait_us: i64, chance: f64) -> i64 {
    spread(wait_us.clamp(SECOND_US, ASKED_US_MAX), 0.1 * chance)
}

/// The pause before somebody is looked at again who was too early so many times.
pub(super) fn early_us(early_before: u32, chance: f64) -> i64 {
    spread(pick(&EARLY_US, early_before), 0.2 * chance)
}

fn pick(list: &[i64], place: u32) -> i64 {
    list[(place as usize).min(list.len() - 1)]
}

fn spread(pause_us: i64, share: f64) -> i64 {
    pause_us + (pause_us as f64 * share) as i64
}
