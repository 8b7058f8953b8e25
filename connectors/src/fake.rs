//! A made-up system that answers as a manifest's `[poll]` says that the real one does, so that any manifest can be tried
//! without its system. It decides what to answer; whoever listens stands elsewhere.

mod place;
mod render;
mod sample;

pub use place::in_place_of;
pub use sample::{Sampler, Told};

use serde_json::{Value, json};

use crate::access::Credentials;
use crate::poll::{Clock, Fetch, Paging, Poll, Reading, Since};

/// The variable in which whoever tries a manifest finds every secret of the made-up system.
pub const SECRET_NAME: &str = "MADE_UP_SECRET";
/// Grants never end by themselves in a made-up system.
const TOKEN: &str = "made-up-token";
const JOB: &str = "750MADEUP";

/// A made-up system.
#[derive(Debug, Clone)]
pub struct Fake {
    /// Absent for a system that nobody asks.
    poll: Option<Poll>,
    /// With what whoever asks has to prove who they are: the secret, or the client's.
    secret: String,
    user: String,
    pub records: Vec<Record>,
    /// Records on one page, where the request does not say.
    pub page_records: usize,
}

/// One of its records.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub key: String,
    /// In microseconds since 1970.
    pub changed_us: i64,
    pub body: Value,
}

/// A request, read to its end.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// With the query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Fake {
    pub fn new(poll: &Poll, user: &str, secret: &str) -> Fake {
        let (user, secret) = (user.to_owned(), secret.to_owned());
        Fake { poll: Some(poll.clone()), user, secret, records: Vec::new(), page_records: 3 }
    }

    /// A system that answers nothing.
    pub fn silent() -> Fake {
        Fake { poll: None, user: String::new(), secret: String::new(), records: Vec::new(), page_records: 0 }
    }

    pub fn answer(&self, asked: &Asked) -> Reply {
        let nothing = || Reply::of(404, json!({ "error": "there is nothing here" }));
        let Some(poll) = &self.poll else { return nothing() };
        let path = asked.path.split('?').next().unwrap_or_default();
        if let Credentials::OAuth(oauth) = &poll.credentials
            && oauth.token.ends_with(path)
        {
            return self.token(asked);
        }
        if !self.knows(&poll.credentials, asked) {
            return Reply::of(401, json!({ "error": "who asks?" }));
        }
        if let Some(reply) = poll.fetch.as_ref().and_then(|fetch| self.one(fetch, path)) {
            return reply;
        }
        let readings = poll.first.iter().chain([&poll.changes]);
        let found = readings.into_iter().find_map(|reading| self.read(reading, path, asked));
        found.unwrap_or_else(nothing)
    }

    fn token(&self, asked: &Asked) -> Reply {
        let secret = pairs(&asked.body).into_iter().find(|(name, _)| name == "client_secret");
        match secret.is_some_and(|(_, secret)| secret == self.secret) {
            true => Reply::of(200, json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 })),
            false => Reply::of(401, json!({ "error": "invalid_client" })),
        }
    }

    fn knows(&self, credentials: &Credentials, asked: &Asked) -> bool {
        let secret = if matches!(credentials, Credentials::OAuth(_)) { TOKEN } else { &self.secret };
        let Some((name, value)) = credentials.auth(&self.user).map(|auth| auth.header(secret)) else {
            return true;
        };
        asked.header(&name) == Some(&value)
    }

    /// The answer that holds one record.
    fn one(&self, fetch: &Fetch, path: &str) -> Option<Reply> {
        let (before, after) = fetch.path.split('?').next()?.split_once("{key}")?;
        let key = path.strip_prefix(before)?.strip_suffix(after)?;
        let key = key.replace("%20", " ");
        let found = self.records.iter().find(|record| record.key == key);
        Some(found.map_or_else(
            || Reply::of(404, json!({ "error": "no such record" })),
            |record| Reply::of(200, render::wrapped(&fetch.page, record.body.clone())),
        ))
    }

    fn read(&self, reading: &Reading, path: &str, asked: &Asked) -> Option<Reply> {
        let own_path = match &reading.job {
            Some(job) if path == job.path => return Some(Reply::of(200, json!({ "id": JOB, "state": "New" }))),
            Some(job) if path.strip_prefix(&job.path) == Some(&format!("/{JOB}")) => {
                return Some(Reply::of(200, json!({ "id": JOB, "state": job.done.first() })));
            }
            Some(job) => job.results.replace("{job}", JOB),
            None => reading.path.clone(),
        };
        (own_path.split('?').next() == Some(path)).then(|| self.page(reading, &own_path, asked))
    }

    fn page(&self, reading: &Reading, own_path: &str, asked: &Asked) -> Reply {
        let given = |name: &str| parameter(reading, asked, name);
        let since_us = reading.since.as_ref().and_then(|since| since_of(since, given(since.parameter.as_ref()?)?));
        let wanted: Vec<&Record> =
            self.records.iter().filter(|record| since_us.is_none_or(|since| record.changed_us >= since)).collect();
        let number = |name: &str| given(name).and_then(|text| text.parse::<usize>().ok());
        let (mut size, mut start) = (self.page_records, 0);
        match &reading.paging {
            Paging::Number { parameter, first, size: own } => {
                size = usize::try_from(own.records).unwrap_or(size);
                start = number(parameter).map_or(0, |page| page.saturating_sub(*first as usize) * size);
            }
            Paging::Offset { parameter, size: own } => {
                size = usize::try_from(own.records).unwrap_or(size);
                start = number(parameter).unwrap_or(0);
            }
            Paging::TokenInBody { parameter, .. } | Paging::TokenInHeader { parameter, .. } => {
                start = number(parameter).unwrap_or(0);
            }
            Paging::LastRecord { parameter, .. } => {
                let last = given(parameter);
                let place = |key| wanted.iter().position(|record| record.key == key);
                start = last.and_then(place).map_or(0, |place| place + 1);
            }
            Paging::LinkHeader | Paging::UrlInBody { .. } => start = number("made-up-place").unwrap_or(0),
            Paging::One => size = wanted.len(),
        }
        let end = start.saturating_add(size).min(wanted.len());
        let page = wanted.get(start..end).unwrap_or_default();
        let next = (end < wanted.len()).then_some(end);
        render::page(reading, own_path, &asked.path, page, next)
    }
}

