//! Statements of consent: kept for ever, and read page by page.

use super::bulk::{Column, Rows};
use super::database::{Database, on};
use super::{Store, StoreError};
use crate::domain::consent::{Reached, Stance, Statement};
use crate::domain::ids::{DeliveryId, GoldenId, RecordNo, SourceKey};
use crate::domain::plan::{StanceWrite, StatementWrite};
use foldhash::HashMap;

/// A statement with when and how it came in.
#[derive(Clone, Debug)]
pub struct StoredStatement {
    pub place: Place,
    pub statement: Statement,
    pub delivery: DeliveryId,
    pub received_us: i64,
}

/// Where a statement stands among those of a person, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub at_us: i64,
    pub digest: i64,
    pub record: RecordNo,
}

type Row = (i64, i64, String, i64, i64);

impl Store {
    /// The newest statements of some source records before a place, newest first.
    pub async fn statements(
        &self,
        records: &[RecordNo],
        before: Option<Place>,
        limit: usize,
    ) -> Result<Vec<StoredStatement>, StoreError> {
        let mut found = Vec::new();
        for record in records {
            found.extend(self.statements_of(*record, before, limit).await?);
        }
        found.sort_by_key(|stored| std::cmp::Reverse(stored.place));
        found.truncate(limit);
        Ok(found)
    }

    /// Each record is a range of the table of its own, so that a page costs a page, however many there are.
    async fn statements_of(
        &self,
        record: RecordNo,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Vec<StoredStatement>, StoreError> {
        const TEXT: &str = "SELECT at_us, digest, statement, delivery, received_us FROM consent_statement \
                            WHERE record = $1 AND at_us <= $2 AND (at_us < $2 OR digest < $3 OR (digest = $3 AND $4)) \
                            ORDER BY at_us DESC, digest DESC LIMIT $5";
        let (at_us, digest, same) = match before {
            None => (i64::MAX, i64::MAX, true),
            Some(place) => (place.at_us, place.digest, record < place.record),
        };
        let rows: Vec<Row> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(i64::from(record.0)).bind(at_us).bind(digest).bind(same).bind(limit as i64)
                .fetch_all(pool).await
        })?;
        rows.into_iter().map(|row| stored(record, row)).collect()
    }

    /// Live golden records after one, with all that they may be reached by.
    pub async fn reached_after(&self, after: Option<GoldenId>, limit: usize) -> Result<Vec<Reached>, StoreError> {
        #[derive(serde::Deserialize)]
        struct Members {
            records: Vec<SourceKey>,
        }
        let ids = self.golden_ids_after(after, limit).await?;
        let corrupt = |_| StoreError::Corrupt { what: "golden record" };
        let (mut people, mut keys) = (Vec::with_capacity(ids.len()), Vec::new());
        for (golden, body) in self.bodies_of_goldens(&ids).await? {
            let view = serde_json::from_str(&body).map_err(corrupt)?;
            keys.extend(serde_json::from_str::<Members>(&body).map_err(corrupt)?.records);
            people.push(Reached { golden, view, customers: Vec::new(), statements: Vec::new() });
        }
        people.sort_by_key(|person| person.golden);
        let records: Vec<RecordNo> = self.record_numbers(&keys).await?.into_iter().map(|(record, _)| record).collect();
        let mut places = HashMap::default();
        for record in self.source_records(&records).await? {
            let place = record.golden.and_then(|id| people.binary_search_by_key(&id, |person| person.golden).ok());
            if let Some(place) = place {
                people[place].customers.push(record.customer);
                places.insert(record.record, place);
            }
        }
        for (record, statement) in self.statements_on(places.keys().copied()).await? {
            people[places[&record]].statements.push(statement);
        }
        Ok(people)
    }

    /// All statements on some records.
    async fn statements_on(
        &self,
        records: impl Iterator<Item = RecordNo>,
    ) -> Result<Vec<(RecordNo, Statement)>, StoreError> {
        let ids: Vec<i64> = records.map(|record| i64::from(record.0)).collect();
        let rows: Vec<(i64, String)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str = "SELECT record, statement FROM consent_statement WHERE record = ANY($1)";
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT record, statement FROM consent_statement \
                                    WHERE record IN (SELECT value FROM json_each($1))";
                let ids = serde_json::to_string(&ids).unwrap_or_default();
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
        };
        rows.into_iter().map(|(record, text)| Ok((RecordNo(record as u32), parse(&text)?))).collect()
    }

    /// All statements of a range of records, for checks.
    pub async fn statements_between(
        &self,
        from: RecordNo,
        upto: RecordNo,
    ) -> Result<Vec<(RecordNo, Statement)>, StoreError> {
        const TEXT: &str = "SELECT record, statement FROM consent_statement WHERE record >= $1 AND record < $2";
        let rows: Vec<(i64, String)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(i64::from(from.0)).bind(i64::from(upto.0)).fetch_all(pool).await
        })?;
        rows.into_iter().map(|(record, text)| Ok((RecordNo(record as u32), parse(&text)?))).collect()
    }

    /// What the statements of a range of records come to.
    pub async fn stances_between(&self, from: RecordNo, upto: RecordNo) -> Result<Vec<(RecordNo, Stance)>, StoreError> {
        const TEXT: &str = "SELECT record, stance FROM stance WHERE record >= $1 AND record < $2";
        let rows: Vec<(i64, String)> = on!(&self.db, pool => {
            sqlx::query_as(TEXT).bind(i64::from(from.0)).bind(i64::from(upto.0)).fetch_all(pool).await
        })?;
        rows.into_iter().map(|(record, text)| Ok((RecordNo(record as u32), parse_stance(&text)?))).collect()
    }
}

pub(super) fn parse_stance(text: &str) -> Result<Stance, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "stance" })
}

fn stored(record: RecordNo, (at_us, digest, text, delivery, received_us): Row) -> Result<StoredStatement, StoreError> {
    let place = Place { at_us, digest, record };
    Ok(StoredStatement { place, statement: parse(&text)?, delivery: DeliveryId(delivery), received_us })
}

fn parse(text: &str) -> Result<Statement, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "statement of consent" })
}

pub(super) fn statements(writes: &[StatementWrite], at_us: i64) -> Rows {
    let texts: Vec<String> = writes.iter().map(|w| serde_json::to_string(&w.statement).unwrap_or_default()).collect();
    let digest = |text: &String| xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as i64;
    Rows {
        table: "consent_statement",
        columns: vec![
            ("record", Column::Int(writes.iter().map(|w| i64::from(w.record.0)).collect())),
            ("at_us", Column::Int(writes.iter().map(|w| w.statement.time.at_us()).collect())),
            ("digest", Column::Int(texts.iter().map(digest).collect())),
            ("delivery", Column::Int(writes.iter().map(|w| w.delivery.0).collect())),
            ("received_us", Column::Int(vec![at_us; writes.len()])),
            ("statement", Column::Text(texts)),
        ],
        conflict: "ON CONFLICT (record, at_us, digest) DO NOTHING",
    }
}

pub(super) fn stances(writes: &[StanceWrite]) -> Rows {
    let text = |w: &StanceWrite| serde_json::to_string(&*w.stance).unwrap_or_default();
    Rows {
        table: "stance",
        columns: vec![
            ("record", Column::Int(writes.iter().map(|w| i64::from(w.record.0)).collect())),
            ("stance", Column::Text(writes.iter().map(text).collect())),
        ],
        conflict: "ON CONFLICT (record) DO UPDATE SET stance = excluded.stance",
    }
}
