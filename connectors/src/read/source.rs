//! A window on the input that grows as far as a record needs and remembers where it stands.

use std::io::{ErrorKind, Read};

use super::unpack::Unpacked;
use super::{FailReason, Item, Position};

const CHUNK_BYTES: usize = 64 << 10;

pub(super) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    position: Position,
    state: State,
}

enum State {
    Open,
    Ended,
    Broken(FailReason),
}

/// The two kinds of input: a file, and a part of one that is looked at before.
pub(super) trait Input: Read {
    fn is_gzip(&self) -> bool {
        false
    }
}

impl<R: Read> Input for Unpacked<R> {
    fn is_gzip(&self) -> bool {
        Unpacked::is_gzip(self)
    }
}

impl Input for &[u8] {}

impl<R: Input> Source<R> {
    pub(super) fn new(input: R) -> Source<R> {
        let position = Position { line: 1, offset: 0, index: 0 };
        Source { input, buffer: Vec::new(), start: 0, position, state: State::Open }
    }

    /// What was read and not yet consumed.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Reads on, so that the window grows; false at the end and after a failure.
    pub(super) fn fill(&mut self) -> bool {
        if !matches!(self.state, State::Open) {
            return false;
        }
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let old = self.buffer.len();
        self.buffer.resize(old + CHUNK_BYTES, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[old..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => self.state = State::Ended,
            Ok(_) => return true,
            Err(error) => self.state = State::Broken(self.reason_of(&error)),
        }
        false
    }

    /// Makes the window at least so long, if the input allows it.
    pub(super) fn fill_to(&mut self, bytes: usize) -> bool {
        while self.unread().len() < bytes {
            if !self.fill() {
                return false;
            }
        }
        true
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        let consumed = &self.buffer[self.start..self.start + bytes];
        self.position.line += consumed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.position.offset += bytes as u64;
        self.start += bytes;
    }

    /// The next record gets the next number.
    pub(super) fn count_record(&mut self) {
        self.position.index += 1;
    }

    /// Consumes white space; says whether anything else comes.
    pub(super) fn skip_space(&mut self, also: &[u8]) -> bool {
        loop {
            let is_skipped = |byte: &u8| byte.is_ascii_whitespace() || also.contains(byte);
            let skipped = self.unread().iter().take_while(|byte| is_skipped(byte)).count();
            let rest = self.unread().len() - skipped;
            self.consume(skipped);
            if rest > 0 {
                return true;
            }
            if !self.fill() {
                return false;
            }
        }
    }

    /// From now on there is nothing but this failure.
    pub(super) fn fail(&mut self, reason: FailReason) {
        self.state = State::Broken(reason);
        self.buffer.clear();
        self.start = 0;
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken(_))
    }

    /// How the input ended: as it should, or with a failure to report.
    pub(super) fn ending(&self) -> Option<Item> {
        match &self.state {
            State::Broken(reason) => Some(Item::Failed { position: self.position, reason: reason.clone() }),
            State::Open | State::Ended => None,
        }
    }

    fn reason_of(&self, error: &std::io::Error) -> FailReason {
        match error.kind() {
            ErrorKind::UnexpectedEof if self.input.is_gzip() => FailReason::TruncatedGzip,
            ErrorKind::InvalidInput | ErrorKind::InvalidData if self.input.is_gzip() => {
                FailReason::CorruptGzip(error.to_string())
            }
            ErrorKind::FileTooLarge if self.input.is_gzip() => FailReason::UnpackedTooLarge,
            kind => FailReason::Io(kind.to_string()),
        }
    }
}
