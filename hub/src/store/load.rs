//! Reads back what the resolver is rebuilt from, and the values that survivorship needs.

use super::consents::parse_stance;
use super::database::{Database, on};
use super::{Store, StoreError};
use crate::domain::customer::Customer;
use crate::domain::ids::{EventSeq, GoldenId, RecordNo, SourceKey};
use crate::domain::plan::GoldenState;
use crate::domain::resolver::{Body, LoadedGolden, LoadedRecord, Resolver};
use foldhash::HashMap;
use matching::Model;
use rayon::prelude::*;
use sqlx::Row;
use std::sync::Arc;
use uuid::Uuid;

/// Rows that one step of loading holds in memory.
const PAGE_ROWS: i64 = 20_000;

struct RecordRow {
    record: i64,
    key: SourceKey,
    version: i64,
    content_hash: i64,
    anchor: Uuid,
    golden: Option<Uuid>,
    deleted: bool,
    customer: String,
    stance: Option<String>,
}

impl Store {
    /// Rebuilds the resolver from the store.
    pub async fn load(&self, model: Arc<Model>) -> Result<Resolver, StoreError> {
        let mut resolver = Resolver::new(model);
        let mut next = 0;
        loop {
            let rows = self.record_rows(next).await?;
            let Some(last) = rows.last() else { break };
            next = last.record + 1;
            let loaded: Result<Vec<LoadedRecord>, StoreError> = rows.into_par_iter().map(loaded_record).collect();
            resolver.load_records(loaded?);
        }
        self.load_edges(&mut resolver).await?;
        self.load_goldens(&mut resolver).await?;
        for decision in self.decisions_in_force().await? {
            resolver.load_decision(decision);
        }
        for review in self.review_rows().await? {
            resolver.load_review(review.a, review.b, review.weight, review.reason);
        }
        resolver.loaded(EventSeq(self.last_event().await?.0 + 1));
        Ok(resolver)
    }

    /// The values of some source records.
    pub async fn bodies(&self, records: &[RecordNo]) -> Result<HashMap<RecordNo, Body>, StoreError> {
        if records.is_empty() {
            return Ok(HashMap::default());
        }
        let ids: Vec<i64> = records.iter().map(|r| i64::from(r.0)).collect();
        let rows: Vec<(i64, i64, String)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str = "SELECT record, updated_us, customer FROM source_record WHERE record = ANY($1)";
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT record, updated_us, customer FROM source_record \
                                    WHERE record IN (SELECT value FROM json_each($1))";
                let ids = serde_json::to_string(&ids).unwrap_or_default();
                sqlx::query_as(TEXT).bind(ids).fetch_all(pool).await?
            }
        };
        let body = |(record, updated_us, text): (i64, i64, String)| {
            let customer = Arc::new(parse_customer(&text)?);
            Ok((RecordNo(record as u32), Body { updated_us, customer }))
        };
        rows.into_par_iter().map(body).collect()
    }

    async fn record_rows(&self, from: i64) -> Result<Vec<RecordRow>, StoreError> {
        const TEXT: &str = "SELECT s.record, c.source, c.source_key, s.version, s.content_hash, c.anchor, c.golden, \
                            s.deleted, s.customer, t.stance FROM source_record s \
                            JOIN crosswalk c ON c.record = s.record LEFT JOIN stance t ON t.record = s.record \
                            WHERE s.record >= $1 ORDER BY s.record LIMIT $2";
        on!(&self.db, pool => {
            let rows = sqlx::query(TEXT).bind(from).bind(PAGE_ROWS).fetch_all(pool).await?;
            rows.iter().map(|row| Ok(RecordRow {
                record: row.try_get(0)?,
                key: SourceKey::new(row.try_get::<String, _>(1)?, row.try_get::<String, _>(2)?),
                version: row.try_get(3)?,
                content_hash: row.try_get(4)?,
                anchor: row.try_get(5)?,
                golden: row.try_get(6)?,
                deleted: row.try_get(7)?,
                customer: row.try_get(8)?,
                stance: row.try_get(9)?,
            })).collect()
        })
    }

    async fn load_edges(&self, resolver: &mut Resolver) -> Result<(), StoreError> {
        const TEXT: &str = "SELECT a, b, weight FROM edge WHERE b >= $1 AND b < $2";
        let records = resolver.len() as i64;
        let mut from = 0;
        while from < records {
            let page: Vec<(i64, i64, f32)> = on!(&self.db, pool => {
                sqlx::query_as(TEXT).bind(from).bind(from + PAGE_ROWS).fetch_all(pool).await
            })?;
            for (a, b, weight) in page {
                resolver.load_edge(RecordNo(a as u32), RecordNo(b as u32), weight);
            }
            from += PAGE_ROWS;
        }
        Ok(())
    }

    async fn load_goldens(&self, resolver: &mut Resolver) -> Result<(), StoreError> {
        const TEXT: &str = "SELECT id, version, owner, state, into_id FROM golden WHERE id > $1 ORDER BY id LIMIT $2";
        let mut after = Uuid::nil();
        loop {
            let page: Vec<(Uuid, i32, i64, String, Option<Uuid>)> = on!(&self.db, pool => {
                sqlx::query_as(TEXT).bind(after).bind(PAGE_ROWS).fetch_all(pool).await
            })?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.0;
            for (id, version, owner, state, into) in page {
                let state = golden_state(&state, into)?;
                let owner = RecordNo(owner as u32);
                resolver.load_golden(LoadedGolden { id: GoldenId(id), version, owner, state });
            }
        }
    }
}

pub(super) fn golden_state(state: &str, into: Option<Uuid>) -> Result<GoldenState, StoreError> {
    match (state, into) {
        ("live", _) => Ok(GoldenState::Live),
        ("gone", _) => Ok(GoldenState::Gone),
        ("retired", Some(into)) => Ok(GoldenState::Retired { into: GoldenId(into) }),
        _ => Err(StoreError::Corrupt { what: "state of a golden id" }),
    }
}

fn parse_customer(text: &str) -> Result<Customer, StoreError> {
    if text.is_empty() {
        return Ok(Customer::default());
    }
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "source record" })
}

fn loaded_record(row: RecordRow) -> Result<LoadedRecord, StoreError> {
    let features = match row.deleted {
        true => None,
        false => Some(matching::standardise(&parse_customer(&row.customer)?.to_person(&row.key.source))),
    };
    Ok(LoadedRecord {
        record: RecordNo(row.record as u32),
        key: row.key,
        version: row.version,
        content_hash: row.content_hash as u64,
        anchor: GoldenId(row.anchor),
        golden: row.golden.map(GoldenId),
        features,
        stance: row.stance.as_deref().map(parse_stance).transpose()?,
    })
}
