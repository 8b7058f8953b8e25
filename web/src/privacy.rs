//! What people ask for: requests with their clocks, and everything that is held about somebody.

use crate::shell::{Instant, Shell};
use crate::words::PrivacyWords;
use askama::Template;

/// All requests.
#[derive(Template)]
#[template(path = "privacy.html")]
pub struct PrivacyPage {
    pub shell: Shell,
    pub words: &'static PrivacyWords,
    pub requests: Vec<Request>,
}

/// A request in a list.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub received: Instant,
    pub due: Instant,
    pub overdue: bool,
}

/// One request.
#[derive(Template)]
#[template(path = "privacy_request.html")]
pub struct RequestPage {
    pub shell: Shell,
    pub words: &'static PrivacyWords,
    pub request: Request,
    /// The golden id, as long as it leads to somebody.
    pub person: Option<String>,
    /// What was done so far: what, by whom, when, and how or why.
    pub steps: Vec<Step>,
    pub next: Next,
    /// What was taken out, by kind.
    pub erased: Vec<(&'static str, String)>,
    pub parties: Vec<Party>,
    pub all_confirmed: bool,
}

/// Something that was done.
#[derive(Debug, Clone)]
pub struct Step {
    pub what: &'static str,
    pub by: String,
    pub at: Instant,
    pub note: String,
}

/// What can be done next.
#[derive(Debug, Clone, Copy, Default)]
pub struct Next {
    pub verify: bool,
    pub document: bool,
    pub hand_out: bool,
    pub erase: bool,
    pub hold: bool,
    pub release: bool,
    pub refuse: bool,
}

impl Next {
    pub fn is_nothing(self) -> bool {
        !(self.verify || self.hand_out || self.erase || self.hold || self.release || self.refuse)
    }
}

/// Who had a copy.
#[derive(Debug, Clone)]
pub struct Party {
    pub is_source: bool,
    pub name: String,
    pub confirmed: bool,
}

/// Everything that is held about somebody.
#[derive(Template)]
#[template(path = "privacy_document.html")]
pub struct DocumentPage {
    pub shell: Shell,
    pub words: &'static PrivacyWords,
    pub id: String,
    pub generated: Instant,
    pub sections: Vec<Section>,
}

/// One kind of what is held.
#[derive(Debug, Clone)]
pub struct Section {
    pub title: &'static str,
    pub parts: Vec<Vec<(String, String)>>,
}
