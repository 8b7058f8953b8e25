//! How far each file of a source was read, so that none is read twice.

use super::database::{on, within};
use super::inbox::NewDelivery;
use super::{Store, StoreError};
use crate::domain::ids::DeliveryId;

/// What was read of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileRead {
    pub records: i64,
    /// Those that could not be read; they are dead letters.
    pub rejected: i64,
    /// When it was read to its end.
    pub ended_us: Option<i64>,
}

/// A file by its source and its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId {
    pub source: String,
    pub hash: String,
}

impl Store {
    /// What was read of a file so far; a new one is noted.
    pub async fn begin_file(&self, file: &FileId, at_us: i64) -> Result<FileRead, StoreError> {
        const NOTE: &str = "INSERT INTO source_file (source, hash, records, rejected, began_us) \
                            VALUES ($1, $2, 0, 0, $3) ON CONFLICT (source, hash) DO NOTHING";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => {
            sqlx::query(NOTE).bind(&file.source).bind(&file.hash).bind(at_us).execute(conn).await.map(drop)
        })?;
        write.commit().await?;
        const TEXT: &str = "SELECT records, rejected, ended_us FROM source_file WHERE source = $1 AND hash = $2";
        let (records, rejected, ended_us): (i64, i64, Option<i64>) = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(&file.source).bind(&file.hash).fetch_one(pool).await
        })?;
        Ok(FileRead { records, rejected, ended_us })
    }

    /// Makes the next records of a file durable together with how far it was read. Refuses if somebody else has read on
    /// meanwhile.
    pub async fn append_of_file(
        &self,
        file: &FileId,
        before: FileRead,
        deliveries: Vec<NewDelivery>,
        ended: bool,
        at_us: i64,
    ) -> Result<(FileRead, DeliveryId), StoreError> {
        const TEXT: &str = "UPDATE source_file SET records = $3, rejected = $4, ended_us = $5 \
                            WHERE source = $1 AND hash = $2 AND records = $6 AND ended_us IS NULL";
        let now = FileRead {
            records: before.records + deliveries.len() as i64,
            rejected: before.rejected + deliveries.iter().filter(|d| d.rejected.is_some()).count() as i64,
            ended_us: ended.then_some(at_us),
        };
        let mut write = self.begin().await?;
        let moved = within!(&mut write.tx, conn => {
            let query = sqlx::query(TEXT).bind(&file.source).bind(&file.hash).bind(now.records).bind(now.rejected);
            query.bind(now.ended_us).bind(before.records).execute(conn).await.map(|done| done.rows_affected())
        })?;
        if moved != 1 {
            return Err(StoreError::FileElsewhere);
        }
        let count = deliveries.len() as i64;
        let appended = self.append_in(&mut write.tx, deliveries, at_us).await?;
        write.commit().await?;
        let first = self.keep(appended);
        Ok((now, DeliveryId(first.0 + count - 1)))
    }
}
