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
}
