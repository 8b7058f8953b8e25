//! One case: records side by side, why they may be one person, what would follow.

use crate::diff::Piece;
use crate::reviews::Due;
use crate::shell::{Instant, Shell};
use askama::Template;

/// The page of one case.
#[derive(Template)]
#[template(path = "review.html")]
pub struct ReviewPage {
    pub shell: Shell,
    /// Where decisions are sent.
    pub action: String,
    /// The filters that the worklist was opened with, to go on in them.
    pub query: String,
    pub list: String,
    pub next: Option<String>,
    pub before: Option<String>,
    pub reason: &'static str,
    pub reason_about: &'static str,
    pub opened: Instant,
    pub percent: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub evidence: Option<Evidence>,
    pub effects: Vec<String>,
    /// Versions of the two golden records that the page shows.
    pub versions: String,
    pub may_decide: bool,
    pub undo: Option<Undo>,
    /// What the last action brought about.
    pub notice: Option<&'static str>,
    pub problem: Option<&'static str>,
    pub handling: Handling,
    pub reason_required: bool,
    /// The reason that was given before something went wrong.
    pub reason_given: String,
}

/// How the case stands among stewards.
#[derive(Debug, Clone)]
pub struct Handling {
    pub assignee: String,
    pub due: Option<Due>,
    /// Until when nobody is asked.
    pub deferred: Option<Instant>,
    pub proposal: Option<Proposal>,
    pub comments: Vec<Comment>,
    pub colleagues: Vec<String>,
}

/// A verdict that a second person has yet to confirm.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub text: &'static str,
    pub by: String,
    pub reason: String,
    /// It is the visitor's own.
    pub is_own: bool,
}

/// What a steward said.
#[derive(Debug, Clone)]
pub struct Comment {
    pub by: String,
    pub at: Instant,
    pub text: String,
}

/// A source record.
#[derive(Debug, Clone)]
pub struct Column {
    pub source: String,
    pub key: String,
    pub changed: Instant,
    /// Whether it belongs to the second of the two people.
    pub is_right: bool,
    pub person: String,
    /// It is one of the two that are in doubt, and not there for its person's sake.
    pub in_doubt: bool,
}

/// One attribute of all records.
#[derive(Debug, Clone)]
pub struct Row {
    pub attribute: &'static str,
    pub label: &'static str,
    /// What the golden record would have.
    pub result: Vec<String>,
    pub cells: Vec<Cell>,
    /// Everybody who says anything says the same.
    pub agrees: bool,
}

/// What one record says.
#[derive(Debug, Clone)]
pub struct Cell {
    pub values: Vec<Vec<Piece>>,
    /// Names the record, for whoever wants its value in the golden record.
    pub pick: Option<String>,
    pub is_right: bool,
}

/// Why the two weigh what they weigh.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub lines: Vec<Line>,
    pub prior: Bar,
    pub sum: Bar,
}

/// What one field says.
#[derive(Debug, Clone)]
pub struct Line {
    pub field: &'static str,
    pub level: String,
    pub left: String,
    pub right: String,
    pub bar: Bar,
    /// Among how many pairs of strangers one agrees so; nothing if that is usual.
    pub strangers: Option<String>,
    pub decides: bool,
}

/// A weight as a bar from where the sum stood before it.
#[derive(Debug, Clone)]
pub struct Bar {
    /// With its sign.
    pub weight: String,
    pub x: String,
    pub width: String,
    pub is_positive: bool,
}

/// A decision that was just taken, and can be taken back.
#[derive(Debug, Clone)]
pub struct Undo {
    pub decision: String,
    pub text: &'static str,
    pub who: String,
    /// The case that it was about.
    pub review: String,
}
