//! From changed clusters and their members' values to the writes of one batch.

use super::{Changed, Resolution, Resolver, Retired};
use crate::domain::cause::Cause;
use crate::domain::consent::Stance;
use crate::domain::customer::Customer;
use crate::domain::decision::Pin;
use crate::domain::ids::{EventSeq, Rank, RecordNo, SourceKey};
use crate::domain::plan::{EventKind, EventWrite, GoldenState, GoldenWrite, Plan, RecordWrite};
use crate::domain::policy::Policy;
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
    /// The values that this batch carries itself.
    pub fn bodies(&self) -> HashMap<RecordNo, Body> {
        self.records.iter().filter_map(RecordWrite::body).collect()
    }

    /// Members of changed clusters whose values this batch does not carry itself.
    pub fn missing(&self) -> Vec<RecordNo> {
        let here: foldhash::HashSet<RecordNo> = self.records.iter().map(|r| r.record).collect();
        let members = self.changed.iter().flat_map(|c| c.roster.records());
        let mut missing: Vec<RecordNo> = members.filter(|record| !here.contains(record)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

impl RecordWrite {
    /// The values that it writes, by their record.
    fn body(&self) -> Option<(RecordNo, Body)> {
        let customer = self.present.as_ref()?.customer.clone();
        Some((self.record, Body { updated_us: self.updated_us, customer }))
    }
}

/// Who takes part in survivorship, once the resolver has gone on.
pub struct Roster {
    members: Vec<Entrant>,
    pins: Vec<Pin>,
}

struct Entrant {
    record: RecordNo,
    rank: Rank,
    key: SourceKey,
    stance: Option<Arc<Stance>>,
}

impl Resolver {
    pub fn roster(&self, members: &[RecordNo]) -> Roster {
        let pins = self.decisions.pins(members.iter().map(|&record| self.rank(record)));
        let member = |&record: &RecordNo| Entrant {
            record,
            rank: self.rank(record),
            key: self.key(record),
            stance: self.stance(record).cloned(),
        };
        Roster { members: members.iter().map(member).collect(), pins }
    }
}

impl Roster {
    pub fn records(&self) -> impl Iterator<Item = RecordNo> {
        self.members.iter().map(|entrant| entrant.record)
    }

    /// What survives of these records; `bodies` holds their values.
    pub fn survive(&self, bodies: &HashMap<RecordNo, Body>, rules: &Rules) -> Survived {
        let found = self.members.iter().filter_map(|entrant| {
            let body = bodies.get(&entrant.record)?;
            let Entrant { rank, key, stance, .. } = entrant;
            let (updated_us, customer) = (body.updated_us, &*body.customer);
            Some(Member { key, rank: *rank, updated_us, customer, stance: stance.as_deref() })
        });
        let found: Vec<Member<'_>> = found.collect();
        survive(&found, rules, &self.pins)
    }
}

/// Lets the values survive and numbers the change events; `bodies` holds what `missing` asked for.
pub fn compose(resolution: Resolution, mut bodies: HashMap<RecordNo, Body>, policy: &Policy) -> Plan {
    bodies.extend(resolution.bodies());
    let survived: Vec<Survived> =
        resolution.changed.par_iter().map(|changed| changed.roster.survive(&bodies, &policy.rules)).collect();
    let mut plan = Plan {
        policy: policy.number,
        records: resolution.records,
        crosswalks: resolution.crosswalks,
        edges_put: resolution.edges_put,
        edges_dropped: resolution.edges_dropped,
        decisions: resolution.decisions,
        reviews_put: resolution.reviews_put,
        reviews_closed: resolution.reviews_closed,
        statements: resolution.statements,
        stances: resolution.stances,
        traces: resolution.traces,
        renewed: resolution.renewed,
        ..Plan::default()
    };
    let mut places = (resolution.first_seq.0..).map(EventSeq);
    for ((changed, survived), seq) in resolution.changed.iter().zip(survived).zip(&mut places) {
        publish_changed(&mut plan, seq, changed, survived);
    }
    for (retired, seq) in resolution.retired.iter().zip(places) {
        publish_retired(&mut plan, seq, retired);
    }
    plan
}

fn publish_changed(plan: &mut Plan, seq: EventSeq, changed: &Changed, survived: Survived) {
    plan.events.push(EventWrite {
        seq,
        golden: changed.golden,
        version: changed.version,
        kind: changed.kind,
        body: survived.body,
        lineage: survived.lineage,
        cause: changed.cause.as_ref().map(written),
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
        cause: Some(written(&retired.cause)),
    });
    plan.goldens.push(GoldenWrite {
        id: retired.golden,
        version: retired.version,
        owner: retired.owner,
        state: retired.state,
        event: seq,
    });
}

/// A cause as it is stored; plain data can always be written.
fn written(cause: &Cause) -> String {
    serde_json::to_string(cause).unwrap_or_default()
}
