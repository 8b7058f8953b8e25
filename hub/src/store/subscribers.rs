//! Subscribers: what they want, how far they have come, and what failed.

mod progress;
mod resend;
mod state;

pub use self::progress::{FailedAttempt, Progress};
pub use self::resend::{Resend, Resent};

use super::database::{on, within};
use super::{Store, StoreError};
use crate::domain::ids::{EventSeq, SubscriberId};
use crate::domain::outbox::Circuit;
use crate::domain::subscriber::{Settings, Status};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

/// One subscriber as it is stored, without what it is owed.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub name: String,
    pub settings: Settings,
    pub created_us: i64,
    /// Changes with everything that somebody asks for, and with whoever delivers.
    pub revision: i64,
    pub status: Status,
    /// What is missing for one that is active, or why it is paused.
    pub note: Option<String>,
    pub cursor: EventSeq,
    pub circuit: Circuit,
    pub delivered: i64,
    pub failed: i64,
    pub delivered_us: Option<i64>,
}

impl Subscriber {
    /// A new one, to be told of everything after an event.
    pub fn new(name: String, settings: Settings, cursor: EventSeq, created_us: i64) -> Subscriber {
        Subscriber {
            id: SubscriberId(Uuid::now_v7()),
            name,
            settings,
            created_us,
            revision: 1,
            status: Status::Active,
            note: None,
            cursor,
            circuit: Circuit::default(),
            delivered: 0,
            failed: 0,
            delivered_us: None,
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub enum Edit {
    Pause,
    /// Goes on from where it stood, as if nothing had failed before.
    Resume,
    Settings(Box<Settings>),
}

const ALL: &str = "SELECT id, name, settings, revision, status, reason, cursor, circuit_failures, circuit_until_us, \
                   created_us, delivered, failed, delivered_us FROM subscriber";

/// Reads a subscriber from a row of either engine.
macro_rules! subscriber {
    () => {
        |row| {
            let settings: String = row.try_get(2)?;
            let failures: i64 = row.try_get(7)?;
            Ok(Subscriber {
                id: SubscriberId(row.try_get(0)?),
                name: row.try_get(1)?,
                settings: serde_json::from_str(&settings).map_err(|_| StoreError::Corrupt { what: "subscriber" })?,
                revision: row.try_get(3)?,
                status: status(row.try_get(4)?, row.try_get(5)?)?,
                note: row.try_get(5)?,
                cursor: EventSeq(row.try_get(6)?),
                circuit: circuit(failures, row.try_get(8)?),
                created_us: row.try_get(9)?,
                delivered: row.try_get(10)?,
                failed: row.try_get(11)?,
                delivered_us: row.try_get(12)?,
            })
        }
    };
}

impl Store {
    /// Every subscriber, oldest first.
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        let text = format!("{ALL} ORDER BY created_us, id");
        on!(&self.db, pool => {
            let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(pool).await?;
            rows.iter().map(subscriber!()).collect()
        })
    }

    pub async fn subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>, StoreError> {
        let text = format!("{ALL} WHERE id = $1");
        on!(&self.db, pool => {
            let row = sqlx::query(AssertSqlSafe(text)).bind(id.0).fetch_optional(pool).await?;
            row.iter().map(subscriber!()).next().transpose()
        })
    }

    /// Adds a subscriber; a name that is taken is a conflict.
    pub async fn add_subscriber(&self, new: &Subscriber) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO subscriber (id, name, settings, created_us, revision, status, cursor, \
                            circuit_failures, delivered, failed) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0)";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(new.id.0).bind(new.name.as_str()).bind(text(&new.settings)?).bind(new.created_us)
            .bind(new.revision).bind(name(&new.status)).bind(new.cursor.0).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// Changes a subscriber; answers whether there is one.
    pub async fn edit_subscriber(&self, id: SubscriberId, edit: &Edit) -> Result<bool, StoreError> {
        const PAUSE: &str = "UPDATE subscriber SET status = 'paused', reason = NULL, revision = revision + 1 \
                             WHERE id = $1";
        const RESUME: &str = "UPDATE subscriber SET status = 'active', reason = NULL, revision = revision + 1, \
                              circuit_failures = 0, circuit_until_us = NULL WHERE id = $1";
        const FORGET: &str = "UPDATE subscriber_owed SET attempts = 0, since_us = 0, due_us = 0 WHERE subscriber = $1";
        const SETTINGS: &str = "UPDATE subscriber SET settings = $2, revision = revision + 1 WHERE id = $1";
        let mut write = self.begin().await?;
        let found = within!(&mut write.tx, conn => {
            match edit {
                Edit::Pause => sqlx::query(PAUSE).bind(id.0).execute(&mut *conn).await.map(|d| d.rows_affected()),
                Edit::Resume => {
                    sqlx::query(FORGET).bind(id.0).execute(&mut *conn).await?;
                    sqlx::query(RESUME).bind(id.0).execute(&mut *conn).await.map(|d| d.rows_affected())
                }
                Edit::Settings(settings) => {
                    let settings = text(settings)?;
                    let query = sqlx::query(SETTINGS).bind(id.0).bind(settings);
                    query.execute(&mut *conn).await.map(|d| d.rows_affected())
                }
            }
        })?;
        write.commit().await?;
        Ok(found == 1)
    }

    /// Removes a subscriber and everything about it; answers whether there was one.
    pub async fn remove_subscriber(&self, id: SubscriberId) -> Result<bool, StoreError> {
        const OWED: &str = "DELETE FROM subscriber_owed WHERE subscriber = $1";
        const FAILURES: &str = "DELETE FROM subscriber_failure WHERE subscriber = $1";
        const SUBSCRIBER: &str = "DELETE FROM subscriber WHERE id = $1";
        let mut write = self.begin().await?;
        let removed = within!(&mut write.tx, conn => {
            // The subscriber first: its lock keeps a deliverer from storing what it owes meanwhile.
            let done = sqlx::query(SUBSCRIBER).bind(id.0).execute(&mut *conn).await?;
            for text in [OWED, FAILURES] {
                sqlx::query(text).bind(id.0).execute(&mut *conn).await?;
            }
            done.rows_affected()
        });
        write.commit().await?;
        Ok(removed == 1)
    }

    /// Makes whoever delivered before unable to store anything.
    pub(super) async fn revise_subscribers(&self) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE subscriber SET revision = revision + 1";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT).execute(conn).await.map(drop))?;
        write.commit().await
    }
}

fn text(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|_| StoreError::Corrupt { what: "subscriber" })
}

fn name(status: &Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Paused => "paused",
        Status::Disabled { .. } => "disabled",
    }
}

fn status(name: &str, reason: Option<String>) -> Result<Status, StoreError> {
    match name {
        "active" => Ok(Status::Active),
        "paused" => Ok(Status::Paused),
        "disabled" => Ok(Status::Disabled { reason: reason.unwrap_or_default() }),
        _ => Err(StoreError::Corrupt { what: "state of a subscriber" }),
    }
}

fn circuit(count: i64, until_us: Option<i64>) -> Circuit {
    let count = u32::try_from(count).unwrap_or_default();
    match until_us {
        None => Circuit::Closed { failures: count },
        Some(until_us) => Circuit::Open { until_us, holds: count },
    }
}
