//! Policies: which model and which rules were asked for, by whom and why, and which are in force.

use super::database::{Tx, on, within};
use super::leader::{Epoch, check_epoch};
use super::locks::Lock;
use super::{Store, StoreError};
use crate::domain::command::Mandate;
use crate::domain::ids::PolicyNo;
use crate::domain::policy::{Draft, Policy, Stage, fingerprint};
use crate::domain::rules::{RuleSet, Rules, RulesError};
use matching::Model;
use sqlx::{AssertSqlSafe, Row};
use std::sync::Arc;

/// A policy as history keeps it.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    pub number: PolicyNo,
    pub model: Part,
    pub rules: Part,
    pub asked: Mandate,
    pub stage: Stage,
    /// Whether pairs are weighed anew.
    pub weighs: bool,
    /// Records that the stage is done with, and how many there are.
    pub position: i64,
    pub total: i64,
    pub in_force_us: Option<i64>,
    pub settled_us: Option<i64>,
}

/// A model or a rule set by name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    pub id: i64,
    pub name: String,
    pub hash: String,
}

/// How far a renewal is after some records; written with what it did to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub number: PolicyNo,
    pub position: i64,
    pub total: i64,
}

const COLUMNS: &str = "SELECT p.id, m.id, m.name, m.hash, r.id, r.name, r.hash, p.by_whom, p.reason, p.at_us, p.stage, \
                       p.weighs, p.position, p.total, p.in_force_us, p.settled_us FROM policy p \
                       JOIN matching_model m ON m.id = p.model JOIN rule_set r ON r.id = p.rules";

const RECORDS: &str = "SELECT COUNT(*) FROM source_record";

/// Reads a policy from a row of either engine.
macro_rules! policy {
    () => {
        |row| {
            let stage: String = row.try_get(10)?;
            Ok(PolicyRow {
                number: PolicyNo(row.try_get::<i64, _>(0)? as i32),
                model: Part { id: row.try_get(1)?, name: row.try_get(2)?, hash: row.try_get(3)? },
                rules: Part { id: row.try_get(4)?, name: row.try_get(5)?, hash: row.try_get(6)? },
                asked: Mandate { by: row.try_get(7)?, reason: row.try_get(8)?, at_us: row.try_get(9)? },
                stage: Stage::parse(&stage).ok_or(StoreError::Corrupt { what: "stage of a policy" })?,
                weighs: row.try_get(11)?,
                position: row.try_get(12)?,
                total: row.try_get(13)?,
                in_force_us: row.try_get(14)?,
                settled_us: row.try_get(15)?,
            })
        }
    };
}

impl Store {
    /// Every policy ever asked for, newest first.
    pub async fn policies(&self) -> Result<Vec<PolicyRow>, StoreError> {
        self.policies_where("TRUE").await
    }

    /// The policy in force; none before the first start.
    pub async fn policy_in_force(&self) -> Result<Option<PolicyRow>, StoreError> {
        Ok(self.policies_where("p.stage IN ('renewing', 'settled')").await?.into_iter().next())
    }

    /// The policy that is to come into force next.
    pub async fn policy_waiting(&self) -> Result<Option<PolicyRow>, StoreError> {
        Ok(self.policies_where("p.stage = 'weighing'").await?.into_iter().next())
    }

    /// The policy that the hub is at work on, weighing or renewing; the newest, if there are two.
    pub async fn policy_under_way(&self) -> Result<Option<PolicyRow>, StoreError> {
        Ok(self.policies_where("p.stage IN ('weighing', 'renewing')").await?.into_iter().next())
    }

    async fn policies_where(&self, condition: &'static str) -> Result<Vec<PolicyRow>, StoreError> {
        let text = AssertSqlSafe(format!("{COLUMNS} WHERE {condition} ORDER BY p.id DESC"));
        on!(&self.db, pool => sqlx::query(text).fetch_all(pool).await?.iter().map(policy!()).collect())
    }

