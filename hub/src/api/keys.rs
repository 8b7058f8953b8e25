//! API keys: made once, shown once, known by their hashes ever after.

use super::access::{Permission, Role};
use crate::pipeline::clock;
use crate::store::keys::KeyRow;
use crate::store::{Store, StoreError};
use foldhash::{HashMap, HashMapExt};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How every key begins, so that scanners for leaked secrets can find it.
const PREFIX: &str = "hub_";
const RANDOM_BYTES: usize = 32;
/// How often keys made or revoked elsewhere are noticed.
const REFRESH_SECS: u64 = 3;
/// An unknown key makes the hub look again, but not more often than this; whoever tries keys has to wait.
const LOOK_AGAIN_MS: u64 = 500;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub key: Uuid,
    pub name: Arc<str>,
    pub role: Role,
    /// The one source that the key may send for.
    pub source: Option<Arc<str>>,
    /// The one purpose that the key uses people's data for.
    pub purpose: Option<Arc<str>>,
}

/// Why a key cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{0} is no role; use one of {names}, source:NAME for one source, or channel:PURPOSE for one purpose", names = Role::names().collect::<Vec<_>>().join(", "))]
    UnknownRole(String),
    #[error("a key needs a name of 1 to 200 characters")]
    BadName,
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a key and returns it with its secret, which nobody can read again.
/// The role is one of [`Role::names`]; `source:NAME` binds the key to one source, `channel:PURPOSE` to one purpose.
pub async fn create(store: &Store, name: &str, role: &str) -> Result<(KeyRow, String), KeyError> {
    parse_role(role).ok_or_else(|| KeyError::UnknownRole(role.to_owned()))?;
    if name.trim().is_empty() || name.chars().count() > 200 {
        return Err(KeyError::BadName);
    }
    let secret = secret()?;
    let row = KeyRow {
        id: Uuid::now_v7(),
        name: name.trim().to_owned(),
        role: role.to_owned(),
        hash: hash(&secret).to_vec(),
        created_us: clock::now_us(),
        revoked_us: None,
    };
    store.create_key(&row).await?;
    Ok((row, secret))
}

fn secret() -> Result<String, KeyError> {
    let mut random = [0u8; RANDOM_BYTES];
    OsRng.try_fill_bytes(&mut random).map_err(|_| KeyError::NoRandomness)?;
    Ok(random.iter().fold(PREFIX.to_owned(), |text, byte| text + &format!("{byte:02x}")))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What a key is for, and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    role: Role,
    source: Option<Arc<str>>,
    purpose: Option<Arc<str>>,
}

fn parse_role(text: &str) -> Option<Bound> {
    match text.split_once(':') {
        None => Role::parse(text).map(|role| Bound { role, source: None, purpose: None }),
        Some(("source", name)) if !name.is_empty() => {
            Some(Bound { role: Role::Source, source: Some(name.into()), purpose: None })
        }
        Some(("channel", name)) if !name.is_empty() => {
            Some(Bound { role: Role::Channel, source: None, purpose: Some(name.into()) })
        }
        Some(_) => None,
    }
}

type Known = HashMap<[u8; 32], Arc<Caller>>;

/// The valid keys, as this node knows them.
pub struct Keys {
    store: Store,
    known: RwLock<Arc<Known>>,
    looked: Mutex<Option<Instant>>,
}

impl Keys {
    pub fn new(store: Store) -> Keys {
        Keys { store, known: RwLock::default(), looked: Mutex::new(None) }
    }

    /// Who a key belongs to. Comparing hashes tells nothing about the key, however long it takes.
    pub async fn caller(&self, secret: &str) -> Result<Option<Arc<Caller>>, StoreError> {
        let hash = hash(secret);
        if let Some(caller) = self.find(&hash) {
            return Ok(Some(caller));
        }
        self.look_again().await?;
        Ok(self.find(&hash))
    }

    /// Looks for keys that were made since, once for all who ask at the same time.
    async fn look_again(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at >= asked) {
            return Ok(());
        }
        if let Some(at) = *looked {
            tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MS).saturating_sub(at.elapsed())).await;
        }
        *looked = Some(Instant::now());
        self.refresh().await
    }

    /// Looks for new and revoked keys every few seconds.
    pub async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(REFRESH_SECS)).await;
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "the API keys cannot be read; those known stay valid");
            }
        }
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        let rows = self.store.keys().await?;
        let mut known = Known::with_capacity(rows.len());
        for row in rows.into_iter().filter(|row| row.revoked_us.is_none()) {
            let (Ok(hash), Some(bound)) = (<[u8; 32]>::try_from(row.hash), parse_role(&row.role)) else {
                tracing::warn!(key = %row.id, "an API key has a role that this program does not know; it is refused");
                continue;
            };
            let Bound { role, source, purpose } = bound;
            known.insert(hash, Arc::new(Caller { key: row.id, name: row.name.into(), role, source, purpose }));
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    fn find(&self, hash: &[u8; 32]) -> Option<Arc<Caller>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }
}

impl Caller {
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Whether the key may send for a source.
    pub fn speaks_for(&self, source: &str) -> bool {
        self.source.as_deref().is_none_or(|own| own == source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_may_be_bound() {
        let bound = |role, source: Option<&str>, purpose: Option<&str>| {
            Some(Bound { role, source: source.map(Arc::from), purpose: purpose.map(Arc::from) })
        };
        assert_eq!(parse_role("source:crm"), bound(Role::Source, Some("crm"), None));
        assert_eq!(parse_role("source"), bound(Role::Source, None, None));
        assert_eq!(parse_role("channel:marketing"), bound(Role::Channel, None, Some("marketing")));
        for bad in ["source:", "channel:", "viewer:crm", "root", ""] {
            assert_eq!(parse_role(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_key_is_known_by_its_secret_until_it_is_revoked() {
        let Ok((store, _)) = Store::migrate("sqlite::memory:").await else { panic!("a database in memory opens") };
        let Ok((row, secret)) = create(&store, "till 7", "source:tills").await else { panic!("a key can be made") };
        assert!(secret.starts_with(PREFIX) && !row.hash.is_empty());
        let keys = Keys::new(store.clone());
        let caller = keys.caller(&secret).await.ok().flatten();
        assert!(caller.is_some_and(|c| c.key == row.id && c.speaks_for("tills") && !c.speaks_for("crm")));
        assert!(matches!(keys.caller("hub_0").await, Ok(None)));
        assert!(store.revoke_key(row.id, 1).await.is_ok_and(|ended| ended));
        assert!(keys.refresh().await.is_ok());
        assert_eq!(keys.find(&hash(&secret)), None);
        assert!(matches!(create(&store, "x", "root").await, Err(KeyError::UnknownRole(_))));
    }
}
