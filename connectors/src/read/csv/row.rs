//! Finds where a row ends: at the first line feed outside quotes.

use super::super::source::{Input, Source};

pub(super) enum RowEnd {
    /// So many bytes belong to the row, its line end included.
    At(usize),
    /// No end within the limit, and the line is as long as that.
    TooLong,
    /// A quote is not closed within the limit or the input, or text follows a closing quote.
    BadQuotes,
    /// The input ends or breaks off here.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    /// A quote within a quoted cell: it closes the cell, or stands for itself if another follows.
    Quote,
    /// A carriage return after a closing quote.
    Return,
}

pub(super) fn row_end<R: Input>(source: &mut Source<R>, delimiter: u8, limit: usize) -> RowEnd {
    let mut at = At::CellStart;
    let mut scanned = 0;
    loop {
        let window = source.unread();
        while let Some(byte) = window.get(scanned) {
            scanned += 1;
            at = match step(at, *byte, delimiter) {
                Some(At::CellStart) if *byte == b'\n' => return RowEnd::At(scanned),
                Some(next) => next,
                None => return RowEnd::BadQuotes,
            };
        }
        if scanned > limit {
            return if first_line_is_short(window, limit) { RowEnd::BadQuotes } else { RowEnd::TooLong };
        }
        if !source.fill() {
            return end_of_input(source, at);
        }
    }
}

fn end_of_input<R: Input>(source: &Source<R>, at: At) -> RowEnd {
    match source.unread().len() {
        0 => RowEnd::Nothing,
        _ if source.is_broken() => RowEnd::Nothing,
        _ if at == At::Quoted => RowEnd::BadQuotes,
        rest => RowEnd::At(rest),
    }
}

fn first_line_is_short(window: &[u8], limit: usize) -> bool {
    window[..window.len().min(limit)].contains(&b'\n')
}

/// The state after one byte; none if a closing quote is followed by text. A row's end leads to `CellStart`.
fn step(at: At, byte: u8, delimiter: u8) -> Option<At> {
    Some(match (at, byte) {
        (At::Quoted, b'"') => At::Quote,
        (At::Quoted, _) => At::Quoted,
        (At::Quote, b'"') => At::Quoted,
        (At::Quote, b'\r') => At::Return,
        (_, b'\n') => At::CellStart,
        (At::Return, _) => return None,
        (_, byte) if byte == delimiter => At::CellStart,
        (At::Quote, _) => return None,
        (At::CellStart, b'"') => At::Quoted,
        (At::CellStart | At::Plain, _) => At::Plain,
    })
}
