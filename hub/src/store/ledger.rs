//! The ledger of loyalty points: entries are posted in order, once each, and read page by page.

mod read;

pub use self::read::{Balance, Line};

use super::database::{Tx, on, within};
use super::locks::Lock;
use super::{Store, StoreError};
use crate::domain::loyalty::{Account, Entry, EntryError, Posting, postings};

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Posted,
    /// It was posted before.
    Known,
    /// It takes back an entry that has not come yet, and waits for it.
    Waiting,
    /// Its number belongs to another entry.
    Conflict,
    Refused(EntryError),
}

impl Store {
    /// Posts entries of a programme, in their order, in one transaction; answers what became of each.
    pub async fn post(
        &self,
        programme: &str,
        source: &str,
        entries: &[Entry],
        received_us: i64,
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut write = self.begin().await?;
        // One writer draws the numbers and carries the sums on.
        Lock::Ledger.within(&mut write.tx).await?;
        let mut book = Book { tx: &mut write.tx, programme, received_us };
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(book.post(source, entry).await?);
        }
        write.commit().await?;
        Ok(outcomes)
    }

    /// Entries of all programmes that wait for what they take back.
    pub async fn entries_waiting(&self) -> Result<i64, StoreError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar("SELECT COUNT(*) FROM ledger_waiting").fetch_one(pool).await)?)
    }
}

/// The ledger of one programme within a transaction.
struct Book<'t> {
    tx: &'t mut Tx,
    programme: &'t str,
    received_us: i64,
}

/// An entry that was posted before.
struct Known {
    seq: i64,
    entry: Entry,
    taken_back: i64,
}

