//! Decimal numbers as digits: exact, however many there are.

/// Longer numbers are no amounts.
const DIGITS_MAX: usize = 64;

/// The plain form of a number that may have group signs and another decimal sign: `1.234,50` becomes `1234.50`.
pub(crate) fn parse(text: &str, decimal_sign: char) -> Option<String> {
    let group_sign = if decimal_sign == ',' { '.' } else { ',' };
    let ungrouped = text.chars().filter(|c| *c != group_sign && *c != ' ' && *c != '\u{a0}' && *c != '\'');
    let plain: String = ungrouped.map(|c| if c == decimal_sign { '.' } else { c }).collect();
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let all_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fits = all_digits(whole) && all_digits(fraction) && plain.len() <= DIGITS_MAX;
    fits.then(|| normal(plain.starts_with('-'), unsigned))
}

/// Moves the decimal point: by -2, cents become euros.
pub(crate) fn scale(plain: &str, by: i8) -> String {
    let unsigned = plain.strip_prefix('-').unwrap_or(plain);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let point = whole.len() as isize + isize::from(by);
    let mut digits = format!("{whole}{fraction}");
    if point <= 0 {
        digits.insert_str(0, &"0".repeat(1 + point.unsigned_abs()));
        digits.insert(1, '.');
    } else {
        let point = point.unsigned_abs();
        let missing = point.saturating_sub(digits.len());
        digits.push_str(&"0".repeat(missing));
        if point < digits.len() {
            digits.insert(point, '.');
        }
    }
    normal(plain.starts_with('-'), &digits)
}

/// Without needless zeros before, so that the digits are a JSON number too.
fn normal(negative: bool, unsigned: &str) -> String {
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if negative && !is_zero { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
