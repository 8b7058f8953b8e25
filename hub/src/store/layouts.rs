//! What each source's payloads are made of, and what has changed of that.

use super::bulk::{Column, Rows, insert};
use super::database::{Tx, on, within};
use super::{Store, StoreError, operator_events};
use crate::domain::layout::{FieldChange, Layout, Origin, Seen, Span, Stretch, added, changes, forgotten};
use connectors::{Field, Kind};
use std::collections::BTreeMap;

const LAYOUTS: &str = "SELECT source, topic, records, accepted, first_us, last_us FROM layout \
                       WHERE ($1 IS NULL OR source = $1) AND ($2 IS NULL OR topic = $2) ORDER BY source, topic";
const FIELDS: &str = "SELECT source, topic, path, kind, records, first_record, last_record, first_us, last_us \
                      FROM layout_field WHERE ($1 IS NULL OR source = $1) AND ($2 IS NULL OR topic = $2)";
const RENEW: &str = "ON CONFLICT (source, topic, path, kind) DO UPDATE SET records = excluded.records, \
                     last_record = excluded.last_record, last_us = excluded.last_us";

type LayoutRow = (String, String, i64, i64, i64, i64);
type FieldRow = (String, String, String, String, i64, i64, i64, i64, i64);

impl Store {
    /// Adds what was seen to what is known, and tells operators where more has changed than they were told of.
    pub async fn note_layouts(&self, stretches: Vec<Stretch>, at_us: i64) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        for stretch in stretches {
            note(&mut write.tx, stretch, at_us).await?;
        }
        write.commit().await
    }

    /// What is known of a source, or of every one, and what has changed of it.
    pub async fn layouts(&self, source: Option<&str>) -> Result<Vec<(Layout, Vec<FieldChange>)>, StoreError> {
        let known = self.known_fields(source).await?;
        Ok(known
            .into_iter()
            .map(|(layout, fields)| {
                let changes = changes(&layout, &fields);
                (layout, changes)
            })
            .collect())
    }

    /// Takes what a source's payloads are made of now for what they are to be; answers how many changes that settles.
    pub async fn accept_layouts(&self, source: &str) -> Result<usize, StoreError> {
        const ACCEPT: &str = "UPDATE layout SET accepted = $3, changes = 0, told = 0 WHERE source = $1 AND topic = $2";
        const FORGET: &str = "DELETE FROM layout_field WHERE source = $1 AND topic = $2 AND path = $3 AND kind = $4";
        let mut settled = 0;
        let known = self.known_fields(Some(source)).await?;
        let mut write = self.begin().await?;
        for (layout, fields) in &known {
            settled += changes(layout, fields).len();
            let topic = &layout.origin.topic;
            for field in forgotten(layout, fields) {
                within!(&mut write.tx, conn => sqlx::query(FORGET).bind(source).bind(topic).bind(&field.path)
                    .bind(field.kind.name()).execute(conn).await.map(drop))?;
            }
            within!(&mut write.tx, conn => sqlx::query(ACCEPT).bind(source).bind(topic).bind(layout.records)
                .execute(conn).await.map(drop))?;
        }
        write.commit().await?;
        Ok(settled)
    }

    async fn known_fields(&self, source: Option<&str>) -> Result<Vec<(Layout, Vec<Seen>)>, StoreError> {
        let (layouts, fields): (Vec<LayoutRow>, Vec<FieldRow>) = on!(&self.db, pool => (
            sqlx::query_as(LAYOUTS).bind(source).bind(None::<String>).fetch_all(pool).await?,
            sqlx::query_as(FIELDS).bind(source).bind(None::<String>).fetch_all(pool).await?,
        ));
        let mut by_origin = by_origin(fields)?;
        let one = |row: LayoutRow| {
            let layout = layout(row);
            let fields = by_origin.remove(&layout.origin).unwrap_or_default();
            (layout, fields)
        };
        Ok(layouts.into_iter().map(one).collect())
    }

    /// How many changes each source has that nobody has accepted, of those that have any payloads.
    pub async fn layout_changes(&self) -> Result<Vec<(String, i64)>, StoreError> {
        const TEXT: &str = "SELECT source, CAST(SUM(changes) AS bigint) FROM layout GROUP BY source ORDER BY source";
        Ok(on!(&self.db, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?)
    }
}

