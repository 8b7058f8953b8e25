//! From changed clusters and their members' values to the writes of one batch.

use super::{Changed, Resolution, Resolver, Retired};
use crate::domain::customer::Customer;
use crate::domain::ids::{EventSeq, RecordNo};
use crate::domain::plan::{EventKind, EventWrite, GoldenState, GoldenWrite, Plan};
use crate::domain::rules::Rules;
use crate::domain::survivorship::{Member, Survived, survive};
use foldhash::HashMap;
use rayon::prelude::*;
use std::sync::Arc;

/// The values of one source record, as survivorship needs them.
#[derive(Clone, Debug)]
pub struct Body {
    pub updated_us: i64,
    pub customer: Arc<Customer>,
}

impl Resolution {
    /// Members of changed clusters whose values this batch does not carry itself.
    pub fn missing(&self) -> Vec<RecordNo> {
        let here: foldhash::HashSet<RecordNo> = self.records.iter().map(|r| r.record).collect();
        let members = self.changed.iter().flat_map(|c| &c.members);
        let mut missing: Vec<RecordNo> = members.copied().filter(|record| !here.contains(record)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

/// Lets the values survive and numbers the change events; `bodies` holds what `missing` asked for.
pub fn compose(
    resolver: &mut Resolver,
    resolution: Resolution,
    mut bodies: HashMap<RecordNo, Body>,
    rules: &Rules,
) -> Plan {
    for write in &resolution.records {
        if let Some(present) = &write.present {
            let body = Body { updated_us: write.updated_us, customer: present.customer.clone() };
            bodies.insert(write.record, body);
        }
    }
    let reader: &Resolver = resolver;
    let survived: Vec<Survived> =
        resolution.changed.par_iter().map(|changed| reader.survive(&changed.members, &bodies, rules)).collect();
    let mut plan = Plan {
        records: resolution.records,
        crosswalks: resolution.crosswalks,
        edges_put: resolution.edges_put,
        edges_dropped: resolution.edges_dropped,
        decisions: resolution.decisions,
        reviews_put: resolution.reviews_put,
        reviews_closed: resolution.reviews_closed,
        ..Plan::default()
    };
    for (changed, survived) in resolution.changed.iter().zip(survived) {
        publish_changed(&mut plan, resolver.draw(), changed, survived);
    }
    for retired in &resolution.retired {
        publish_retired(&mut plan, resolver.draw(), retired);
    }
    plan
}

impl Resolver {
    /// The next place in the feed. One resolver works at a time, so places follow the order of commits.
    fn draw(&mut self) -> EventSeq {
        let seq = self.next_seq;
        self.next_seq = EventSeq(seq.0 + 1);
        seq
    }

    /// What survives of some records; `bodies` holds their values.
    pub fn survive(&self, members: &[RecordNo], bodies: &HashMap<RecordNo, Body>, rules: &Rules) -> Survived {
        let keys: Vec<_> = members.iter().map(|&record| self.key(record)).collect();
        let found = members.iter().zip(&keys).filter_map(|(record, key)| {
            let body = bodies.get(record)?;
            Some(Member { key, rank: self.rank(*record), updated_us: body.updated_us, customer: &body.customer })
        });
        let found: Vec<Member<'_>> = found.collect();
        let pins = self.decisions.pins(members.iter().map(|&record| self.rank(record)));
        survive(&found, rules, &pins)
    }
}

fn publish_changed(plan: &mut Plan, seq: EventSeq, changed: &Changed, survived: Survived) {
    plan.events.push(EventWrite {
        seq,
        golden: changed.golden,
        version: changed.version,
        kind: changed.kind,
        body: survived.body,
        lineage: survived.lineage,
    });
    plan.goldens.push(GoldenWrite {
        id: changed.golden,
        version: changed.version,
        owner: changed.owner,
        state: GoldenState::Live,
        event: seq,
    });
}

fn publish_retired(plan: &mut Plan, seq: EventSeq, retired: &Retired) {
    let (kind, body) = match retired.state {
        GoldenState::Retired { into } => (EventKind::Merged, serde_json::json!({ "into": into })),
        GoldenState::Live | GoldenState::Gone => (EventKind::Deleted, serde_json::json!({})),
    };
    plan.events.push(EventWrite {
        seq,
        golden: retired.golden,
        version: retired.version,
        kind,
        body: body.to_string(),
        lineage: "{}".to_owned(),
    });
    plan.goldens.push(GoldenWrite {
        id: retired.golden,
        version: retired.version,
        owner: retired.owner,
        state: retired.state,
        event: seq,
    });
}
