//! The audit chain: appended one after the other, never changed.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, on, within};
use super::locks::Lock;
use super::{Store, StoreError};
use crate::domain::audit::{Anchor, Deed, Entry, GENESIS, Outcome};

type Row = (i64, i64, String, String, String, String, String, Vec<u8>);

/// What entries are looked for by; empty texts match everything.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    pub actor: String,
    /// A part of the action.
    pub action: String,
    /// A part of the subject.
    pub subject: String,
    /// Only entries before this one.
    pub before: Option<i64>,
}

const HEAD: &str = "SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1";

impl Store {
    /// Appends deeds to the chain, in their order.
    pub async fn audit(&self, deeds: Vec<Deed>, at_us: i64) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        // The lock makes one chain of what several nodes append.
        Lock::Audit.within(&mut write.tx).await?;
        let mut head = head(&mut write.tx).await?;
        let mut entries = Vec::with_capacity(deeds.len());
        for deed in deeds {
            let entry = deed.after(head, at_us);
            head = Anchor { seq: entry.seq, hash: entry.hash };
            entries.push(entry);
        }
        insert(&mut write.tx, &rows(entries)).await?;
        write.commit().await
    }

    /// The head of the chain, to be written down elsewhere.
    pub async fn audit_head(&self) -> Result<Anchor, StoreError> {
        let row: Option<(i64, Vec<u8>)> = on!(&self.db, pool => sqlx::query_as(HEAD).fetch_optional(pool).await)?;
        anchor(row)
    }

    /// The entries after one, oldest first.
    pub async fn audit_after(&self, after: i64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        const TEXT: &str = "SELECT seq, at_us, actor, role, action, subject, outcome, hash FROM audit_entry \
                            WHERE seq > $1 ORDER BY seq LIMIT $2";
        let rows: Vec<Row> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(after).bind(limit as i64).fetch_all(pool).await)?;
        rows.into_iter().map(entry).collect()
    }

    /// The newest entries that fit, newest first.
    pub async fn audit_found(&self, sought: &Sought, limit: usize) -> Result<Vec<Entry>, StoreError> {
        const TEXT: &str = "SELECT seq, at_us, actor, role, action, subject, outcome, hash FROM audit_entry \
                            WHERE ($1 = '' OR actor = $1) AND ($2 = '' OR action LIKE $2 ESCAPE '\\') \
                            AND ($3 = '' OR subject LIKE $3 ESCAPE '\\') AND seq < $4 ORDER BY seq DESC LIMIT $5";
        let (action, subject) = (containing(&sought.action), containing(&sought.subject));
        let before = sought.before.unwrap_or(i64::MAX);
        let rows: Vec<Row> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(sought.actor.as_str()).bind(action.as_str()).bind(subject.as_str())
                .bind(before).bind(limit as i64).fetch_all(pool).await
        })?;
        rows.into_iter().map(entry).collect()
    }
}

/// A pattern for texts that contain one; nothing for an empty one.
fn containing(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

async fn head(tx: &mut Tx) -> Result<Anchor, StoreError> {
    anchor(within!(tx, conn => sqlx::query_as(HEAD).fetch_optional(conn).await)?)
}

fn anchor(row: Option<(i64, Vec<u8>)>) -> Result<Anchor, StoreError> {
    let Some((seq, hash)) = row else { return Ok(Anchor { seq: 0, hash: GENESIS }) };
    let hash = hash.try_into().map_err(|_| StoreError::Corrupt { what: "audit entry" })?;
    Ok(Anchor { seq, hash })
}

fn entry((seq, at_us, actor, role, action, subject, outcome, hash): Row) -> Result<Entry, StoreError> {
    let corrupt = || StoreError::Corrupt { what: "audit entry" };
    let outcome = Outcome::parse(&outcome).ok_or_else(corrupt)?;
    let deed = Deed { actor, role, action, subject, outcome };
    Ok(Entry { seq, at_us, deed, hash: hash.try_into().map_err(|_| corrupt())? })
}

fn rows(entries: Vec<Entry>) -> Rows {
    let text = |of: fn(&Entry) -> &str| Column::Text(entries.iter().map(|entry| of(entry).to_owned()).collect());
    Rows {
        table: "audit_entry",
        columns: vec![
            ("seq", Column::Int(entries.iter().map(|entry| entry.seq).collect())),
            ("at_us", Column::Int(entries.iter().map(|entry| entry.at_us).collect())),
            ("actor", text(|entry| &entry.deed.actor)),
            ("role", text(|entry| &entry.deed.role)),
            ("action", text(|entry| &entry.deed.action)),
            ("subject", text(|entry| &entry.deed.subject)),
            ("outcome", text(|entry| entry.deed.outcome.name())),
            ("hash", Column::Bytes(entries.iter().map(|entry| entry.hash.to_vec()).collect())),
        ],
        conflict: "",
    }
}
