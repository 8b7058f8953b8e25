//! The worklist of doubtful pairs.

use crate::shell::{Instant, Shell};
use askama::Template;

/// One page of the worklist.
#[derive(Template)]
#[template(path = "reviews.html")]
pub struct ReviewsPage {
    pub shell: Shell,
    /// How many cases fit the filters, and how many are open altogether.
    pub fitting: String,
    pub total: i64,
    pub filters: Vec<Filter>,
    pub is_filtered: bool,
    pub rows: Vec<Row>,
    pub page: usize,
    pub pages: usize,
    /// Addresses of the pages beside this one.
    pub before: Option<String>,
    pub after: Option<String>,
    /// What the last action brought about.
    pub notice: Option<&'static str>,
}

/// One thing to choose by.
#[derive(Debug, Clone)]
pub struct Filter {
    pub name: &'static str,
    pub label: &'static str,
    pub choices: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Row {
    pub href: String,
    pub left: Party,
    pub right: Party,
    /// How probable it is that both are one person.
    pub percent: String,
    pub reason: &'static str,
    pub opened: Instant,
}

/// One side of a case.
#[derive(Debug, Clone)]
pub struct Party {
    pub name: String,
    pub source: String,
    /// What tells two people of one name apart.
    pub detail: String,
}
