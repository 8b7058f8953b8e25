//! Looks at the beginning of the input to find out what it is.

use super::seek::{self, Sought};
use super::source::{Input, Source};
use super::{FailReason, Format, Options};
use crate::json::{self, JsonError, Problem};

/// So much of the input is looked at.
const PREFIX_BYTES: usize = 64 << 10;

pub(super) enum Found {
    Csv,
    /// One JSON object a line.
    Lines,
    /// An array, objects that span lines, or an object that wraps the records.
    Elements {
        records: Vec<Vec<String>>,
    },
}

pub(super) fn found_format<R: Input>(source: &mut Source<R>, options: &Options) -> Result<Found, FailReason> {
    source.fill_to(PREFIX_BYTES);
    skip_byte_order_mark(source)?;
    let first = source.unread().iter().copied().find(|byte| !byte.is_ascii_whitespace());
    let records: Vec<Vec<String>> =
        options.records.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
    match (options.format, first) {
        (Format::Csv, _) => Ok(Found::Csv),
        (Format::Ndjson, _) => Ok(Found::Lines),
        (_, None) if source.is_broken() => Ok(Found::Lines),
        (_, None) => Err(FailReason::Empty),
        (_, Some(b'[')) => Ok(Found::Elements { records }),
        (format, Some(b'{')) => Ok(objects(source, records, format)),
        (Format::JsonArray, _) => Err(FailReason::NotJson),
        (Format::Auto, _) => Ok(Found::Csv),
    }
}

fn skip_byte_order_mark<R: Input>(source: &mut Source<R>) -> Result<(), FailReason> {
    match source.unread() {
        [0xef, 0xbb, 0xbf, ..] => source.consume(3),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(FailReason::UnsupportedEncoding("the input is UTF-16; export it as UTF-8"));
        }
        [b'P', b'K', 3, 4, ..] => {
            let message = "the input is a zip archive or a spreadsheet; unpack it, or export it as CSV in UTF-8";
            return Err(FailReason::UnsupportedEncoding(message));
        }
        _ => {}
    }
    Ok(())
}

/// The input begins with an object: is it a record, or does it wrap the records?
fn objects<R: Input>(source: &Source<R>, records: Vec<Vec<String>>, format: Format) -> Found {
    let prefix = source.unread().trim_ascii_start();
    let first = First::of(prefix);
    let mut look = Source::new(prefix);
    look.fill_to(prefix.len());
    if records.is_empty() {
        let name = seek::first_array_member(&mut look).filter(|_| first.is_open || first.is_alone);
        return name.map_or(unwrapped(&first), |name| Found::Elements { records: vec![vec![name]] });
    }
    let wraps = match seek::descend(&mut look, &records) {
        Sought::Array { .. } | Sought::Single { .. } => true,
        Sought::Absent => false,
        Sought::Cut => first.is_open && (first.spans_lines || format == Format::JsonArray),
    };
    if wraps { Found::Elements { records } } else { unwrapped(&first) }
}

fn unwrapped(first: &First) -> Found {
    if first.spans_lines { Found::Elements { records: Vec::new() } } else { Found::Lines }
}

/// The first object, as far as the prefix shows it.
struct First {
    is_open: bool,
    /// Nothing comes after it.
    is_alone: bool,
    spans_lines: bool,
}

impl First {
    fn of(prefix: &[u8]) -> First {
        match json::parse_prefix(prefix, usize::MAX) {
            Ok((_, end)) => First {
                is_open: false,
                is_alone: prefix[end..].trim_ascii().is_empty(),
                spans_lines: prefix[..end].contains(&b'\n'),
            },
            Err(error) => First { is_open: is_cut(error), is_alone: false, spans_lines: first_line_is_open(prefix) },
        }
    }
}

fn is_cut(error: JsonError) -> bool {
    error.problem == Problem::Ends
}

/// The first line alone is the beginning of an object, so that the object must span lines.
fn first_line_is_open(prefix: &[u8]) -> bool {
    let Some(end) = prefix.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    json::parse_prefix(&prefix[..end], usize::MAX).is_err_and(is_cut)
}
