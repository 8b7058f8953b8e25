//! Writes a plan down: every row of a batch, its events and its checkpoint in one transaction.

use super::bulk::{Column, Rows, delete_pairs, insert};
use super::database::{Tx, within};
use super::leader::{Epoch, check_epoch};
use super::policies::Progress;
use super::reviews::reason_name;
use super::tally::Tally;
use super::{Store, StoreError};
use crate::domain::ids::{DeliveryId, PolicyNo, RecordNo};
use crate::domain::plan::{
    CrosswalkWrite, EdgeWrite, EventKind, EventWrite, GoldenState, GoldenWrite, Plan, RecordWrite, Renewed, ReviewWrite,
};

impl Store {
    /// Applies a plan, all or nothing; refuses when another process has taken over.
    pub async fn apply(
        &self,
        plan: Plan,
        repaired: &[(DeliveryId, DeliveryId)],
        commands: &[(i64, String)],
        epoch: Epoch,
        at_us: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        let tx = &mut write.tx;
        check_epoch(tx, epoch).await?;
        insert(tx, &records(plan.records)).await?;
        insert(tx, &super::erasure::traces(&plan.traces)).await?;
        insert(tx, &super::erasure::memberships(&plan.crosswalks)).await?;
        insert(tx, &crosswalks(plan.crosswalks)).await?;
        let policy = plan.policy;
        if let Some(renewed) = plan.renewed {
            renew(tx, policy, renewed, at_us).await?;
        }
        delete_pairs(tx, "edge", &pairs(&plan.edges_dropped)).await?;
        insert(tx, &edges(&plan.edges_put, policy)).await?;
        super::tally::add(tx, at_us, &happened(&plan.events, &plan.reviews_put, plan.reviews_closed.len())).await?;
        insert(tx, &events(plan.events, policy, at_us)).await?;
        insert(tx, &goldens(&plan.goldens)).await?;
        delete_pairs(tx, "review", &pairs(&plan.reviews_closed)).await?;
        insert(tx, &reviews(&plan.reviews_put, policy, at_us)).await?;
        insert(tx, &super::dead_letters::rows(plan.dead_letters, at_us)).await?;
        insert(tx, &super::notices::rows(plan.notices, at_us)).await?;
        insert(tx, &super::consents::statements(&plan.statements, at_us)).await?;
        insert(tx, &super::consents::stances(&plan.stances)).await?;
        for change in &plan.decisions {
            super::decisions::write(tx, change, policy).await?;
        }
        for (dead, by) in repaired {
            const TEXT: &str = "UPDATE dead_letter SET repaired_by = $2 WHERE delivery = $1";
            within!(tx, conn => sqlx::query(TEXT).bind(dead.0).bind(by.0).execute(conn).await.map(drop))?;
        }
        for (id, outcome) in commands {
            const TEXT: &str = "UPDATE command SET outcome = $2, request = '{}' WHERE id = $1";
            within!(tx, conn => sqlx::query(TEXT).bind(id).bind(outcome.as_str()).execute(conn).await.map(drop))?;
        }
        super::tombstones::refuse(tx, &plan.refused, at_us).await?;
        if let Some(erasure) = plan.erasure {
            super::erasure::carry_out(tx, &erasure, at_us).await?;
        }
        if let Some(position) = plan.checkpoint {
            advance(tx, position).await?;
        }
        write.commit().await
    }
}

/// Moves the checkpoint forward with the batch; one that would go backwards means that two writers are at work.
async fn advance(tx: &mut Tx, position: DeliveryId) -> Result<(), StoreError> {
    const TEXT: &str = "INSERT INTO checkpoint (name, position) VALUES ('pipeline', $1) \
                        ON CONFLICT (name) DO UPDATE SET position = excluded.position \
                        WHERE checkpoint.position < excluded.position";
    let moved =
        within!(tx, conn => sqlx::query(TEXT).bind(position.0).execute(conn).await.map(|done| done.rows_affected()))?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Fenced) }
}

