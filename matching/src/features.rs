//! The compact comparable form of one record.
//!
//! A million of these are held in memory and read in random order, so all of one record lies in one
//! run of bytes: a fixed head, arrays of fixed-size entries, then the folded text that they point into.

mod draft;
mod view;

pub(crate) use draft::{AddressDraft, Draft, EmailDraft, IdentifierDraft, TokenDraft};
pub(crate) use view::{AddressView, EmailView, Generic, IdentifierView, TokenView, View};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The standardised, comparable form of one record, made by [`standardise`](crate::standardise()).
///
/// Equal persons give equal bytes whatever the order of their e-mails, phones and so on.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Features(pub(crate) Box<[u8]>);

impl Features {
    /// The bytes this record occupies, for measuring memory.
    pub fn size_bytes(&self) -> usize {
        self.0.len() + std::mem::size_of::<Self>()
    }

    /// Whether nothing comparable is known at all.
    pub fn is_empty(&self) -> bool {
        let view = self.view();
        view.tokens().len()
            + view.emails().len()
            + view.phones().len()
            + view.addresses().len()
            + view.identifiers().len()
            == 0
    }

    /// Where the person lives, as two letters (ISO 3166-1), if that is known.
    pub fn country(&self) -> Option<String> {
        let code = self.view().country();
        (code != [0, 0]).then(|| code.map(char::from).iter().collect())
    }

    /// Tells contents apart; equal records have the same.
    pub(crate) fn content(&self) -> u64 {
        xxh3_64(&self.0)
    }

    /// The same of a record that names somebody and says something of them. Any number of records may state one mailbox
    /// and nothing else, or one name, without being one person.
    pub(crate) fn personal_content(&self) -> Option<u64> {
        let view = self.view();
        let values = view.emails().len() + view.phones().len() + view.addresses().len() + view.identifiers().len();
        (view.tokens().len() > 0 && (values > 0 || view.birth().day > 0)).then(|| self.content())
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::new(&self.0)
    }
}

impl std::fmt::Debug for Features {
    /// Shows only the shape: the content is personal data and must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Features({} bytes)", self.0.len())
    }
}

/// The part a name token plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Given,
    Middle,
    Family,
    /// A lone token of which nobody can say which part it is.
    Either,
}

/// A birth date of which any part may be unknown (zero).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Birth {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

/// Stated gender.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Gender {
    #[default]
    Unknown,
    Female,
    Male,
}

pub(crate) const HEAD_BYTES: usize = 32;
pub(crate) const TOKEN_BYTES: usize = 12;
pub(crate) const EMAIL_BYTES: usize = 12;
pub(crate) const PHONE_BYTES: usize = 8;
pub(crate) const ADDRESS_BYTES: usize = 28;
pub(crate) const IDENTIFIER_BYTES: usize = 12;
