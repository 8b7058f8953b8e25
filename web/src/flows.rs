//! What comes in, what goes out, and what is stuck.

use crate::shell::{Instant, Shell};
use askama::Template;

/// Every source and every subscriber, and what could not be processed.
#[derive(Template)]
#[template(path = "flows.html")]
pub struct FlowsPage {
    pub shell: Shell,
    pub sources: Vec<Source>,
    /// Sources that nothing has come from, and that are not read.
    pub unused: Vec<String>,
    /// Nothing for those who may not see them.
    pub subscribers: Option<Vec<Subscriber>>,
    pub letters: Option<Vec<Group>>,
    pub may_manage: bool,
    pub may_repair: bool,
    pub notice: Option<&'static str>,
}

/// How bad it is; the word that a style has it by.
pub type Mood = &'static str;

#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub title: String,
    pub state: &'static str,
    pub mood: Mood,
    pub webhook: bool,
    pub last: Option<Instant>,
    pub records: i64,
    /// Fields that are new, missing or of another kind.
    pub drift: i64,
    /// When its own list was compared with what the hub holds the last time, and how many records differed.
    pub compared: Option<(Instant, i64)>,
    pub failure: Option<String>,
    /// What can be asked of it: the action's name and its label.
    pub actions: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, Clone)]
pub struct Subscriber {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub mood: Mood,
    pub lag: i64,
    pub delivered: i64,
    pub failed: i64,
    pub last: Option<Instant>,
    pub note: Option<String>,
    pub actions: Vec<(&'static str, &'static str)>,
}

/// Dead letters that failed alike.
#[derive(Debug, Clone)]
pub struct Group {
    pub fingerprint: String,
    pub source: String,
    pub step: String,
    pub reason: String,
    pub count: i64,
    pub last: Instant,
    pub example: String,
}

/// One dead letter with its payload, to be put right in place.
#[derive(Template)]
#[template(path = "letter.html")]
pub struct LetterPage {
    pub shell: Shell,
    pub id: i64,
    pub source: String,
    pub step: String,
    pub reason: String,
    pub at: Instant,
    pub payload: String,
    pub is_repaired: bool,
    pub may_repair: bool,
    pub problem: Option<String>,
}
