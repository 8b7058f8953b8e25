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
    pub notice: Option<String>,
    /// How many came in and were settled in the last seven days.
    pub opened: i64,
    pub closed: i64,
    /// Filters that the visitor has given a name.
    pub views: Vec<View>,
    /// The filters as in an address.
    pub query: String,
    pub may_decide: bool,
    pub colleagues: Vec<String>,
}

/// Filters with a name.
#[derive(Debug, Clone)]
pub struct View {
    pub name: String,
    pub href: String,
    pub is_here: bool,
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
    /// Names the case in a form.
    pub id: String,
    pub assignee: String,
    pub due: Option<Due>,
    /// Somebody has given a verdict that a second person has yet to confirm.
    pub is_proposed: bool,
}

/// By the end of which day something is to be done.
#[derive(Debug, Clone)]
pub struct Due {
    pub day: String,
    pub is_late: bool,
}

/// Several cases on the way to one and the same decision.
#[derive(Template)]
#[template(path = "bulk.html")]
pub struct BulkPage {
    pub shell: Shell,
    pub title: &'static str,
    pub about: String,
    /// `same` or `different`.
    pub verdict: &'static str,
    pub cases: Vec<BulkCase>,
    pub query: String,
    pub list: String,
    pub reason_required: bool,
    /// Cases that were ticked and are open no longer.
    pub gone: usize,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct BulkCase {
    pub row: Row,
    /// The case and the two versions that were looked at.
    pub stands: String,
    /// Records that both people have together.
    pub records: usize,
}

/// One side of a case.
#[derive(Debug, Clone)]
pub struct Party {
    pub name: String,
    pub source: String,
    /// What tells two people of one name apart.
    pub detail: String,
}
