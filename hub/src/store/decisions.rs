//! Steward decisions: appended, revoked, never removed.

use super::database::{Tx, on, within};
use super::{Store, StoreError};
use crate::domain::decision::Decision;
use crate::domain::ids::{DecisionId, PolicyNo};
use crate::domain::plan::DecisionChange;
use uuid::Uuid;

type Row = (Uuid, String, String, String, i64, Option<String>, Option<i64>, i32);

/// A decision with what became of it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Recorded {
    #[serde(flatten)]
    pub decision: Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_us: Option<i64>,
    /// The policy that was in force when it was taken.
    pub policy: PolicyNo,
}

const COLUMNS: &str = "SELECT id, verdict, by_whom, reason, at_us, revoked_by, revoked_us, policy FROM decision";

impl Store {
    pub async fn decisions_in_force(&self) -> Result<Vec<Decision>, StoreError> {
        let all = self.decisions_recorded().await?;
        Ok(all.into_iter().filter(|r| r.revoked_us.is_none()).map(|r| r.decision).collect())
    }

    pub async fn decisions_revoked(&self) -> Result<Vec<Decision>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE revoked_us IS NOT NULL"));
        let rows: Vec<Row> = on!(&self.db, pool => sqlx::query_as(text).fetch_all(pool).await)?;
        rows.into_iter().map(|row| Ok(recorded(row)?.decision)).collect()
    }

    /// Every decision ever taken, oldest first.
    pub async fn decisions_recorded(&self) -> Result<Vec<Recorded>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY at_us, id"));
        let rows: Vec<Row> = on!(&self.db, pool => sqlx::query_as(text).fetch_all(pool).await)?;
        rows.into_iter().map(recorded).collect()
    }

    pub async fn decision(&self, id: DecisionId) -> Result<Option<Recorded>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row: Option<Row> = on!(&self.db, pool => sqlx::query_as(text).bind(id.0).fetch_optional(pool).await)?;
        row.map(recorded).transpose()
    }
}

pub(super) async fn write(tx: &mut Tx, change: &DecisionChange, policy: PolicyNo) -> Result<(), StoreError> {
    match change {
        DecisionChange::Take(decision) => {
            const TEXT: &str = "INSERT INTO decision (id, verdict, by_whom, reason, at_us, policy) \
                                VALUES ($1, $2, $3, $4, $5, $6)";
            let verdict = serde_json::to_string(&decision.verdict).unwrap_or_default();
            within!(tx, conn => sqlx::query(TEXT)
                .bind(decision.id.0).bind(verdict.as_str()).bind(decision.by.as_str())
                .bind(decision.reason.as_str()).bind(decision.at_us).bind(policy.0).execute(conn).await.map(drop))?;
        }
        DecisionChange::Revoke { id, by, at_us } => {
            const TEXT: &str = "UPDATE decision SET revoked_by = $2, revoked_us = $3 WHERE id = $1";
            within!(tx, conn => sqlx::query(TEXT)
                .bind(id.0).bind(by.as_str()).bind(at_us).execute(conn).await.map(drop))?;
        }
    }
    Ok(())
}

fn recorded((id, verdict, by, reason, at_us, revoked_by, revoked_us, policy): Row) -> Result<Recorded, StoreError> {
    let verdict = serde_json::from_str(&verdict).map_err(|_| StoreError::Corrupt { what: "decision" })?;
    let decision = Decision { id: DecisionId(id), verdict, by, reason, at_us };
    Ok(Recorded { decision, revoked_by, revoked_us, policy: PolicyNo(policy) })
}
