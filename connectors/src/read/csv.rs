//! CSV by RFC 4180. A row whose quotes are damaged costs its own line, not the rest of the file.

mod cells;
mod header;
mod row;

use self::header::Header;
use self::row::RowEnd;
use super::lines::{ending_or_long_line, excerpt_of, line_end, rejected};
use super::source::{Input, Source};
use super::{FailReason, Item, Limits, Options, Position, RejectReason};

pub(super) struct Rows {
    limits: Limits,
    delimiter: Option<u8>,
    header: Option<Header>,
}

impl Rows {
    pub(super) fn new(options: &Options) -> Rows {
        Rows { limits: options.limits, delimiter: options.delimiter, header: None }
    }

    pub(super) fn next<R: Input>(&mut self, source: &mut Source<R>) -> Option<Item> {
        if self.header.is_none() {
            match self.read_header(source) {
                Ok(header) => self.header = Some(header),
                Err(reason) => {
                    let position = source.position();
                    return source.ending().or(Some(Item::Failed { position, reason }));
                }
            }
        }
        let header = self.header.as_ref()?;
        next_row(source, header, self.limits)
    }

    fn read_header<R: Input>(&self, source: &mut Source<R>) -> Result<Header, FailReason> {
        while source.fill_to(1) && matches!(source.unread()[0], b'\n' | b'\r') {
            source.consume(1);
        }
        if source.unread().is_empty() {
            return Err(FailReason::Empty);
        }
        let first_line = line_end(source, 0, self.limits.record_bytes_max).ok_or_else(|| {
            let bytes = source.unread().len() as u64;
            FailReason::BadHeader(RejectReason::TooLarge { bytes, limit: self.limits.record_bytes_max })
        })?;
        let delimiter = self.delimiter.unwrap_or_else(|| header::found_delimiter(&source.unread()[..first_line]));
        match row::row_end(source, delimiter, self.limits.record_bytes_max) {
            RowEnd::At(end) => {
                let header = Header::parse(&source.unread()[..end], delimiter, self.limits)?;
                source.consume(end);
                Ok(header)
            }
            _ => Err(FailReason::BadHeader(RejectReason::MalformedQuotes)),
        }
    }
}

fn next_row<R: Input>(source: &mut Source<R>, header: &Header, limits: Limits) -> Option<Item> {
    loop {
        let position = source.position();
        let end = match row::row_end(source, header.delimiter, limits.record_bytes_max) {
            RowEnd::At(end) => end,
            RowEnd::TooLong => return ending_or_long_line(source, limits),
            RowEnd::BadQuotes => return bad_line(source, position, limits),
            RowEnd::Nothing => return source.ending(),
        };
        let row = without_line_end(&source.unread()[..end]);
        let item = (!row.is_empty()).then(|| item_of_row(row, header, position, limits));
        source.consume(end);
        if item.is_some() {
            source.count_record();
            return item;
        }
    }
}

fn item_of_row(row: &[u8], header: &Header, position: Position, limits: Limits) -> Item {
    let limit = limits.record_bytes_max;
    if row.len() > limit {
        let reason = RejectReason::TooLarge { bytes: row.len() as u64, limit };
        return rejected(row, position, reason, limits);
    }
    match header.payload(row) {
        Ok(payload) => Item::Record { position, payload },
        Err(reason) => rejected(row, position, reason, limits),
    }
}

/// The quotes of a row make no sense: its first line is given up and the next line begins a new row.
fn bad_line<R: Input>(source: &mut Source<R>, position: Position, limits: Limits) -> Option<Item> {
    let Some(end) = line_end(source, 0, limits.record_bytes_max).or_else(|| rest_of_ended(source)) else {
        return ending_or_long_line(source, limits);
    };
    let excerpt = excerpt_of(without_line_end(&source.unread()[..end]), limits);
    source.consume(end);
    source.count_record();
    Some(Item::Rejected { position, reason: RejectReason::MalformedQuotes, excerpt, bytes: end as u64 })
}

fn rest_of_ended<R: Input>(source: &Source<R>) -> Option<usize> {
    Some(source.unread().len()).filter(|rest| *rest > 0 && !source.is_broken())
}

fn without_line_end(row: &[u8]) -> &[u8] {
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    row.strip_suffix(b"\r").unwrap_or(row)
}
