//! What stewards arrange about an open case: who decides, until when, what they say, and what one has proposed.

use crate::domain::ids::{DecisionId, RecordNo};
use crate::store::database::{on, within};
use crate::store::{Store, StoreError};
use uuid::Uuid;

pub(super) const SAME: &str = "same";
const DIFFERENT: &str = "different";

/// How an open case stands among stewards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// Who is to decide; empty if nobody is named.
    pub assignee: String,
    /// Until when.
    pub due_us: Option<i64>,
    /// Nobody is asked before.
    pub deferred_us: Option<i64>,
    pub proposal: Option<Proposal>,
}

/// A verdict that a second person has yet to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub is_same: bool,
    pub by: String,
    pub reason: String,
}

/// What a steward said about two records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: Uuid,
    pub by: String,
    pub at_us: i64,
    pub text: String,
}

/// How a case was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// How likely it had looked: log2 of the odds.
    pub weight: f32,
    pub is_same: bool,
    pub at_us: i64,
}

impl Store {
    /// Hands a case to somebody, or to nobody, with the day by whose end it is due; answers whether it is still open.
    pub async fn assign_review(
        &self,
        (a, b): (RecordNo, RecordNo),
        assignee: &str,
        due_us: Option<i64>,
    ) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE review SET assignee = $3, due_us = $4 WHERE a = $1 AND b = $2";
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(i64::from(a.0)).bind(i64::from(b.0)).bind(assignee).bind(due_us)
            .execute(conn).await.map(|done| done.rows_affected()))?;
        write.commit().await?;
        Ok(done == 1)
    }

    /// Puts a case off until an instant, or takes that back; answers whether it is still open.
    pub async fn defer_review(&self, (a, b): (RecordNo, RecordNo), until_us: Option<i64>) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE review SET deferred_us = $3 WHERE a = $1 AND b = $2";
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(i64::from(a.0)).bind(i64::from(b.0)).bind(until_us)
            .execute(conn).await.map(|done| done.rows_affected()))?;
        write.commit().await?;
        Ok(done == 1)
    }

    /// Notes what somebody would decide, for a second person to confirm; answers whether the case is still open.
    pub async fn propose_review(&self, (a, b): (RecordNo, RecordNo), proposal: &Proposal) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE review SET proposed = $3, proposed_by = $4, proposed_reason = $5 \
                            WHERE a = $1 AND b = $2";
        let verdict = if proposal.is_same { SAME } else { DIFFERENT };
        let mut write = self.begin().await?;
        let done = within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(i64::from(a.0)).bind(i64::from(b.0)).bind(verdict).bind(proposal.by.as_str())
            .bind(proposal.reason.as_str())
            .execute(conn).await.map(|done| done.rows_affected()))?;
        write.commit().await?;
        Ok(done == 1)
    }

    pub async fn add_comment(&self, (a, b): (RecordNo, RecordNo), comment: &Comment) -> Result<(), StoreError> {
        const TEXT: &str =
            "INSERT INTO review_comment (id, a, b, by_whom, at_us, body) VALUES ($1, $2, $3, $4, $5, $6)";
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(comment.id).bind(i64::from(a.0)).bind(i64::from(b.0)).bind(comment.by.as_str())
            .bind(comment.at_us).bind(comment.text.as_str()).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// What was said about either of two records, oldest first.
    pub async fn comments(&self, (a, b): (RecordNo, RecordNo)) -> Result<Vec<Comment>, StoreError> {
        const TEXT: &str = "SELECT id, by_whom, at_us, body FROM review_comment WHERE a IN ($1, $2) OR b IN ($1, $2) \
                            ORDER BY at_us, id";
        let rows: Vec<(Uuid, String, i64, String)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(i64::from(a.0)).bind(i64::from(b.0)).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(id, by, at_us, text)| Comment { id, by, at_us, text }).collect())
    }

    /// Keeps how a case was decided beside how likely it had looked.
    pub async fn note_outcome(&self, decision: DecisionId, outcome: Outcome) -> Result<(), StoreError> {
        const TEXT: &str = "INSERT INTO review_outcome (decision, weight, verdict, at_us) VALUES ($1, $2, $3, $4) \
                            ON CONFLICT (decision) DO NOTHING";
        let verdict = if outcome.is_same { SAME } else { DIFFERENT };
        let mut write = self.begin().await?;
        within!(&mut write.tx, conn => sqlx::query(TEXT)
            .bind(decision.0).bind(outcome.weight).bind(verdict).bind(outcome.at_us).execute(conn).await.map(drop))?;
        write.commit().await
    }

    /// How often stewards parted people whom the hub had joined, without having been asked.
    pub async fn parted_unasked(&self) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT COUNT(*) FROM decision d WHERE d.revoked_us IS NULL AND d.verdict LIKE $1 \
                            AND NOT EXISTS (SELECT 1 FROM review_outcome o WHERE o.decision = d.id)";
        const NEVER: &str = "{\"kind\":\"never_link\"%";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(NEVER).fetch_one(pool).await)?)
    }

    /// How cases were decided, as far as those decisions still hold.
    pub async fn outcomes(&self) -> Result<Vec<Outcome>, StoreError> {
        const TEXT: &str = "SELECT o.weight, o.verdict, o.at_us FROM review_outcome o \
                            JOIN decision d ON d.id = o.decision WHERE d.revoked_us IS NULL";
        let rows: Vec<(f32, String, i64)> = on!(&self.db, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?;
        let outcome =
            |(weight, verdict, at_us): (f32, String, i64)| Outcome { weight, is_same: verdict == SAME, at_us };
        Ok(rows.into_iter().map(outcome).collect())
    }
}
