//! The header line: it names the cells of every row after it.

use std::collections::HashMap;

use super::cells::{cells, push_json_text};
use super::without_line_end;
use crate::read::{FailReason, Limits, RejectReason};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub(super) struct Header {
    pub(super) delimiter: u8,
    /// For each column what stands before its value in the payload: `{"first":`, `,"second":`.
    openings: Vec<Vec<u8>>,
}

impl Header {
    pub(super) fn parse(row: &[u8], delimiter: u8, limits: Limits) -> Result<Header, FailReason> {
        let row = std::str::from_utf8(without_line_end(row))
            .map_err(|error| FailReason::BadHeader(RejectReason::InvalidUtf8 { at: error.valid_up_to() }))?;
        let names: Vec<String> = cells(row, delimiter).enumerate().map(column_name).collect();
        if names.len() > limits.columns_max {
            return Err(FailReason::TooManyColumns { found: names.len(), limit: limits.columns_max });
        }
        unique(&names)?;
        let openings = names.iter().enumerate().map(|(index, name)| opening(index, name)).collect();
        Ok(Header { delimiter, openings })
    }

    /// A row as the text of a JSON object.
    pub(super) fn payload(&self, row: &[u8]) -> Result<Vec<u8>, RejectReason> {
        let row = std::str::from_utf8(row).map_err(|error| RejectReason::InvalidUtf8 { at: error.valid_up_to() })?;
        let names_bytes: usize = self.openings.iter().map(Vec::len).sum();
        let mut payload = Vec::with_capacity(names_bytes + row.len() + 2 * self.openings.len() + 16);
        let mut found = 0;
        for cell in cells(row, self.delimiter) {
            if let Some(opening) = self.openings.get(found) {
                payload.extend_from_slice(opening);
                push_json_text(&mut payload, &cell);
            }
            found += 1;
        }
        if found != self.openings.len() {
            return Err(RejectReason::CellCount { found, expected: self.openings.len() });
        }
        payload.push(b'}');
        Ok(payload)
    }
}

/// The delimiter that stands most often in the header line.
pub(super) fn found_delimiter(line: &[u8]) -> u8 {
    let mut best = (b',', 0);
    for delimiter in DELIMITERS {
        let count = line.iter().filter(|byte| **byte == delimiter).count();
        if count > best.1 {
            best = (delimiter, count);
        }
    }
    best.0
}

fn column_name((index, cell): (usize, std::borrow::Cow<'_, str>)) -> String {
    match cell.trim() {
        "" => format!("column_{}", index + 1),
        name => name.to_owned(),
    }
}

fn unique(names: &[String]) -> Result<(), FailReason> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *times.entry(name).or_default() += 1;
    }
    match names.iter().find(|name| times[name.as_str()] > 1) {
        Some(name) => Err(FailReason::DuplicateColumn { name: name.clone(), times: times[name.as_str()] }),
        None => Ok(()),
    }
}

fn opening(index: usize, name: &str) -> Vec<u8> {
    let mut opening = vec![if index == 0 { b'{' } else { b',' }];
    push_json_text(&mut opening, name);
    opening.push(b':');
    opening
}
