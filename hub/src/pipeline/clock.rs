//! The one place where the pipeline reads the clock.

pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Now, in microseconds since 1970.
pub fn now_us() -> i64 {
    now().as_microsecond()
}

/// Today in UTC, as `YYYY-MM-DD`.
pub fn today() -> String {
    jiff::tz::TimeZone::UTC.to_datetime(now()).date().to_string()
}
