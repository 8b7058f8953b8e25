//! How a system makes sure that somebody is at home before it sends anything.

use super::Webhook;
use super::notices::Reading;
use crate::mapping::Expr;

/// An echo longer than this is none.
const ECHO_BYTES_MAX: usize = 1024;

/// What a system sends first, and what it wants to hear.
#[derive(Debug, Clone)]
pub(crate) enum Handshake {
    /// The parameter of the query, back as plain text. Such requests are not signed.
    Query(String),
    /// A form with nothing but this field, unsigned; any success will do.
    Ping(String),
    /// What stands there in the signed body, back as plain text.
    Body(Expr),
}

impl Webhook {
    /// The answer to a first request that cannot be signed; it tells nothing but what was asked.
    pub fn greeting(&self, query: &str, body: &[u8]) -> Option<String> {
        match &self.handshake {
            Some(Handshake::Query(name)) => {
                let found = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
                found.map(|(_, value)| value.into_owned()).filter(|echo| is_plain(echo))
            }
            Some(Handshake::Ping(name)) => {
                let mut fields = form_urlencoded::parse(body);
                let is_ping = fields.next().is_some_and(|(known, _)| known == *name) && fields.next().is_none();
                is_ping.then(String::new)
            }
            Some(Handshake::Body(_)) | None => None,
        }
    }

    /// The answer to a first request whose signature was right.
    pub fn signed_greeting(&self, body: &[u8]) -> Option<String> {
        let Some(Handshake::Body(expr)) = &self.handshake else { return None };
        Reading::of(&self.json(body))?.value(expr).filter(|echo| is_plain(echo))
    }
}

/// Nothing is echoed that a browser could take for more than a word.
fn is_plain(echo: &str) -> bool {
    echo.len() <= ECHO_BYTES_MAX && echo.chars().all(|c| c.is_ascii_graphic() || c == ' ') && !echo.contains(['<', '>'])
}
