//! API keys: only hashes are kept, so a stolen database opens no door.

use super::database::{on, within};
use super::{Store, StoreError};
use uuid::Uuid;

/// A key without its secret.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KeyRow {
    pub id: Uuid,
    pub name: String,
    pub role: String,
    #[serde(skip)]
    pub hash: Vec<u8>,
    pub created_us: i64,
    pub revoked_us: Option<i64>,
}

impl Store {
    pub async fn create_key(&self, key: &KeyRow) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO api_key (id, name, role, hash, created_us) VALUES ($1, $2, $3, $4, $5)";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(key.id).bind(key.name.as_str()).bind(key.role.as_str()).bind(key.hash.as_slice())
            .bind(key.created_us).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// Every key ever created, oldest first.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        const TEXT: &str = "SELECT id, name, role, hash, created_us, revoked_us FROM api_key ORDER BY created_us, id";
        type Row = (Uuid, String, String, Vec<u8>, i64, Option<i64>);
        let rows: Vec<Row> = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?;
        let key = |(id, name, role, hash, created_us, revoked_us): Row| KeyRow {
            id,
            name,
            role,
            hash,
            created_us,
            revoked_us,
        };
        Ok(rows.into_iter().map(key).collect())
    }

    /// Ends a key; returns whether there was one to end.
    pub async fn revoke_key(&self, id: Uuid, at_us: i64) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE api_key SET revoked_us = $2 WHERE id = $1 AND revoked_us IS NULL";
        let mut write = self.begin().await?;
        let ended = within!(&mut write.tx, conn => {
            sqlx::query(TEXT).bind(id).bind(at_us).execute(conn).await.map(|done| done.rows_affected())
        })?;
        write.commit().await?;
        Ok(ended == 1)
    }
}
