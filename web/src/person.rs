//! One person: golden values with their reasons, records, decisions, history.

mod pictures;

pub use self::pictures::{Graph, Lane, Lanes, Line, Point, Stop};
use crate::consent::Matrix;
use crate::shell::{Instant, Shell};
use crate::words::{ConsentWords, PrivacyWords};
use askama::Template;

/// The page of one person.
#[derive(Template)]
#[template(path = "person.html")]
pub struct PersonPage {
    pub shell: Shell,
    pub name: String,
    pub id: String,
    pub version: i32,
    pub changed: Instant,
    pub attributes: Vec<Attribute>,
    pub records: Vec<Record>,
    pub decisions: Vec<Decision>,
    pub words: &'static ConsentWords,
    pub matrix: Matrix,
    /// Points, programme by programme.
    pub points: Vec<Points>,
    pub history: Vec<Event>,
    /// The history as a picture, if records came or went.
    pub lanes: Option<Lanes>,
    /// What holds the records together, if there are several.
    pub graph: Option<Graph>,
    /// People who look like this one.
    pub others: Vec<Other>,
    pub notice: Option<&'static str>,
    /// The words for requests of this person, for visitors who may record them.
    pub privacy: Option<&'static PrivacyWords>,
    /// Whether this visitor may choose values and part records.
    pub may_decide: bool,
}

/// What a person has in one programme.
#[derive(Debug, Clone)]
pub struct Points {
    pub title: String,
    pub available: String,
    pub pending: String,
    pub memberships: Vec<Membership>,
}

/// One card.
#[derive(Debug, Clone)]
pub struct Membership {
    pub number: String,
    pub available: String,
    pub pending: String,
    /// Somebody else has the same number.
    pub shared: bool,
}

/// What would become of a person whose records are parted.
#[derive(Template)]
#[template(path = "part.html")]
pub struct PartPage {
    pub shell: Shell,
    pub name: String,
    pub id: String,
    pub version: i32,
    /// The records that are to leave, as the form sends them again.
    pub chosen: Vec<String>,
    pub halves: Vec<Half>,
}

/// One of the two people.
#[derive(Debug, Clone)]
pub struct Half {
    pub title: &'static str,
    pub name: String,
    pub values: Vec<(&'static str, Vec<String>)>,
    pub records: Vec<Record>,
}

/// Somebody who looks like this person.
#[derive(Debug, Clone)]
pub struct Other {
    pub id: String,
    pub version: i32,
    pub name: String,
    pub detail: String,
    pub percent: String,
}

/// Two moments of a person beside each other.
#[derive(Template)]
#[template(path = "then.html")]
pub struct ThenPage {
    pub shell: Shell,
    pub name: String,
    pub id: String,
    /// All of them, the newest first.
    pub moments: Vec<Moment>,
    pub before: Option<Moment>,
    pub after: Moment,
    pub rows: Vec<ThenRow>,
}

/// One version.
#[derive(Debug, Clone)]
pub struct Moment {
    pub version: i32,
    pub at: Instant,
    pub what: &'static str,
    pub records: usize,
}

/// One attribute at both, each value with whether the other moment has it not.
#[derive(Debug, Clone)]
pub struct ThenRow {
    pub label: &'static str,
    pub before: Vec<(String, bool)>,
    pub after: Vec<(String, bool)>,
}

/// The way of a person's last change.
#[derive(Template)]
#[template(path = "trail.html")]
pub struct TrailPage {
    pub shell: Shell,
    pub name: String,
    pub id: String,
    pub arrivals: Vec<Arrival>,
    pub version: i32,
    /// Its number in the feed.
    pub event: i64,
    pub decided: Instant,
    /// From the newest delivery to the decision; empty if that says nothing.
    pub took: String,
    pub told: Vec<Told>,
}

/// What came in of one record.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub source: String,
    pub key: String,
    pub delivery: i64,
    pub at: Instant,
    pub topic: Option<String>,
}

/// A system that is told, or waits.
#[derive(Debug, Clone)]
pub struct Told {
    pub name: String,
    pub state: &'static str,
    pub mood: &'static str,
    /// Events that are before this one in its queue, and this one.
    pub before: i64,
    pub last: Option<Instant>,
}

/// A golden attribute with everything that competed for it.
#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: &'static str,
    pub label: &'static str,
    pub contenders: Vec<Contender>,
    /// What another value consists of: the name of each part in a form, and for people.
    pub fields: Vec<(&'static str, &'static str)>,
}

/// One value that competed.
#[derive(Debug, Clone)]
pub struct Contender {
    pub text: String,
    pub survived: bool,
    pub sources: String,
    pub changed: Instant,
    /// For a loser: what it lost on.
    pub lost_on: Option<&'static str>,
    /// What the attribute would be with this value first, as JSON; nothing if it is.
    pub pin: Option<String>,
}

/// A source record of the person.
#[derive(Debug, Clone)]
pub struct Record {
    pub source: String,
    pub key: String,
    pub name: String,
    pub changed: Instant,
}

/// A decision of a steward that concerns the person.
#[derive(Debug, Clone)]
pub struct Decision {
    pub what: &'static str,
    pub about: String,
    pub by: String,
    pub reason: String,
    pub at: Instant,
    /// Where it is taken back, for those who may.
    pub undo: Option<String>,
}

/// A version of the golden record.
#[derive(Debug, Clone)]
pub struct Event {
    pub version: i32,
    pub what: &'static str,
    pub at: Instant,
    /// Attributes with their values before and after.
    pub changes: Vec<Change>,
    pub sources: String,
}

#[derive(Debug, Clone)]
pub struct Change {
    pub label: &'static str,
    pub before: String,
    pub after: String,
}
