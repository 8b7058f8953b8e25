//! Blocking: the keys under which a record looks for its candidates.
//!
//! Every rule is symmetric: two records are candidates when they carry one key in common. A key names
//! its rule in its lowest bits. Composite keys are always emitted beside the plain ones that they
//! refine, so that nothing depends on which keys happen to be oversized.

mod wide;

use crate::features::{AddressView, Role, TokenView, View};
use crate::hash::{hash32, mix};

/// How far blocking looks for candidates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The rules that stay worth their price however large the population grows.
    #[default]
    Lean,
    /// All rules: two weak agreements are enough, so that a pair is found although most of its fields are misspelt. Their
    /// small blocks overflow in large populations, where they would cost much and find little.
    Wide,
}

/// A blocking rule. The order is part of the stored meaning of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Rule {
    /// The same e-mail address.
    Email,
    /// The same telephone number.
    Phone,
    /// The same identifier of one scheme.
    Identifier,
    /// The same street and house number in one town or postcode.
    Address,
    /// The same given and family name in either order.
    Name,
    /// The same name and postcode.
    NamePostcode,
    /// The same name and town.
    NameCity,
    /// The same name and birth year.
    NameYear,
    /// Family name and postcode.
    FamilyPostcode,
    /// Given name and postcode.
    GivenPostcode,
    /// Family name that sounds alike, given initial and town.
    SoundCity,
    /// Given name and birth date.
    GivenBirth,
    /// Family name that sounds alike and birth date.
    SoundBirth,
    /// The same e-mail mailbox at whatever provider.
    Mailbox,
    /// House, street and a name.
    NameStreet,
    /// Birth date and postcode.
    BirthPostcode,
    /// Family name that sounds alike and given initial.
    Sound,
    /// The same within a postcode.
    SoundPostcode,
    /// Birth date and town.
    BirthCity,
    /// Birth year and town.
    YearCity,
    /// Family name.
    Family,
    /// The beginning of the mailbox at one provider.
    MailboxStart,
    /// The end of the mailbox at one provider.
    MailboxEnd,
    /// Birth date.
    Birth,
    /// Given name and birth year.
    GivenYear,
    /// Family name that sounds alike and birth year.
    SoundYear,
    /// Given name and birthday.
    GivenBirthday,
    /// Family name that sounds alike and birthday.
    SoundBirthday,
    /// Birthday and town.
    BirthdayCity,
    /// Given name and town.
    GivenCity,
    /// Street and house number, wherever.
    House,
    /// Postcode and house number.
    HousePostcode,
    /// Street and given name.
    StreetGiven,
    /// Street and family name that sounds alike.
    StreetSound,
    /// Street and birth year.
    StreetYear,
    /// Given name and place of birth.
    GivenBirthPlace,
    /// Family name that sounds alike and place of birth.
    SoundBirthPlace,
    /// Postcode.
    Postcode,
    /// Given name.
    Given,
    /// The beginning of a telephone number.
    PhoneStart,
    /// The end of a telephone number.
    PhoneEnd,
    /// The beginning of an identifier of one scheme.
    IdentifierStart,
    /// The end of an identifier of one scheme.
    IdentifierEnd,
}

/// All rules, in the order of their numbers.
pub const RULES: [Rule; 43] = [
    Rule::Email,
    Rule::Phone,
    Rule::Identifier,
    Rule::Address,
    Rule::Name,
    Rule::NamePostcode,
    Rule::NameCity,
    Rule::NameYear,
    Rule::FamilyPostcode,
    Rule::GivenPostcode,
    Rule::SoundCity,
    Rule::GivenBirth,
    Rule::SoundBirth,
    Rule::Mailbox,
    Rule::NameStreet,
    Rule::BirthPostcode,
    Rule::Sound,
    Rule::SoundPostcode,
    Rule::BirthCity,
    Rule::YearCity,
    Rule::Family,
    Rule::MailboxStart,
    Rule::MailboxEnd,
    Rule::Birth,
    Rule::GivenYear,
    Rule::SoundYear,
    Rule::GivenBirthday,
    Rule::SoundBirthday,
    Rule::BirthdayCity,
    Rule::GivenCity,
    Rule::House,
    Rule::HousePostcode,
    Rule::StreetGiven,
    Rule::StreetSound,
    Rule::StreetYear,
    Rule::GivenBirthPlace,
    Rule::SoundBirthPlace,
    Rule::Postcode,
    Rule::Given,
    Rule::PhoneStart,
    Rule::PhoneEnd,
    Rule::IdentifierStart,
    Rule::IdentifierEnd,
];

const RULE_BITS: u64 = 63;

