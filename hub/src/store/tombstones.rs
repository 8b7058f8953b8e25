//! By what forgotten people are known again, and what was refused because of it.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, on, within};
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;
use crate::domain::plan::Refused;
use crate::domain::privacy::{Tombstone, Tombstones, Writing};
use foldhash::HashSet;
use rand::TryRngCore;
use rand::rngs::OsRng;
use uuid::Uuid;

/// By what tombstones of a store are hashed.
const SALT_BYTES: usize = 32;

impl Store {
    /// All tombstones.
    pub async fn tombstones(&self) -> Result<Tombstones, StoreError> {
        const SALT: &str = "SELECT salt FROM tombstone_key WHERE one = 1";
        const ALL: &str = "SELECT hash, position FROM tombstone";
        let salt: Option<Vec<u8>> = on!(&self.db, pool => sqlx::query_scalar(SALT).fetch_optional(pool).await)?;
        let hashes: Vec<(Vec<u8>, i64)> = on!(&self.db, pool => sqlx::query_as(ALL).fetch_all(pool).await)?;
        let read = |(hash, position): (Vec<u8>, i64)| {
            let hash = hash.try_into().map_err(|_| StoreError::Corrupt { what: "tombstone" })?;
            Ok::<_, StoreError>((Tombstone(hash), DeliveryId(position)))
        };
        Ok(Tombstones::new(salt.unwrap_or_default(), hashes.into_iter().map(read).collect::<Result<Vec<_>, _>>()?))
    }

    /// Which of some values are refused; `hashed` computes them with what this store's tombstones are hashed with.
    pub async fn refused_among(
        &self,
        hashed: impl FnOnce(&Tombstones) -> Vec<Tombstone>,
    ) -> Result<HashSet<Tombstone>, StoreError> {
        const SALT: &str = "SELECT salt FROM tombstone_key WHERE one = 1";
        const ONE: &str = "SELECT COUNT(*) FROM tombstone WHERE hash = $1";
        let salt: Option<Vec<u8>> = on!(&self.db, pool => sqlx::query_scalar(SALT).fetch_optional(pool).await)?;
        let mut refused = HashSet::default();
        let Some(salt) = salt else { return Ok(refused) };
        for tombstone in hashed(&Tombstones::new(salt, [])) {
            let hash = &tombstone.0[..];
            let known: i64 = on!(&self.db, pool => sqlx::query_scalar(ONE).bind(hash).fetch_one(pool).await)?;
            refused.extend((known > 0).then_some(tombstone));
        }
        Ok(refused)
    }

    /// Draws what tombstones are hashed with, unless that was done before.
    pub async fn draw_salt(&self) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO tombstone_key (one, salt) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
        let mut fresh = [0; SALT_BYTES];
        OsRng.try_fill_bytes(&mut fresh).map_err(|_| StoreError::NoRandomness)?;
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).bind(&fresh[..]).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// Lets people come back who were refused by these; answers how many there were.
    pub async fn lift(&self, tombstones: &[Tombstone]) -> Result<u64, StoreError> {
        const TEXT: &str = "DELETE FROM tombstone WHERE hash = $1";
        let mut write = self.begin().await?;
        let mut lifted = 0;
        for tombstone in tombstones {
            let hash = &tombstone.0[..];
            lifted += within!(&mut write.tx, conn => {
                sqlx::query(TEXT).bind(hash).execute(conn).await.map(|done| done.rows_affected())
            })?;
        }
        write.commit().await?;
        Ok(lifted)
    }

    /// What was refused because of a request's tombstones: how many deliveries, and when the last one.
    pub async fn refusals(&self, request: Uuid) -> Result<(i64, Option<i64>), StoreError> {
        const TEXT: &str =
            "SELECT CAST(COALESCE(SUM(refused), 0) AS bigint), MAX(refused_us) FROM tombstone WHERE request = $1";
        Ok(on!(&self.db, pool => sqlx::query_as(TEXT).bind(request).fetch_one(pool).await)?)
    }
}

pub(super) async fn write(
    tx: &mut Tx,
    request: Uuid,
    (writings, position): (&[Writing], DeliveryId),
    at_us: i64,
) -> Result<(), StoreError> {
    let count = writings.len();
    let rows = Rows {
        table: "tombstone",
        columns: vec![
            ("hash", Column::Bytes(writings.iter().map(|writing| writing.tombstone.0.to_vec()).collect())),
            ("kind", Column::Text(writings.iter().map(|writing| writing.kind.to_owned()).collect())),
            ("request", Column::Uuid(vec![request; count])),
            ("at_us", Column::Int(vec![at_us; count])),
            ("position", Column::Int(vec![position.0; count])),
        ],
        conflict: "ON CONFLICT (hash) DO NOTHING",
    };
    insert(tx, &rows).await
}

/// Takes what was sent about forgotten people out of the log, and counts it.
pub(super) async fn refuse(tx: &mut Tx, refused: &[Refused], at_us: i64) -> Result<(), StoreError> {
    const COUNT: &str = "UPDATE tombstone SET refused = refused + 1, refused_us = $2 WHERE hash = $1";
    const ACKNOWLEDGE: &str = "UPDATE erasure_source SET acknowledged_us = $3, acknowledged_by = source \
                               WHERE source = $2 AND acknowledged_us IS NULL \
                               AND request = (SELECT request FROM tombstone WHERE hash = $1)";
    // What a polled system says of the record is compared with its last delivery, which is empty now.
    const SEEN: &str = "DELETE FROM poll_seen WHERE source = $1 AND source_key = $2";
    for one in refused {
        let hash = &one.tombstone.0[..];
        let (source, key) = (one.key.source.as_str(), one.key.key.as_str());
        within!(&mut *tx, conn => sqlx::query(SEEN).bind(source).bind(key).execute(conn).await.map(drop))?;
        within!(&mut *tx, conn => sqlx::query(COUNT).bind(hash).bind(at_us).execute(conn).await.map(drop))?;
        if one.is_deletion {
            within!(&mut *tx, conn => {
                sqlx::query(ACKNOWLEDGE).bind(hash).bind(source).bind(at_us).execute(conn).await.map(drop)
            })?;
        }
    }
    let deliveries: Vec<DeliveryId> = refused.iter().map(|one| one.delivery).collect();
    empty_deliveries(tx, &deliveries).await
}

/// Deliveries keep their numbers and lose what they said.
pub(super) async fn empty_deliveries(tx: &mut Tx, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
    const DELIVERY: &str = "UPDATE delivery SET payload = $2, shape = 'erased', topic = NULL WHERE id = $1";
    const LETTER: &str = "DELETE FROM dead_letter WHERE delivery = $1";
    const NOTICE: &str = "DELETE FROM notice WHERE delivery = $1";
    for delivery in deliveries {
        let (id, nothing): (i64, &[u8]) = (delivery.0, &[]);
        within!(&mut *tx, conn => sqlx::query(DELIVERY).bind(id).bind(nothing).execute(conn).await.map(drop))?;
        within!(&mut *tx, conn => sqlx::query(LETTER).bind(id).execute(conn).await.map(drop))?;
        within!(&mut *tx, conn => sqlx::query(NOTICE).bind(id).execute(conn).await.map(drop))?;
    }
    Ok(())
}
