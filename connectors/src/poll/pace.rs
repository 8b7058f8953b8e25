//! How often a system may be asked.

const US_PER_SEC: i64 = 1_000_000;

/// A bucket of requests that fills again, evenly, within so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub requests: u32,
    pub refill_secs: u32,
}

/// What is left in the bucket: all of it after a pause, and then one request after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    budget: Budget,
    /// When the last request is made up for.
    free_us: i64,
}

impl Budget {
    /// The time that one request costs.
    fn cost_us(self) -> i64 {
        i64::from(self.refill_secs.max(1)) * US_PER_SEC / i64::from(self.requests.max(1))
    }
}

impl Pace {
    pub fn new(budget: Budget) -> Pace {
        Pace { budget, free_us: i64::MIN }
    }

    /// Asks for one request; if it has to wait, for how many microseconds.
    pub fn ask(&mut self, now_us: i64) -> Result<(), i64> {
        let (cost, width) = (self.budget.cost_us(), i64::from(self.budget.refill_secs.max(1)) * US_PER_SEC);
        let free = self.free_us.max(now_us);
        let debt_after = free - now_us + cost;
        if debt_after > width {
            return Err(debt_after - width);
        }
        self.free_us = free + cost;
        Ok(())
    }
}
