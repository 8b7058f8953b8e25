//! Postal addresses.

use super::text;
use crate::features::AddressDraft;
use crate::person::Address;

/// Words for kinds of street, each group under one short form.
const STREET_TYPES: [(&str, &str); 44] = [
    ("street", "st"),
    ("str", "st"),
    ("avenue", "av"),
    ("ave", "av"),
    ("road", "rd"),
    ("drive", "dr"),
    ("lane", "ln"),
    ("la", "ln"),
    ("court", "ct"),
    ("place", "pl"),
    ("square", "sq"),
    ("boulevard", "bd"),
    ("blvd", "bd"),
    ("circle", "cir"),
    ("terrace", "ter"),
    ("parkway", "pkwy"),
    ("highway", "hwy"),
    ("crescent", "cres"),
    ("close", "cl"),
    ("gardens", "gdns"),
    ("garden", "gdn"),
    ("grove", "gr"),
    ("calle", "c"),
    ("avenida", "av"),
    ("avda", "av"),
    ("paseo", "p"),
    ("plaza", "pl"),
    ("pza", "pl"),
    ("carretera", "ctra"),
    ("rue", "r"),
    ("allee", "al"),
    ("chemin", "ch"),
    ("impasse", "imp"),
    ("route", "rte"),
    ("weg", "wg"),
    ("platz", "pl"),
    ("gasse", "g"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("saint", "st"),
    ("mount", "mt"),
    ("trail", "trl"),
];

const UNIT_WORDS: [&str; 12] =
    ["apt", "apartment", "unit", "flat", "suite", "ste", "appt", "apto", "piso", "wohnung", "room", "no"];

const WORTHLESS: [&str; 14] = [
    "unknown",
    "same",
    "none",
    "na",
    "general delivery",
    "n a",
    "see above",
    "as above",
    "address",
    "tbd",
    "null",
    "unbekannt",
    "poste restante",
    "test",
];

/// Reads one address; `None` when nothing in it can be compared.
pub(crate) fn read(raw: &Address, country: [u8; 2]) -> Option<AddressDraft> {
    let mut draft =
        AddressDraft { postcode: postcode(raw.postcode.as_deref().unwrap_or(""), country), ..AddressDraft::default() };
    let lines = raw.lines.as_deref().unwrap_or("");
    let (street, city) = match raw.city.as_deref().filter(|city| !city.trim().is_empty()) {
        Some(city) => (lines, city),
        None => {
            lines.rsplit_once(',').filter(|(_, tail)| !tail.bytes().any(|b| b.is_ascii_digit())).unwrap_or((lines, ""))
        }
    };
    draft.city = text::collapse(&text::fold(city));
    // A number names no town.
    if !draft.city.bytes().any(|b| b.is_ascii_alphabetic()) {
        draft.city.clear();
    }
    read_street(street, &mut draft);
    (draft != AddressDraft::default()).then_some(draft)
}

fn read_street(raw: &str, draft: &mut AddressDraft) {
    let raw = raw.trim();
    let folded = text::fold(raw);
    if WORTHLESS.contains(&folded.as_str()) || folded == "123 main st" {
        return;
    }
    let marked = raw.replace('#', " unit ");
    let folded = if raw.contains('#') { text::fold(&marked) } else { folded };
    let mut kept: Vec<String> = Vec::new();
    let mut words = folded.split(' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        if UNIT_WORDS.contains(&word) && words.peek().is_some() {
            draft.unit = small_hash(words.next().unwrap_or(""));
        } else if word.bytes().any(|b| b.is_ascii_digit()) {
            // A zero stands for no number.
            if word.bytes().any(|b| b != b'0') {
                place_number(word, draft);
            }
        } else {
            kept.push(street_word(word));
        }
    }
    draft.street = kept.concat();
}

/// The first number is the house, the second the unit.
fn place_number(word: &str, draft: &mut AddressDraft) {
    let value = small_hash(word);
    if draft.number == 0 {
        draft.number = value;
    } else if draft.unit == 0 {
        draft.unit = value;
    }
}

/// Numbers with up to six digits stay readable; anything else becomes a hash.
fn small_hash(word: &str) -> u32 {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    match digits.parse::<u32>() {
        Ok(number) if number < 1_000_000 => number.max(1),
        _ => crate::hash::hash32(word.as_bytes()) | 0x8000_0000,
    }
}

fn street_word(word: &str) -> String {
    if let Some((_, short)) = STREET_TYPES.iter().find(|(long, _)| *long == word) {
        return (*short).to_owned();
    }
    let stem = word.strip_suffix("strasse").or_else(|| word.strip_suffix("str")).filter(|stem| stem.len() > 2);
    text::collapse(&stem.map_or_else(|| word.to_owned(), |stem| format!("{stem}st")))
}

/// The postcode without blanks; American additions and codes of zeros come off.
fn postcode(raw: &str, country: [u8; 2]) -> String {
    let folded: String =
        raw.chars().take(16).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if folded.bytes().all(|b| b == b'0') {
        return String::new();
    }
    let all_digits = folded.bytes().all(|b| b.is_ascii_digit());
    match &country {
        b"US" if all_digits && folded.len() == 9 => folded[..5].to_owned(),
        b"US" | b"DE" | b"ES" | b"FR" | b"IT" if all_digits && folded.len() == 4 => {
            format!("0{folded}")
        }
        _ if all_digits && raw.contains('-') && folded.len() == 9 => folded[..5].to_owned(),
        _ => folded,
    }
}

/// Two letters for a country under its common names; zeros when unknown.
pub(crate) fn country_code(raw: &str) -> [u8; 2] {
    const NAMES: [(&str, &[u8; 2]); 26] = [
        ("usa", b"US"),
        ("united states", b"US"),
        ("united states of america", b"US"),
        ("america", b"US"),
        ("uk", b"GB"),
        ("united kingdom", b"GB"),
        ("great britain", b"GB"),
        ("england", b"GB"),
        ("scotland", b"GB"),
        ("wales", b"GB"),
        ("germany", b"DE"),
        ("deutschland", b"DE"),
        ("france", b"FR"),
        ("spain", b"ES"),
        ("espana", b"ES"),
        ("italy", b"IT"),
        ("italia", b"IT"),
        ("austria", b"AT"),
        ("osterreich", b"AT"),
        ("switzerland", b"CH"),
        ("schweiz", b"CH"),
        ("netherlands", b"NL"),
        ("australia", b"AU"),
        ("canada", b"CA"),
        ("gbr", b"GB"),
        ("deu", b"DE"),
    ];
    let folded = text::fold(raw);
    if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == folded) {
        return **code;
    }
    match folded.as_bytes() {
        [a, b] => [a.to_ascii_uppercase(), b.to_ascii_uppercase()],
        _ => [0, 0],
    }
}
