//! What is in force: how pairs are judged, and which values survive.

use crate::shell::{Instant, Shell};
use askama::Template;

/// The policy in force, readably, and those before it.
#[derive(Template)]
#[template(path = "rules.html")]
pub struct RulesPage {
    pub shell: Shell,
    pub number: i32,
    pub model: String,
    pub rules: String,
    pub by: String,
    pub reason: String,
    pub since: Option<Instant>,
    /// From which probability on two records are linked, and from which on somebody is asked.
    pub link: String,
    pub review: String,
    pub attributes: Vec<Attribute>,
    pub sources: Vec<Trust>,
    pub policies: Vec<Policy>,
    /// A change that is being tried out, or the last one.
    pub tried: Option<String>,
    pub may_try: bool,
    pub may_change: bool,
    pub notice: Option<&'static str>,
}

/// A change that somebody is thinking of.
#[derive(Template)]
#[template(path = "draft.html")]
pub struct DraftPage {
    pub shell: Shell,
    pub number: i32,
    /// Percent, from which on two records are linked, and the least that it may be.
    pub link: String,
    pub link_least: String,
    pub rules: String,
    pub problem: Option<String>,
}

/// What a change would do to everybody.
#[derive(Template)]
#[template(path = "what_if.html")]
pub struct WhatIfPage {
    pub shell: Shell,
    pub id: String,
    /// Lines of the rules that differ: whether they are new, and what they say.
    pub differences: Vec<(bool, String)>,
    /// The probability from which on records are linked, before and after.
    pub link: (String, String),
    /// Percent done, while it runs.
    pub running: Option<String>,
    pub failure: Option<&'static str>,
    pub report: Option<Report>,
    pub may_change: bool,
    pub problem: Option<String>,
}

/// Its consequences, counted and by name.
#[derive(Debug, Clone)]
pub struct Report {
    /// What is counted, before, and after.
    pub totals: Vec<(&'static str, String, String)>,
    pub sections: Vec<Section>,
    pub events: String,
}

/// One kind of consequence.
#[derive(Debug, Clone)]
pub struct Section {
    pub title: &'static str,
    pub count: String,
    pub lines: Vec<Consequence>,
    /// Those that are not listed.
    pub more: usize,
}

/// One consequence: to whom, and what.
#[derive(Debug, Clone)]
pub struct Consequence {
    pub who: String,
    /// Their page, where they have one.
    pub href: String,
    pub before: String,
    pub after: String,
}

/// How one attribute survives.
#[derive(Debug, Clone)]
pub struct Attribute {
    pub label: &'static str,
    /// What decides first, second, and so on.
    pub criteria: Vec<&'static str>,
    pub keep_max: usize,
}

/// How far a source is believed.
#[derive(Debug, Clone)]
pub struct Trust {
    pub source: String,
    /// 0 to 100.
    pub trust: String,
    pub half_life_days: Option<String>,
}

/// A policy that somebody asked for.
#[derive(Debug, Clone)]
pub struct Policy {
    pub number: i32,
    pub stage: &'static str,
    pub model: String,
    pub rules: String,
    pub by: String,
    pub reason: String,
    pub at: Instant,
    /// How far it is carried through, while it is.
    pub progress: Option<String>,
    /// One may go back to it.
    pub is_way_back: bool,
}
