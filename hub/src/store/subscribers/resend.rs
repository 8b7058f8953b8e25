//! Sending again: the cursor goes back, or people are owed again what they were sent.

use crate::domain::ids::{EventSeq, SubscriberId};
use crate::domain::limits::RESEND_EVENTS_MAX;
use crate::store::database::within;
use crate::store::{Store, StoreError};

/// What is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Everything after an event.
    After(EventSeq),
    /// The people of these events, both ends included: each gets its events from there on, in order, so that a
    /// receiver that keeps the last one ends with the newest.
    Range(EventSeq, EventSeq),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    Done,
    /// The range holds more events than one request may name.
    TooMany,
    Unknown,
}

impl Store {
    /// Has a subscriber sent events again. What it has not got yet comes anyway.
    pub async fn resend(&self, id: SubscriberId, what: Resend) -> Result<Resent, StoreError> {
        const LOCK: &str = "UPDATE subscriber SET revision = revision + 1 WHERE id = $1";
        const BACK: &str = "UPDATE subscriber SET cursor = $2 WHERE id = $1 AND cursor > $2";
        // Who is owed something later only gets it from the feed.
        const COVERED: &str = "DELETE FROM subscriber_owed WHERE subscriber = $1 AND seq > $2";
        const COUNT: &str = "SELECT COUNT(*) FROM change_event WHERE seq BETWEEN $1 AND $2";
        const OWE: &str = "INSERT INTO subscriber_owed (subscriber, golden, seq, attempts, since_us, due_us) \
                           SELECT $1, golden, MIN(seq), 0, 0, 0 FROM change_event \
                           WHERE seq BETWEEN $2 AND $3 \
                           AND seq <= (SELECT cursor FROM subscriber WHERE id = $1) GROUP BY golden \
                           ON CONFLICT (subscriber, golden) DO UPDATE SET attempts = 0, since_us = 0, due_us = 0, \
                           seq = CASE WHEN excluded.seq < subscriber_owed.seq THEN excluded.seq \
                           ELSE subscriber_owed.seq END";
        let mut write = self.begin().await?;
        let resent = within!(&mut write.tx, conn => {
            let found = sqlx::query(LOCK).bind(id.0).execute(&mut *conn).await?.rows_affected();
            match what {
                _ if found == 0 => Resent::Unknown,
                Resend::After(seq) => {
                    sqlx::query(BACK).bind(id.0).bind(seq.0).execute(&mut *conn).await?;
                    sqlx::query(COVERED).bind(id.0).bind(seq.0).execute(&mut *conn).await?;
                    Resent::Done
                }
                Resend::Range(from, to) => {
                    let count: i64 =
                        sqlx::query_scalar(COUNT).bind(from.0).bind(to.0).fetch_one(&mut *conn).await?;
                    if count > RESEND_EVENTS_MAX as i64 {
                        return Ok(Resent::TooMany);
                    }
                    sqlx::query(OWE).bind(id.0).bind(from.0).bind(to.0).execute(&mut *conn).await?;
                    Resent::Done
                }
            }
        });
        write.commit().await?;
        Ok(resent)
    }
}
