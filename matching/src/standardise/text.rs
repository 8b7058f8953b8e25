//! Folding of text to lower-case ASCII words.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// How much of one value is read; nobody's name is longer, and hostile input is cheap to refuse.
const CHARS_MAX: usize = 160;

/// Folds to lower-case ASCII words with single blanks between them. Apostrophes vanish, other marks part words.
pub(crate) fn fold(raw: &str) -> String {
    let repaired = repair_mojibake(raw);
    let raw = repaired.as_deref().unwrap_or(raw);
    let mut out = String::with_capacity(raw.len().min(CHARS_MAX));
    if is_nfc_quick(raw.chars()) == IsNormalized::Yes {
        raw.chars().take(CHARS_MAX).for_each(|c| fold_char(c, &mut out));
    } else {
        // Letters with their marks apart read like those in one, in scripts as well where the two are spelt differently.
        raw.nfc().take(CHARS_MAX).for_each(|c| fold_char(c, &mut out));
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

fn fold_char(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c.to_ascii_lowercase());
    } else if c.is_ascii() {
        if c != '\'' && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    } else if c.is_alphanumeric() {
        let ascii = deunicode::deunicode_char(c).unwrap_or("");
        out.extend(ascii.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
    } else if !is_invisible(c)
        && !matches!(c, '\u{300}'..='\u{36f}' | '\u{2019}' | '\u{2018}' | '\u{b4}')
        && !out.is_empty()
        && !out.ends_with(' ')
    {
        out.push(' ');
    }
}

/// Soft hyphens, joiners, marks of direction and of byte order, which come along when text is copied.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// UTF-8 that was read as Latin-1 shows as `Ã` and a second mark; reading it back the other way mends it.
fn repair_mojibake(raw: &str) -> Option<String> {
    if raw.is_ascii() || !raw.contains(['\u{c3}', '\u{c2}']) {
        return None;
    }
    let bytes: Option<Vec<u8>> = raw.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// The folded form in which umlauts written out (`ue`) and left away (`u`) agree.
pub(crate) fn collapse(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut previous = ' ';
    let mut rest = folded.chars().peekable();
    while let Some(c) = rest.next() {
        // Before another `e` it is no umlaut, as in Queen.
        let dropped = c == 'e' && matches!(previous, 'a' | 'o' | 'u') && rest.peek() != Some(&'e');
        if !dropped {
            out.push(c);
        }
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds() {
        let check = |raw: &str, want: &str| assert_eq!(fold(raw), want, "{raw:?}");
        check("  Zoë-Ann  O'Brien ", "zoe ann obrien");
        check("FRAN\u{c3}\u{a7}OIS", "francois");
        check("Müller\t\u{0}Straße", "muller strasse");
        check("Иванов", "ivanov");
        check("😀", "");
        assert_eq!(collapse("mueller"), collapse("muller"));
    }
}
