//! The secret that a system shares with us.

use std::fmt;

use super::encoding::Encoding;

/// A key, ready for use; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// How senders hand their secrets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The text itself is the key.
    Text,
    /// `whsec_` and the key in base64.
    Whsec,
}

/// Why a secret cannot be used; it does not hold the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the secret is empty; copy it from the sender's settings")]
    Empty,
    #[error("the secret is not `whsec_` followed by base64; copy it whole from the sender's settings")]
    NotBase64,
}

impl Key {
    pub(super) fn read(secret: &str, form: Form) -> Result<Key, KeyError> {
        let secret = secret.trim();
        let bytes = match form {
            Form::Text => secret.as_bytes().to_vec(),
            Form::Whsec => {
                let base64 = secret.strip_prefix("whsec_").unwrap_or(secret);
                Encoding::Base64.read(base64).ok_or(KeyError::NotBase64)?
            }
        };
        // Anybody can sign with an empty key.
        if bytes.is_empty() { Err(KeyError::Empty) } else { Ok(Key(bytes)) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