/// The rule that made a key.
pub(crate) fn rule_of(key: u64) -> Rule {
    RULES[((key & RULE_BITS) as usize).min(RULES.len() - 1)]
}

/// More records than this under one key and the key stands for nobody in particular: of so many who have just that in common,
/// two are hardly ever one person, and those who are have more in common and are found by it.
pub(crate) fn block_len_max(rule: Rule) -> usize {
    match rule {
        Rule::Email | Rule::Phone | Rule::Identifier => 250,
        Rule::NamePostcode | Rule::GivenBirth | Rule::NameStreet | Rule::NameYear => 100,
        Rule::Address => 60,
        Rule::NameCity | Rule::SoundBirth | Rule::BirthPostcode => 40,
        Rule::FamilyPostcode => 24,
        Rule::Name => 20,
        Rule::Mailbox | Rule::SoundPostcode | Rule::BirthCity => 16,
        Rule::GivenPostcode | Rule::YearCity => 12,
        Rule::Sound | Rule::MailboxStart | Rule::MailboxEnd | Rule::Family => 8,
        Rule::SoundCity => 6,
        Rule::GivenYear
        | Rule::SoundYear
        | Rule::GivenBirthday
        | Rule::SoundBirthday
        | Rule::BirthdayCity
        | Rule::House
        | Rule::HousePostcode
        | Rule::StreetGiven
        | Rule::StreetSound
        | Rule::StreetYear
        | Rule::GivenBirthPlace
        | Rule::SoundBirthPlace => 48,
        Rule::Birth
        | Rule::GivenCity
        | Rule::Postcode
        | Rule::Given
        | Rule::PhoneStart
        | Rule::PhoneEnd
        | Rule::IdentifierStart
        | Rule::IdentifierEnd => 24,
    }
}

/// Whether the key is one value of the record, whose number of carriers decides what sharing it proves.
pub(crate) fn is_value(rule: Rule) -> bool {
    matches!(rule, Rule::Email | Rule::Phone | Rule::Identifier | Rule::Address)
}

fn key(rule: Rule, a: u64, b: u64) -> u64 {
    mix(rule as u64 + 1, a, b) & !RULE_BITS | rule as u64
}

pub(crate) fn email_key(local_hash: u32, domain_hash: u32) -> u64 {
    key(Rule::Email, u64::from(local_hash), u64::from(domain_hash))
}

/// The last nine digits: sources differ in whether they know the country of a number.
pub(crate) fn subscriber(phone: u64) -> u64 {
    phone % 1_000_000_000
}

pub(crate) fn phone_key(phone: u64) -> u64 {
    key(Rule::Phone, subscriber(phone), 0)
}

pub(crate) fn identifier_key(scheme: u32, value_hash: u32) -> u64 {
    key(Rule::Identifier, u64::from(scheme), u64::from(value_hash))
}

/// House and street within a town, or within a postcode where no town is known.
pub(crate) fn address_key(address: &AddressView<'_>) -> Option<u64> {
    let place = if address.city_hash != 0 { address.city_hash } else { address.postcode_hash };
    (address.number != 0 && address.street_hash != 0 && place != 0)
        .then(|| key(Rule::Address, house(address), u64::from(place)))
}

fn house(address: &AddressView<'_>) -> u64 {
    u64::from(address.street_hash) << 32 | u64::from(address.number)
}

/// Appends all keys of a record, sorted and without repeats.
pub(crate) fn keys(view: View<'_>, reach: Reach, out: &mut Vec<u64>) {
    out.clear();
    values(view, out);
    let tokens: Vec<TokenView<'_>> = view.tokens().filter(|token| token.text.len() > 1).collect();
    names(view, &tokens, out);
    for address in view.addresses() {
        places(&tokens, &address, out);
    }
    births(view, &tokens, out);
    if reach == Reach::Wide {
        wide::keys(view, &tokens, out);
    }
    out.sort_unstable();
    out.dedup();
}

fn values(view: View<'_>, out: &mut Vec<u64>) {
    for email in view.emails() {
        out.push(email_key(email.local_hash, email.domain_hash));
        if email.local.len() >= 3 {
            out.push(key(Rule::Mailbox, u64::from(email.local_hash), 0));
        }
        if email.local.len() >= 6 {
            let (start, end) = (&email.local[..6], &email.local[email.local.len() - 6..]);
            out.push(key(Rule::MailboxStart, u64::from(hash32(start)), u64::from(email.domain_hash)));
            out.push(key(Rule::MailboxEnd, u64::from(hash32(end)), u64::from(email.domain_hash)));
        }
    }
    out.extend(view.phones().map(phone_key));
    out.extend(view.identifiers().map(|entry| identifier_key(entry.scheme, entry.value_hash)));
    out.extend(view.addresses().filter_map(|address| address_key(&address)));
}