impl Book<'_> {
    /// Posts an entry, and then those that have waited for it.
    async fn post(&mut self, source: &str, entry: &Entry) -> Result<Outcome, StoreError> {
        let outcome = self.post_one(source, entry).await?;
        if outcome == Outcome::Posted {
            for (source, waiting) in self.take_waiting(&entry.id).await? {
                // A reversal has no reversals; what does not fit is refused now as it would have been then.
                self.post_one(&source, &waiting).await?;
            }
        }
        Ok(outcome)
    }

    async fn post_one(&mut self, source: &str, entry: &Entry) -> Result<Outcome, StoreError> {
        if let Err(error) = entry.check() {
            return Ok(Outcome::Refused(error));
        }
        if let Some(known) = self.known(&entry.id).await? {
            return Ok(if known.entry == *entry { Outcome::Known } else { Outcome::Conflict });
        }
        let reversed = match &entry.reverses {
            None => None,
            Some(id) => match self.known(id).await? {
                Some(known) => Some(known),
                None => return self.wait(source, entry, id).await,
            },
        };
        let before = match &reversed {
            Some(known) => self.postings_of(known.seq).await?,
            None => Vec::new(),
        };
        let taken = reversed.as_ref().map(|known| (known.entry.kind, before.as_slice(), known.taken_back));
        let lines = match postings(entry, taken) {
            Ok(lines) => lines,
            Err(error) => return Ok(Outcome::Refused(error)),
        };
        if let Some(known) = &reversed {
            const TEXT: &str = "UPDATE ledger_entry SET taken_back = taken_back + $2 WHERE seq = $1";
            let points = lines[1].points.abs();
            within!(self.tx, conn => sqlx::query(TEXT).bind(known.seq).bind(points).execute(conn).await.map(drop))?;
        }
        self.write(source, entry, &lines).await?;
        Ok(Outcome::Posted)
    }

    async fn known(&mut self, id: &str) -> Result<Option<Known>, StoreError> {
        const TEXT: &str = "SELECT seq, entry, taken_back FROM ledger_entry WHERE programme = $1 AND entry_id = $2";
        let programme = self.programme;
        let row: Option<(i64, String, i64)> = within!(self.tx, conn => {
            sqlx::query_as(TEXT).bind(programme).bind(id).fetch_optional(conn).await
        })?;
        row.map(|(seq, text, taken_back)| Ok(Known { seq, entry: parse(&text)?, taken_back })).transpose()
    }

    async fn postings_of(&mut self, seq: i64) -> Result<Vec<Posting>, StoreError> {
        // Where the points came from stands first.
        const TEXT: &str = "SELECT account, points FROM ledger_posting WHERE seq = $1 ORDER BY line";
        let rows: Vec<(String, i64)> = within!(self.tx, conn => sqlx::query_as(TEXT).bind(seq).fetch_all(conn).await)?;
        let posting = |(account, points): (String, i64)| {
            let account = Account::parse(&account).ok_or(StoreError::Corrupt { what: "account of a ledger" })?;
            Ok(Posting { account, points })
        };
        rows.into_iter().map(posting).collect()
    }

    async fn write(&mut self, source: &str, entry: &Entry, lines: &[Posting]) -> Result<(), StoreError> {
        const ENTRY: &str = "INSERT INTO ledger_entry (seq, programme, entry_id, source, entry, received_us) \
                             SELECT COALESCE(MAX(seq), 0) + 1, $1, $2, $3, $4, $5 FROM ledger_entry RETURNING seq";
        const LINE: &str = "INSERT INTO ledger_posting (programme, account, seq, line, points, balance) \
                            SELECT $1, $2, $3, $4, $5, $5 + COALESCE((SELECT balance FROM ledger_posting \
                            WHERE programme = $1 AND account = $2 ORDER BY seq DESC LIMIT 1), 0)";
        let (programme, received_us) = (self.programme, self.received_us);
        let text = serde_json::to_string(entry).unwrap_or_default();
        let seq: i64 = within!(self.tx, conn => {
            sqlx::query_scalar(ENTRY).bind(programme).bind(&entry.id).bind(source).bind(text).bind(received_us)
                .fetch_one(conn).await
        })?;
        for (place, line) in (0i32..).zip(lines) {
            let account = line.account.to_string();
            within!(self.tx, conn => {
                sqlx::query(LINE).bind(programme).bind(account).bind(seq).bind(place).bind(line.points)
                    .execute(conn).await.map(drop)
            })?;
        }
        Ok(())
    }

    async fn wait(&mut self, source: &str, entry: &Entry, reverses: &str) -> Result<Outcome, StoreError> {
        const KNOWN: &str = "SELECT entry FROM ledger_waiting WHERE programme = $1 AND entry_id = $2";
        const TEXT: &str = "INSERT INTO ledger_waiting (programme, entry_id, reverses, source, entry, received_us) \
                            VALUES ($1, $2, $3, $4, $5, $6)";
        let (programme, received_us) = (self.programme, self.received_us);
        let known: Option<String> = within!(self.tx, conn => {
            sqlx::query_scalar(KNOWN).bind(programme).bind(&entry.id).fetch_optional(conn).await
        })?;
        if let Some(known) = known {
            return Ok(if parse(&known)? == *entry { Outcome::Waiting } else { Outcome::Conflict });
        }
        let text = serde_json::to_string(entry).unwrap_or_default();
        within!(self.tx, conn => {
            sqlx::query(TEXT).bind(programme).bind(&entry.id).bind(reverses).bind(source).bind(text).bind(received_us)
                .execute(conn).await.map(drop)
        })?;
        Ok(Outcome::Waiting)
    }

    /// Takes the entries out that wait for one, in the order of their numbers.
    async fn take_waiting(&mut self, id: &str) -> Result<Vec<(String, Entry)>, StoreError> {
        const FIND: &str = "SELECT source, entry FROM ledger_waiting WHERE programme = $1 AND reverses = $2 \
                            ORDER BY received_us, entry_id";
        const DROP: &str = "DELETE FROM ledger_waiting WHERE programme = $1 AND reverses = $2";
        let programme = self.programme;
        let rows: Vec<(String, String)> = within!(self.tx, conn => {
            sqlx::query_as(FIND).bind(programme).bind(id).fetch_all(conn).await
        })?;
        if !rows.is_empty() {
            within!(self.tx, conn => sqlx::query(DROP).bind(programme).bind(id).execute(conn).await.map(drop))?;
        }
        rows.into_iter().map(|(source, text)| Ok((source, parse(&text)?))).collect()
    }
}

fn parse(text: &str) -> Result<Entry, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "entry of a ledger" })
}
