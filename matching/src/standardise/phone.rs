//! Telephone numbers as one integer of country code and national number.

/// Country, calling code, and whether a leading zero of the national form is dropped.
const COUNTRIES: [(&[u8; 2], u64, bool); 22] = [
    (b"US", 1, false),
    (b"CA", 1, false),
    (b"GB", 44, true),
    (b"DE", 49, true),
    (b"FR", 33, true),
    (b"ES", 34, false),
    (b"IT", 39, false),
    (b"AT", 43, true),
    (b"CH", 41, true),
    (b"NL", 31, true),
    (b"BE", 32, true),
    (b"IE", 353, true),
    (b"PT", 351, false),
    (b"DK", 45, false),
    (b"SE", 46, true),
    (b"NO", 47, false),
    (b"PL", 48, false),
    (b"AU", 61, true),
    (b"NZ", 64, true),
    (b"IN", 91, true),
    (b"MX", 52, false),
    (b"BR", 55, true),
];

/// Reads one number; `None` for what cannot be a person's number, such as one repeated digit.
pub(crate) fn read(raw: &str, country: [u8; 2]) -> Option<u64> {
    // Marks of direction and brackets may stand before the plus.
    let raw = raw.trim_start_matches(|c: char| c != '+' && !c.is_ascii_digit());
    let digits: Vec<u8> = raw.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').take(18).collect();
    if digits.len() < 7 || digits.len() > 16 || is_made_up(&digits) {
        return None;
    }
    let (code, drops_zero) =
        COUNTRIES.iter().find(|entry| *entry.0 == country).map_or((0, true), |entry| (entry.1, entry.2));
    let international = raw.starts_with('+') || (digits.starts_with(&[0, 0]) && digits.len() > 10);
    let significant: &[u8] = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
    let mut number = significant.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(*digit));
    if international {
        return Some(without_trunk_zero(number, raw));
    }
    if !drops_zero && code == 1 && significant.len() == 11 && significant[0] == 1 {
        return Some(number);
    }
    number += code * 10u64.pow(significant.len() as u32);
    Some(number)
}

/// `+44 (0)20...` carries the trunk zero in brackets.
fn without_trunk_zero(number: u64, raw: &str) -> u64 {
    let Some((before, _)) = raw.split_once("(0)") else {
        return number;
    };
    let code_digits = before.bytes().filter(u8::is_ascii_digit).collect::<Vec<u8>>();
    let text = number.to_string();
    let code_len = code_digits.iter().skip_while(|digit| **digit == b'0').count();
    let (code, rest) = text.split_at(code_len.min(text.len()));
    let rest = rest.strip_prefix('0').unwrap_or(rest);
    format!("{code}{rest}").parse().unwrap_or(number)
}

fn is_made_up(digits: &[u8]) -> bool {
    let tail = &digits[digits.len().saturating_sub(7)..];
    let repeated = tail.iter().all(|digit| *digit == tail[0]);
    let ladder = |step: u8| digits.windows(2).all(|pair| (pair[0] + step) % 10 == pair[1]);
    repeated || ladder(1) || ladder(9)
}
