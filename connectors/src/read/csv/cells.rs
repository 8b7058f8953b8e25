//! Takes a row apart into cells, and writes cells as JSON texts.

use std::borrow::Cow;

/// The cells of a row whose quotes are known to be in order.
pub(super) fn cells(row: &str, delimiter: u8) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let text = rest?;
        let (cell, after) = match text.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted),
            None => plain_cell(text, delimiter),
        };
        rest = after;
        Some(cell)
    })
}

fn plain_cell(text: &str, delimiter: u8) -> (Cow<'_, str>, Option<&str>) {
    match text.bytes().position(|byte| byte == delimiter) {
        Some(end) => (Cow::Borrowed(&text[..end]), Some(&text[end + 1..])),
        None => (Cow::Borrowed(text), None),
    }
}

fn quoted_cell(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut has_quotes = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if bytes.get(at + 1) == Some(&b'"') => {
                has_quotes = true;
                at += 2;
            }
            b'"' => break,
            _ => at += 1,
        }
    }
    let inside = &text[..at.min(text.len())];
    let cell = if has_quotes { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) };
    (cell, text.get(at + 2..))
}

pub(super) fn push_json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}
