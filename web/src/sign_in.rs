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
}
