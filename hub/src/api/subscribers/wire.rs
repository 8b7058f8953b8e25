//! Subscribers as callers write and read them.

use crate::api::problem::{Answer, Kind};
use crate::api::wire::rfc3339;
use crate::domain::ids::EventSeq;
use crate::domain::outbox::Circuit;
use crate::domain::subscriber::{self, Filter, SecretName, Settings, Status};
use crate::store::subscribers::{FailedAttempt, Resend, Subscriber as Stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const PARALLEL: u32 = 8;

/// A system that is to be told of changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscriber {
    #[schema(example = "crm")]
    pub name: String,
    target: Target,
    /// `now` (if left out) or `beginning`.
    start: Option<Start>,
    /// In place of `start`: everything after this event.
    after: Option<i64>,
    filter: Option<Selection>,
    /// The attributes that it may see; all, if left out. `records` are the source records of a person.
    attributes: Option<Vec<String>>,
    /// What it uses people's data for, a purpose of the rules such as `marketing`: contact points that may not be used for
    /// that are not shown. What it has learned before it is told of as a change when somebody refuses.
    purpose: Option<String>,
    /// Events a second at the most; no limit, if left out.
    rate_per_second: Option<u32>,
    /// People whose events may be on their way at the same time, 1 to 64; 8 if left out.
    parallel: Option<u32>,
}

/// Where changes go.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// Each change is a POST with a signature (Standard Webhooks 1.0).
    Webhook {
        /// `https://` and a public host, unless the operator allows the host.
        #[schema(example = "https://crm.example.com/hooks/customers")]
        url: String,
        /// The name of the secret: `crm-2026` is in `HUB_SECRET_CRM_2026`, or in a file of that name.
        secret: String,
    },
    /// NDJSON files in a folder of this name below the operator's folder for drops.
    Files { folder: String },
    /// Messages of a NATS stream, each under its event's id.
    Nats {
        /// A server that the operator has named.
        #[schema(example = "main")]
        server: String,
        /// `{type}` stands for the type of the event, `{golden}` for the golden id; the type alone, if left out.
        subject: Option<String>,
    },
    /// The records of this source that hold a stale value are written, as its manifest's `[write_back]` permits.
    WriteBack {
        #[schema(example = "shopify")]
        source: String,
    },
}

/// Where a new subscriber begins.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    Now,
    Beginning,
}

/// The events that a subscriber wants; a list that is left out wants all.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Selection {
    /// `created`, `updated`, `restored`, `merged`, `deleted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
    /// Golden records with a source record of one of these sources, before the change or after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    /// Updates that change one of these attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<String>,
    /// Golden records with one of these countries, before the change or after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    countries: Vec<String>,
}

/// A new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The name of the new secret.
    pub secret: String,
    /// How long the one before signs as well; 24 if left out.
    pub overlap_hours: Option<u32>,
}

/// What to send again: `after`, or `from` and `to`, both included; `from` alone is one event.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resending {
    after: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
}

/// A system that is told of changes, and how it is doing.
#[derive(Serialize, ToSchema)]
pub struct Subscriber {
    id: Uuid,
    name: String,
    target: Target,
    /// The name of the secret before, and until when it signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret: Option<PreviousSecret>,
    filter: Selection,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_second: Option<u32>,
    parallel: u32,
    created_at: String,
    /// `active`, `held` (active, but the receiver does not answer), `misconfigured` (active, but something is missing that
    /// the operator provides), `paused`, or `disabled`.
    state: &'static str,
    /// Why it is not served.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Until when it is held, after which one event is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<String>,
    /// Everything up to this event is delivered, not wanted, or waits for another attempt.
    cursor: i64,
    /// Events that come after it.
    lag: i64,
    delivered: i64,
    failed_attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_delivered_at: Option<String>,
    /// People whose events wait for another attempt; only when one subscriber is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    people_waiting: Option<usize>,
    /// The latest failed attempts, newest first; only when one subscriber is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<Vec<Failure>>,
}

/// The secret before the present one.
#[derive(Serialize, ToSchema)]
pub struct PreviousSecret {
    secret: String,
    until: String,
}

/// An attempt that failed.
#[derive(Serialize, ToSchema)]
pub struct Failure {
    sequence: i64,
    attempt: u32,
    at: String,
    /// What went wrong; never what was sent or answered.
    what: String,
}

