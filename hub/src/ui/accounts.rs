//! Accounts of people: made on the command line, opened with a password.

use crate::api::access::Role;
use crate::pipeline::clock;
use crate::store::accounts::Account;
use crate::store::{Store, StoreError};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use rand::TryRngCore;
use rand::rngs::OsRng;
use std::sync::LazyLock;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// What people may be; the other roles are for programs.
pub const ROLES: [Role; 6] = [Role::Viewer, Role::Steward, Role::Lead, Role::Engineer, Role::Privacy, Role::Admin];
/// Length counts, signs do not (NIST SP 800-63B).
pub const PASSWORD_CHARS_MIN: usize = 12;
const PASSWORD_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 60;
/// After so many wrong passwords no further one is looked at for a while.
const FAILURES_MAX: i64 = 5;
const LOCK_US: i64 = 15 * 60 * 1_000_000;
/// Passwords that are hashed at the same time; each takes memory and a core on purpose.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Why an account cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{0} is no role of a person; use viewer, steward, lead, engineer, privacy or admin")]
    UnknownRole(String),
    #[error("a name has 1 to {NAME_CHARS_MAX} letters, digits and signs . - _ @, as in an e-mail address")]
    BadName,
    #[error("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
    BadPassword,
    #[error("there is an account of this name; `hub users password` gives it another password")]
    Taken,
    #[error("the system gives no random numbers, or too little memory to hash a password")]
    NoHash,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of an attempt to sign in. Why it failed is not told: it would say which names there are.
#[derive(Debug, PartialEq, Eq)]
pub enum SignIn {
    As(Account),
    Refused,
    /// Too many wrong passwords; none is looked at for a while.
    Locked,
}

/// Makes an account.
pub async fn create(store: &Store, name: &str, role: &str, password: &str) -> Result<Account, AccountError> {
    let known = Role::parse(role).filter(|role| ROLES.contains(role));
    let role = known.ok_or_else(|| AccountError::UnknownRole(role.to_owned()))?;
    let is_sign = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
    let name = canonical(name);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(is_sign) {
        return Err(AccountError::BadName);
    }
    let account = Account {
        id: Uuid::now_v7(),
        name,
        role: role.name().to_owned(),
        password: hashed(password).await?,
        created_us: clock::now_us(),
        disabled_us: None,
        failures: 0,
        locked_us: 0,
    };
    store.create_account(&account).await.map_err(|error| match error.is_conflict() {
        true => AccountError::Taken,
        false => AccountError::Store(error),
    })?;
    Ok(account)
}

/// Gives an account another password, and signs it out everywhere; answers whether there is one.
pub async fn set_password(store: &Store, name: &str, password: &str) -> Result<bool, AccountError> {
    let Some(account) = store.account(&canonical(name)).await? else { return Ok(false) };
    store.set_password(account.id, &hashed(password).await?).await?;
    Ok(true)
}

/// Whether this is the password of that name.
pub async fn sign_in(store: &Store, name: &str, password: &str) -> Result<SignIn, AccountError> {
    let found = store.account(&canonical(name)).await?.filter(|account| account.disabled_us.is_none());
    let now_us = clock::now_us();
    if found.as_ref().is_some_and(|account| account.locked_us > now_us) {
        return Ok(SignIn::Locked);
    }
    // A name that nobody has takes as long as one that somebody has.
    let stored = found.as_ref().map_or_else(|| NOBODY.clone(), |account| account.password.clone());
    let is_right = matches(stored, password.to_owned()).await?;
    let Some(account) = found else { return Ok(SignIn::Refused) };
    if !is_right {
        let until_us = if account.failures + 1 >= FAILURES_MAX { now_us + LOCK_US } else { 0 };
        store.count_password(account.id, Some(until_us)).await?;
        return Ok(SignIn::Refused);
    }
    store.count_password(account.id, None).await?;
    Ok(SignIn::As(account))
}

