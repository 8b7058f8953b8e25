//! Collects what standardising finds and packs it.

use super::{Birth, Features, Gender, HEAD_BYTES, Role};
use crate::hash::hash32;

/// Limits on what one record may hold, so that hostile input stays small.
const TOKENS_MAX: usize = 12;
const VALUES_MAX: usize = 6;
const TEXT_BYTES_MAX: usize = 40;

/// What standardising found, before it is packed.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub tokens: Vec<TokenDraft>,
    pub emails: Vec<EmailDraft>,
    pub phones: Vec<u64>,
    pub addresses: Vec<AddressDraft>,
    pub identifiers: Vec<IdentifierDraft>,
    pub birth: Birth,
    pub gender: Gender,
    pub generation: u8,
    pub source: u32,
    pub organisation: u32,
    /// Whether the record speaks of a firm, not of a person.
    pub is_firm: bool,
    pub birth_place: u32,
    pub occupation: u32,
    pub country: [u8; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenDraft {
    pub role: Role,
    pub text: String,
    pub hash: u32,
    pub canon: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EmailDraft {
    pub local: String,
    pub domain: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressDraft {
    pub number: u32,
    pub unit: u32,
    pub street: String,
    pub city: String,
    pub postcode: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdentifierDraft {
    pub scheme: u32,
    pub is_exclusive: bool,
    pub value: String,
}

impl Draft {
    /// Packs into the final form; sorts whatever has no order of its own.
    pub(crate) fn pack(mut self) -> Features {
        self.tidy();
        let mut text = Vec::with_capacity(64);
        let mut out = Vec::with_capacity(192);
        self.head(&mut out);
        for token in &self.tokens {
            let (start, len) = append(&mut text, &token.text);
            put(&mut out, &[token.hash, token.canon]);
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&[len, token.role as u8]);
        }
        for email in &self.emails {
            let (start, local) = append(&mut text, &email.local);
            let (_, domain) = append(&mut text, &email.domain);
            put(&mut out, &[hash32(email.local.as_bytes()), hash32(email.domain.as_bytes())]);
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&[local, domain]);
        }
        for phone in &self.phones {
            out.extend_from_slice(&phone.to_le_bytes());
        }
        for address in &self.addresses {
            pack_address(&mut out, &mut text, address);
        }
        for identifier in &self.identifiers {
            let (start, len) = append(&mut text, &identifier.value);
            put(&mut out, &[identifier.scheme, hash32(identifier.value.as_bytes())]);
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&[len, u8::from(identifier.is_exclusive)]);
        }
        out.extend_from_slice(&text);
        Features(out.into_boxed_slice())
    }

    fn tidy(&mut self) {
        self.tokens.truncate(TOKENS_MAX);
        sorted_set(&mut self.emails);
        sorted_set(&mut self.phones);
        sorted_set(&mut self.addresses);
        sorted_set(&mut self.identifiers);
    }

    fn head(&self, out: &mut Vec<u8>) {
        let counts =
            [self.tokens.len(), self.emails.len(), self.phones.len(), self.addresses.len(), self.identifiers.len()];
        out.extend(counts.map(|n| n as u8));
        out.extend_from_slice(&[self.gender as u8, self.generation, u8::from(self.is_firm)]);
        out.extend_from_slice(&self.birth.year.to_le_bytes());
        out.extend_from_slice(&[self.birth.month, self.birth.day]);
        put(out, &[self.source, self.organisation, self.birth_place, self.occupation]);
        out.extend_from_slice(&self.country);
        out.resize(HEAD_BYTES, 0);
    }
}

fn sorted_set<T: Ord>(values: &mut Vec<T>) {
    values.sort_unstable();
    values.dedup();
    values.truncate(VALUES_MAX);
}

fn pack_address(out: &mut Vec<u8>, text: &mut Vec<u8>, address: &AddressDraft) {
    let (start, street) = append(text, &address.street);
    let (_, city) = append(text, &address.city);
    let (_, postcode) = append(text, &address.postcode);
    let hashes = [&address.street, &address.city, &address.postcode].map(|part| match part.as_str() {
        "" => 0,
        part => hash32(part.as_bytes()).max(1),
    });
    put(out, &[address.number, address.unit, hashes[0], hashes[1], hashes[2]]);
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[street, city, postcode, 0, 0, 0]);
}

fn put(out: &mut Vec<u8>, numbers: &[u32]) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// Appends at most [`TEXT_BYTES_MAX`] bytes; all text is ASCII by now, so any cut is a character boundary.
fn append(text: &mut Vec<u8>, part: &str) -> (u16, u8) {
    let start = text.len() as u16;
    let bytes = &part.as_bytes()[..part.len().min(TEXT_BYTES_MAX)];
    text.extend_from_slice(bytes);
    (start, bytes.len() as u8)
}