impl NewSubscriber {
    /// The event after which it begins.
    pub fn cursor(&self, newest: EventSeq) -> Answer<EventSeq> {
        match (self.start, self.after) {
            (None | Some(Start::Now), None) => Ok(newest),
            (Some(Start::Beginning), None) => Ok(EventSeq(0)),
            (None, Some(after)) if (0..=newest.0).contains(&after) => Ok(EventSeq(after)),
            (None, Some(_)) => {
                let detail = format!("`after` lies between 0 and {}, the newest event.", newest.0);
                Err(Kind::InvalidCommand.because(detail))
            }
            (Some(_), Some(_)) => Err(Kind::InvalidCommand.because("Say either `start` or `after`, not both.")),
        }
    }

    pub fn settings(self) -> Settings {
        let target = match self.target {
            Target::Webhook { url, secret } => {
                subscriber::Target::Webhook { url, secret: SecretName(secret), previous: None }
            }
            Target::Files { folder } => subscriber::Target::Files { folder },
            Target::Nats { server, subject } => {
                let subject = subject.unwrap_or_else(|| subscriber::subject::PATTERN.to_owned());
                subscriber::Target::Nats { server, subject }
            }
            Target::WriteBack { source } => subscriber::Target::WriteBack { source },
        };
        let Selection { events, sources, attributes, countries } = self.filter.unwrap_or_default();
        Settings {
            target,
            filter: Filter { events, sources, attributes, countries },
            attributes: self.attributes,
            purpose: self.purpose,
            rate_per_second: self.rate_per_second,
            parallel: self.parallel.unwrap_or(PARALLEL),
        }
    }
}

impl Resending {
    pub fn what(&self) -> Answer<Resend> {
        match (self.after, self.from, self.to) {
            (Some(after), None, None) if after >= 0 => Ok(Resend::After(EventSeq(after))),
            (None, Some(from), to) if from > 0 && to.unwrap_or(from) >= from => {
                Ok(Resend::Range(EventSeq(from), EventSeq(to.unwrap_or(from))))
            }
            _ => Err(Kind::InvalidCommand.because("Say `after`, or `from` and `to` with `from` no later than `to`.")),
        }
    }

    pub fn is_range(&self) -> bool {
        self.from.is_some()
    }
}

impl Subscriber {
    pub fn new(stored: &Stored, newest: EventSeq) -> Subscriber {
        let Settings { target, filter, attributes, purpose, rate_per_second, parallel } = stored.settings.clone();
        let Filter { events, sources, attributes: touched, countries } = filter;
        let (target, previous_secret) = described(target);
        let held_until = match (&stored.status, stored.circuit) {
            (Status::Active, Circuit::Open { until_us, .. }) => Some(rfc3339(until_us)),
            _ => None,
        };
        let (state, reason) = match &stored.status {
            Status::Active if stored.note.is_some() => ("misconfigured", stored.note.clone()),
            Status::Active if held_until.is_some() => ("held", None),
            Status::Active => ("active", None),
            Status::Paused => ("paused", stored.note.clone()),
            Status::Disabled { reason } => ("disabled", Some(reason.clone())),
        };
        Subscriber {
            id: stored.id.0,
            name: stored.name.clone(),
            target,
            previous_secret,
            filter: Selection { events, sources, attributes: touched, countries },
            attributes,
            purpose,
            rate_per_second,
            parallel,
            created_at: rfc3339(stored.created_us),
            state,
            reason,
            held_until,
            cursor: stored.cursor.0,
            lag: (newest.0 - stored.cursor.0).max(0),
            delivered: stored.delivered,
            failed_attempts: stored.failed,
            last_delivered_at: stored.delivered_us.map(rfc3339),
            people_waiting: None,
            failures: None,
        }
    }

    pub fn in_full(mut self, owed: usize, failures: &[FailedAttempt]) -> Subscriber {
        let failure = |failed: &FailedAttempt| Failure {
            sequence: failed.seq.0,
            attempt: failed.attempt,
            at: rfc3339(failed.at_us),
            what: failed.what.clone(),
        };
        self.people_waiting = Some(owed);
        self.failures = Some(failures.iter().map(failure).collect());
        self
    }
}

fn described(target: subscriber::Target) -> (Target, Option<PreviousSecret>) {
    match target {
        subscriber::Target::Webhook { url, secret, previous } => {
            let previous = previous.map(|p| PreviousSecret { secret: p.secret.0, until: rfc3339(p.until_us) });
            (Target::Webhook { url, secret: secret.0 }, previous)
        }
        subscriber::Target::Files { folder } => (Target::Files { folder }, None),
        subscriber::Target::Nats { server, subject } => (Target::Nats { server, subject: Some(subject) }, None),
        subscriber::Target::WriteBack { source } => (Target::WriteBack { source }, None),
    }
}
