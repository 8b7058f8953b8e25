//! Events of the feed together with the version before, which is where old values come from.

use crate::domain::ids::{EventSeq, GoldenId, PolicyNo};
use crate::domain::plan::EventKind;
use crate::store::database::on;
use crate::store::{Store, StoreError};
use sqlx::{AssertSqlSafe, Row};

/// One event and the body of the same golden id's version before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub seq: EventSeq,
    pub golden: GoldenId,
    pub version: i32,
    pub kind: EventKind,
    pub at_us: i64,
    pub body: String,
    pub before: Option<String>,
    pub policy: PolicyNo,
}

const ALL: &str = "SELECT e.seq, e.golden, e.version, e.kind, e.at_us, e.body, p.body, e.policy FROM change_event e \
                   LEFT JOIN change_event p ON p.golden = e.golden AND p.version = e.version - 1";

/// Reads a change from a row of either engine.
macro_rules! change {
    () => {
        |row| {
            Ok(Change {
                seq: EventSeq(row.try_get(0)?),
                golden: GoldenId(row.try_get(1)?),
                version: row.try_get(2)?,
                kind: EventKind::parse(row.try_get(3)?).ok_or(StoreError::Corrupt { what: "kind of an event" })?,
                at_us: row.try_get(4)?,
                body: row.try_get(5)?,
                before: row.try_get(6)?,
                policy: PolicyNo(row.try_get(7)?),
            })
        }
    };
}

impl Store {
    /// The changes after a position in the feed, oldest first.
    pub async fn changes_after(&self, after: EventSeq, limit: usize) -> Result<Vec<Change>, StoreError> {
        let text = format!("{ALL} WHERE e.seq > $1 ORDER BY e.seq LIMIT $2");
        on!(&self.db, pool => {
            let rows = sqlx::query(AssertSqlSafe(text)).bind(after.0).bind(limit as i64).fetch_all(pool).await?;
            rows.iter().map(change!()).collect()
        })
    }

    /// One golden id's changes between two positions, both included, oldest first.
    pub async fn changes_of(&self, golden: GoldenId, from: EventSeq, to: EventSeq) -> Result<Vec<Change>, StoreError> {
        let text = format!("{ALL} WHERE e.golden = $1 AND e.seq BETWEEN $2 AND $3 ORDER BY e.seq");
        on!(&self.db, pool => {
            let query = sqlx::query(AssertSqlSafe(text)).bind(golden.0).bind(from.0).bind(to.0);
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(change!()).collect()
        })
    }
}
