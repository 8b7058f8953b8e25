//! Deliveries that could not be processed, until somebody puts them right.

use super::bulk::{Column, Rows};
use super::database::{on, within};
use super::inbox::Shape;
use super::listing::Listing;
use super::{Store, StoreError};
use crate::domain::failure::{Fingerprint, fingerprint};
use crate::domain::ids::DeliveryId;
use crate::domain::plan::DeadLetter;

/// A dead letter with the payload that caused it.
#[derive(Clone, Debug)]
pub struct StoredDeadLetter {
    pub delivery: DeliveryId,
    pub source: String,
    pub step: String,
    pub reason: String,
    pub fingerprint: String,
    pub at_us: i64,
    pub shape: Shape,
    pub payload: Vec<u8>,
    pub repaired_by: Option<DeliveryId>,
}

/// Which of the open dead letters; what is not said does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'w> {
    pub source: Option<&'w str>,
    pub fingerprint: Option<&'w Fingerprint>,
}

/// Open dead letters that failed alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub fingerprint: String,
    pub source: String,
    pub step: String,
    /// The reason of the oldest one, which stands for all.
    pub reason: String,
    pub count: i64,
    pub first_us: i64,
    pub last_us: i64,
    pub example: DeliveryId,
}

const LETTERS: Listing = Listing {
    select: "SELECT l.delivery, l.source, l.step, l.reason, l.fingerprint, l.at_us, l.repaired_by, d.shape, d.topic, \
             d.payload FROM dead_letter l JOIN delivery d ON d.id = l.delivery",
    by: "l.delivery",
};

type Row = (i64, String, String, String, String, i64, Option<i64>, String, Option<String>, Vec<u8>);

impl Store {
    /// Dead letters after a position that nobody has put right, oldest first.
    pub async fn dead_letters_after(
        &self,
        after: DeliveryId,
        which: Which<'_>,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let wanted = [("l.source", which.source), ("l.fingerprint", which.fingerprint.map(Fingerprint::as_str))];
        let rows: Vec<Row> = LETTERS.page(self, "l.repaired_by IS NULL", &wanted, after, limit).await?;
        Ok(rows.into_iter().map(StoredDeadLetter::from).collect())
    }

    pub async fn dead_letter(&self, delivery: DeliveryId) -> Result<Option<StoredDeadLetter>, StoreError> {
        Ok(LETTERS.one::<Row>(self, delivery).await?.map(StoredDeadLetter::from))
    }

    /// How many dead letters wait for repair.
    pub async fn dead_letter_count(&self) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM dead_letter WHERE repaired_by IS NULL";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).fetch_one(pool).await)?)
    }

    /// How many deliveries of a range, both ends included, took a dead letter's place and failed as well.
    pub async fn repairs_failed(&self, first: DeliveryId, last: DeliveryId) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM dead_letter l JOIN delivery d ON d.id = l.delivery \
                            WHERE l.delivery BETWEEN $1 AND $2 AND d.repairs IS NOT NULL";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(first.0).bind(last.0).fetch_one(pool).await)?)
    }

    /// Open dead letters by what they have in common, the largest group first.
    pub async fn dead_letter_groups(&self, source: Option<&str>, limit: usize) -> Result<Vec<Group>, StoreError> {
        const TEXT: &str = "SELECT g.fingerprint, l.source, l.step, l.reason, g.many, g.first_us, g.last_us, g.example \
             FROM (SELECT fingerprint, COUNT(*) AS many, MIN(at_us) AS first_us, MAX(at_us) AS last_us, \
                          MIN(delivery) AS example \
                   FROM dead_letter WHERE repaired_by IS NULL AND ($1 = '' OR source = $1) GROUP BY fingerprint) g \
             JOIN dead_letter l ON l.delivery = g.example ORDER BY g.many DESC, g.example LIMIT $2";
        type Row = (String, String, String, String, i64, i64, i64, i64);
        let source = source.unwrap_or_default();
        let rows: Vec<Row> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(source).bind(limit as i64).fetch_all(pool).await)?;
        let group = |(fingerprint, source, step, reason, count, first_us, last_us, example): Row| Group {
            fingerprint,
            source,
            step,
            reason,
            count,
            first_us,
            last_us,
            example: DeliveryId(example),
        };
        Ok(rows.into_iter().map(group).collect())
    }

    /// Gives dead letters of the time before there were fingerprints theirs.
    pub(super) async fn group_older_dead_letters(&self) -> Result<(), StoreError> {
        const OLDER: &str = "SELECT delivery, source, step, reason FROM dead_letter WHERE fingerprint = '' LIMIT 1000";
        const TEXT: &str = "UPDATE dead_letter SET fingerprint = $2 WHERE delivery = $1";
        loop {
            let older: Vec<(i64, String, String, String)> =
                on!(&self.db, pool => sqlx::query_as(OLDER).fetch_all(pool).await)?;
            if older.is_empty() {
                return Ok(());
            }
            let mut write = self.begin().await?;
            for (delivery, source, step, reason) in older {
                let fingerprint = fingerprint(&source, &step, &reason);
                within!(&mut write.tx, conn => {
                    sqlx::query(TEXT).bind(delivery).bind(fingerprint.as_str()).execute(conn).await.map(drop)
                })?;
            }
            write.commit().await?;
        }
    }
}

/// New dead letters as rows.
pub(super) fn rows(letters: Vec<DeadLetter>, at_us: i64) -> Rows {
    let fingerprints = letters.iter().map(|l| fingerprint(&l.source, l.step, &l.reason).into()).collect();
    Rows {
        table: "dead_letter",
        columns: vec![
            ("delivery", Column::Int(letters.iter().map(|l| l.delivery.0).collect())),
            ("at_us", Column::Int(vec![at_us; letters.len()])),
            ("step", Column::Text(letters.iter().map(|l| l.step.to_owned()).collect())),
            ("fingerprint", Column::Text(fingerprints)),
            ("source", Column::Text(letters.iter().map(|l| l.source.clone()).collect())),
            ("reason", Column::Text(letters.into_iter().map(|l| l.reason).collect())),
        ],
        conflict: "",
    }
}

impl From<Row> for StoredDeadLetter {
    fn from(row: Row) -> StoredDeadLetter {
        let (delivery, source, step, reason, fingerprint, at_us, repaired_by, shape, topic, payload) = row;
        StoredDeadLetter {
            delivery: DeliveryId(delivery),
            source,
            step,
            reason,
            fingerprint,
            at_us,
            shape: Shape::parse(&shape, topic),
            payload,
            repaired_by: repaired_by.map(DeliveryId),
        }
    }
}