    /// How many source records there are, deleted ones included: what a change of policy goes through.
    pub async fn record_count(&self) -> Result<i64, StoreError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar(RECORDS).fetch_one(pool).await)?)
    }

    /// The model and the rules of a policy, as they were asked for.
    pub async fn draft_of(&self, row: &PolicyRow) -> Result<Draft, StoreError> {
        let text = self.model_text(row).await?;
        let misfit = |reason: String| StoreError::Misfit { policy: row.number.0, reason };
        let model = Arc::new(Model::from_json(&text).map_err(|error| misfit(error.to_string()))?);
        Ok(Draft { model, rules: self.rule_set_of(row).await? })
    }

    /// The model of a policy as it was written.
    pub async fn model_text(&self, row: &PolicyRow) -> Result<String, StoreError> {
        const TEXT: &str = "SELECT body FROM matching_model WHERE id = $1";
        Ok(on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(row.model.id).fetch_one(pool).await)?)
    }

    /// The rules of a policy as they were written.
    pub async fn rule_set_of(&self, row: &PolicyRow) -> Result<RuleSet, StoreError> {
        let misfit = |error: RulesError| StoreError::Misfit { policy: row.number.0, reason: error.to_string() };
        self.rule_set(row.rules.id).await?.map_err(misfit)
    }

    /// A policy ready to work by.
    pub async fn policy(&self, row: &PolicyRow) -> Result<Policy, StoreError> {
        let Draft { model, rules } = self.draft_of(row).await?;
        Ok(Policy { number: row.number, model, rules: Arc::new(rules.rules) })
    }

    /// The rules of a policy by its number.
    pub async fn rules_under(&self, number: PolicyNo) -> Result<Option<Rules>, StoreError> {
        const TEXT: &str = "SELECT rules FROM policy WHERE id = $1";
        let id: Option<i64> = on!(&self.db, pool => {
            sqlx::query_scalar(TEXT).bind(i64::from(number.0)).fetch_optional(pool).await
        })?;
        let Some(id) = id else { return Ok(None) };
        let read = self.rule_set(id).await?;
        read.map(|set| Some(set.rules)).map_err(|_| StoreError::Corrupt { what: "rule set" })
    }

    async fn rule_set(&self, id: i64) -> Result<Result<RuleSet, RulesError>, StoreError> {
        const TEXT: &str = "SELECT body FROM rule_set WHERE id = $1";
        let text: String = on!(&self.db, pool => sqlx::query_scalar(TEXT).bind(id).fetch_one(pool).await)?;
        Ok(RuleSet::parse(&text))
    }

    /// Numbers the first policy if there is none yet: that of an empty store is settled, that of a store from before
    /// policies were kept has to be carried through once, so that everything is known to follow from it.
    pub async fn open_policies(&self, first: &Draft, asked: &Mandate) -> Result<bool, StoreError> {
        let mut write = self.begin().await?;
        Lock::Policies.within(&mut write.tx).await?;
        if last_policy(&mut write.tx).await? > 0 {
            return Ok(false);
        }
        let records: i64 = within!(&mut write.tx, conn => sqlx::query_scalar(RECORDS).fetch_one(conn).await)?;
        let stage = if records == 0 { Stage::Settled } else { Stage::Renewing };
        let number = add_policy(&mut write.tx, first, asked, stage, records > 0).await?;
        const NOW: &str = "UPDATE policy SET in_force_us = at_us, total = $2, \
                           settled_us = CASE WHEN stage = 'settled' THEN at_us END WHERE id = $1";
        within!(&mut write.tx, conn => sqlx::query(NOW).bind(number).bind(records).execute(conn).await.map(drop))?;
        write.commit().await?;
        Ok(true)
    }

    /// Asks for a policy; the one that resolves brings it into force. Whatever else was waiting never will be.
    /// `anew` weighs every pair again even under the same model.
    pub async fn ask_for_policy(&self, draft: &Draft, asked: &Mandate, anew: bool) -> Result<PolicyNo, StoreError> {
        let mut write = self.begin().await?;
        Lock::Policies.within(&mut write.tx).await?;
        const TEXT: &str = "UPDATE policy SET stage = 'superseded' WHERE stage = 'weighing'";
        within!(&mut write.tx, conn => sqlx::query(TEXT).execute(conn).await.map(drop))?;
        let number = add_policy(&mut write.tx, draft, asked, Stage::Weighing, anew).await?;
        write.commit().await?;
        Ok(PolicyNo(number as i32))
    }

    /// Gives up what waits; answers whether something did.
    pub async fn withdraw_policy(&self) -> Result<bool, StoreError> {
        let mut write = self.begin().await?;
        Lock::Policies.within(&mut write.tx).await?;
        const TEXT: &str = "UPDATE policy SET stage = 'superseded' WHERE stage = 'weighing'";
        let changed = within!(&mut write.tx, conn => sqlx::query(TEXT).execute(conn).await.map(|r| r.rows_affected()))?;
        write.commit().await?;
        Ok(changed > 0)
    }

    /// Notes how far the weighing has come, for whoever watches.
    pub async fn note_weighed(&self, progress: Progress, epoch: Epoch) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        check_epoch(&mut write.tx, epoch).await?;
        advance(&mut write.tx, progress).await?;
        write.commit().await
    }

    /// Brings a waiting policy into force; answers whether it still was waiting.
    pub async fn enforce_policy(
        &self,
        progress: Progress,
        weighs: bool,
        epoch: Epoch,
        at_us: i64,
    ) -> Result<bool, StoreError> {
        let mut write = self.begin().await?;
        check_epoch(&mut write.tx, epoch).await?;
        const TEXT: &str = "UPDATE policy SET stage = 'renewing', weighs = $2, position = 0, total = $3, \
                            in_force_us = $4 WHERE id = $1 AND stage = 'weighing'";
        let changed = within!(&mut write.tx, conn => {
            let query = sqlx::query(TEXT).bind(i64::from(progress.number.0)).bind(weighs).bind(progress.total);
            query.bind(at_us).execute(conn).await.map(|done| done.rows_affected())
        })?;
        write.commit().await?;
        Ok(changed > 0)
    }
}

