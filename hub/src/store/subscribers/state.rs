//! Subscribers that are not served, and why.

use super::Subscriber;
use crate::store::database::within;
use crate::store::{Store, StoreError, operator_events};
use sqlx::Row;

impl Store {
    /// Notes what is missing for a subscriber, or that nothing is; tells the operator once.
    pub async fn note_trouble(&self, of: &Subscriber, trouble: Option<&str>, at_us: i64) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE subscriber SET reason = $3 WHERE id = $1 AND revision = $2 AND status = 'active' \
                            AND COALESCE(reason, '') <> COALESCE($3, '')";
        if of.note.as_deref() == trouble {
            return Ok(());
        }
        let mut write = self.begin().await?;
        let changed = within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(of.id.0).bind(of.revision).bind(trouble).execute(conn).await.map(|done| done.rows_affected()))?;
        if let (1, Some(trouble)) = (changed, trouble) {
            operator_events::add(&mut write.tx, "subscriber_misconfigured", &of.id.to_string(), trouble, at_us).await?;
        }
        write.commit().await
    }

    /// Pauses everybody who is served, because this is a copy: the original may be served still.
    pub(in crate::store) async fn pause_copied(&self, at_us: i64) -> Result<(), StoreError> {
        const SERVED: &str = "SELECT id FROM subscriber WHERE status = 'active' ORDER BY created_us, id";
        const PAUSE: &str = "UPDATE subscriber SET status = 'paused', reason = $1, revision = revision + 1 \
                             WHERE status = 'active'";
        const WHY: &str = "copied with a backup: resume it (POST .../resume) to go on from its cursor, once the store \
                           that the backup is of delivers no more";
        let mut write = self.begin().await?;
        let served: Vec<uuid::Uuid> = within!(&mut write.tx, conn => {
            let rows = sqlx::query(SERVED).fetch_all(&mut *conn).await?;
            sqlx::query(PAUSE).bind(WHY).execute(&mut *conn).await?;
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, sqlx::Error>>()?
        });
        for id in served {
            operator_events::add(&mut write.tx, "subscriber_restored", &id.to_string(), WHY, at_us).await?;
        }
        write.commit().await
    }
}