/// Notes how far a change of policy has come, and forgets the edges that the plan writes anew.
async fn renew(tx: &mut Tx, policy: PolicyNo, renewed: Renewed, at_us: i64) -> Result<(), StoreError> {
    if renewed.edges {
        const TEXT: &str = "DELETE FROM edge WHERE b >= $1 AND b < $2";
        let (from, upto) = (i64::from(renewed.from.0), i64::from(renewed.upto.0));
        within!(tx, conn => sqlx::query(TEXT).bind(from).bind(upto).execute(conn).await.map(drop))?;
    }
    let progress = Progress { number: policy, position: i64::from(renewed.upto.0), total: renewed.of as i64 };
    super::policies::advance(tx, progress).await?;
    if renewed.is_last() {
        super::policies::settle(tx, policy, at_us).await?;
    }
    Ok(())
}

fn records(writes: Vec<RecordWrite>) -> Rows {
    Rows {
        table: "source_record",
        columns: vec![
            ("record", Column::Int(writes.iter().map(|w| i64::from(w.record.0)).collect())),
            ("delivery", Column::Int(writes.iter().map(|w| w.delivery.0).collect())),
            ("version", Column::Int(writes.iter().map(|w| w.version).collect())),
            ("updated_us", Column::Int(writes.iter().map(|w| w.updated_us).collect())),
            ("content_hash", Column::Int(writes.iter().map(|w| w.content_hash as i64).collect())),
            ("deleted", Column::Bool(writes.iter().map(|w| w.present.is_none()).collect())),
            ("customer", Column::Text(writes.into_iter().map(canonical).collect())),
        ],
        conflict: "ON CONFLICT (record) DO UPDATE SET delivery = excluded.delivery, version = excluded.version, \
                   updated_us = excluded.updated_us, content_hash = excluded.content_hash, \
                   deleted = excluded.deleted, customer = excluded.customer",
    }
}

fn canonical(write: RecordWrite) -> String {
    write.present.map(|present| present.canonical).unwrap_or_default()
}

fn crosswalks(writes: Vec<CrosswalkWrite>) -> Rows {
    let records = writes.iter().map(|w| i64::from(w.record.0)).collect();
    let anchors = writes.iter().map(|w| w.anchor.0).collect();
    let goldens = writes.iter().map(|w| w.golden.map(|g| g.0)).collect();
    let (sources, keys) = writes.into_iter().map(|w| (w.key.source, w.key.key)).unzip();
    Rows {
        table: "crosswalk",
        columns: vec![
            ("record", Column::Int(records)),
            ("source", Column::Text(sources)),
            ("source_key", Column::Text(keys)),
            ("anchor", Column::Uuid(anchors)),
            ("golden", Column::OptUuid(goldens)),
        ],
        conflict: "ON CONFLICT (record) DO UPDATE SET anchor = excluded.anchor, golden = excluded.golden",
    }
}

fn edges(writes: &[EdgeWrite], policy: PolicyNo) -> Rows {
    Rows {
        table: "edge",
        columns: vec![
            ("b", Column::Int(writes.iter().map(|w| i64::from(w.b.0)).collect())),
            ("a", Column::Int(writes.iter().map(|w| i64::from(w.a.0)).collect())),
            ("weight", Column::Real(writes.iter().map(|w| w.weight).collect())),
            ("policy", Column::Small(vec![policy.0; writes.len()])),
        ],
        conflict: "ON CONFLICT (b, a) DO UPDATE SET weight = excluded.weight, policy = excluded.policy",
    }
}

