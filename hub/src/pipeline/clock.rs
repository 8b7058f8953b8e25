//! The one place where the pipeline reads the clock.

/// Now, in microseconds since 1970.
pub fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Today in UTC, as `YYYY-MM-DD`.
pub fn today() -> String {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().to_string()
}
