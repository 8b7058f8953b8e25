//! Message authentication codes.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The hash under the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// For systems that know nothing newer; within HMAC it still holds.
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    /// Whether one of the signatures belongs to the message; compared in constant time.
    pub(super) fn fits(self, key: &[u8], message: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
        match self {
            Hash::Sha1 => fits::<Hmac<Sha1>>(key, message, signatures),
            Hash::Sha256 => fits::<Hmac<Sha256>>(key, message, signatures),
            Hash::Sha512 => fits::<Hmac<Sha512>>(key, message, signatures),
        }
    }

    pub(super) fn tag(self, key: &[u8], message: &[&[u8]]) -> Vec<u8> {
        match self {
            Hash::Sha1 => tag::<Hmac<Sha1>>(key, message),
            Hash::Sha256 => tag::<Hmac<Sha256>>(key, message),
            Hash::Sha512 => tag::<Hmac<Sha512>>(key, message),
        }
    }
}

fn fits<M: Mac + KeyInit + Clone>(key: &[u8], message: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
    let mac = taken::<M>(key, message);
    mac.is_some_and(|mac| signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()))
}

fn tag<M: Mac + KeyInit>(key: &[u8], message: &[&[u8]]) -> Vec<u8> {
    taken::<M>(key, message).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// HMAC takes keys of any length, so that there always is one.
fn taken<M: Mac + KeyInit>(key: &[u8], message: &[&[u8]]) -> Option<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    message.iter().for_each(|part| mac.update(part));
    Some(mac)
}
