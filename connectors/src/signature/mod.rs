//! Whether a webhook request comes from the system that shares a secret with us. A scheme is a row of data: where the
//! signature stands, what it signs, how it is written, and how old it may be. One procedure carries every row out, over
//! the bytes as received and in constant time.

mod encoding;
mod hash;
mod key;
mod schemes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use encoding::Encoding;
pub use hash::Hash;
pub use key::{Key, KeyError};

/// Signatures that one header may hold, for two or three secrets while one follows another.
const SIGNATURES_MAX: usize = 8;
/// The usual width of the replay window, to either side of our clock.
pub const TOLERANCE_SECS: u32 = 300;

/// How a system signs its webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    header: Cow<'static, str>,
    carries: Carries,
    hash: Hash,
    encoding: Encoding,
    key_form: key::Form,
    /// What is signed, in this order and without anything between.
    message: &'static [Part],
    time: Option<Time>,
}

/// How the header carries signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Carries {
    /// One signature, after fixed letters such as `sha256=`.
    One { prefix: Cow<'static, str> },
    /// `t=1700000000,v1=..,v1=..`
    Pairs,
    /// `v1,.. v1,..`
    Versions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Method,
    Url,
    /// The address with its escapes undone, as HubSpot signs it.
    PlainUrl,
    /// The value of a header that names the delivery.
    Id(&'static str),
    Timestamp,
    Dot,
    Body,
}

/// The signed time of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time {
    at: TimeAt,
    units_per_sec: i64,
    tolerance_secs: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeAt {
    Header(&'static str),
    /// The pair `t` of the signature's own header.
    Pair,
}

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub method: &'r str,
    /// The whole address as the sender knows it, with the query.
    pub url: &'r str,
    pub header: &'r dyn Fn(&str) -> Option<&'r str>,
    pub body: &'r [u8],
}

/// Why a signature does not count. It never holds anything of the request but names of headers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the header {0} is missing; the sender has to sign its webhooks")]
    Missing(String),
    #[error("the header {0} cannot be read; check that the source's manifest names the sender's signature scheme")]
    Malformed(String),
    #[error("it was signed more than {tolerance_secs} seconds ago or ahead; set both clocks, or send it again")]
    Untimely { tolerance_secs: u32 },
    #[error("the signature does not fit; check the secret, the address, and that nothing on the way changes the body")]
    Mismatch,
}

impl Scheme {
    /// Checks a request against every key that is in force; `now_secs` counts from 1970.
    pub fn verify(&self, request: &Request<'_>, keys: &[Key], now_secs: i64) -> Result<(), Refused> {
        let value = required(request, &self.header)?;
        let timestamp = match &self.time {
            Some(time) => time.checked(value, request, now_secs)?,
            None => "",
        };
        let signatures = self.signatures(value);
        if signatures.is_empty() {
            return Err(Refused::Malformed(self.header.to_string()));
        }
        let plain = encoding::without_escapes(request.url);
        let message = self.message(request, &plain, timestamp)?;
        let fits = |key: &Key| self.hash.fits(key.bytes(), &message, &signatures);
        if keys.iter().any(fits) { Ok(()) } else { Err(Refused::Mismatch) }
    }

    /// The headers that a sender adds to a request; the inverse of [`Scheme::verify`].
    pub fn sign(&self, request: &Request<'_>, key: &Key, now_secs: i64) -> Result<Vec<(String, String)>, Refused> {
        let timestamp = self.time.map_or(String::new(), |time| now_secs.saturating_mul(time.units_per_sec).to_string());
        let plain = encoding::without_escapes(request.url);
        let tag = self.hash.tag(key.bytes(), &self.message(request, &plain, &timestamp)?);
        let tag = self.encoding.write(&tag);
        let value = match &self.carries {
            Carries::One { prefix } => format!("{prefix}{tag}"),
            Carries::Pairs => format!("t={timestamp},v1={tag}"),
            Carries::Versions => format!("v1,{tag}"),
        };
        let mut headers = vec![(self.header.to_string(), value)];
        if let Some(Time { at: TimeAt::Header(name), .. }) = self.time {
            headers.push((name.to_owned(), timestamp));
        }
        Ok(headers)
    }

    /// Whether the address is part of what is signed, so that it has to be known as the sender knows it.
    pub fn signs_url(&self) -> bool {
        self.message.iter().any(|part| matches!(part, Part::Url | Part::PlainUrl))
    }

    /// Reads a secret as this scheme's senders hand it out.
    pub fn key(&self, secret: &str) -> Result<Key, KeyError> {
        Key::read(secret, self.key_form)
    }

    fn signatures(&self, value: &str) -> Vec<Vec<u8>> {
        let texts: Vec<&str> = match &self.carries {
            Carries::One { prefix } => value.strip_prefix(prefix.as_ref()).into_iter().collect(),
            Carries::Pairs => value.split(',').filter_map(|pair| pair.trim().strip_prefix("v1=")).collect(),
            Carries::Versions => value.split(' ').filter_map(|version| version.strip_prefix("v1,")).collect(),
        };
        texts.into_iter().take(SIGNATURES_MAX).filter_map(|text| self.encoding.read(text)).collect()
    }

    fn message<'m, 'r: 'm>(
        &self,
        request: &Request<'r>,
        plain_url: &'m str,
        timestamp: &'m str,
    ) -> Result<Vec<&'m [u8]>, Refused> {
        let part = |part: &Part| {
            Ok(match part {
                Part::Method => request.method.as_bytes(),
                Part::Url => request.url.as_bytes(),
                Part::PlainUrl => plain_url.as_bytes(),
                Part::Id(name) => required(request, name)?.as_bytes(),
                Part::Timestamp => timestamp.as_bytes(),
                Part::Dot => b".",
                Part::Body => request.body,
            })
        };
        self.message.iter().map(part).collect()
    }
}

impl Time {
    /// The timestamp as it was sent, if it is within the replay window.
    fn checked<'r>(&self, value: &'r str, request: &Request<'r>, now_secs: i64) -> Result<&'r str, Refused> {
        let (name, text) = match self.at {
            TimeAt::Header(name) => (name, Some(required(request, name)?)),
            TimeAt::Pair => ("t", value.split(',').find_map(|pair| pair.trim().strip_prefix("t="))),
        };
        let malformed = || Refused::Malformed(name.to_owned());
        let text = text.ok_or_else(malformed)?;
        let sent: i64 = text.parse().map_err(|_| malformed())?;
        let distance = now_secs.saturating_sub(sent / self.units_per_sec).unsigned_abs();
        match distance <= u64::from(self.tolerance_secs) {
            true => Ok(text),
            false => Err(Refused::Untimely { tolerance_secs: self.tolerance_secs }),
        }
    }
}

fn required<'r>(request: &Request<'r>, name: &str) -> Result<&'r str, Refused> {
    (request.header)(name).ok_or_else(|| Refused::Missing(name.to_owned()))
}
