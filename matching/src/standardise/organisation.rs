//! Names of firms.

use super::text;
use crate::hash::hash32;

/// Words for the legal form of a firm, which one source writes and the next does not.
const LEGAL_FORMS: [&str; 45] = [
    "inc",
    "incorporated",
    "llc",
    "llp",
    "ltd",
    "limited",
    "corp",
    "corporation",
    "company",
    "plc",
    "pty",
    "gmbh",
    "ag",
    "kg",
    "kgaa",
    "ohg",
    "gbr",
    "ug",
    "mbh",
    "sas",
    "sarl",
    "slu",
    "sau",
    "srl",
    "spa",
    "snc",
    "bv",
    "nv",
    "vof",
    "asa",
    "oyj",
    "aps",
    "ltda",
    "sro",
    "zrt",
    "kft",
    "doo",
    "eood",
    "ooo",
    "oao",
    "zao",
    "pao",
    "pjsc",
    "ojsc",
    "jsc",
];

/// Legal forms that are also names or syllables of people; they count where points or strokes stand in them.
const SHORT_FORMS: [&str; 14] = ["co", "sa", "as", "se", "sl", "ab", "oy", "lp", "ev", "eg", "sc", "cv", "dd", "kk"];

/// Words for kinds of firms, societies and authorities. A name of two words may still be a person's.
const KINDS: [&str; 40] = [
    "bank",
    "university",
    "universitat",
    "institute",
    "institut",
    "foundation",
    "fondation",
    "stiftung",
    "holding",
    "holdings",
    "group",
    "groupe",
    "gruppe",
    "trading",
    "services",
    "international",
    "association",
    "church",
    "school",
    "hospital",
    "clinic",
    "trust",
    "insurance",
    "restaurant",
    "hotel",
    "ministry",
    "department",
    "council",
    "society",
    "enterprises",
    "industries",
    "technologies",
    "solutions",
    "systems",
    "partners",
    "associates",
    "consulting",
    "logistics",
    "verein",
    "gesellschaft",
];

const FILLERS: [&str; 8] = ["the", "and", "und", "et", "y", "of", "for", "de"];

/// Hash of the words of a firm's name without its legal form, 0 when nothing is left.
pub(crate) fn hash(raw: &str) -> u32 {
    let words = words(&folded(raw));
    let is_nothing = words.iter().all(|word| word.bytes().all(|b| b == b'0'));
    if is_nothing { 0 } else { hash32(words.join(" ").as_bytes()).max(1) }
}

/// The words of a name that is a firm's: one that begins or ends with a legal form, or has three words of which one names
/// a kind of firm.
pub(crate) fn firm(raw: &str) -> Option<Vec<String>> {
    let folded = folded(raw);
    let all: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let has_form = [all.first()?, all.last()?].into_iter().any(|word| LEGAL_FORMS.contains(word));
    let has_kind = all.len() > 2 && all.iter().any(|word| KINDS.contains(word));
    let words = words(&folded);
    (all.len() > 1 && (has_form || has_kind || has_short_form(raw)) && !words.is_empty()).then_some(words)
}

/// Points and strokes in abbreviations part nothing: S.A. is one word.
fn folded(raw: &str) -> String {
    text::fold(&raw.replace(['.', '/'], ""))
}

/// `S.A.`, `A/S`, `Co.`, and `SA` at the end of a name that is not in capitals throughout.
fn has_short_form(raw: &str) -> bool {
    let is_form = |word: &str| {
        let bare: String = word.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        SHORT_FORMS.contains(&bare.as_str())
    };
    let marked = |word: &str| word.contains(['.', '/']) && !word.ends_with(',');
    let in_capitals = |word: &str| word.chars().all(|c| c.is_ascii_uppercase());
    let last = raw.split_whitespace().next_back().unwrap_or("");
    raw.split_whitespace().skip(1).any(|word| word.len() <= 8 && marked(word) && is_form(word))
        || in_capitals(last) && is_form(last) && raw.chars().any(char::is_lowercase)
}

fn words(folded: &str) -> Vec<String> {
    let is_form = |word: &str| LEGAL_FORMS.contains(&word) || SHORT_FORMS.contains(&word);
    let told = |word: &&str| !word.is_empty() && !is_form(word) && !FILLERS.contains(word);
    folded.split(' ').filter(told).map(text::collapse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_firms_from_people() {
        let check = |raw: &str, want: Option<&[&str]>| {
            assert_eq!(
                firm(raw).as_deref(),
                want.map(|words| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()).as_deref(),
                "{raw}"
            );
        };
        check("Acme Trading Ltd.", Some(&["acme", "trading"]));
        check("The Acme Trading Company, S.A.", Some(&["acme", "trading"]));
        check("OOO Romashka", Some(&["romashka"]));
        check("Bank of Nowhere", Some(&["bank", "nowhere"]));
        check("Acme S.A.", Some(&["acme"]));
        check("Acme A/S", Some(&["acme"]));
        check("Acme Bakery Co.", Some(&["acme", "bakery"]));
        check("Boulangerie Acme SA", Some(&["boulangerie", "acme"]));
        check("MARIA SA", None);
        check("Ann Church", None);
        check("Maria de Sa", None);
        check("Co", None);
        check("Ag", None);
        check("", None);
        assert_eq!(hash("Acme Ltd"), hash("ACME GmbH"));
        assert_eq!(hash("Ltd"), 0);
    }
}
