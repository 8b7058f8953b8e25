//! What a change of policy does to the people of a population, told by name.
//!
//! It reads the same plans that the change itself would write down, so that it cannot foretell anything else.

mod permissions;

pub use self::permissions::{Laws, PermissionChange};

use super::ids::{GoldenId, RecordNo, SourceKey};
use super::plan::{EventKind, Plan};
use super::rules::Attribute;
use super::survivorship::CONSENTS;
use foldhash::{HashMap, HashSet};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A live golden record before the change.
pub struct Former {
    pub id: GoldenId,
    pub members: Vec<RecordNo>,
    pub body: Arc<str>,
}

/// What a change does: everything counted, and the first of each kind by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    pub records: usize,
    pub golden_records_before: usize,
    pub golden_records_after: usize,
    pub largest_before: usize,
    pub largest_after: usize,
    /// Golden records that take in others.
    pub merges: Listed<Merge>,
    /// Golden records whose records part.
    pub splits: Listed<Split>,
    /// Values that differ in golden records that stay.
    pub values: Listed<ValueChange>,
    /// Who could be reached before and no longer, and the other way round.
    pub permissions_lost: Listed<PermissionChange>,
    pub permissions_gained: Listed<PermissionChange>,
    pub reviews_opened: Listed<ReviewChange>,
    pub reviews_closed: Listed<ReviewChange>,
    /// Messages that every receiver of the change feed would get.
    pub change_events: usize,
}

/// How many there are, and the first of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<T> {
    pub count: usize,
    pub first: Vec<T>,
}

/// A golden record as people speak of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    pub id: GoldenId,
    pub name: String,
    /// Source records that it is made of.
    pub records: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merge {
    pub into: Person,
    /// The golden records that its records come from.
    pub from: Vec<Person>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    pub from: Person,
    pub into: Vec<Person>,
}

/// One attribute of one golden record; null where there is no value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueChange {
    pub golden: Person,
    pub attribute: &'static str,
    pub old: Value,
    pub new: Value,
}

/// A pair of records that a steward would be asked about, or no longer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewChange {
    pub left: Named,
    pub right: Named,
}

/// A source record as people speak of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    #[serde(flatten)]
    pub key: SourceKey,
    pub name: String,
}

/// Collects the report, part by part.
pub struct Census {
    report: Report,
    listed_max: usize,
    laws: Laws,
    open_before: HashSet<Pair>,
    open: HashSet<Pair>,
}

pub type Pair = (RecordNo, RecordNo);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { count: 0, first: Vec::new() }
    }
}

impl<T> Listed<T> {
    fn add(&mut self, listed_max: usize, item: T) {
        self.count += 1;
        if self.first.len() < listed_max {
            self.first.push(item);
        }
    }
}

impl Census {
    /// Begins with the reviews that are open now; of each kind so many are listed by name.
    pub fn new(open: HashSet<Pair>, laws: Laws, listed_max: usize) -> Census {
        Census { report: Report::default(), listed_max, laws, open_before: open.clone(), open }
    }

    /// Adds what became of some golden records.
    pub fn take(&mut self, formers: &[Former], plan: &Plan) {
        let moved: HashMap<RecordNo, Option<GoldenId>> = plan.crosswalks.iter().map(|c| (c.record, c.golden)).collect();
        let mut came_from: BTreeMap<GoldenId, BTreeSet<usize>> = BTreeMap::new();
        let mut went_to: Vec<BTreeSet<GoldenId>> = vec![BTreeSet::new(); formers.len()];
        for (place, former) in formers.iter().enumerate() {
            for record in &former.members {
                let Some(golden) = moved.get(record).copied().unwrap_or(Some(former.id)) else { continue };
                came_from.entry(golden).or_default().insert(place);
                went_to[place].insert(golden);
            }
        }
        let after = Afterwards::new(formers, plan);
        let max = self.listed_max;
        self.permissions(formers, &came_from, &went_to, &after);
        for (golden, places) in came_from.into_iter().filter(|(_, places)| places.len() > 1) {
            let from = places.into_iter().map(|place| formers[place].person()).collect();
            self.report.merges.add(max, Merge { into: after.person(golden), from });
        }
        for (former, goldens) in formers.iter().zip(went_to).filter(|(_, goldens)| goldens.len() > 1) {
            let into = goldens.into_iter().map(|golden| after.person(golden)).collect();
            self.report.splits.add(max, Split { from: former.person(), into });
        }
        for former in formers {
            for change in after.values(former) {
                self.report.values.add(max, change);
            }
        }
        self.report.change_events += plan.events.len();
        for pair in &plan.reviews_closed {
            self.open.remove(pair);
        }
        self.open.extend(plan.reviews_put.iter().map(|review| (review.a, review.b)));
    }

