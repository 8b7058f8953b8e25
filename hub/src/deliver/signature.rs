//! Signatures of webhooks as Standard Webhooks 1.0 describes them, with secrets that are kept outside the database.

use crate::domain::subscriber::{SecretName, Target};
use crate::remote::secret::Environment;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::Ed25519KeyPair;
use sha2::Sha256;
use std::path::PathBuf;
use std::sync::Arc;

/// How a secret begins that both sides hold, and one whose public half receivers hold.
const SHARED: &str = "whsec_";
const PRIVATE: &str = "whsk_";
/// Bytes of an Ed25519 key's private half; the public one may follow.
const SEED_BYTES: usize = 32;
/// A shorter secret could be guessed.
const SECRET_BYTES_MIN: usize = 24;
/// How the variable that holds a secret begins.
const VARIABLE: &str = "HUB_SECRET_";

/// Where secrets are kept: the environment, and a folder with a file for each.
#[derive(Clone)]
pub struct Secrets {
    folder: Option<PathBuf>,
    environment: Environment,
}

/// What signs.
#[derive(Clone)]
pub enum Key {
    Hmac(Vec<u8>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// Why a secret cannot be used; it never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("there is no secret {name}: set {variable}, or put a file {name} into the folder of secrets")]
    Missing { name: String, variable: String },
    #[error(
        "the secret {name} is neither {SHARED} and base64 of at least {SECRET_BYTES_MIN} bytes, nor {PRIVATE} and base64 \
         of an Ed25519 key"
    )]
    Malformed { name: String },
}

impl Secrets {
    pub fn new(
        folder: Option<PathBuf>,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Secrets {
        Secrets { folder, environment: Arc::new(environment) }
    }

    /// Where manifests' own secrets are kept.
    pub fn environment(&self) -> Environment {
        self.environment.clone()
    }

    /// Reads a secret that signs.
    pub fn key(&self, name: &SecretName) -> Result<Key, SecretError> {
        Key::parse(&self.text(name)?).ok_or_else(|| SecretError::Malformed { name: name.0.clone() })
    }

    /// Reads a secret of any form, such as a password.
    pub fn text(&self, name: &SecretName) -> Result<String, SecretError> {
        let variable = format!("{VARIABLE}{}", name.0.to_ascii_uppercase().replace('-', "_"));
        // The name has no separators in it; it was checked with the settings, and is here again.
        let folder = self.folder.as_ref().filter(|_| name.is_valid());
        let text = (self.environment)(&variable)
            .or_else(|| std::fs::read_to_string(folder?.join(&name.0)).ok())
            .ok_or_else(|| SecretError::Missing { name: name.0.clone(), variable })?;
        Ok(text.trim().to_owned())
    }
}

impl Key {
    fn parse(text: &str) -> Option<Key> {
        if let Some(base64) = text.strip_prefix(SHARED) {
            let bytes = BASE64_STANDARD.decode(base64).ok()?;
            return (bytes.len() >= SECRET_BYTES_MIN).then_some(Key::Hmac(bytes));
        }
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(PRIVATE)?).ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(bytes.get(..SEED_BYTES)?).ok()?;
        Some(Key::Ed25519(Arc::new(pair)))
    }

    /// The signature of a message, with the version that names its kind.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let message = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        match self {
            Key::Hmac(bytes) => {
                // A key of any length is taken.
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(bytes) else { return String::new() };
                mac.update(&message);
                format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
            }
            Key::Ed25519(pair) => format!("v1a,{}", BASE64_STANDARD.encode(pair.sign(&message))),
        }
    }
}

/// Signs for one subscriber, with one key or, while one follows another, with two.
#[derive(Clone)]
pub struct Signer {
    keys: Vec<(Key, i64)>,
}

impl Signer {
    pub fn of(target: &Target, secrets: &Secrets) -> Result<Signer, SecretError> {
        let Target::Webhook { secret, previous, .. } = target else { return Ok(Signer { keys: Vec::new() }) };
        let mut keys = vec![(secrets.key(secret)?, i64::MAX)];
        if let Some(previous) = previous {
            // It may have been thrown away before its time.
            keys.extend(secrets.key(&previous.secret).ok().map(|key| (key, previous.until_us)));
        }
        Ok(Signer { keys })
    }

