//! Filters of the worklist that somebody has given a name.

use super::database::{on, within};
use super::{Store, StoreError};
use uuid::Uuid;

/// A name and the filters that it stands for, as in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub name: String,
    pub query: String,
}

impl Store {
    /// What an account has saved, by name.
    pub async fn saved_views(&self, account: Uuid) -> Result<Vec<SavedView>, StoreError> {
        const TEXT: &str = "SELECT name, query FROM saved_view WHERE account = $1 ORDER BY name";
        let rows: Vec<(String, String)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(account).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|(name, query)| SavedView { name, query }).collect())
    }

    /// Saves filters under a name, in the place of what it stood for before.
    pub async fn save_view(&self, account: Uuid, view: &SavedView) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO saved_view (account, name, query) VALUES ($1, $2, $3) \
                            ON CONFLICT (account, name) DO UPDATE SET query = excluded.query";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(account).bind(view.name.as_str()).bind(view.query.as_str()).execute(conn).await.map(drop))?;
        write.commit().await
    }

    pub async fn forget_view(&self, account: Uuid, name: &str) -> Result<(), StoreError> {
        const TEXT: &str = "DELETE FROM saved_view WHERE account = $1 AND name = $2";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(account).bind(name).execute(conn).await.map(drop))?;
        write.commit().await
    }
}