fn events(writes: Vec<EventWrite>, policy: PolicyNo, at_us: i64) -> Rows {
    let count = writes.len();
    let seqs = writes.iter().map(|w| w.seq.0).collect();
    let goldens = writes.iter().map(|w| w.golden.0).collect();
    let versions = writes.iter().map(|w| w.version).collect();
    let kinds = writes.iter().map(|w| w.kind.name().to_owned()).collect();
    let causes = writes.iter().map(|w| w.cause.clone()).collect();
    let (bodies, lineages) = writes.into_iter().map(|w| (w.body, w.lineage)).unzip();
    Rows {
        table: "change_event",
        columns: vec![
            ("seq", Column::Int(seqs)),
            ("golden", Column::Uuid(goldens)),
            ("version", Column::Small(versions)),
            ("kind", Column::Text(kinds)),
            ("at_us", Column::Int(vec![at_us; count])),
            ("body", Column::Text(bodies)),
            ("lineage", Column::Text(lineages)),
            ("cause", Column::OptText(causes)),
            ("policy", Column::Small(vec![policy.0; count])),
        ],
        conflict: "",
    }
}

fn goldens(writes: &[GoldenWrite]) -> Rows {
    let into = |w: &GoldenWrite| match w.state {
        GoldenState::Retired { into } => Some(into.0),
        GoldenState::Live | GoldenState::Gone => None,
    };
    Rows {
        table: "golden",
        columns: vec![
            ("id", Column::Uuid(writes.iter().map(|w| w.id.0).collect())),
            ("version", Column::Small(writes.iter().map(|w| w.version).collect())),
            ("owner", Column::Int(writes.iter().map(|w| i64::from(w.owner.0)).collect())),
            ("state", Column::Text(writes.iter().map(|w| w.state.name().to_owned()).collect())),
            ("into_id", Column::OptUuid(writes.iter().map(into).collect())),
            ("event", Column::Int(writes.iter().map(|w| w.event.0).collect())),
        ],
        conflict: "ON CONFLICT (id) DO UPDATE SET version = excluded.version, owner = excluded.owner, \
                   state = excluded.state, into_id = excluded.into_id, event = excluded.event",
    }
}

fn reviews(writes: &[ReviewWrite], policy: PolicyNo, at_us: i64) -> Rows {
    Rows {
        table: "review",
        columns: vec![
            ("b", Column::Int(writes.iter().map(|w| i64::from(w.b.0)).collect())),
            ("a", Column::Int(writes.iter().map(|w| i64::from(w.a.0)).collect())),
            ("weight", Column::Real(writes.iter().map(|w| w.weight).collect())),
            ("reason", Column::Text(writes.iter().map(|w| reason_name(w.reason).to_owned()).collect())),
            ("opened_us", Column::Int(vec![at_us; writes.len()])),
            ("policy", Column::Small(vec![policy.0; writes.len()])),
            ("left_source", Column::Text(writes.iter().map(|w| w.sources[0].to_string()).collect())),
            ("right_source", Column::Text(writes.iter().map(|w| w.sources[1].to_string()).collect())),
            ("left_country", Column::Text(writes.iter().map(|w| w.countries[0].clone()).collect())),
            ("right_country", Column::Text(writes.iter().map(|w| w.countries[1].clone()).collect())),
        ],
        conflict: "ON CONFLICT (b, a) DO UPDATE SET weight = excluded.weight, reason = excluded.reason, \
                   policy = excluded.policy, left_country = excluded.left_country, \
                   right_country = excluded.right_country",
    }
}

/// What the hub counts by day.
fn happened(events: &[EventWrite], reviews: &[ReviewWrite], closed: usize) -> [(Tally, i64); 4] {
    let of = |kind: EventKind| events.iter().filter(|event| event.kind == kind).count() as i64;
    [
        (Tally::Merged, of(EventKind::Merged)),
        (Tally::Appeared, of(EventKind::Created) + of(EventKind::Restored)),
        (Tally::ReviewsOpened, reviews.iter().filter(|review| review.is_new).count() as i64),
        (Tally::ReviewsClosed, closed as i64),
    ]
}

fn pairs(pairs: &[(RecordNo, RecordNo)]) -> Vec<(i64, i64)> {
    pairs.iter().map(|(a, b)| (i64::from(a.0), i64::from(b.0))).collect()
}

impl GoldenState {
    pub(super) fn name(self) -> &'static str {
        match self {
            GoldenState::Live => "live",
            GoldenState::Retired { .. } => "retired",
            GoldenState::Gone => "gone",
        }
    }
}