/// Writes down how far a policy has come; at the end of a renewal it is settled.
pub(super) async fn advance(tx: &mut Tx, progress: Progress) -> Result<(), StoreError> {
    const TEXT: &str = "UPDATE policy SET position = $2, total = $3 WHERE id = $1";
    within!(tx, conn => {
        let query = sqlx::query(TEXT).bind(i64::from(progress.number.0)).bind(progress.position);
        query.bind(progress.total).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Ends a renewal.
pub(super) async fn settle(tx: &mut Tx, number: PolicyNo, at_us: i64) -> Result<(), StoreError> {
    const TEXT: &str = "UPDATE policy SET stage = 'settled', settled_us = $2 WHERE id = $1 AND stage = 'renewing'";
    within!(tx, conn => sqlx::query(TEXT).bind(i64::from(number.0)).bind(at_us).execute(conn).await.map(drop))?;
    Ok(())
}

async fn last_policy(tx: &mut Tx) -> Result<i64, StoreError> {
    const TEXT: &str = "SELECT COALESCE(MAX(id), 0) FROM policy";
    Ok(within!(tx, conn => sqlx::query_scalar(TEXT).fetch_one(conn).await)?)
}

async fn add_policy(
    tx: &mut Tx,
    draft: &Draft,
    asked: &Mandate,
    stage: Stage,
    weighs: bool,
) -> Result<i64, StoreError> {
    let json = serde_json::to_string(&*draft.model).map_err(|_| StoreError::Corrupt { what: "matching model" })?;
    let model = fingerprint(&*draft.model);
    let model = part(tx, "matching_model", &model, &draft.model.version, &json, asked.at_us).await?;
    let rules = fingerprint(&draft.rules.rules);
    let rules = part(tx, "rule_set", &rules, &draft.rules.rules.version, &draft.rules.text, asked.at_us).await?;
    let number = last_policy(tx).await? + 1;
    const TEXT: &str = "INSERT INTO policy (id, model, rules, by_whom, reason, at_us, stage, weighs, position, total) \
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)";
    within!(tx, conn => {
        let query = sqlx::query(TEXT).bind(number).bind(model).bind(rules).bind(asked.by.as_str());
        let query = query.bind(asked.reason.as_str()).bind(asked.at_us).bind(stage.name()).bind(weighs);
        query.execute(conn).await.map(drop)
    })?;
    Ok(number)
}

/// The id under which a model or a rule set is kept; the same content is kept once.
async fn part(
    tx: &mut Tx,
    table: &'static str,
    hash: &str,
    name: &str,
    body: &str,
    at_us: i64,
) -> Result<i64, StoreError> {
    let find = AssertSqlSafe(format!("SELECT id FROM {table} WHERE hash = $1"));
    let found: Option<i64> = within!(tx, conn => sqlx::query_scalar(find).bind(hash).fetch_optional(conn).await)?;
    if let Some(id) = found {
        return Ok(id);
    }
    let add = AssertSqlSafe(format!(
        "INSERT INTO {table} (id, hash, name, body, added_us) \
         VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM {table}), $1, $2, $3, $4) RETURNING id"
    ));
    Ok(within!(tx, conn => {
        sqlx::query_scalar(add).bind(hash).bind(name).bind(body).bind(at_us).fetch_one(conn).await
    })?)
}
