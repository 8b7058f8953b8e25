//! Birth dates, whole or partial.

use crate::features::Birth;

/// Reads a date in any common notation; unknown parts are zero.
pub(crate) fn read(raw: &str) -> Birth {
    let raw = raw.get(..raw.len().min(32)).unwrap_or("");
    let lower = raw.to_ascii_lowercase();
    let month_word = month_word(&lower);
    let numbers: Vec<(usize, u32)> = lower
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty() && part.len() <= 8)
        .filter_map(|part| Some((part.len(), part.parse().ok()?)))
        .take(4)
        .collect();
    checked(match (month_word, numbers.as_slice()) {
        (Some(month), [(_, day), (len, year), ..]) if *len != 4 || *day <= 31 => (full_year(*len, *year), month, *day),
        (Some(month), [(4, year)]) => (*year, month, 0),
        (None, [(8, packed)]) => (packed / 10_000, packed / 100 % 100, packed % 100),
        (None, [(4, year), (_, month), (_, day), ..]) => (*year, *month, *day),
        (None, [(4, year), (_, month)]) => (*year, *month, 0),
        (None, [(_, first), (_, second), (len, year), ..]) => {
            day_and_month(*first, *second, full_year(*len, *year), raw.contains('/'))
        }
        (None, [(4, year)]) => (*year, 0, 0),
        _ => (0, 0, 0),
    })
}

/// With slashes the month comes first unless it cannot be one; with dots or blanks the day does.
fn day_and_month(first: u32, second: u32, year: u32, month_first: bool) -> (u32, u32, u32) {
    if (month_first && first <= 12) || second > 12 { (year, first, second) } else { (year, second, first) }
}

fn full_year(len: usize, year: u32) -> u32 {
    match (len, year) {
        (4, year) => year,
        (_, year) if year <= 25 => 2000 + year,
        (_, year) => 1900 + year,
    }
}

fn month_word(lower: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    MONTHS.iter().position(|month| lower.contains(month)).map(|at| at as u32 + 1)
}

/// Impossible parts become unknown; dates that stand for "not known" say nothing at all.
fn checked((year, month, day): (u32, u32, u32)) -> Birth {
    let known_year = (1000..=2100).contains(&year);
    let month = if (1..=12).contains(&month) { month as u8 } else { 0 };
    let day = if (1..=31).contains(&day) && month > 0 { day as u8 } else { 0 };
    if !known_year || matches!((year, month, day), (1900 | 1901 | 1970 | 1800, 1, 1)) {
        return Birth::default();
    }
    Birth { year: year as u16, month, day }
}