impl Asked {
    fn header(&self, name: &str) -> Option<&String> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Reply {
    pub(crate) fn of(status: u16, body: Value) -> Reply {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Reply { status, headers, body: body.to_string() }
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// What a request says for a parameter, in its query or in its body.
fn parameter(reading: &Reading, asked: &Asked, name: &str) -> Option<String> {
    if reading.body.is_none() {
        let query = asked.path.split_once('?').map_or("", |(_, query)| query);
        return pairs(query).into_iter().filter(|(known, _)| known == name).map(|(_, value)| value).next_back();
    }
    let body: Value = serde_json::from_str(&asked.body).ok()?;
    let step =
        |at: &Value, name: &str| name.parse::<usize>().map_or_else(|_| at.get(name), |place| at.get(place)).cloned();
    match name.split('.').try_fold(body, |at, name| step(&at, name))? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn since_of(since: &Since, given: String) -> Option<i64> {
    let time = match &since.text {
        None => given,
        Some(text) => {
            // The text may hold the time more than once.
            let (before, after) = text.split_once("{since}")?;
            let after = after.split("{since}").next().unwrap_or_default();
            let rest = given.strip_prefix(before)?;
            if after.is_empty() { rest.to_owned() } else { rest.split_once(after)?.0.to_owned() }
        }
    };
    match since.clock {
        Clock::EpochSeconds => time.parse::<i64>().ok()?.checked_mul(1_000_000),
        Clock::EpochMillis => time.parse::<i64>().ok()?.checked_mul(1000),
        Clock::Rfc3339 => time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond),
        Clock::Date => format!("{time}T00:00:00Z").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond),
    }
}
