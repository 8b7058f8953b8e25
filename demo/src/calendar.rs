//! Civil dates and instants, as far as a generator needs them.

use std::fmt;

/// A day, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

/// The first day on which the fictitious retailer took down a customer.
pub const OPENED: Day = Day::of(2013, 1, 1);
/// The day on which the exports were drawn; fixed, because a clock would change the bytes.
pub const DRAWN: Day = Day::of(2026, 10, 22);

impl Day {
    /// The day of a year, month and day of the month.
    pub const fn of(year: i32, month: u32, day: u32) -> Self {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let of_era = shifted.rem_euclid(400);
        let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Year, month and day of the month.
    pub fn civil(self) -> Civil {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let year = year + era * 400 + i32::from(month <= 2);
        Civil { year: year as u16, month: month as u8, day: day as u8 }
    }

    /// The day so many years later, near enough.
    pub fn plus_years(self, years: i32) -> Self {
        Self(self.0 + years * 1461 / 4)
    }
}

/// A calendar date as people write it down; a part that is not known is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A second, counted from 1 January 1970, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Instant {
    /// The day on which the second falls.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(86_400) as i32)
    }

    /// Hour, minute and second.
    pub fn time(self) -> (i64, i64, i64) {
        let second = self.0.rem_euclid(86_400);
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// `2024-05-27T18:11:24` with the suffix given, which names the zone.
    pub fn iso(self, suffix: &str) -> String {
        let (hour, minute, second) = self.time();
        format!("{}T{hour:02}:{minute:02}:{second:02}{suffix}", self.day().civil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Day::of(1970, 1, 1), Day(0));
        assert_eq!((OPENED, DRAWN), (Day(15_706), Day(20_748)));
        for day in (-40_000..40_000).step_by(7) {
            let civil = Day(day).civil();
            let back = Day::of(i32::from(civil.year), u32::from(civil.month), u32::from(civil.day));
            assert_eq!(back, Day(day), "{civil}");
        }
    }

    #[test]
    fn instants_are_written_as_iso() {
        assert_eq!(Instant(1_700_000_000).iso("Z"), "2023-11-14T22:13:20Z");
        assert_eq!(Day::of(2024, 2, 29).civil().to_string(), "2024-02-29");
    }
}
