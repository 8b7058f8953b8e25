//! The elements of a JSON array, on its own or within a wrapping object, and objects that follow one another. Each is
//! sliced as it was sent; a damaged one costs only itself.

pub(super) mod slice;

use std::ops::ControlFlow::{self, Break, Continue};

use self::slice::{Progress, Slicer};
use super::lines::{excerpt_of, item_of, reject_reason};
use super::recover::Recovery;
use super::seek::{self, Sought};
use super::source::{Input, Source};
use super::{FailReason, Item, Limits, Position, RejectReason};
use crate::json::{self, JsonError, Problem};

pub(super) struct Elements {
    limits: Limits,
    /// Where the records may stand within a wrapping object; empty if nothing wraps them.
    records: Vec<Vec<String>>,
    place: Place,
    recovery: Recovery,
}

#[derive(Clone, Copy)]
enum Place {
    Outside,
    /// In the array, with so many wrapping objects around it.
    InArray {
        levels: usize,
    },
    /// Before the only record that an object wraps.
    AtSingle {
        levels: usize,
    },
    /// After damage that has no end.
    Lost,
}

/// Either there is something to hand out (or the end), or another step is needed.
type Turn = ControlFlow<Option<Item>>;

impl Elements {
    pub(super) fn new(records: Vec<Vec<String>>, limits: Limits) -> Elements {
        Elements { limits, records, place: Place::Outside, recovery: Recovery::new(limits) }
    }

    pub(super) fn next<R: Input>(&mut self, source: &mut Source<R>) -> Option<Item> {
        loop {
            let turn = match self.place {
                Place::Lost => Break(source.ending()),
                Place::Outside => self.outside(source),
                Place::InArray { levels } => self.in_array(source, levels),
                Place::AtSingle { levels } => {
                    let item = self.element(source);
                    self.leave(source, levels);
                    Break(item)
                }
            };
            if let Break(item) = turn {
                return item;
            }
        }
    }

    fn outside<R: Input>(&mut self, source: &mut Source<R>) -> Turn {
        if !source.skip_space(b",") {
            return Break(source.ending());
        }
        match source.unread()[0] {
            b'[' => {
                source.consume(1);
                self.place = Place::InArray { levels: 0 };
                Continue(())
            }
            b'{' if !self.records.is_empty() => self.unwrap_object(source),
            _ => Break(self.element(source)),
        }
    }

    fn unwrap_object<R: Input>(&mut self, source: &mut Source<R>) -> Turn {
        self.place = match seek::descend(source, &self.records) {
            Sought::Array { levels } => Place::InArray { levels },
            Sought::Single { levels } => Place::AtSingle { levels },
            Sought::Absent => {
                let paths: Vec<String> = self.records.iter().map(|path| format!("`{}`", path.join("."))).collect();
                let reason = FailReason::NoRecords(paths.join(" or "));
                return Break(Some(Item::Failed { position: source.position(), reason }));
            }
            Sought::Cut => return Break(cut_off(source)),
        };
        Continue(())
    }

    fn in_array<R: Input>(&mut self, source: &mut Source<R>, levels: usize) -> Turn {
        if !source.skip_space(b",") {
            return Break(cut_off(source));
        }
        if source.unread()[0] != b']' {
            return Break(self.element(source));
        }
        source.consume(1);
        self.leave(source, levels);
        Continue(())
    }

    /// Goes out of the objects around the array.
    fn leave<R: Input>(&mut self, source: &mut Source<R>, levels: usize) {
        if !matches!(self.place, Place::Lost) {
            self.place = Place::Outside;
            seek::ascend(source, levels);
        }
    }

    fn element<R: Input>(&mut self, source: &mut Source<R>) -> Option<Item> {
        let position = source.position();
        let mut slicer = Slicer::default();
        let mut scanned = 0;
        loop {
            match slicer.run(&source.unread()[scanned..]) {
                Progress::End(end) => return Some(self.sliced(source, position, scanned + end)),
                Progress::Mismatch => return Some(self.damaged(source, position)),
                Progress::More => scanned = source.unread().len(),
            }
            if scanned > self.limits.record_bytes_max {
                return Some(self.too_large(source, position, slicer));
            }
            if !source.fill() {
                return self.ended_within(source, position);
            }
        }
    }

    fn sliced<R: Input>(&mut self, source: &mut Source<R>, position: Position, end: usize) -> Item {
        let text = &source.unread()[..end];
        let item = item_of(text, position, self.limits);
        match &item {
            Item::Rejected { reason: reason @ RejectReason::MalformedJson { at, .. }, .. } => {
                // The slice may hold good records, if a quote or a bracket is missing.
                let (_, rejected) = self.recovery.recover(source, position, reason.clone(), *at, Some(end));
                return rejected;
            }
            Item::Record { .. } => self.recovery.learn(text),
            _ => {}
        }
        source.consume(end);
        source.count_record();
        item
    }

    /// The brackets of the element do not match, or it holds a stray quote.
    fn damaged<R: Input>(&mut self, source: &mut Source<R>, position: Position) -> Item {
        let error = json::parse(source.unread(), self.limits.depth_max).err();
        let error = error.unwrap_or(JsonError { at: 0, problem: Problem::Syntax("brackets do not match") });
        let reason = match reject_reason(error, self.limits) {
            RejectReason::TooDeep { .. } => RejectReason::MalformedJson { at: error.at, what: "brackets do not match" },
            reason => reason,
        };
        let (found, item) = self.recovery.recover(source, position, reason, error.at, None);
        if !found {
            self.place = Place::Lost;
        }
        item
    }

    fn too_large<R: Input>(&mut self, source: &mut Source<R>, position: Position, mut slicer: Slicer) -> Item {
        let begin = json::parse_prefix(source.unread(), self.limits.depth_max).err();
        if begin.is_some_and(|error| matches!(error.problem, Problem::Syntax(_))) {
            return self.damaged(source, position);
        }
        let excerpt = excerpt_of(source.unread(), self.limits);
        source.consume(source.unread().len());
        while source.fill() {
            let progress = slicer.run(source.unread());
            source.consume(if let Progress::End(end) = progress { end } else { source.unread().len() });
            if !matches!(progress, Progress::More) {
                break;
            }
        }
        source.count_record();
        let bytes = source.position().offset - position.offset;
        let reason = RejectReason::TooLarge { bytes, limit: self.limits.record_bytes_max };
        Item::Rejected { position, reason, excerpt, bytes }
    }

    fn ended_within<R: Input>(&mut self, source: &mut Source<R>, position: Position) -> Option<Item> {
        if source.is_broken() {
            return source.ending();
        }
        match json::parse(source.unread(), self.limits.depth_max) {
            Ok(_) => Some(self.sliced(source, position, source.unread().len())),
            Err(JsonError { problem: Problem::Ends, .. }) => cut_off(source),
            Err(_) => Some(self.damaged(source, position)),
        }
    }
}

/// The input ends although an array or object is open.
fn cut_off<R: Input>(source: &Source<R>) -> Option<Item> {
    let position = source.position();
    source.ending().or(Some(Item::Failed { position, reason: FailReason::TruncatedJson }))
}
