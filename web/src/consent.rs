//! What a person has allowed and refused.

use crate::shell::{Instant, Shell};
use crate::words::ConsentWords;
use askama::Template;

/// What may be done, purpose by purpose and channel by channel.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    pub channels: Vec<&'static str>,
    pub rows: Vec<Row>,
}

/// One purpose.
#[derive(Debug, Clone)]
pub struct Row {
    pub purpose: String,
    pub cells: Vec<Cell>,
}

/// Whether the person may be reached, and why.
#[derive(Debug, Clone)]
pub struct Cell {
    pub allowed: bool,
    /// Somebody has said no, or a permission has ended; else nobody has said anything.
    pub refused: bool,
    pub why: &'static str,
    /// The contact points that it holds for, if there are others.
    pub points: String,
    pub disputed: bool,
}

/// Every statement of a person.
#[derive(Template)]
#[template(path = "consents.html")]
pub struct ConsentsPage {
    pub shell: Shell,
    pub words: &'static ConsentWords,
    pub name: String,
    pub id: String,
    pub matrix: Matrix,
    pub statements: Vec<Statement>,
    /// Where older ones are.
    pub older: Option<String>,
    /// What can be recorded: purposes and channels, by name and in words; nothing for visitors who may not.
    pub recording: Option<Recording>,
    pub notice: Option<&'static str>,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    pub at: Instant,
    pub purpose: String,
    pub channel: &'static str,
    pub state: &'static str,
    pub refuses: bool,
    pub point: String,
    pub evidence: Vec<String>,
    pub source: String,
    /// The record that it is kept with.
    pub record: String,
}

/// The choices of the form.
#[derive(Debug, Clone)]
pub struct Recording {
    pub purposes: Vec<(String, String)>,
    pub channels: Vec<(&'static str, &'static str)>,
    pub points: Vec<String>,
}
