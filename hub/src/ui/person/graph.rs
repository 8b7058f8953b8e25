//! What holds a person together: each record a point, each pair that looks alike a line.

use crate::api::AppState;
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::resolver::Resolver;
use crate::domain::survivorship::alone;
use crate::store::profiles::SourceRecord;
use crate::ui::reviews::percent;
use crate::ui::values;
use std::sync::PoisonError;
use web::person::{Graph, Line, Point};
use web::words::Words;

/// Records that one picture holds.
const POINTS_MAX: usize = 16;

/// Nothing for one record alone, and on a node that does not hold the population.
pub async fn graph(state: &AppState, golden: GoldenId, records: &[SourceRecord]) -> Option<Graph> {
    let shown: Vec<RecordNo> = records.iter().take(POINTS_MAX).map(|record| record.record).collect();
    if shown.len() < 2 {
        return None;
    }
    let point = |record: &SourceRecord| Point {
        source: record.key.source.clone(),
        name: values::name(Words::of(""), &alone(&record.customer)),
    };
    let points = records.iter().take(POINTS_MAX).map(point).collect();
    let resolver = state.resolver.clone();
    let lines = tokio::task::spawn_blocking(move || {
        let slot = resolver.read().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|resolver| lines(resolver, golden, &shown))
    });
    Some(Graph::new(points, lines.await.ok()??, records.len().saturating_sub(POINTS_MAX)))
}

/// Pairs that are linked or doubtful. A link without which the records would fall apart is weak however much it weighs.
fn lines(resolver: &Resolver, golden: GoldenId, shown: &[RecordNo]) -> Vec<Line> {
    let index = resolver.index();
    let thresholds = index.model().thresholds;
    let members: Vec<u32> = resolver.members(golden).unwrap_or_default().iter().map(|member| member.0).collect();
    let bridges = index.explain_cluster(&members).bridges;
    // Of two records alone, the one link between them says what it weighs.
    let is_bridge = |a: RecordNo, b: RecordNo| {
        members.len() > 2
            && bridges.iter().any(|bridge| [(a.0, b.0), (b.0, a.0)].contains(&(bridge.link.a, bridge.link.b)))
    };
    let mut lines = Vec::new();
    for (place, a) in shown.iter().enumerate() {
        for (other, b) in shown.iter().enumerate().skip(place + 1) {
            let weight = index.weigh(a.0, b.0);
            if weight >= thresholds.review {
                let is_weak = weight < thresholds.link || is_bridge(*a, *b);
                lines.push(Line { from: place, to: other, probability: percent(weight), is_weak });
            }
        }
    }
    lines
}
