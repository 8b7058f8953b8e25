//! People who sign in, and who is signed in.

use super::database::{on, within};
use super::{Store, StoreError};
use uuid::Uuid;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub role: String,
    /// A PHC string.
    #[serde(skip)]
    pub password: String,
    pub created_us: i64,
    pub disabled_us: Option<i64>,
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// Until when no further password is looked at.
    pub locked_us: i64,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub account: Account,
    pub created_us: i64,
    pub seen_us: i64,
}

type AccountRow = (Uuid, String, String, String, i64, Option<i64>, i64, i64);

const ACCOUNTS: &str = "SELECT id, name, role, password, created_us, disabled_us, failures, locked_us FROM account";

impl Store {
    /// Fails with a conflict if the name is taken.
    pub async fn create_account(&self, account: &Account) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO account (id, name, role, password, created_us, failures, locked_us) \
                            VALUES ($1, $2, $3, $4, $5, 0, 0)";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(account.id).bind(account.name.as_str()).bind(account.role.as_str()).bind(account.password.as_str())
            .bind(account.created_us).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// Everybody who could ever sign in, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{ACCOUNTS} ORDER BY name"));
        let rows: Vec<AccountRow> = on!(&self.db, pool => sqlx::query_as(text).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(account).collect())
    }

    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{ACCOUNTS} WHERE name = $1"));
        let row: Option<AccountRow> =
            on!(&self.db, pool => sqlx::query_as(text).bind(name).fetch_optional(pool).await)?;
        Ok(row.map(account))
    }

    /// Changes a password, and ends every session that the old one began.
    pub async fn set_password(&self, id: Uuid, password: &str) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE account SET password = $2, failures = 0, locked_us = 0 WHERE id = $1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(id).bind(password).execute(conn).await.map(drop))?;
        within!(&mut write.tx, conn => sqlx::query(END_ALL).bind(id).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// Lets nobody sign in by this name any more, and signs out whoever is; answers whether anybody could.
    pub async fn disable_account(&self, name: &str, at_us: i64) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE account SET disabled_us = $2 WHERE id = $1";
        let Some(account) = self.account(name).await?.filter(|account| account.disabled_us.is_none()) else {
            return Ok(false);
        };
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(account.id).bind(at_us).execute(conn).await.map(drop))?;
        within!(&mut write.tx, conn => sqlx::query(END_ALL).bind(account.id).execute(conn).await.map(drop))?;
        write.commit().await?;
        Ok(true)
    }

    /// Counts a password: a wrong one with until when no other is looked at, or a right one, which forgets the wrong ones.
    pub async fn count_password(&self, id: Uuid, wrong_until_us: Option<i64>) -> Result<(), StoreError> {
        const WRONG: &str = "UPDATE account SET failures = failures + 1, locked_us = $2 WHERE id = $1";
        const RIGHT: &str = "UPDATE account SET failures = 0, locked_us = $2 WHERE id = $1";
        let text = if wrong_until_us.is_some() { WRONG } else { RIGHT };
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => {
            sqlx::query(text).bind(id).bind(wrong_until_us.unwrap_or(0)).execute(conn).await.map(drop)
        })?;
        write.commit().await
    }

    /// Begins a session, and forgets those that nobody has used since an instant.
    pub async fn begin_session(&self, hash: &[u8], id: Uuid, at_us: i64, idle_us: i64) -> Result<(), StoreError> {
        const ADD: &str = "INSERT INTO account_session (hash, account, created_us, seen_us) VALUES ($1, $2, $3, $3)";
        const FORGET: &str = "DELETE FROM account_session WHERE seen_us < $1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(FORGET).bind(idle_us).execute(conn).await.map(drop))?;
        within!(&mut write.tx, conn => {
            sqlx::query(ADD).bind(hash).bind(id).bind(at_us).execute(conn).await.map(drop)
        })?;
        write.commit().await
    }

    pub async fn session(&self, hash: &[u8]) -> Result<Option<Session>, StoreError> {
        const TEXT: &str = "SELECT created_us, seen_us, account FROM account_session WHERE hash = $1";
        let row: Option<(i64, i64, Uuid)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(hash).fetch_optional(pool).await)?;
        let Some((created_us, seen_us, id)) = row else { return Ok(None) };
        let text = sqlx::AssertSqlSafe(format!("{ACCOUNTS} WHERE id = $1"));
        let row: Option<AccountRow> = on!(&self.db, pool => sqlx::query_as(text).bind(id).fetch_optional(pool).await)?;
        Ok(row.map(account).map(|account| Session { account, created_us, seen_us }))
    }

    /// Notes that a session is in use.
    pub async fn use_session(&self, hash: &[u8], at_us: i64) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE account_session SET seen_us = $2 WHERE hash = $1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(hash).bind(at_us).execute(conn).await.map(drop))?;
        write.commit().await
    }

    pub async fn end_session(&self, hash: &[u8]) -> Result<(), StoreError> {
        const TEXT: &str = "DELETE FROM account_session WHERE hash = $1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(hash).execute(conn).await.map(drop))?;
        write.commit().await
    }
}

const END_ALL: &str = "DELETE FROM account_session WHERE account = $1";

fn account((id, name, role, password, created_us, disabled_us, failures, locked_us): AccountRow) -> Account {
    Account { id, name, role, password, created_us, disabled_us, failures, locked_us }
}