/// Calls with every pair of a given and a family name, which reads the same when the two were swapped.
fn name_pairs(tokens: &[TokenView<'_>], mut each: impl FnMut(u64)) {
    for a in tokens.iter().filter(|token| matches!(token.role, Role::Given)) {
        for b in tokens.iter().filter(|token| matches!(token.role, Role::Family)) {
            let (low, high) = (a.canon.min(b.canon), a.canon.max(b.canon));
            each(u64::from(high) << 32 | u64::from(low));
        }
    }
}

fn names(view: View<'_>, tokens: &[TokenView<'_>], out: &mut Vec<u64>) {
    let families = tokens.iter().filter(|token| matches!(token.role, Role::Family | Role::Either));
    out.extend(families.map(|token| key(Rule::Family, u64::from(token.hash), 0)));
    sounds(tokens, |sound| out.push(key(Rule::Sound, sound, 0)));
    let year = u64::from(view.birth().year);
    name_pairs(tokens, |pair| {
        out.push(key(Rule::Name, pair, 0));
        if year > 0 {
            out.push(key(Rule::NameYear, pair, year));
        }
        for address in view.addresses() {
            if address.postcode_hash != 0 {
                out.push(key(Rule::NamePostcode, pair, u64::from(address.postcode_hash)));
            }
            if address.city_hash != 0 {
                out.push(key(Rule::NameCity, pair, u64::from(address.city_hash)));
            }
        }
    });
}

fn places(tokens: &[TokenView<'_>], address: &AddressView<'_>, out: &mut Vec<u64>) {
    let postcode = u64::from(address.postcode_hash);
    for token in tokens.iter().filter(|token| token.role != Role::Middle) {
        if postcode != 0 && token.role != Role::Given {
            out.push(key(Rule::FamilyPostcode, u64::from(token.hash), postcode));
        }
        if postcode != 0 && token.role != Role::Family {
            out.push(key(Rule::GivenPostcode, u64::from(token.canon), postcode));
        }
        if address.number != 0 && address.street_hash != 0 && token.role != Role::Family {
            out.push(key(Rule::NameStreet, house(address), u64::from(token.canon)));
        }
    }
    sounds(tokens, |sound| {
        if address.city_hash != 0 {
            out.push(key(Rule::SoundCity, sound, u64::from(address.city_hash)));
        }
        if postcode != 0 {
            out.push(key(Rule::SoundPostcode, sound, postcode));
        }
    });
}

/// Family name that sounds alike together with the initial of a given name.
fn sounds(tokens: &[TokenView<'_>], mut each: impl FnMut(u64)) {
    for family in tokens.iter().filter(|token| token.role == Role::Family) {
        for given in tokens.iter().filter(|token| token.role == Role::Given) {
            each(sound(family.text) << 8 | u64::from(given.text[0]));
        }
    }
}

fn births(view: View<'_>, tokens: &[TokenView<'_>], out: &mut Vec<u64>) {
    let birth = view.birth();
    if birth.day == 0 {
        return;
    }
    let date = u64::from(birth.year) << 16 | u64::from(birth.month) << 8 | u64::from(birth.day);
    for token in tokens.iter().filter(|token| token.role != Role::Middle) {
        if token.role != Role::Family {
            out.push(key(Rule::GivenBirth, u64::from(token.canon), date));
        }
        if token.role != Role::Given {
            out.push(key(Rule::SoundBirth, sound(token.text), date));
        }
    }
    for address in view.addresses() {
        if address.postcode_hash != 0 {
            out.push(key(Rule::BirthPostcode, u64::from(address.postcode_hash), date));
        }
        if address.city_hash != 0 {
            out.push(key(Rule::BirthCity, u64::from(address.city_hash), date));
        }
    }
}

/// A consonant skeleton: first letter, then classes of consonants that are confused with each other.
fn sound(text: &[u8]) -> u64 {
    let mut code = u64::from(text[0]);
    let mut previous = class(text[0]);
    for &letter in &text[1..] {
        let class = class(letter);
        if class != 0 && class != previous && code < 1 << 40 {
            code = code << 4 | u64::from(class);
        }
        previous = class;
    }
    code
}

fn class(letter: u8) -> u8 {
    match letter {
        b'b' | b'p' | b'f' | b'v' | b'w' => 1,
        b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => 2,
        b'd' | b't' => 3,
        b'l' => 4,
        b'm' | b'n' => 5,
        b'r' => 6,
        b'0'..=b'9' => 7 + letter % 8,
        _ => 0,
    }
}
