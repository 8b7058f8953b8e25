//! The page before all others.

use crate::shell::Shell;
use askama::Template;

/// Asks for a name and a password.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// Where to go afterwards; a path of this hub.
    pub next: String,
    pub name: String,
    /// Why the last attempt failed.
    pub problem: Option<&'static str>,
    pub kept: Option<Kept>,
}

/// Has somebody send again what they had sent when their session was over.
#[derive(Template)]
#[template(path = "again.html")]
pub struct AgainPage {
    pub shell: Shell,
    pub kept: Kept,
}

/// A form that was sent by somebody who was not signed in any more.
#[derive(Debug, Clone)]
pub struct Kept {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Kept {
    pub fn new(action: String, fields: Vec<(String, String)>) -> Kept {
        Kept { action, fields }
    }

    /// The fields as one text, as forms send them.
    fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}
