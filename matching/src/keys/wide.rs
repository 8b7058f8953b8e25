//! The rules of the wide reach: two weak agreements, or one rare one.

use super::{Rule, house, key, sound, subscriber};
use crate::features::{Role, TokenView, View};
use crate::hash::hash32;

/// A beginning or an end must be this long to say something.
const PART_LEN: usize = 5;

pub(super) fn keys(view: View<'_>, tokens: &[TokenView<'_>], out: &mut Vec<u64>) {
    let given: Vec<u64> = without(tokens, Role::Family).map(|token| u64::from(token.canon)).collect();
    let sounds: Vec<u64> = without(tokens, Role::Given).map(|token| sound(token.text)).collect();
    out.extend(given.iter().map(|&given| key(Rule::Given, given, 0)));
    births(view, &given, &sounds, out);
    if let place @ 1.. = u64::from(view.birth_place()) {
        out.extend(given.iter().map(|&given| key(Rule::GivenBirthPlace, given, place)));
        out.extend(sounds.iter().map(|&sound| key(Rule::SoundBirthPlace, sound, place)));
    }
    places(view, &given, &sounds, out);
    numbers(view, out);
}

/// The tokens that may play another part than this one.
fn without<'a>(tokens: &'a [TokenView<'a>], role: Role) -> impl Iterator<Item = &'a TokenView<'a>> {
    tokens.iter().filter(move |token| token.role != Role::Middle && token.role != role)
}

fn births(view: View<'_>, given: &[u64], sounds: &[u64], out: &mut Vec<u64>) {
    let birth = view.birth();
    let year = u64::from(birth.year);
    if year > 0 {
        out.extend(given.iter().map(|&given| key(Rule::GivenYear, given, year)));
        out.extend(sounds.iter().map(|&sound| key(Rule::SoundYear, sound, year)));
    }
    if birth.day > 0 {
        let birthday = u64::from(birth.month) << 8 | u64::from(birth.day);
        out.push(key(Rule::Birth, year << 16 | birthday, 0));
        out.extend(given.iter().map(|&given| key(Rule::GivenBirthday, given, birthday)));
        out.extend(sounds.iter().map(|&sound| key(Rule::SoundBirthday, sound, birthday)));
        let cities = view.addresses().filter(|address| address.city_hash != 0);
        out.extend(cities.map(|address| key(Rule::BirthdayCity, u64::from(address.city_hash), birthday)));
    }
}

fn places(view: View<'_>, given: &[u64], sounds: &[u64], out: &mut Vec<u64>) {
    let year = u64::from(view.birth().year);
    for address in view.addresses() {
        let (street, postcode) = (u64::from(address.street_hash), u64::from(address.postcode_hash));
        if address.city_hash != 0 {
            out.extend(given.iter().map(|&given| key(Rule::GivenCity, given, u64::from(address.city_hash))));
            if year > 0 {
                out.push(key(Rule::YearCity, u64::from(address.city_hash), year));
            }
        }
        if postcode != 0 {
            out.push(key(Rule::Postcode, postcode, 0));
            if address.number != 0 {
                out.push(key(Rule::HousePostcode, u64::from(address.number), postcode));
            }
        }
        if street != 0 {
            out.extend(given.iter().map(|&given| key(Rule::StreetGiven, street, given)));
            out.extend(sounds.iter().map(|&sound| key(Rule::StreetSound, street, sound)));
            if year > 0 {
                out.push(key(Rule::StreetYear, street, year));
            }
            if address.number != 0 {
                out.push(key(Rule::House, house(&address), 0));
            }
        }
    }
}

/// A slip in the one half of a number leaves the other half as it is.
fn numbers(view: View<'_>, out: &mut Vec<u64>) {
    for number in view.phones().map(subscriber) {
        out.push(key(Rule::PhoneStart, number / 10_000, 0));
        out.push(key(Rule::PhoneEnd, number % 100_000, 0));
    }
    for entry in view.identifiers().filter(|entry| entry.value.len() > PART_LEN) {
        let scheme = u64::from(entry.scheme);
        let (start, end) = (&entry.value[..PART_LEN], &entry.value[entry.value.len() - PART_LEN..]);
        out.push(key(Rule::IdentifierStart, scheme, u64::from(hash32(start))));
        out.push(key(Rule::IdentifierEnd, scheme, u64::from(hash32(end))));
    }
}