async fn note(tx: &mut Tx, stretch: Stretch, at_us: i64) -> Result<(), StoreError> {
    const COUNT: &str = "INSERT INTO layout (source, topic, records, accepted, changes, told, first_us, last_us) \
                         VALUES ($1, $2, $3, 0, 0, 0, $4, $5) ON CONFLICT (source, topic) DO UPDATE SET \
                         records = layout.records + excluded.records, last_us = excluded.last_us \
                         RETURNING records, accepted, first_us, last_us, changes, told";
    const TELL: &str = "UPDATE layout SET changes = $3, told = $4 WHERE source = $1 AND topic = $2";
    let Stretch { origin, records: seen, fields, .. } = stretch;
    let Origin { source, topic } = &origin;
    let (records, accepted, first_us, last_us, changed, told): (i64, i64, i64, i64, i64, i64) = within!(&mut *tx, conn => sqlx::query_as(COUNT).bind(source).bind(topic).bind(seen)
            .bind(stretch.first_us).bind(stretch.last_us).fetch_one(conn).await)?;
    let known: Vec<FieldRow> = within!(&mut *tx, conn => {
        sqlx::query_as(FIELDS).bind(Some(source)).bind(Some(topic)).fetch_all(conn).await
    })?;
    let mut known = by_origin(known)?.remove(&origin).unwrap_or_default();
    let touched = added(&mut known, fields, records - seen);
    insert(tx, &rows(&origin, &touched)).await?;
    let layout = Layout { origin: origin.clone(), records, accepted, first_us, last_us };
    let count = changes(&layout, &known).len() as i64;
    if count > told {
        let detail = format!(
            "{count} fields of its payloads are new, missing or hold another kind of value; \
             `hub connectors drift {source}` lists them"
        );
        operator_events::add(tx, "source_drifted", source, &detail, at_us).await?;
    }
    if (count, count.max(told)) != (changed, told) {
        within!(&mut *tx, conn => sqlx::query(TELL).bind(source).bind(topic).bind(count).bind(count.max(told))
            .execute(conn).await.map(drop))?;
    }
    Ok(())
}

fn rows(origin: &Origin, fields: &[Seen]) -> Rows {
    let same = |text: &String| Column::Text(vec![text.clone(); fields.len()]);
    let number = |of: fn(&Span) -> i64| Column::Int(fields.iter().map(|seen| of(&seen.span)).collect());
    let text = |of: fn(&Field) -> String| Column::Text(fields.iter().map(|seen| of(&seen.field)).collect());
    Rows {
        table: "layout_field",
        columns: vec![
            ("source", same(&origin.source)),
            ("topic", same(&origin.topic)),
            ("path", text(|field| field.path.clone())),
            ("kind", text(|field| field.kind.name().to_owned())),
            ("records", number(|span| span.records)),
            ("first_record", number(|span| span.first)),
            ("last_record", number(|span| span.last)),
            ("first_us", number(|span| span.first_us)),
            ("last_us", number(|span| span.last_us)),
        ],
        conflict: RENEW,
    }
}

fn layout((source, topic, records, accepted, first_us, last_us): LayoutRow) -> Layout {
    Layout { origin: Origin { source, topic }, records, accepted, first_us, last_us }
}

fn by_origin(rows: Vec<FieldRow>) -> Result<BTreeMap<Origin, Vec<Seen>>, StoreError> {
    let mut found: BTreeMap<Origin, Vec<Seen>> = BTreeMap::new();
    for (source, topic, path, kind, records, first, last, first_us, last_us) in rows {
        let kind = Kind::parse(&kind).ok_or(StoreError::Corrupt { what: "kind of a field" })?;
        let seen = Seen { field: Field { path, kind }, span: Span { records, first, last, first_us, last_us } };
        found.entry(Origin { source, topic }).or_default().push(seen);
    }
    Ok(found)
}
