//! What the one that delivers stores, as long as nobody has changed the subscriber meanwhile.

use super::Subscriber;
use crate::domain::ids::{EventSeq, GoldenId, SubscriberId};
use crate::domain::limits::SUBSCRIBER_FAILURES_KEPT;
use crate::domain::outbox::{Circuit, Owed, Saved};
use crate::store::bulk::{Column, Rows, insert};
use crate::store::database::{Tx, on, within};
use crate::store::{Store, StoreError, operator_events};
use std::collections::BTreeMap;

/// What has happened since the last time.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub delivered: i64,
    pub delivered_us: Option<i64>,
    pub failures: Vec<FailedAttempt>,
    /// Why the subscriber is no longer served.
    pub disabled: Option<String>,
    /// When that was found.
    pub disabled_us: i64,
}

/// One attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    pub seq: EventSeq,
    pub attempt: u32,
    pub at_us: i64,
    /// What went wrong; never what was sent or answered.
    pub what: String,
}

impl Progress {
    pub fn is_empty(&self) -> bool {
        self.delivered == 0 && self.failures.is_empty() && self.disabled.is_none()
    }
}

impl Store {
    /// Where a subscriber's deliveries go on.
    pub async fn saved(&self, subscriber: &Subscriber) -> Result<Saved, StoreError> {
        const TEXT: &str = "SELECT golden, seq, attempts, since_us, due_us FROM subscriber_owed WHERE subscriber = $1";
        type Row = (uuid::Uuid, i64, i64, i64, i64);
        let rows: Vec<Row> = on!(&self.db, pool => sqlx::query_as(TEXT).bind(subscriber.id.0).fetch_all(pool).await)?;
        let owed = |(golden, seq, attempts, since_us, due_us): Row| {
            let attempts = u32::try_from(attempts).unwrap_or_default();
            (GoldenId(golden), Owed { seq: EventSeq(seq), attempts, since_us, due_us })
        };
        let owed = rows.into_iter().map(owed).collect();
        Ok(Saved { cursor: subscriber.cursor, circuit: subscriber.circuit, owed })
    }

    /// Stores how far deliveries have come; answers `false` and stores nothing if the subscriber has been changed.
    pub async fn save_deliveries(
        &self,
        subscriber: &Subscriber,
        before: &Saved,
        now: &Saved,
        progress: &Progress,
    ) -> Result<bool, StoreError> {
        let mut write = self.begin().await?;
        if !advance(&mut write.tx, subscriber, now, progress).await? {
            return Ok(false);
        }
        if let Some(reason) = &progress.disabled {
            let at_us = progress.disabled_us;
            operator_events::add(&mut write.tx, "subscriber_disabled", &subscriber.id.to_string(), reason, at_us)
                .await?;
        }
        settle_owed(&mut write.tx, subscriber.id, &before.owed, &now.owed).await?;
        note_failures(&mut write.tx, subscriber.id, &progress.failures).await?;
        write.commit().await?;
        Ok(true)
    }

    /// The latest failed attempts, newest first.
    pub async fn subscriber_failures(&self, id: SubscriberId) -> Result<Vec<FailedAttempt>, StoreError> {
        const TEXT: &str =
            "SELECT seq, attempt, at_us, what FROM subscriber_failure WHERE subscriber = $1 ORDER BY number DESC";
        let rows: Vec<(i64, i64, i64, String)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(id.0).fetch_all(pool).await)?;
        let failure = |(seq, attempt, at_us, what)| {
            let attempt = u32::try_from(attempt).unwrap_or_default();
            FailedAttempt { seq: EventSeq(seq), attempt, at_us, what }
        };
        Ok(rows.into_iter().map(failure).collect())
    }
}

