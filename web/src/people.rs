//! Finding somebody.

use crate::shell::Shell;
use askama::Template;

/// What was searched and who was found.
#[derive(Template)]
#[template(path = "people.html")]
pub struct PeoplePage {
    pub shell: Shell,
    pub list: PeopleList,
}

/// The list alone, which the page asks for while somebody types.
#[derive(Template)]
#[template(path = "people_list.html")]
pub struct PeopleList {
    pub words: &'static crate::words::Words,
    pub query: String,
    pub total: usize,
    pub hits: Vec<Hit>,
}

/// Somebody who was found.
#[derive(Debug, Clone)]
pub struct Hit {
    pub href: String,
    pub name: String,
    pub birth: String,
    pub emails: String,
    pub phones: String,
    pub place: String,
    pub records: usize,
}
