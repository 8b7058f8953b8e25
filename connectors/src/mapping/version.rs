//! Versions and instants: integers that order the states of a record.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::Fault;
use super::expr::{Expr, Val};
use super::path::Context;
use crate::json::Shape;
use crate::mapped::Step;

#[derive(Debug, Clone)]
pub(crate) struct VersionRule {
    pub(crate) from: Expr,
    pub(crate) clock: Clock,
}

/// How the source counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clock {
    /// RFC 3339 and its relatives, then these patterns; a time without offset is UTC.
    Timestamp {
        formats: Vec<String>,
    },
    /// Whole numbers since the epoch, each so many microseconds.
    Epoch {
        unit_us: i64,
    },
    Sequence,
    /// A number is a sequence, a text is a timestamp.
    Either,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) value: i64,
    pub(crate) is_instant: bool,
}

impl VersionRule {
    pub(crate) fn read(&self, context: &Context<'_>) -> Result<Option<Read>, Fault> {
        let at_version = |fault: Fault| Fault { step: Step::Version, path: self.from.source_words(), ..fault };
        let value = self.from.evaluate(context).map_err(at_version)?;
        let is_number = matches!(&value, Val::Node(node) if matches!(node.shape(), Shape::Number(_)));
        let Some(text) = value.into_text().map_err(at_version)? else {
            return Ok(None);
        };
        let read = match &self.clock {
            Clock::Sequence => sequence(&text),
            Clock::Either if is_number => sequence(&text),
            Clock::Either => timestamp(&text, &[]),
            Clock::Timestamp { formats } => timestamp(&text, formats),
            Clock::Epoch { unit_us } => epoch(&text, *unit_us),
        };
        read.map(Some).map_err(|reason| self.from.fault(Step::Version, reason))
    }
}

/// Whether a pattern has only directives that exist.
pub(crate) fn is_time_pattern(format: &str) -> bool {
    let sample = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
    strtime::format(format, &sample).is_ok()
}

fn sequence(text: &str) -> Result<Read, &'static str> {
    let value = text.parse().map_err(|_| "a sequence must be a whole number of 64 bits")?;
    Ok(Read { value, is_instant: false })
}

fn epoch(text: &str, unit_us: i64) -> Result<Read, &'static str> {
    let units: i64 = text.parse().map_err(|_| "time since the epoch must be a whole number")?;
    let value = units.checked_mul(unit_us).ok_or("the time is out of range")?;
    Ok(Read { value, is_instant: true })
}

fn timestamp(text: &str, formats: &[String]) -> Result<Read, &'static str> {
    let instant = instant(text).or_else(|| formats.iter().find_map(|format| by_format(text, format)));
    let instant = instant.ok_or("the value is no timestamp such as 2026-01-31T10:20:30Z, and fits no format")?;
    Ok(Read { value: instant.as_microsecond(), is_instant: true })
}

/// RFC 3339 and its relatives; a local time or a date counts in UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| in_utc(text.parse::<DateTime>().ok()?))
}

fn by_format(text: &str, format: &str) -> Option<Timestamp> {
    let parts = strtime::parse(format, text).ok()?;
    let civil = || parts.to_datetime().ok().or_else(|| Some(parts.to_date().ok()?.at(0, 0, 0, 0)));
    parts.to_timestamp().ok().or_else(|| in_utc(civil()?))
}

fn in_utc(civil: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(civil).ok()
}
