//! Dates of birth: foreign patterns become the canonical form, which may be partial.

use std::sync::LazyLock;

use jiff::civil;

/// A date pattern such as `DD.MM.YYYY`. A `*` at the end allows anything after the date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatePattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    /// Two digits, or with `M` and `D` one or two.
    Month {
        padded: bool,
    },
    Day {
        padded: bool,
    },
    Literal(char),
    Anything,
}

const TOKENS: [(&str, Part); 6] = [
    ("YYYY", Part::Year),
    ("MM", Part::Month { padded: true }),
    ("M", Part::Month { padded: false }),
    ("DD", Part::Day { padded: true }),
    ("D", Part::Day { padded: false }),
    ("*", Part::Anything),
];

/// The forms that the contract allows.
static CANONICAL: LazyLock<Vec<DatePattern>> = LazyLock::new(|| {
    let forms = ["YYYY-MM-DD", "YYYY-MM", "YYYY", "--MM-DD"];
    forms.iter().filter_map(|form| DatePattern::parse(form).ok()).collect()
});

#[derive(Default, Clone, Copy)]
struct Parts {
    year: i16,
    month: i8,
    day: i8,
}

impl DatePattern {
    /// The error says what a pattern is made of.
    pub(crate) fn parse(text: &str) -> Result<DatePattern, &'static str> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let (part, length) = match TOKENS.iter().find(|(token, _)| rest.starts_with(token)) {
                Some((token, part)) => (*part, token.len()),
                None if next.is_alphanumeric() => {
                    return Err("a date pattern is made of YYYY, MM, M, DD, D and signs");
                }
                None => (Part::Literal(next), next.len_utf8()),
            };
            parts.push(part);
            rest = &rest[length..];
        }
        let names_day = parts.iter().any(|part| matches!(part, Part::Day { .. }));
        let names_month = parts.iter().any(|part| matches!(part, Part::Month { .. }));
        match (parts.contains(&Part::Year), names_month, names_day) {
            (true, false, false) | (_, true, true) | (true, true, false) => {
                Ok(DatePattern { text: text.to_owned(), parts })
            }
            _ => Err("a date pattern needs a year, or a month with a day"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The canonical form of a text that fits the pattern and is a day of the calendar.
    pub(crate) fn read(&self, text: &str) -> Option<String> {
        let mut rest = text;
        let mut read = Parts::default();
        for part in &self.parts {
            rest = match part {
                Part::Year => number(rest, 4, 4, |value| read.year = value)?,
                Part::Month { padded } => number(rest, usize::from(*padded) + 1, 2, |value| read.month = value as i8)?,
                Part::Day { padded } => number(rest, usize::from(*padded) + 1, 2, |value| read.day = value as i8)?,
                Part::Literal(sign) => rest.strip_prefix(*sign)?,
                Part::Anything => "",
            };
        }
        if rest.is_empty() { read.canonical() } else { None }
    }
}

/// The text, if it already has the canonical form.
pub(crate) fn canonical(text: &str) -> Option<String> {
    CANONICAL.iter().find_map(|pattern| pattern.read(text))
}

impl Parts {
    /// Zeros stand for what is not known, as many systems write it: year 0000, or month and day 00.
    fn canonical(self) -> Option<String> {
        let Parts { year, month, day } = self;
        // 2000 was a leap year, so that 29 February passes where the year is not known.
        let known_year = if year == 0 { 2000 } else { year };
        civil::Date::new(known_year, month.max(1), day.max(1)).ok()?;
        match (year, month, day) {
            (0, 1.., 1..) => Some(format!("--{month:02}-{day:02}")),
            (0, _, _) | (_, 0, 1..) => None,
            (_, 0, _) => Some(format!("{year:04}")),
            (_, _, 0) => Some(format!("{year:04}-{month:02}")),
            _ => Some(format!("{year:04}-{month:02}-{day:02}")),
        }
    }
}

fn number(text: &str, least: usize, most: usize, mut set: impl FnMut(i16)) -> Option<&str> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    set(text[..digits].parse().ok()?);
    Some(&text[digits..])
}