async fn advance(tx: &mut Tx, of: &Subscriber, now: &Saved, progress: &Progress) -> Result<bool, StoreError> {
    const TEXT: &str = "UPDATE subscriber SET cursor = $3, circuit_failures = $4, circuit_until_us = $5, \
                        delivered = delivered + $6, failed = failed + $7, \
                        delivered_us = COALESCE($8, delivered_us), \
                        status = CASE WHEN $9 IS NULL THEN status ELSE 'disabled' END, reason = COALESCE($9, reason) \
                        WHERE id = $1 AND revision = $2";
    let (count, until_us) = match now.circuit {
        Circuit::Closed { failures } => (failures, None),
        Circuit::Open { until_us, holds } => (holds, Some(until_us)),
    };
    let done = within!(tx, conn => sqlx::query(TEXT)
        .bind(of.id.0).bind(of.revision).bind(now.cursor.0).bind(i64::from(count)).bind(until_us)
        .bind(progress.delivered).bind(progress.failures.len() as i64).bind(progress.delivered_us)
        .bind(progress.disabled.as_deref()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

type OwedMap = BTreeMap<GoldenId, Owed>;

async fn settle_owed(tx: &mut Tx, of: SubscriberId, before: &OwedMap, now: &OwedMap) -> Result<(), StoreError> {
    const SETTLED: &str = "DELETE FROM subscriber_owed WHERE subscriber = $1 AND golden = $2";
    for golden in before.keys().filter(|golden| !now.contains_key(*golden)) {
        within!(&mut *tx, conn => sqlx::query(SETTLED).bind(of.0).bind(golden.0).execute(conn).await.map(drop))?;
    }
    let changed: Vec<(&GoldenId, &Owed)> =
        now.iter().filter(|(golden, owed)| before.get(golden) != Some(owed)).collect();
    let column = |value: fn(&Owed) -> i64| Column::Int(changed.iter().map(|(_, owed)| value(owed)).collect());
    let rows = Rows {
        table: "subscriber_owed",
        columns: vec![
            ("subscriber", Column::Uuid(vec![of.0; changed.len()])),
            ("golden", Column::Uuid(changed.iter().map(|(golden, _)| golden.0).collect())),
            ("seq", column(|owed| owed.seq.0)),
            ("attempts", column(|owed| i64::from(owed.attempts))),
            ("since_us", column(|owed| owed.since_us)),
            ("due_us", column(|owed| owed.due_us)),
        ],
        conflict: "ON CONFLICT (subscriber, golden) DO UPDATE SET seq = excluded.seq, attempts = excluded.attempts, \
                   since_us = excluded.since_us, due_us = excluded.due_us",
    };
    insert(tx, &rows).await
}

async fn note_failures(tx: &mut Tx, of: SubscriberId, failures: &[FailedAttempt]) -> Result<(), StoreError> {
    if failures.is_empty() {
        return Ok(());
    }
    const LAST: &str = "SELECT COALESCE(MAX(number), 0) FROM subscriber_failure WHERE subscriber = $1";
    const OLD: &str = "DELETE FROM subscriber_failure WHERE subscriber = $1 AND number <= $2";
    let last: i64 = within!(&mut *tx, conn => sqlx::query_scalar(LAST).bind(of.0).fetch_one(conn).await)?;
    let count = failures.len();
    let rows = Rows {
        table: "subscriber_failure",
        columns: vec![
            ("subscriber", Column::Uuid(vec![of.0; count])),
            ("number", Column::Int((last + 1..).take(count).collect())),
            ("seq", Column::Int(failures.iter().map(|failure| failure.seq.0).collect())),
            ("attempt", Column::Int(failures.iter().map(|failure| i64::from(failure.attempt)).collect())),
            ("at_us", Column::Int(failures.iter().map(|failure| failure.at_us).collect())),
            ("what", Column::Text(failures.iter().map(|failure| failure.what.clone()).collect())),
        ],
        conflict: "",
    };
    insert(tx, &rows).await?;
    let old = last + count as i64 - SUBSCRIBER_FAILURES_KEPT;
    within!(tx, conn => sqlx::query(OLD).bind(of.0).bind(old).execute(conn).await.map(drop))?;
    Ok(())
}