    /// Looks at everybody if the law changes, else at those alone whose values do.
    fn permissions(
        &mut self,
        formers: &[Former],
        came_from: &BTreeMap<GoldenId, BTreeSet<usize>>,
        went_to: &[BTreeSet<GoldenId>],
        after: &Afterwards<'_>,
    ) {
        let (max, all) = (self.listed_max, !self.laws.are_same());
        let moved = |golden: &GoldenId| all || after.changed.contains(golden);
        for (former, goldens) in formers.iter().zip(went_to).filter(|(_, goldens)| goldens.iter().any(moved)) {
            let bodies: Vec<&str> = goldens.iter().map(|golden| after.body(*golden)).collect();
            for use_ in self.laws.lost(former, &bodies) {
                self.report.permissions_lost.add(max, PermissionChange::new(former.person(), use_));
            }
        }
        for (golden, places) in came_from.iter().filter(|(golden, _)| moved(golden)) {
            let before: Vec<&Former> = places.iter().map(|place| &formers[*place]).collect();
            for use_ in self.laws.gained(after.body(*golden), &before) {
                self.report.permissions_gained.add(max, PermissionChange::new(after.person(*golden), use_));
            }
        }
    }

    /// The pairs that a steward would be asked about from now on, and those no longer; as many as are listed.
    pub fn reviews(&self) -> [Vec<Pair>; 2] {
        let sorted = |left: &HashSet<Pair>, right: &HashSet<Pair>| {
            let mut pairs: Vec<Pair> = left.difference(right).copied().collect();
            pairs.sort_unstable();
            pairs.truncate(self.listed_max);
            pairs
        };
        [sorted(&self.open, &self.open_before), sorted(&self.open_before, &self.open)]
    }

    /// Ends with the population before and after, as clusters and the size of the largest; `named` tells the listed
    /// pairs of `reviews` by name.
    pub fn finish(
        self,
        records: usize,
        before: (usize, usize),
        after: (usize, usize),
        named: [Vec<ReviewChange>; 2],
    ) -> Report {
        let [opened, closed] = named;
        let opened = Listed { count: self.open.difference(&self.open_before).count(), first: opened };
        let closed = Listed { count: self.open_before.difference(&self.open).count(), first: closed };
        Report {
            records,
            golden_records_before: before.0,
            golden_records_after: after.0,
            largest_before: before.1,
            largest_after: after.1,
            reviews_opened: opened,
            reviews_closed: closed,
            ..self.report
        }
    }
}

/// The golden records of a part after the change.
struct Afterwards<'a> {
    bodies: HashMap<GoldenId, &'a str>,
    changed: HashSet<GoldenId>,
}

impl<'a> Afterwards<'a> {
    fn new(formers: &'a [Former], plan: &'a Plan) -> Afterwards<'a> {
        let mut bodies: HashMap<GoldenId, &str> = formers.iter().map(|former| (former.id, &*former.body)).collect();
        let live = plan.events.iter().filter(|e| !matches!(e.kind, EventKind::Merged | EventKind::Deleted));
        let changed = live.clone().map(|event| event.golden).collect();
        bodies.extend(live.map(|event| (event.golden, event.body.as_str())));
        Afterwards { bodies, changed }
    }

    fn body(&self, id: GoldenId) -> &'a str {
        self.bodies.get(&id).copied().unwrap_or_default()
    }

    fn person(&self, id: GoldenId) -> Person {
        person(id, self.body(id))
    }

    /// The attributes of a golden record that stays whose values differ.
    fn values(&self, former: &Former) -> Vec<ValueChange> {
        if !self.changed.contains(&former.id) {
            return Vec::new();
        }
        let (old, new) = (parsed(&former.body), parsed(self.body(former.id)));
        let change = |attribute: &'static str| ValueChange {
            golden: self.person(former.id),
            attribute,
            old: old[attribute].clone(),
            new: new[attribute].clone(),
        };
        let all = Attribute::ALL.into_iter().map(Attribute::name).chain([CONSENTS]);
        all.filter(|attribute| old[*attribute] != new[*attribute]).map(change).collect()
    }
}

impl Former {
    fn person(&self) -> Person {
        person(self.id, &self.body)
    }
}

fn person(id: GoldenId, body: &str) -> Person {
    let body = parsed(body);
    let records = body["records"].as_array().map_or(0, Vec::len);
    Person { id, name: display_name(&body), records }
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

/// What to call somebody in a list: the name, else the firm, else the first e-mail address.
pub fn display_name(golden: &Value) -> String {
    let name = &golden["name"];
    let parts: Vec<&str> = ["given", "middle", "family"].iter().filter_map(|part| name[part].as_str()).collect();
    let found = [name["full"].as_str(), golden["organisation"].as_str(), golden["emails"][0]["value"].as_str()];
    match parts.is_empty() {
        false => parts.join(" "),
        true => found.into_iter().flatten().next().unwrap_or("(no name)").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(golden: Value, expected: &str) {
        assert_eq!(display_name(&golden), expected);
    }

    #[test]
    fn people_are_called_by_what_there_is() {
        check(json!({"name": {"given": "Ana", "family": "Silva", "full": "Silva, A."}}), "Ana Silva");
        check(json!({"name": {"full": "Silva, A."}, "organisation": "Silva Ltd"}), "Silva, A.");
        check(json!({"organisation": "Silva Ltd", "emails": [{"value": "ana@example.com"}]}), "Silva Ltd");
        check(json!({"emails": [{"value": "ana@example.com"}]}), "ana@example.com");
        check(json!({}), "(no name)");
    }

    #[test]
    fn all_are_counted_and_some_are_listed() {
        let mut listed = Listed::default();
        (0..5).for_each(|n| listed.add(2, n));
        assert_eq!(listed, Listed { count: 5, first: vec![0, 1] });
    }
}