/// A password that nobody has chosen, for an account that is shown once.
pub fn made_up() -> Result<String, AccountError> {
    const SIGNS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 16];
    OsRng.try_fill_bytes(&mut random).map_err(|_| AccountError::NoHash)?;
    let signs = random.iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
    let text: String = signs.collect();
    Ok(format!("{}-{}-{}-{}", &text[..4], &text[4..8], &text[8..12], &text[12..]))
}

fn canonical(name: &str) -> String {
    name.trim().to_lowercase()
}

async fn hashed(password: &str) -> Result<String, AccountError> {
    let length = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        return Err(AccountError::BadPassword);
    }
    let password = password.to_owned();
    let _place = HASHING.acquire().await.map_err(|_| AccountError::NoHash)?;
    let hash = tokio::task::spawn_blocking(move || hash(&password));
    hash.await.ok().flatten().ok_or(AccountError::NoHash)
}

/// Argon2id with the costs that the library's makers choose (19 MiB, two passes, as OWASP asks for).
fn hash(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

async fn matches(stored: String, password: String) -> Result<bool, AccountError> {
    let _place = HASHING.acquire().await.map_err(|_| AccountError::NoHash)?;
    let check = move || {
        let hash = PasswordHash::new(&stored).ok()?;
        Argon2::default().verify_password(password.as_bytes(), &hash).ok()
    };
    Ok(tokio::task::spawn_blocking(check).await.ok().flatten().is_some())
}

static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody's password").unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "correct horse battery";

    async fn store() -> Store {
        Store::migrate("sqlite::memory:").await.expect("a database in memory opens").0
    }

    #[tokio::test]
    async fn a_password_opens_its_own_account_alone() {
        let store = store().await;
        let made = create(&store, " Mira@Example.com ", "steward", RIGHT).await.expect("it is made");
        assert_eq!((made.name.as_str(), made.role.as_str()), ("mira@example.com", "steward"));
        assert!(made.password.starts_with("$argon2id$") && !made.password.contains(RIGHT));
        assert!(
            matches!(sign_in(&store, "MIRA@example.com", RIGHT).await, Ok(SignIn::As(account)) if account.id == made.id)
        );
        assert_eq!(sign_in(&store, "mira@example.com", "correct horse batterie").await.ok(), Some(SignIn::Refused));
        assert_eq!(sign_in(&store, "nobody", RIGHT).await.ok(), Some(SignIn::Refused));
        assert!(matches!(create(&store, "mira@example.com", "viewer", RIGHT).await, Err(AccountError::Taken)));
        assert!(matches!(create(&store, "x", "source", RIGHT).await, Err(AccountError::UnknownRole(_))));
        assert!(matches!(create(&store, "a b", "viewer", RIGHT).await, Err(AccountError::BadName)));
        assert!(matches!(create(&store, "x", "viewer", "short").await, Err(AccountError::BadPassword)));
        assert!(store.disable_account("mira@example.com", 1).await.expect("it ends"));
        assert_eq!(sign_in(&store, "mira@example.com", RIGHT).await.ok(), Some(SignIn::Refused));
    }

    #[tokio::test]
    async fn wrong_passwords_lock_an_account_for_a_while() {
        let store = store().await;
        create(&store, "mira", "steward", RIGHT).await.expect("it is made");
        for _ in 0..FAILURES_MAX {
            assert_eq!(sign_in(&store, "mira", "wrong wrong wrong").await.ok(), Some(SignIn::Refused));
        }
        assert_eq!(sign_in(&store, "mira", RIGHT).await.ok(), Some(SignIn::Locked));
        assert!(set_password(&store, "mira", "another long password").await.expect("it is set"));
        assert!(matches!(sign_in(&store, "mira", "another long password").await, Ok(SignIn::As(_))));
    }

    #[test]
    fn passwords_are_made_up_anew_each_time() {
        let (one, other) = (made_up().expect("random numbers"), made_up().expect("random numbers"));
        assert!(one.len() >= PASSWORD_CHARS_MIN && one != other);
    }
}
