//! Holds a whole store against the numbered invariants.

mod consents;
mod replay;
mod values;

pub use self::replay::{Difference, compare, replay};

use crate::domain::audit::{Anchor, Broken, Chain};
use crate::domain::ids::{EventSeq, GoldenId, PolicyNo, SourceKey};
use crate::domain::invariants::{
    Breach, Crossed, Delivered, FeedCheck, FeedEvent, FeedState, Invariant, check_decisions, check_delivered,
    check_membership, check_redirects,
};
use crate::domain::plan::{EventKind, GoldenState};
use crate::domain::policy::Stage;
use crate::store::{Store, StoreError};
use foldhash::{HashMap, HashSet};
use serde_json::Value;

/// Rows of one step.
const PAGE_ROWS: usize = 10_000;

/// What was looked at, and what was found.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    pub records: usize,
    pub golden_records: usize,
    pub events: i64,
    /// The policy that clusters and values were held against.
    pub policy: PolicyNo,
    /// A change of policy that is not through yet: until it is, clusters and values follow partly from the policy
    /// before, and are not held against either.
    pub renewing: Option<Renewing>,
    pub breaches: Vec<Breach>,
}

/// How far a change of policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Renewing {
    pub records: i64,
    pub of: i64,
}

/// The present state of a store, as far as ids go.
struct Present {
    records: Vec<Crossed>,
    states: HashMap<GoldenId, FeedState>,
    /// The members that live golden records name in their values.
    stated: HashMap<GoldenId, Vec<SourceKey>>,
}

/// Checks every invariant that concerns the store, as it is at one moment; `step` is told the name of each stage.
pub async fn verify(store: &Store, step: impl FnMut(&'static str)) -> Result<Report, StoreError> {
    let frozen = store.frozen().await?;
    let report = check(&frozen, step).await;
    frozen.close().await;
    report
}

async fn check(store: &Store, mut step: impl FnMut(&'static str)) -> Result<Report, StoreError> {
    let mut report = Report::default();
    step("deliveries (I1)");
    check_deliveries(store, &mut report).await?;
    step("the feed (I9)");
    let present = check_feed(store, &mut report).await?;
    let states: HashMap<GoldenId, GoldenState> = present.states.iter().map(|(id, s)| (*id, s.state)).collect();
    report.records = present.records.iter().filter(|r| !r.deleted).count();
    report.golden_records = states.values().filter(|s| **s == GoldenState::Live).count();
    step("deliveries to subscribers (I10)");
    check_subscribers(store, &mut report).await?;
    step("membership, decisions and redirects (I5, I6, I8)");
    report.breaches.extend(check_membership(&present.records, &states, &present.stated));
    report.breaches.extend(check_redirects(&states));
    report.breaches.extend(decisions(store, &present).await?);
    step("statements of consent (I11)");
    report.breaches.extend(consents::check(store).await?);
    step("ledgers (I12)");
    for entry in store.ledger_faults().await? {
        let what = "the lines of this entry do not sum to 0, or its account's sum is not what its lines come to";
        report.breaches.push(Breach::new(Invariant::I12, what, [entry]));
    }
    step("the audit chain (I14)");
    for broken in audit(store, Vec::new()).await?.1 {
        report.breaches.push(Breach::new(Invariant::I14, "the audit chain does not hold", [broken.to_string()]));
    }
    step("clusters and values from scratch (I4)");
    check_policy(store, &mut report).await?;
    Ok(report)
}

/// I10: whoever goes on from what is stored skips nothing and sends nothing out of order.
async fn check_subscribers(store: &Store, report: &mut Report) -> Result<(), StoreError> {
    let newest = store.last_event().await?;
    for subscriber in store.subscribers().await? {
        let mut owed = Vec::new();
        for (golden, debt) in store.saved(&subscriber).await?.owed {
            let is_own = !store.changes_of(golden, debt.seq, debt.seq).await?.is_empty();
            owed.push((golden, debt.seq, is_own));
        }
        let delivered = Delivered { subscriber: subscriber.id, cursor: subscriber.cursor, owed };
        report.breaches.extend(check_delivered(&delivered, newest));
    }
    Ok(())
}

/// I4: clusters and values follow from the policy in force, unless a change to it is still being carried through.
async fn check_policy(store: &Store, report: &mut Report) -> Result<(), StoreError> {
    // A store that was never started holds nothing that could follow from a policy.
    let Some(row) = store.policy_in_force().await? else { return Ok(()) };
    report.policy = row.number;
    if row.stage == Stage::Renewing {
        report.renewing = Some(Renewing { records: row.position, of: row.total });
        return Ok(());
    }
    let policy = store.policy(&row).await?;
    report.breaches.extend(values::check(store, &policy.rules, policy.model).await?);
    Ok(())
}

/// I1: no delivery is missing, and the pipeline is not ahead of them.
async fn check_deliveries(store: &Store, report: &mut Report) -> Result<(), StoreError> {
    let (count, last) = store.delivery_span().await?;
    if count != last {
        let what = "deliveries are missing before this one";
        report.breaches.push(Breach::new(Invariant::I1, what, [last.to_string()]));
    }
    let (done, last) = store.progress().await?;
    if done > last {
        let what = "the checkpoint is ahead of the deliveries";
        report.breaches.push(Breach::new(Invariant::I1, what, [done.0.to_string()]));
    }
    Ok(())
}

async fn check_feed(store: &Store, report: &mut Report) -> Result<Present, StoreError> {
    let mut present =
        Present { records: crossed(store).await?, states: states(store).await?, stated: HashMap::default() };
    let mut check = FeedCheck::default();
    let mut after = EventSeq(0);
    loop {
        let page = store.events_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for event in page {
            let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
            let into = serde_json::from_value(body["into"].clone()).ok();
            let (seq, golden, version, kind) = (event.seq, event.golden, event.version, event.kind);
            check.take(FeedEvent { seq, golden, version, kind, into });
            if matches!(kind, EventKind::Created | EventKind::Updated | EventKind::Restored) {
                let members = serde_json::from_value(body["records"].clone()).unwrap_or_default();
                present.stated.insert(golden, members);
            }
        }
    }
    report.events = after.0;
    report.breaches.extend(check.finish(present.states.iter().map(|(id, state)| (*id, *state))));
    Ok(present)
}

async fn crossed(store: &Store) -> Result<Vec<Crossed>, StoreError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.crosswalk_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.record);
        all.extend(page.into_iter().map(|r| Crossed { key: r.key, golden: r.golden, deleted: r.deleted }));
    }
}

