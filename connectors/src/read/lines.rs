//! One JSON object a line. A bad line costs only itself.

use super::source::{Input, Source};
use super::{Item, Limits, Position, RejectReason};
use crate::json::{self, JsonError, Problem, Shape};

pub(super) struct Lines {
    limits: Limits,
}

impl Lines {
    pub(super) fn new(limits: Limits) -> Lines {
        Lines { limits }
    }

    pub(super) fn next<R: Input>(&mut self, source: &mut Source<R>) -> Option<Item> {
        loop {
            let position = source.position();
            let Some(end) = line_end(source, 0, self.limits.record_bytes_max) else {
                return ending_or_long_line(source, self.limits);
            };
            let line = trimmed(&source.unread()[..end]);
            let item = (!line.is_empty()).then(|| item_of(line, position, self.limits));
            source.consume(end);
            if item.is_some() {
                source.count_record();
                return item;
            }
        }
    }
}

/// Where the line ends that the window begins with, its line feed included; none if it is longer than the limit or
/// broken off by a failure of the input. The search starts at `from`.
pub(super) fn line_end<R: Input>(source: &mut Source<R>, from: usize, limit: usize) -> Option<usize> {
    let mut searched = from;
    loop {
        let window = source.unread();
        if let Some(found) = window[searched..].iter().position(|byte| *byte == b'\n') {
            return Some(searched + found + 1).filter(|end| *end <= limit + 2);
        }
        searched = window.len();
        if searched > limit {
            return None;
        }
        if !source.fill() {
            return Some(searched).filter(|end| *end > 0 && !source.is_broken());
        }
    }
}

/// What there is when no line end was found within the limit.
pub(super) fn ending_or_long_line<R: Input>(source: &mut Source<R>, limits: Limits) -> Option<Item> {
    if source.unread().len() > limits.record_bytes_max {
        return Some(long_line(source, limits));
    }
    source.ending()
}

/// Skips a line that is longer than the limit without keeping it.
fn long_line<R: Input>(source: &mut Source<R>, limits: Limits) -> Item {
    let position = source.position();
    let excerpt = excerpt_of(source.unread(), limits);
    loop {
        let end = source.unread().iter().position(|byte| *byte == b'\n').map(|found| found + 1);
        source.consume(end.unwrap_or(source.unread().len()));
        if end.is_some() || !source.fill() {
            break;
        }
    }
    source.count_record();
    let bytes = source.position().offset - position.offset;
    let reason = RejectReason::TooLarge { bytes, limit: limits.record_bytes_max };
    Item::Rejected { position, reason, excerpt, bytes }
}

/// The item for the complete text of one record.
pub(super) fn item_of(text: &[u8], position: Position, limits: Limits) -> Item {
    match checked(text, limits) {
        Ok(()) => Item::Record { position, payload: text.to_vec() },
        Err(reason) => rejected(text, position, reason, limits),
    }
}

pub(super) fn rejected(text: &[u8], position: Position, reason: RejectReason, limits: Limits) -> Item {
    Item::Rejected { position, reason, excerpt: excerpt_of(text, limits), bytes: text.len() as u64 }
}

pub(super) fn excerpt_of(text: &[u8], limits: Limits) -> Vec<u8> {
    text[..text.len().min(limits.excerpt_bytes_max)].to_vec()
}

fn checked(text: &[u8], limits: Limits) -> Result<(), RejectReason> {
    if text.len() > limits.record_bytes_max {
        return Err(RejectReason::TooLarge { bytes: text.len() as u64, limit: limits.record_bytes_max });
    }
    let document = json::parse(text, limits.depth_max).map_err(|error| reject_reason(error, limits))?;
    match document.root().shape() {
        Shape::Object => Ok(()),
        other => Err(RejectReason::NotAnObject { found: other.word() }),
    }
}

pub(super) fn reject_reason(error: JsonError, limits: Limits) -> RejectReason {
    match error.problem {
        Problem::InvalidUtf8 => RejectReason::InvalidUtf8 { at: error.at },
        Problem::Ends => RejectReason::MalformedJson { at: error.at, what: "it ends within a value" },
        Problem::TooDeep => RejectReason::TooDeep { limit: limits.depth_max },
        Problem::Syntax(what) => RejectReason::MalformedJson { at: error.at, what },
    }
}

pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}
