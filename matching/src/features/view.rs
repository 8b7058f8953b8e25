//! Reads the packed form in place.

use crate::compare::VALUES_MAX;

use super::{ADDRESS_BYTES, Birth, EMAIL_BYTES, Gender, HEAD_BYTES, IDENTIFIER_BYTES, PHONE_BYTES, Role, TOKEN_BYTES};

/// One record's features, read where they lie.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    head: &'a [u8],
    tokens: &'a [u8],
    emails: &'a [u8],
    phones: &'a [u8],
    addresses: &'a [u8],
    identifiers: &'a [u8],
    text: &'a [u8],
    generic: Generic,
}

/// Which values of a record too many people share, a bit each: six e-mails, then six phones, then six identifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Generic(u32);

impl Generic {
    /// From one flag a value.
    pub(crate) fn new(
        emails: impl Iterator<Item = bool>,
        phones: impl Iterator<Item = bool>,
        identifiers: impl Iterator<Item = bool>,
    ) -> Self {
        let bits = |flags: &mut dyn Iterator<Item = bool>, shift: usize| {
            flags.take(VALUES_MAX).enumerate().fold(0, |bits, (at, flag)| bits | u32::from(flag) << (shift + at))
        };
        let (mut emails, mut phones, mut identifiers) = (emails, phones, identifiers);
        Generic(bits(&mut emails, 0) | bits(&mut phones, VALUES_MAX) | bits(&mut identifiers, 2 * VALUES_MAX))
    }

    pub(crate) fn email(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }

    pub(crate) fn phone(self, at: usize) -> bool {
        self.email(VALUES_MAX + at)
    }

    pub(crate) fn identifier(self, at: usize) -> bool {
        self.email(2 * VALUES_MAX + at)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct TokenView<'a> {
    pub hash: u32,
    pub canon: u32,
    pub role: Role,
    pub text: &'a [u8],
}

impl TokenView<'_> {
    /// Fills unused places.
    pub(crate) const NONE: TokenView<'static> = TokenView { hash: 0, canon: 0, role: Role::Either, text: &[] };
}

#[derive(Clone, Copy)]
pub(crate) struct EmailView<'a> {
    pub local_hash: u32,
    pub domain_hash: u32,
    pub local: &'a [u8],
    pub domain: &'a [u8],
}

#[derive(Clone, Copy)]
pub(crate) struct AddressView<'a> {
    pub number: u32,
    pub unit: u32,
    pub street_hash: u32,
    pub city_hash: u32,
    pub postcode_hash: u32,
    pub street: &'a [u8],
    pub city: &'a [u8],
    pub postcode: &'a [u8],
}

#[derive(Clone, Copy)]
pub(crate) struct IdentifierView<'a> {
    pub scheme: u32,
    pub value_hash: u32,
    /// Whether the scheme gives each person a number of their own, as authorities do and shops do not.
    pub is_exclusive: bool,

    pub value: &'a [u8],
}

