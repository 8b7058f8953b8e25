//! Names: titles and generations come off, parts are told apart, every word becomes a token.

use super::{nickname, organisation, text};
use crate::features::TokenDraft;
use crate::features::{Draft, Role};
use crate::hash::hash32;
use crate::person::Name;

const TITLES: [&str; 24] = [
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev", "herr", "frau", "sr", "sra", "srta", "don",
    "dona", "mme", "mlle", "monsieur", "madame", "dipl", "ing", "hon",
];

const PARTICLES: [&str; 26] = [
    "de", "la", "las", "los", "del", "della", "di", "da", "do", "dos", "das", "du", "des", "le", "von", "van", "der",
    "den", "ter", "ten", "zu", "zur", "und", "y", "e", "al",
];

/// Words that people and programs type where a name is wanted and none is known.
const PLACEHOLDERS: [&str; 37] = [
    "test",
    "tester",
    "testing",
    "unknown",
    "unbekannt",
    "inconnu",
    "desconocido",
    "customer",
    "kunde",
    "client",
    "cliente",
    "guest",
    "gast",
    "invite",
    "none",
    "null",
    "nil",
    "nan",
    "na",
    "noname",
    "anonymous",
    "anonym",
    "firstname",
    "lastname",
    "surname",
    "user",
    "xxx",
    "xx",
    "xxxx",
    "asdf",
    "asdfg",
    "qwerty",
    "cash",
    "walkin",
    "deleted",
    "blank",
    "tbd",
];

/// Reads one name into tokens.
pub(crate) fn read(name: &Name, draft: &mut Draft) {
    let given = words(name.given.as_deref());
    let middle = words(name.middle.as_deref());
    let family = words(name.family.as_deref());
    let whole = match (given.is_empty(), family.is_empty()) {
        (true, true) => name.full.as_deref(),
        (true, false) => name.family.as_deref(),
        (false, _) => None,
    };
    if whole.is_some_and(|whole| read_firm(whole, draft)) {
        return;
    }
    if given.is_empty() && family.is_empty() {
        read_full(name.full.as_deref().unwrap_or(""), draft);
    } else if !is_placeholder(&[&given, &family]) {
        // A person's name in parts beside a firm's in one text: somebody at the firm.
        let employer = name.full.as_deref().filter(|full| organisation::firm(full).is_some());
        draft.organisation = employer.map_or(draft.organisation, organisation::hash);
        let (given, family) = (cleaned(given, draft, true), cleaned(family, draft, given_is_absent(name)));
        push(draft, &given, Role::Given);
        let middle = cleaned(middle, draft, false);
        push(draft, &middle, Role::Middle);
        push(draft, &without_particles(family), Role::Family);
    }
}

fn given_is_absent(name: &Name) -> bool {
    name.given.as_deref().is_none_or(|given| given.trim().is_empty())
}

fn words(raw: Option<&str>) -> Vec<String> {
    raw.map(split).unwrap_or_default()
}

/// Words keep their hyphens for now as blanks inside, so that a double name stays one word of one role.
fn split(raw: &str) -> Vec<String> {
    raw.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ';' | '/'))
        .take(16)
        .map(text::fold)
        .filter(|word| word.bytes().any(|b| b.is_ascii_alphabetic()))
        .collect()
}

/// Takes titles off the front and generations off the end.
fn cleaned(mut words: Vec<String>, draft: &mut Draft, may_have_title: bool) -> Vec<String> {
    while may_have_title && words.len() > 1 && TITLES.contains(&words[0].as_str()) {
        words.remove(0);
    }
    if let [title] = words.as_slice()
        && may_have_title
        && matches!(title.as_str(), "mr" | "mrs" | "ms" | "herr" | "frau")
    {
        words.clear();
    }
    while let Some(generation) = words.last().and_then(|last| generation(last)) {
        if words.len() < 2 {
            break;
        }
        draft.generation = generation;
        words.pop();
    }
    words
}

fn generation(word: &str) -> Option<u8> {
    Some(match word {
        "sr" | "senior" | "snr" => 1,
        "jr" | "junior" | "jnr" | "ii" | "2nd" => 2,
        "iii" | "3rd" => 3,
        "iv" | "4th" => 4,
        _ => return None,
    })
}

fn without_particles(words: Vec<String>) -> Vec<String> {
    let kept: Vec<String> = words.iter().filter(|word| !PARTICLES.contains(&word.as_str())).cloned().collect();
    if kept.is_empty() { words } else { kept }
}

fn read_full(full: &str, draft: &mut Draft) {
    if is_placeholder(&[&split(full)]) {
        return;
    }
    if let Some((family, given)) = full.split_once(',') {
        let family = cleaned(split(family), draft, true);
        let given = cleaned(split(given), draft, true);
        push(draft, &given, Role::Given);
        push(draft, &without_particles(family), Role::Family);
        return;
    }
    let words = without_particles(cleaned(split(full), draft, true));
    match words.as_slice() {
        [] => {}
        [one] => push(draft, std::slice::from_ref(one), Role::Either),
        [given, middle @ .., family] => {
            push(draft, std::slice::from_ref(given), Role::Given);
            push(draft, middle, Role::Middle);
            push(draft, std::slice::from_ref(family), Role::Family);
        }
    }
}

/// A firm has a name of several words, none of them given.
fn read_firm(raw: &str, draft: &mut Draft) -> bool {
    let Some(words) = organisation::firm(raw) else { return false };
    draft.is_firm = true;
    draft.organisation = organisation::hash(raw);
    push(draft, &words, Role::Family);
    true
}

fn push(draft: &mut Draft, words: &[String], role: Role) {
    for token in words.iter().flat_map(|word| word.split(' ')).filter(|token| !token.is_empty()) {
        let collapsed = text::collapse(token);
        let hash = hash32(collapsed.as_bytes());
        let canon = nickname::root(hash);
        let entry = TokenDraft { role, text: collapsed, hash, canon };
        if !draft.tokens.contains(&entry) {
            draft.tokens.push(entry);
        }
    }
}

/// A name made of placeholder words alone says nothing; the word `test` beside a real surname does no harm.
fn is_placeholder(parts: &[&[String]]) -> bool {
    let words = || parts.iter().flat_map(|part| part.iter());
    let together: String = words().map(String::as_str).collect();
    PLACEHOLDERS.contains(&together.as_str()) || words().all(|word| PLACEHOLDERS.contains(&word.as_str()))
}
