//! Finds the next good record after a damaged one. A bracket or quote too few makes it unclear where the damaged one
//! ends, so the next is known by its looks: it is whole, and its members are those of the records before.

use std::collections::HashSet;

use super::source::{Input, Source};
use super::{Item, Limits, Position, RejectReason};
use crate::json::{self, Json, Problem, Shape};

const FIRST_LOOK_BYTES: usize = 4096;

pub(super) struct Recovery {
    limits: Limits,
    /// The members of the first good record.
    known: HashSet<String>,
    /// Damage up to this offset was already searched for records; once is enough, or the work would grow without bound.
    searched_to: u64,
}

impl Recovery {
    pub(super) fn new(limits: Limits) -> Recovery {
        Recovery { limits, known: HashSet::new(), searched_to: 0 }
    }

    /// Remembers what a good record looks like.
    pub(super) fn learn(&mut self, record: &[u8]) {
        if self.known.is_empty()
            && let Ok(document) = json::parse(record, self.limits.depth_max)
        {
            self.known = document.root().members().map(|(name, _)| name.to_owned()).collect();
        }
    }

    /// Consumes the damaged record up to the next good one, or up to `end` where the damaged one is known to end. Says
    /// whether either was found.
    pub(super) fn recover<R: Input>(
        &mut self,
        source: &mut Source<R>,
        position: Position,
        reason: RejectReason,
        error_at: usize,
        end: Option<usize>,
    ) -> (bool, Item) {
        let from = if position.offset >= self.searched_to { 1 } else { error_at.max(1) };
        self.searched_to = self.searched_to.max(position.offset + error_at as u64);
        let mut excerpt = Vec::new();
        let absolute = |relative: usize| position.offset + relative as u64;
        let found = self.search(source, absolute(from), end.map(absolute), &mut excerpt);
        source.count_record();
        let bytes = source.position().offset - position.offset;
        (found, Item::Rejected { position, reason, excerpt, bytes })
    }

    fn search<R: Input>(&self, source: &mut Source<R>, from: u64, end: Option<u64>, excerpt: &mut Vec<u8>) -> bool {
        let mut before = Before::default();
        let mut at = 0;
        loop {
            let offset = source.position().offset + at as u64;
            if end == Some(offset) {
                self.give_up(source, at, excerpt);
                return true;
            }
            let Some(byte) = source.unread().get(at).copied() else {
                self.give_up(source, at, excerpt);
                if source.fill() {
                    at = 0;
                    continue;
                }
                return false;
            };
            if byte == b'{' && offset >= from && before.allows_record() && self.is_record(source, at) {
                self.give_up(source, at, excerpt);
                return true;
            }
            before.see(byte);
            at += 1;
        }
    }

    fn give_up<R: Input>(&self, source: &mut Source<R>, bytes: usize, excerpt: &mut Vec<u8>) {
        let room = self.limits.excerpt_bytes_max.saturating_sub(excerpt.len());
        excerpt.extend_from_slice(&source.unread()[..bytes.min(room)]);
        source.consume(bytes);
    }

    /// A whole object begins here, and at least half of its members are known from the records before. A short look
    /// comes first, so that many false beginnings cost little.
    fn is_record<R: Input>(&self, source: &mut Source<R>, at: usize) -> bool {
        let mut look = FIRST_LOOK_BYTES;
        loop {
            source.fill_to(at + look);
            let window = &source.unread()[at..];
            let seen = &window[..window.len().min(look)];
            match json::parse_prefix(seen, self.limits.depth_max) {
                Ok((document, _)) => return self.looks_known(document.root()),
                Err(error) if error.problem != Problem::Ends => return false,
                Err(_) if seen.len() < look || look >= self.limits.record_bytes_max => {
                    return false;
                }
                Err(_) => look = (look * 8).min(self.limits.record_bytes_max),
            }
        }
    }

    fn looks_known(&self, object: Json<'_>) -> bool {
        if object.shape() != Shape::Object {
            return false;
        }
        let (mut all, mut known) = (0, 0);
        for (name, _) in object.members() {
            all += 1;
            known += usize::from(self.known.contains(name));
        }
        all > 0 && (self.known.is_empty() || known * 2 >= all)
    }
}

/// What stands before a place: a record follows a comma, another record, or begins a line.
#[derive(Default)]
struct Before {
    byte: u8,
    visible: u8,
}

impl Before {
    fn see(&mut self, byte: u8) {
        self.byte = byte;
        if !byte.is_ascii_whitespace() {
            self.visible = byte;
        }
    }

    fn allows_record(&self) -> bool {
        matches!(self.visible, b',' | b'}') || self.byte == b'\n'
    }
}
