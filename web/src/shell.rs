//! What every page has around it.

use crate::words::Words;
use askama::Template;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Shell {
    pub words: &'static Words,
    /// What the browser's tab says.
    pub title: String,
    /// Which part of the workbench this is, to mark it.
    pub here: Here,
    /// Nobody, before signing in.
    pub visitor: Option<Visitor>,
    /// What the search field holds.
    pub searched: String,
}

/// The parts of the workbench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Reviews,
    People,
    Flows,
    Rules,
    Quality,
    Privacy,
    Account,
    Nowhere,
}

impl Here {
    pub fn is_reviews(self) -> bool {
        self == Here::Reviews
    }

    pub fn is_people(self) -> bool {
        self == Here::People
    }

    pub fn is_flows(self) -> bool {
        self == Here::Flows
    }

    pub fn is_rules(self) -> bool {
        self == Here::Rules
    }

    pub fn is_quality(self) -> bool {
        self == Here::Quality
    }

    pub fn is_privacy(self) -> bool {
        self == Here::Privacy
    }

    pub fn is_account(self) -> bool {
        self == Here::Account
    }
}

/// Who is signed in, and where they may go.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub name: String,
    pub role: &'static str,
    pub reads_reviews: bool,
    pub searches: bool,
    pub reads_flows: bool,
    pub reads_rules: bool,
    pub handles_privacy: bool,
}

/// An instant, written for the reader's own time zone by the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// RFC 3339, in UTC.
    pub at: String,
}

impl Instant {
    /// Down to the minute, for readers without scripts.
    pub fn short(&self) -> String {
        let minute = self.at.get(..16).unwrap_or(&self.at).replace('T', " ");
        format!("{minute} UTC")
    }
}

/// A page that says one thing: what went wrong, or that there is nothing.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message {
    pub shell: Shell,
    pub text: String,
}

/// Who is signed in: their role, their password, their language.
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub name: String,
    pub role: &'static str,
    /// What came of the last change.
    pub notice: Option<&'static str>,
    pub problem: Option<&'static str>,
}
