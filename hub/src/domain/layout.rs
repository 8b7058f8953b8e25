//! What a source's payloads are made of, and when that has changed: fields that are new, missing, or hold another kind
//! of value. Counted, never guessed from one payload: a field that is simply rare is no change.

use super::limits::LAYOUT_FIELDS_MAX;
use connectors::{Field, Kind};
use std::collections::HashMap;

/// Surprise from which on absence is no accident: less than one in a million.
const SURPRISE_MIN: f64 = 14.0;
/// Shares of few payloads are estimated as if so many more had been without the field.
const DOUBT_RECORDS: f64 = 4.0;

/// Payloads of one kind: a source's records, or its notices of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub source: String,
    /// Empty for records.
    pub topic: String,
}

/// How many payloads of an origin were seen, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub origin: Origin,
    pub records: i64,
    /// An engineer has accepted what the payloads up to this one were like.
    pub accepted: i64,
    pub first_us: i64,
    pub last_us: i64,
}

/// Where a field was seen with a kind of value. Payloads are counted from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub field: Field,
    pub span: Span,
}

/// What a stretch of an origin's payloads was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub origin: Origin,
    pub records: i64,
    pub first_us: i64,
    pub last_us: i64,
    pub fields: Vec<Seen>,
}

/// In how many payloads, and in which of them first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub records: i64,
    pub first: i64,
    pub last: i64,
    pub first_us: i64,
    pub last_us: i64,
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    New,
    Missing,
    /// It holds another kind of value than before.
    Retyped {
        from: Kind,
    },
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    pub field: Field,
    pub became: Became,
    /// When it was seen first, or for a missing one last.
    pub since_us: i64,
    /// Of how many payloads since then it is true, or for a missing one how many had it before.
    pub records: i64,
    /// Payloads since then.
    pub of: i64,
}

impl Became {
    pub fn name(self) -> &'static str {
        match self {
            Became::New => "new",
            Became::Missing => "missing",
            Became::Retyped { .. } => "retyped",
        }
    }
}

impl Span {
    /// One payload.
    pub fn one(record: i64, at_us: i64) -> Span {
        Span { records: 1, first: record, last: record, first_us: at_us, last_us: at_us }
    }

    /// Both, the other being no older.
    pub fn extend(&mut self, later: Span) {
        self.records += later.records;
        self.last = self.last.max(later.last);
        self.last_us = self.last_us.max(later.last_us);
    }

    /// Both, whichever is older.
    pub fn unite(&mut self, other: Span) {
        let (older, later) = if other.first < self.first { (other, *self) } else { (*self, other) };
        *self = older;
        self.extend(later);
    }

    /// The same, counted from another payload on.
    pub fn moved(self, by: i64) -> Span {
        Span { first: self.first + by, last: self.last + by, ..self }
    }

    /// How surprising it is that nobody before had it, given how many have had it since.
    fn begins_surprisingly(self, records: i64) -> bool {
        let share = self.records as f64 / ((records - self.first + 1) as f64 + DOUBT_RECORDS);
        surprise(share, self.first - 1) > SURPRISE_MIN
    }

    /// How surprising it is that nobody has had it since, given how many had it until then. The last one is not counted:
    /// it is what ends the time looked at.
    fn ends_surprisingly(self, records: i64) -> bool {
        let share = (self.records - 1) as f64 / ((self.last - self.first + 1) as f64 + DOUBT_RECORDS);
        surprise(share, records - self.last) > SURPRISE_MIN
    }
}

/// The negative logarithm of the probability that so many payloads in a row lack a field that this share has.
fn surprise(share: f64, payloads: i64) -> f64 {
    payloads as f64 * -(1.0 - share).ln()
}

/// Adds what a later stretch was made of, that many payloads having come before it, and answers with the fields whose
/// spans are others now. Fields beyond those that are kept go unnoticed.
pub fn added(known: &mut Vec<Seen>, stretch: Vec<Seen>, before: i64) -> Vec<Seen> {
    let mut places: HashMap<Field, usize> = known.iter().map(|seen| seen.field.clone()).zip(0..).collect();
    let mut touched = Vec::with_capacity(stretch.len());
    for seen in stretch {
        let span = seen.span.moved(before);
        let place = match places.get(&seen.field) {
            Some(place) => {
                known[*place].span.extend(span);
                *place
            }
            None if known.len() >= LAYOUT_FIELDS_MAX => continue,
            None => {
                places.insert(seen.field.clone(), known.len());
                known.push(Seen { field: seen.field, span });
                known.len() - 1
            }
        };
        touched.push(known[place].clone());
    }
    touched
}

/// What has changed; of a field and what stands inside it, the field alone. In the order of the paths.
pub fn changes(layout: &Layout, fields: &[Seen]) -> Vec<FieldChange> {
    let mut found: Vec<FieldChange> = fields.iter().filter_map(|seen| change(layout, seen, fields)).collect();
    found.sort_by(|a, b| a.field.path.cmp(&b.field.path));
    let paths: Vec<String> = found.iter().map(|change| change.field.path.clone()).collect();
    found.retain(|change| !paths.iter().any(|outer| stands_inside(&change.field.path, outer)));
    found
}

/// The fields that are no more once the changes are accepted, so that they are new if they come back.
pub fn forgotten<'f>(layout: &Layout, fields: &'f [Seen]) -> Vec<&'f Field> {
    let found = changes(layout, fields);
    let is_gone = |seen: &&Seen| {
        found.iter().any(|change| {
            let same = change.field.path == seen.field.path || stands_inside(&seen.field.path, &change.field.path);
            same && seen.span.last <= layout.records - change.of
        })
    };
    fields.iter().filter(is_gone).map(|seen| &seen.field).collect()
}