impl<'a> View<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (head, rest) = cut(bytes, HEAD_BYTES);
        let count = |at: usize| usize::from(head.get(at).copied().unwrap_or(0));
        let (tokens, rest) = cut(rest, count(0) * TOKEN_BYTES);
        let (emails, rest) = cut(rest, count(1) * EMAIL_BYTES);
        let (phones, rest) = cut(rest, count(2) * PHONE_BYTES);
        let (addresses, rest) = cut(rest, count(3) * ADDRESS_BYTES);
        let (identifiers, text) = cut(rest, count(4) * IDENTIFIER_BYTES);
        View { head, tokens, emails, phones, addresses, identifiers, text, generic: Generic::default() }
    }

    /// The same with what is known of its values.
    pub(crate) fn knowing(self, generic: Generic) -> Self {
        View { generic, ..self }
    }

    pub(crate) fn generic(self) -> Generic {
        self.generic
    }

    pub(crate) fn tokens(self) -> impl ExactSizeIterator<Item = TokenView<'a>> + Clone {
        self.tokens.chunks_exact(TOKEN_BYTES).map(move |entry| TokenView {
            hash: word(entry, 0),
            canon: word(entry, 4),
            role: [Role::Given, Role::Middle, Role::Family, Role::Either][usize::from(entry[11] & 3)],
            text: self.slice(half(entry, 8), entry[10]).0,
        })
    }

    pub(crate) fn emails(self) -> impl ExactSizeIterator<Item = EmailView<'a>> + Clone {
        self.emails.chunks_exact(EMAIL_BYTES).map(move |entry| {
            let (local, next) = self.slice(half(entry, 8), entry[10]);
            let (domain, _) = self.slice(next, entry[11]);
            EmailView { local_hash: word(entry, 0), domain_hash: word(entry, 4), local, domain }
        })
    }

    pub(crate) fn phones(self) -> impl ExactSizeIterator<Item = u64> + Clone {
        self.phones.chunks_exact(PHONE_BYTES).map(|entry| u64::from(word(entry, 0)) | u64::from(word(entry, 4)) << 32)
    }

    pub(crate) fn addresses(self) -> impl ExactSizeIterator<Item = AddressView<'a>> + Clone {
        self.addresses.chunks_exact(ADDRESS_BYTES).map(move |entry| {
            let (street, next) = self.slice(half(entry, 20), entry[22]);
            let (city, next) = self.slice(next, entry[23]);
            let (postcode, _) = self.slice(next, entry[24]);
            AddressView {
                number: word(entry, 0),
                unit: word(entry, 4),
                street_hash: word(entry, 8),
                city_hash: word(entry, 12),
                postcode_hash: word(entry, 16),
                street,
                city,
                postcode,
            }
        })
    }

    pub(crate) fn identifiers(self) -> impl ExactSizeIterator<Item = IdentifierView<'a>> + Clone {
        self.identifiers.chunks_exact(IDENTIFIER_BYTES).map(move |entry| IdentifierView {
            scheme: word(entry, 0),
            value_hash: word(entry, 4),
            is_exclusive: entry[11] == 1,
            value: self.slice(half(entry, 8), entry[10]).0,
        })
    }

    pub(crate) fn birth(self) -> Birth {
        match self.head {
            [_, _, _, _, _, _, _, _, low, high, month, day, ..] => {
                Birth { year: u16::from_le_bytes([*low, *high]), month: *month, day: *day }
            }
            _ => Birth::default(),
        }
    }

    pub(crate) fn gender(self) -> Gender {
        match self.head.get(5) {
            Some(1) => Gender::Female,
            Some(2) => Gender::Male,
            _ => Gender::Unknown,
        }
    }

    /// 0 unknown, 1 senior, 2 junior, 3 the third, and so on.
    pub(crate) fn generation(self) -> u8 {
        self.head.get(6).copied().unwrap_or(0)
    }

    /// Whether the record speaks of a firm, not of a person.
    pub(crate) fn is_firm(self) -> bool {
        self.head.get(7) == Some(&1)
    }

    /// Hash of the name of the source, 0 when none is stated.
    pub(crate) fn source(self) -> u32 {
        self.head_word(12)
    }

    pub(crate) fn organisation(self) -> u32 {
        self.head_word(16)
    }

    pub(crate) fn birth_place(self) -> u32 {
        self.head_word(20)
    }

    pub(crate) fn occupation(self) -> u32 {
        self.head_word(24)
    }

    pub(crate) fn country(self) -> [u8; 2] {
        if self.head.len() == HEAD_BYTES { [self.head[28], self.head[29]] } else { [0, 0] }
    }

    fn head_word(self, at: usize) -> u32 {
        if self.head.len() == HEAD_BYTES { word(self.head, at) } else { 0 }
    }

    fn slice(self, start: usize, len: u8) -> (&'a [u8], usize) {
        let end = start + usize::from(len);
        (self.text.get(start..end).unwrap_or_default(), end)
    }
}

fn cut(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at(at.min(bytes.len()))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn half(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}