async fn states(store: &Store) -> Result<HashMap<GoldenId, FeedState>, StoreError> {
    let mut all = HashMap::default();
    let mut after = None;
    loop {
        let page = store.golden_states_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.0);
        all.extend(page);
    }
}

async fn decisions(store: &Store, present: &Present) -> Result<Vec<Breach>, StoreError> {
    let in_force = store.decisions_in_force().await?;
    if in_force.is_empty() {
        return Ok(Vec::new());
    }
    let places: HashMap<&SourceKey, GoldenId> =
        present.records.iter().filter_map(|r| Some((&r.key, r.golden?))).collect();
    let mut contradicted: HashSet<SourceKey> = HashSet::default();
    let mut after = (-1, -1);
    loop {
        let page = store.reviews_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = (i64::from(last.a.0), i64::from(last.b.0));
        let open = page.into_iter().filter(|r| r.reason == "contradiction");
        contradicted.extend(open.flat_map(|r| [r.left.0, r.right.0]));
    }
    Ok(check_decisions(&in_force, |key| places.get(key).copied(), |key| contradicted.contains(key)))
}

/// Follows the audit chain; `anchors` say what it was at other times.
pub async fn audit(store: &Store, anchors: Vec<Anchor>) -> Result<(Anchor, Vec<Broken>), StoreError> {
    let mut chain = Chain::held_to(anchors);
    let mut after = 0;
    loop {
        let page = store.audit_after(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(chain.finish()) };
        after = last.seq;
        page.iter().for_each(|entry| chain.take(entry));
    }
}
