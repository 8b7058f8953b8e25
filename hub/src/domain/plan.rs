//! Everything that one batch will write, as data. Applying a plan makes no choice.

use super::consent::{Stance, Statement};
use super::customer::Customer;
use super::decision::Decision;
use super::ids::{DecisionId, DeliveryId, EventSeq, GoldenId, PolicyNo, RecordNo, SourceKey};
use super::privacy::{Erasure, Tombstone};
use matching::{DoubtReason, Features};
use std::sync::Arc;

/// One delivery after mapping and standardising, on its way into the resolver.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub key: SourceKey,
    pub delivery: DeliveryId,
    /// Orders what one source says of one customer.
    pub version: i64,
    /// When the source changed the record, in microseconds since 1970; for recency across sources. Where the source
    /// does not say, the time of receipt stands in and is part of the record from then on.
    pub updated_us: i64,
    /// Whether the version is the source's own; otherwise it is the time of receipt.
    pub versioned: bool,
    /// Settles which of two contents with one version counts, and recognises a re-sent one.
    pub content_hash: u64,
    pub content: Content,
    /// The golden id that this record brings along, in case nobody it belongs to has one yet.
    pub anchor: GoldenId,
    /// Whether the source only says again what the hub has written to it.
    pub echo: bool,
    /// What the person has allowed and refused. Counts even if the state is an old one.
    pub statements: Vec<Statement>,
}

/// What a delivery says.
#[derive(Clone, Debug)]
pub enum Content {
    Present {
        customer: Arc<Customer>,
        canonical: String,
        features: Features,
    },
    Deleted,
    /// Nothing of the record's state: there are statements of consent alone.
    Nothing,
}

/// A steward's decision coming into force or going out of it.
#[derive(Clone, Debug, PartialEq)]
pub enum DecisionChange {
    Take(Box<Decision>),
    Revoke { id: DecisionId, by: String, at_us: i64 },
}

/// All writes of one batch.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What all of it was decided under.
    pub policy: PolicyNo,
    pub checkpoint: Option<DeliveryId>,
    pub records: Vec<RecordWrite>,
    pub crosswalks: Vec<CrosswalkWrite>,
    pub edges_put: Vec<EdgeWrite>,
    pub edges_dropped: Vec<(RecordNo, RecordNo)>,
    pub goldens: Vec<GoldenWrite>,
    pub events: Vec<EventWrite>,
    pub decisions: Vec<DecisionChange>,
    pub reviews_put: Vec<ReviewWrite>,
    pub reviews_closed: Vec<(RecordNo, RecordNo)>,
    pub dead_letters: Vec<DeadLetter>,
    pub renewed: Option<Renewed>,
    pub notices: Vec<NoticeWrite>,
    pub statements: Vec<StatementWrite>,
    pub stances: Vec<StanceWrite>,
    /// Which records the deliveries of the batch speak of.
    pub traces: Vec<(RecordNo, DeliveryId)>,
    /// Deliveries about people who were forgotten.
    pub refused: Vec<Refused>,
    pub erasure: Option<Box<Erasure>>,
}

/// A delivery about somebody who was forgotten. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub delivery: DeliveryId,
    pub key: SourceKey,
    pub tombstone: Tombstone,
    /// The source says that it has removed the record.
    pub is_deletion: bool,
}

/// The records that a change of policy is done with by a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    pub from: RecordNo,
    /// The first record that is left, of so many.
    pub upto: RecordNo,
    pub of: usize,
    /// Whether the edges of these records, to earlier ones, are written anew and the stored ones forgotten.
    pub edges: bool,
}

impl Renewed {
    /// Whether nothing is left.
    pub fn is_last(&self) -> bool {
        self.upto.0 as usize >= self.of
    }
}

/// A notice that is no customer's state, kept for whoever it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeWrite {
    pub delivery: DeliveryId,
    pub source: String,
    pub topic: String,
    pub purpose: &'static str,
    /// The record that it is about, where the source says.
    pub source_key: Option<String>,
}

/// The newest canonical state of one source record.
#[derive(Clone, Debug)]
pub struct RecordWrite {
    pub record: RecordNo,
    pub delivery: DeliveryId,
    pub version: i64,
    pub updated_us: i64,
    pub content_hash: u64,
    /// Absent for a deleted record.
    pub present: Option<Present>,
}

/// A statement of consent, kept for ever.
#[derive(Clone, Debug)]
pub struct StatementWrite {
    pub record: RecordNo,
    pub delivery: DeliveryId,
    pub statement: Statement,
}

/// What all statements of a source record come to.
#[derive(Clone, Debug)]
pub struct StanceWrite {
    pub record: RecordNo,
    pub stance: Arc<Stance>,
}

/// A canonical customer, parsed and as text.
#[derive(Clone, Debug)]
pub struct Present {
    pub customer: Arc<Customer>,
    pub canonical: String,
}

/// Which golden record a source record belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct CrosswalkWrite {
    pub record: RecordNo,
    pub key: SourceKey,
    pub anchor: GoldenId,
    pub golden: Option<GoldenId>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeWrite {
    pub a: RecordNo,
    pub b: RecordNo,
    pub weight: f32,
}

/// The present state of one golden id.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldenWrite {
    pub id: GoldenId,
    pub version: i32,
    pub owner: RecordNo,
    pub state: GoldenState,
    /// The change event that holds the body.
    pub event: EventSeq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoldenState {
    Live,
    /// Merged into another; the id resolves to it.
    Retired {
        into: GoldenId,
    },
    /// All source records were deleted.
    Gone,
}

/// One new version of one golden id.
#[derive(Clone, Debug)]
pub struct EventWrite {
    pub seq: EventSeq,
    pub golden: GoldenId,
    pub version: i32,
    pub kind: EventKind,
    /// The golden values, or what became of the id.
    pub body: String,
    /// Winner and reason per attribute; empty for retired ids.
    pub lineage: String,
    /// Why the id vanished or appeared, as JSON.
    pub cause: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    Created,
    Updated,
    /// Live again after it had been merged away or deleted.
    Restored,
    /// Now resolves to another golden id.
    Merged,
    Deleted,
}

impl EventKind {
    pub const ALL: [EventKind; 5] =
        [EventKind::Created, EventKind::Updated, EventKind::Restored, EventKind::Merged, EventKind::Deleted];

    pub fn name(self) -> &'static str {
        match self {
            EventKind::Created => "created",
            EventKind::Updated => "updated",
            EventKind::Restored => "restored",
            EventKind::Merged => "merged",
            EventKind::Deleted => "deleted",
        }
    }

    pub fn parse(name: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A doubtful pair that waits for a steward.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewWrite {
    pub a: RecordNo,
    pub b: RecordNo,
    pub weight: f32,
    pub reason: DoubtReason,
    /// Whose records they are, and where those people live as far as that is known.
    pub sources: [Arc<str>; 2],
    pub countries: [String; 2],
    /// Nobody was asked about it so far.
    pub is_new: bool,
}

/// A delivery that could not be processed, with the reason and never a value.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    pub delivery: DeliveryId,
    pub source: String,
    pub step: &'static str,
    pub reason: String,
}
