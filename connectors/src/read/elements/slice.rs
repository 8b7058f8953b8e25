//! Finds where a JSON value ends by its brackets and quotes alone, chunk by chunk, without keeping it.

/// Brackets beyond this depth are counted, but not told apart.
const TOLD_APART_MAX: usize = 1 << 12;

#[derive(Debug, Default)]
pub(in crate::read) struct Slicer {
    depth: usize,
    open: Vec<u8>,
    within: Within,
    began: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Within {
    #[default]
    Value,
    Text,
    Escape,
}

pub(in crate::read) enum Progress {
    /// The value ends after so many bytes of the chunk.
    End(usize),
    /// A bracket closes what another kind opened.
    Mismatch,
    More,
}

impl Slicer {
    /// Takes the next chunk in.
    pub(in crate::read) fn run(&mut self, chunk: &[u8]) -> Progress {
        for (at, byte) in chunk.iter().enumerate() {
            match (self.within, byte) {
                (Within::Escape, _) => self.within = Within::Text,
                (Within::Text, b'\\') => self.within = Within::Escape,
                (Within::Text, b'"') => {
                    self.within = Within::Value;
                    if self.depth == 0 {
                        return Progress::End(at + 1);
                    }
                }
                (Within::Text, _) => {}
                (Within::Value, byte) => {
                    if let Some(progress) = self.outside_text(at, *byte) {
                        return progress;
                    }
                }
            }
        }
        Progress::More
    }

    fn outside_text(&mut self, at: usize, byte: u8) -> Option<Progress> {
        match byte {
            b'{' | b'[' if self.depth > 0 || !self.began => self.open(byte),
            b'}' | b']' if self.depth > 0 => {
                if !self.close(byte) {
                    return Some(Progress::Mismatch);
                }
                if self.depth == 0 {
                    return Some(Progress::End(at + 1));
                }
            }
            b'"' if self.depth > 0 || !self.began => self.within = Within::Text,
            // A bare word or number ends before the next sign, and is at least one byte.
            b'{' | b'[' | b'}' | b']' | b'"' | b',' if self.depth == 0 => {
                return Some(Progress::End(at.max(1)));
            }
            _ if self.depth == 0 && self.began && byte.is_ascii_whitespace() => {
                return Some(Progress::End(at.max(1)));
            }
            _ => {}
        }
        self.began = true;
        None
    }

    fn open(&mut self, bracket: u8) {
        if self.depth < TOLD_APART_MAX {
            self.open.push(bracket);
        }
        self.depth += 1;
    }

    fn close(&mut self, bracket: u8) -> bool {
        self.depth -= 1;
        if self.depth >= TOLD_APART_MAX {
            return true;
        }
        let expected = if bracket == b'}' { b'{' } else { b'[' };
        self.open.pop() == Some(expected)
    }
}
