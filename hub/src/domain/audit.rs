//! The audit chain: each entry is sealed by a hash over itself and the one before, so that an entry that is changed, taken
//! out, put in or moved is found (I14). What was cut off at the end is found by an *anchor*: the head of the chain as it was
//! written down elsewhere.

use sha2::{Digest, Sha256};

/// What somebody did, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// An API key's or an account's name, or who ran the program.
    pub actor: String,
    pub role: String,
    /// A method with the template of a path, or a command.
    pub action: String,
    /// What it was done to; never a value of a person.
    pub subject: String,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was let through; what came of it stands with what it was done to.
    Permitted,
    Denied,
}

/// A deed with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub at_us: i64,
    pub deed: Deed,
    pub hash: Hash,
}

pub type Hash = [u8; 32];

/// What comes before the first entry.
pub const GENESIS: Hash = [0; 32];

/// The head of a chain as it was at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub seq: i64,
    pub hash: Hash,
}

/// Why a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {0} is missing, or entries stand in another order")]
    Missing(i64),
    #[error("entry {0} is not as it was written, or the one before it is another")]
    Changed(i64),
    #[error("the chain no longer reaches entry {0}, which an anchor names")]
    Cut(i64),
    #[error("entry {0} is not the one that an anchor names: the chain was written anew")]
    Rewritten(i64),
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Permitted => "permitted",
            Outcome::Denied => "denied",
        }
    }

    pub fn parse(name: &str) -> Option<Outcome> {
        [Outcome::Permitted, Outcome::Denied].into_iter().find(|outcome| outcome.name() == name)
    }
}

impl Deed {
    /// The entry that follows another.
    pub fn after(self, head: Anchor, at_us: i64) -> Entry {
        let seq = head.seq + 1;
        let hash = seal(head.hash, seq, at_us, &self);
        Entry { seq, at_us, deed: self, hash }
    }
}

/// SHA-256 over the hash before and every field, each with its length, so that nothing can move from one to the next.
fn seal(before: Hash, seq: i64, at_us: i64, deed: &Deed) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(seq.to_be_bytes());
    hash.update(at_us.to_be_bytes());
    for text in [&deed.actor, &deed.role, &deed.action, &deed.subject, deed.outcome.name()].map(str::as_bytes) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// Follows a chain from its beginning.
#[derive(Debug)]
pub struct Chain {
    head: Anchor,
    anchors: Vec<Anchor>,
    broken: Vec<Broken>,
}

/// More are not told: the rest of a chain that is broken once says nothing new.
const BROKEN_MAX: usize = 20;

impl Chain {
    /// A chain that has to hold what these anchors say.
    pub fn held_to(anchors: Vec<Anchor>) -> Chain {
        Chain { head: Anchor { seq: 0, hash: GENESIS }, anchors, broken: Vec::new() }
    }

    /// Takes the next entry as it stands in the store.
    pub fn take(&mut self, entry: &Entry) {
        if entry.seq != self.head.seq + 1 {
            self.note(Broken::Missing(self.head.seq + 1));
        } else if seal(self.head.hash, entry.seq, entry.at_us, &entry.deed) != entry.hash {
            self.note(Broken::Changed(entry.seq));
        }
        let is_other = |anchor: &Anchor| anchor.seq == entry.seq && anchor.hash != entry.hash;
        if self.anchors.iter().any(is_other) {
            self.note(Broken::Rewritten(entry.seq));
        }
        self.head = Anchor { seq: entry.seq, hash: entry.hash };
    }

    fn note(&mut self, broken: Broken) {
        if self.broken.len() < BROKEN_MAX {
            self.broken.push(broken);
        }
    }

    /// The head, and everything that is wrong.
    pub fn finish(mut self) -> (Anchor, Vec<Broken>) {
        let last = self.anchors.iter().map(|anchor| anchor.seq).max().unwrap_or(0);
        if last > self.head.seq {
            self.note(Broken::Cut(last));
        }
        (self.head, self.broken)
    }
}

impl Anchor {
    /// As it is written down: the number, a space, and the hash.
    pub fn parse(line: &str) -> Option<Anchor> {
        let (seq, text) = line.trim().split_once(' ')?;
        let mut hash = GENESIS;
        let digits = text.trim().split(' ').next().filter(|digits| digits.len() == 64 && digits.is_ascii())?;
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
        }
        Some(Anchor { seq: seq.parse().ok()?, hash })
    }
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chain(deeds: &[(String, String)]) -> Vec<Entry> {
        let mut head = Anchor { seq: 0, hash: GENESIS };
        let entry = |(actor, subject): &(String, String)| {
            let deed = Deed {
                actor: actor.clone(),
                role: "steward".into(),
                action: "merge".into(),
                subject: subject.clone(),
                outcome: Outcome::Permitted,
            };
            let entry = deed.after(head, 17);
            head = Anchor { seq: entry.seq, hash: entry.hash };
            entry
        };
        deeds.iter().map(entry).collect()
    }

    fn broken(entries: &[Entry], anchors: Vec<Anchor>) -> Vec<Broken> {
        let mut check = Chain::held_to(anchors);
        entries.iter().for_each(|entry| check.take(entry));
        check.finish().1
    }

    proptest! {
        /// I14: an untouched chain holds; one that is changed, shortened, extended or reordered does not.
        #[test]
        fn every_tampering_is_found(
            deeds in prop::collection::vec(("[a-c]{0,3}", "[a-c]{0,3}"), 2..20),
            at in any::<prop::sample::Index>(),
            other in any::<prop::sample::Index>(),
            how in 0..6,
        ) {
            let whole = chain(&deeds);
            let last = whole[whole.len() - 1].clone();
            let anchor = Anchor { seq: last.seq, hash: last.hash };
            prop_assert_eq!(broken(&whole, vec![anchor]), vec![]);
            prop_assert_eq!(Anchor::parse(&anchor.to_string()), Some(anchor));
            let (at, other) = (at.index(whole.len()), other.index(whole.len()));
            let mut touched = whole.clone();
            match how {
                0 => drop(touched.remove(at)),
                1 => touched[at].deed.actor.push('x'),
                2 => touched[at].at_us += 1,
                3 => touched[at].deed.outcome = Outcome::Denied,
                // What moves from one field to the next.
                4 => {
                    touched[at].deed.subject = touched[at].deed.role.clone() + &touched[at].deed.subject;
                    touched[at].deed.role.clear();
                }
                _ => touched.swap(at, other),
            }
            prop_assert_eq!(broken(&touched, vec![anchor]).is_empty(), touched == whole);
        }

        /// A chain that somebody has computed anew from some entry on is whole in itself; an anchor tells.
        #[test]
        fn a_chain_written_anew_is_found(deeds in prop::collection::vec(("[a-c]{1,3}", "[a-c]{1,3}"), 1..9)) {
            let (whole, mut other) = (chain(&deeds), deeds.clone());
            other[0].0.push('x');
            let last = &whole[whole.len() - 1];
            let forged = chain(&other);
            prop_assert_eq!(broken(&forged, vec![]), vec![]);
            let anchor = Anchor { seq: last.seq, hash: last.hash };
            prop_assert_eq!(broken(&forged, vec![anchor]), vec![Broken::Rewritten(last.seq)]);
        }
    }
}
