//! Balances and lines of ledgers.

use super::parse;
use crate::domain::loyalty::{Account, Bucket, Entry};
use crate::store::database::on;
use crate::store::{Store, StoreError};

/// What a membership has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub available: i64,
    pub pending: i64,
}

/// One line of a membership's account.
#[derive(Clone, Debug)]
pub struct Line {
    pub seq: i64,
    pub account: Account,
    pub points: i64,
    /// Of the account, after this line.
    pub balance: i64,
    pub entry: Entry,
    pub source: String,
    pub received_us: i64,
}

type Row = (i64, i64, i64, String, String, i64);

impl Store {
    /// What a membership has; nothing was ever posted to an unknown one.
    pub async fn balance(&self, programme: &str, member: &str) -> Result<Balance, StoreError> {
        let available = self.newest(programme, &Account::member(member, Bucket::Available)).await?;
        let pending = self.newest(programme, &Account::member(member, Bucket::Pending)).await?;
        Ok(Balance { available, pending })
    }

    async fn newest(&self, programme: &str, account: &Account) -> Result<i64, StoreError> {
        const TEXT: &str = "SELECT balance FROM ledger_posting WHERE programme = $1 AND account = $2 \
                            ORDER BY seq DESC LIMIT 1";
        let found: Option<i64> = on!(&self.db, pool => {
            sqlx::query_scalar(TEXT).bind(programme).bind(account.to_string()).fetch_optional(pool).await
        })?;
        Ok(found.unwrap_or(0))
    }

    /// The newest lines of a membership before one, newest first; each account is a range of the table, so that a page costs
    /// a page, however many there are.
    pub async fn ledger_lines(
        &self,
        programme: &str,
        member: &str,
        before: i64,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        const TEXT: &str = "SELECT p.seq, p.points, p.balance, e.entry, e.source, e.received_us \
                            FROM ledger_posting p JOIN ledger_entry e ON e.seq = p.seq \
                            WHERE p.programme = $1 AND p.account = $2 AND p.seq < $3 ORDER BY p.seq DESC LIMIT $4";
        let mut lines = Vec::new();
        for bucket in [Bucket::Available, Bucket::Pending] {
            let account = Account::member(member, bucket);
            let rows: Vec<Row> = on!(&self.db, pool => {
                sqlx::query_as(TEXT).bind(programme).bind(account.to_string()).bind(before).bind(limit as i64)
                    .fetch_all(pool).await
            })?;
            for (seq, points, balance, entry, source, received_us) in rows {
                let account = account.clone();
                lines.push(Line { seq, account, points, balance, entry: parse(&entry)?, source, received_us });
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.seq));
        // A release has a line on either account: a page never ends between the two.
        if let Some(last) = lines.get(limit).map(|line| line.seq) {
            lines.retain(|line| line.seq > last);
        }
        Ok(lines)
    }

    /// Accounts whose sums are not what their lines come to, and entries whose lines do not sum to 0.
    pub async fn ledger_faults(&self) -> Result<Vec<String>, StoreError> {
        const SUMS: &str = "SELECT programme || ' ' || MIN(seq) FROM (SELECT programme, account, seq, balance, \
                            SUM(points) OVER (PARTITION BY programme, account ORDER BY seq) AS found FROM ledger_posting) \
                            AS sums WHERE balance <> found GROUP BY programme, account";
        const ENTRIES: &str = "SELECT e.programme || ' ' || e.seq FROM ledger_entry e LEFT JOIN ledger_posting p \
                               ON p.seq = e.seq GROUP BY e.programme, e.seq HAVING COALESCE(SUM(p.points), 1) <> 0";
        let mut faults: Vec<String> = on!(&self.db, pool => sqlx::query_scalar(SUMS).fetch_all(pool).await)?;
        let entries: Vec<String> = on!(&self.db, pool => sqlx::query_scalar(ENTRIES).fetch_all(pool).await)?;
        faults.extend(entries);
        Ok(faults)
    }
}