    /// The `webhook-signature` of a message.
    pub fn sign(&self, id: &str, now_us: i64, body: &[u8]) -> String {
        let valid = self.keys.iter().filter(|(_, until_us)| now_us < *until_us);
        let signatures: Vec<String> = valid.map(|(key, _)| key.sign(id, now_us / 1_000_000, body)).collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subscriber::Previous;
    use ring::signature::{ED25519, KeyPair, UnparsedPublicKey};

    const KNOWN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn secrets() -> Secrets {
        Secrets::new(None, |name| match name {
            "HUB_SECRET_CRM_2026" => Some(KNOWN.to_owned()),
            "HUB_SECRET_CRM_2027" => Some(OTHER.to_owned()),
            "HUB_SECRET_SHORT" => Some("whsec_c2hvcnQ=".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = secrets()
            .key(&SecretName("crm-2026".into()))
            .map(|key| key.sign(id, 1_614_265_330, br#"{"test": 2432232314}"#));
        assert_eq!(signature.as_deref(), Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_private_key_signs_what_its_public_half_verifies() {
        let seed = [7u8; 32];
        let text = format!("{PRIVATE}{}", BASE64_STANDARD.encode(seed));
        let secrets = Secrets::new(None, move |_| Some(text.clone()));
        let signed = secrets.key(&SecretName("crm".into())).map(|key| key.sign("evt_1", 2, b"{}")).unwrap_or_default();
        let signature = signed.strip_prefix("v1a,").and_then(|base64| BASE64_STANDARD.decode(base64).ok());
        let public = Ed25519KeyPair::from_seed_unchecked(&seed).map(|pair| pair.public_key().as_ref().to_vec());
        let public = UnparsedPublicKey::new(&ED25519, public.unwrap_or_default());
        let signature = signature.unwrap_or_default();
        assert!(public.verify(b"evt_1.2.{}", &signature).is_ok());
        assert!(public.verify(b"evt_1.3.{}", &signature).is_err());
    }

    #[test]
    fn two_secrets_sign_until_the_older_one_ends() {
        let previous = Some(Previous { secret: SecretName("crm-2026".into()), until_us: 5_000_000 });
        let target = Target::Webhook { url: String::new(), secret: SecretName("crm-2027".into()), previous };
        let count = |now_us: i64| {
            let signer = Signer::of(&target, &secrets());
            signer.map(|signer| signer.sign("1", now_us, b"{}").split(' ').count())
        };
        assert_eq!((count(4_999_999), count(5_000_000)), (Ok(2), Ok(1)));
    }

    #[test]
    fn mistakes_name_the_remedy_and_never_the_secret() {
        let error = |name: &str| secrets().key(&SecretName(name.into())).map_err(|error| error.to_string());
        assert!(error("crm-2028").is_err_and(|text| text.contains("HUB_SECRET_CRM_2028")));
        assert!(error("short").is_err_and(|text| text.contains("24 bytes") && !text.contains("c2hv")));
    }

    #[test]
    fn secrets_are_read_from_files_of_one_folder_alone() {
        let folder = std::env::temp_dir().join(format!("hub-secrets-{}", uuid::Uuid::now_v7()));
        let inside = folder.join("secrets");
        let written = std::fs::create_dir_all(&inside)
            .and_then(|()| std::fs::write(inside.join("crm"), format!("{KNOWN}\n")))
            .and_then(|()| std::fs::write(folder.join("other"), KNOWN));
        assert!(written.is_ok());
        let secrets = Secrets::new(Some(inside), |_| None);
        assert!(secrets.key(&SecretName("crm".into())).is_ok());
        assert!(secrets.key(&SecretName("../other".into())).is_err());
        assert!(std::fs::remove_dir_all(&folder).is_ok());
    }
}