fn change(layout: &Layout, seen: &Seen, fields: &[Seen]) -> Option<FieldChange> {
    let (span, records) = (seen.span, layout.records);
    let others =
        fields.iter().filter(|other| other.field.path == seen.field.path && other.field.kind != seen.field.kind);
    let before = others.clone().filter(|other| other.span.first < span.first).max_by_key(|other| other.span.last);
    let told =
        |became, since_us, records, of| Some(FieldChange { field: seen.field.clone(), became, since_us, records, of });
    if span.first > layout.accepted && span.begins_surprisingly(records) {
        let became = before.map_or(Became::New, |before| Became::Retyped { from: before.field.kind });
        return told(became, span.first_us, span.records, records - span.first + 1);
    }
    // What holds another kind of value by now is told with that one.
    let goes_on = others.clone().any(|other| other.span.last > span.last);
    if !goes_on && span.ends_surprisingly(records) {
        return told(Became::Missing, span.last_us, span.records, records - span.last);
    }
    None
}

fn stands_inside(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// What it is, payloads with the fields that each has and how often it comes, how many are accepted, and the changes.
    type Case = (&'static str, &'static [(usize, &'static str)], i64, &'static [&'static str]);

    fn layout(payloads: &[(usize, &str)], accepted: i64) -> (Layout, Vec<Seen>) {
        let mut seen: BTreeMap<(String, Kind), Span> = BTreeMap::new();
        let mut records = 0;
        for (times, fields) in payloads {
            for _ in 0..*times {
                records += 1;
                for field in fields.split_whitespace() {
                    let (path, kind) = field.split_once(':').expect("path:kind");
                    let kind = Kind::parse(kind).expect("a kind");
                    let one = Span::one(records, records);
                    seen.entry((path.to_owned(), kind)).and_modify(|span| span.extend(one)).or_insert(one);
                }
            }
        }
        let origin = Origin { source: "shop".into(), topic: String::new() };
        let layout = Layout { origin, records, accepted, first_us: 1, last_us: records };
        let seen = seen.into_iter().map(|((path, kind), span)| Seen { field: Field { path, kind }, span });
        (layout, seen.collect())
    }

    fn told(layout: &Layout, fields: &[Seen]) -> Vec<String> {
        let told = |change: FieldChange| {
            let became = match change.became {
                Became::New => "new".to_owned(),
                Became::Missing => "missing".to_owned(),
                Became::Retyped { from } => format!("was {}", from.name()),
            };
            format!("{} {} {became} {}/{}", change.field.path, change.field.kind.name(), change.records, change.of)
        };
        changes(layout, fields).into_iter().map(told).collect()
    }

    #[test]
    fn changes_are_told_once_they_are_no_accident() {
        let cases: [Case; 13] = [
            ("nothing changes", &[(500, "$.a:text")], 0, &[]),
            ("the first records are how it is", &[(1, "$.a:text"), (20, "$.a:text $.b:text")], 0, &[]),
            ("a new field", &[(100, "$.a:text"), (1, "$.a:text $.b:number")], 0, &["$.b number new 1/1"]),
            ("accepted", &[(100, "$.a:text"), (50, "$.a:text $.b:number")], 150, &[]),
            ("a missing field", &[(100, "$.a:text $.b:text"), (20, "$.a:text")], 0, &["$.b text missing 100/20"]),
            ("missing for too short a time", &[(100, "$.a:text $.b:text"), (2, "$.a:text")], 0, &[]),
            ("another kind", &[(100, "$.a:number"), (3, "$.a:text")], 0, &["$.a text was number 3/3"]),
            ("both kinds from the start", &[(1, "$.a:number"), (100, "$.a:text")], 0, &[]),
            ("rare", &[(90, "$.a:text"), (1, "$.a:text $.b:text"), (300, "$.a:text")], 0, &[]),
            ("seen once at the start", &[(1, "$.a:text $.b:text"), (500, "$.a:text")], 0, &[]),
            (
                "what stands inside is told with it",
                &[(100, "$.a:text"), (9, "$.a:text $.b:object $.b.c:text $.bc:text")],
                0,
                &["$.b object new 9/9", "$.bc text new 9/9"],
            ),
            (
                "an object becomes text",
                &[(100, "$.a:object $.a.b:text"), (40, "$.a:text")],
                0,
                &["$.a text was object 40/40"],
            ),
            (
                "another system for a while",
                &[(100, "$.a:text"), (10, "$.b:text"), (100, "$.a:text")],
                0,
                &["$.b text missing 10/100"],
            ),
        ];
        for (what, payloads, accepted, expected) in cases {
            let (layout, fields) = layout(payloads, accepted);
            assert_eq!(told(&layout, &fields), expected, "{what}");
        }
    }

    #[test]
    fn accepted_changes_are_no_more() {
        let before = "$.a:text $.b:object $.b.c:text $.d:number";
        let (layout, mut fields) = layout(&[(100, before), (40, "$.a:text $.d:text $.e:text")], 0);
        assert_eq!(told(&layout, &fields).len(), 3);
        let gone: Vec<Field> = forgotten(&layout, &fields).into_iter().cloned().collect();
        assert_eq!(gone.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["$.b", "$.b.c", "$.d"]);
        fields.retain(|seen| !gone.contains(&seen.field));
        assert_eq!(told(&Layout { accepted: layout.records, ..layout }, &fields), [""; 0]);
    }
}
