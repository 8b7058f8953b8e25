//! When the batch that a file belongs to closes.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The time of day at which a batch closes. What came before it is taken in then; what comes later waits for the next.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOff {
    pub at: Time,
    pub zone: TimeZone,
}

impl CutOff {
    /// The first cut-off at or after a file's last change. In a night that has no such time because clocks are put
    /// forward, it is as much later.
    pub fn closes(&self, changed: Timestamp) -> Option<Timestamp> {
        let day = self.zone.to_datetime(changed).date();
        let on = |day: jiff::civil::Date| self.zone.to_zoned_datetime(day.to_datetime(self.at)).ok();
        let today = on(day)?.timestamp();
        if today >= changed { Some(today) } else { Some(on(day.checked_add(1.day()).ok()?)?.timestamp()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &str, at: &str, changed: &str, closes: &str) {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let cut_off = CutOff { at: at.parse().unwrap_or_default(), zone };
        let changed: Option<Timestamp> = changed.parse().ok();
        assert_eq!(changed.and_then(|changed| cut_off.closes(changed)), closes.parse().ok());
    }

    #[test]
    fn a_file_belongs_to_the_next_cut_off() {
        check("UTC", "22:00", "2026-11-24T21:59:59Z", "2026-11-24T22:00:00Z");
        check("UTC", "22:00", "2026-11-24T22:00:00Z", "2026-11-24T22:00:00Z");
        check("UTC", "22:00", "2026-11-24T22:00:01Z", "2026-11-25T22:00:00Z");
        check("UTC", "22:00", "2026-12-31T23:00:00Z", "2027-01-01T22:00:00Z");
    }

    #[test]
    fn cut_offs_go_by_the_clocks_of_their_place() {
        check("Europe/Berlin", "22:00", "2026-07-01T20:00:00Z", "2026-07-01T20:00:00Z");
        check("Europe/Berlin", "22:00", "2026-12-01T20:30:00Z", "2026-12-01T21:00:00Z");
        // Between two and three o'clock there is nothing in this night.
        check("Europe/Berlin", "02:30", "2026-03-28T23:30:00Z", "2026-03-29T01:30:00Z");
    }
}
