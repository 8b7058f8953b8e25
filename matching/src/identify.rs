//! The values by which somebody would be known again: e-mails, phones and identifiers, in the form in which they are compared.

use crate::features::Features;
use crate::index::Index;
use crate::keys;

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    Email,
    /// Without its country, which some sources do not know.
    Phone,
    Identifier,
}

/// One value of a record. Two records that state it in whatever spelling have the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KnownBy {
    pub kind: ValueKind,
    pub value: Vec<u8>,
    key: u64,
}

impl std::fmt::Debug for KnownBy {
    /// Shows only the kind: the value is personal data and must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KnownBy({:?})", self.kind)
    }
}

impl Features {
    /// What the person would be known again by.
    pub fn known_by(&self) -> Vec<KnownBy> {
        let view = self.view();
        let emails = view.emails().map(|email| KnownBy {
            kind: ValueKind::Email,
            value: [email.local, b"@", email.domain].concat(),
            key: keys::email_key(email.local_hash, email.domain_hash),
        });
        let phones = view.phones().map(|phone| KnownBy {
            kind: ValueKind::Phone,
            value: keys::subscriber(phone).to_string().into_bytes(),
            key: keys::phone_key(phone),
        });
        let identifiers = view.identifiers().map(|identifier| KnownBy {
            kind: ValueKind::Identifier,
            value: [&identifier.scheme.to_be_bytes()[..], identifier.value].concat(),
            key: keys::identifier_key(identifier.scheme, identifier.value_hash),
        });
        emails.chain(phones).chain(identifiers).collect()
    }
}

impl Index {
    /// Whether records other than these state the value, too.
    pub fn is_shared(&self, value: &KnownBy, besides: &[u32]) -> bool {
        self.is_cut(value.key) || self.carriers(value.key).iter().any(|id| !besides.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Identifier, Model, Person, standardise};
    use std::sync::Arc;

    fn features(email: &str, phone: &str, card: &str) -> Features {
        let identifiers = vec![Identifier { scheme: "loyalty_card".into(), value: card.into() }];
        let person =
            Person { emails: vec![email.into()], phones: vec![phone.into()], identifiers, ..Person::default() };
        standardise(&Person { country: Some("GB".into()), ..person })
    }

    #[test]
    fn spelling_does_not_matter() {
        let one = features("Ana.Silva+shop@gmail.com", "+44 (0)20 7946 0018", "LC-00 17");
        let other = features("anasilva@GMAIL.com ", "020 7946 0018", "lc0017");
        assert_eq!(one.known_by(), other.known_by());
        assert_eq!(one.known_by().len(), 3);
        assert_ne!(one.known_by(), features("ana@gmail.com", "020 7946 0019", "lc0018").known_by());
    }

    #[test]
    fn what_others_state_is_shared() {
        let mut index = Index::new(Arc::new(Model::default()));
        let family = features("ana@example.org", "020 7946 0018", "LC1");
        let housemate = features("ben@example.org", "+442079460018", "LC2");
        index.update(&[], vec![(0, family.clone()), (1, housemate)]);
        let shared = family.known_by().iter().map(|value| index.is_shared(value, &[0])).collect::<Vec<_>>();
        assert_eq!(shared, [false, true, false]);
        assert!(family.known_by().iter().all(|value| !index.is_shared(value, &[0, 1])));
    }
}
