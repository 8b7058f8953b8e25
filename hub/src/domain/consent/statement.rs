//! One statement: how it is written down, and how it is understood.

use super::{Basis, Channel, Scope, State};
use crate::domain::customer::{Address, Customer};
use crate::domain::limits::{CLOCK_AHEAD_SECS_MAX, TEXT_CHARS_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One statement of one person, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Names a purpose of the rules in force, such as `marketing`.
    #[schema(example = "marketing")]
    pub purpose: String,
    #[serde(default)]
    pub channel: Channel,
    pub state: State,
    /// The e-mail address, phone number or postal address that it was given for. Left out: all that the record holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Whose law it was given under, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    /// When the person said so: RFC 3339, or a date. A permission without it is outweighed by any refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Evidence: the form and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Evidence: the text that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// Evidence: where it was said, such as a page's or a client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Evidence: whether the person confirmed it once more from the contact point itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub double_opt_in: Option<bool>,
    /// Evidence: the number of the receipt that the person got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Evidence: a signal as it was received, such as a TCF string or `Sec-GPC: 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
}

/// Where a statement came from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The system that says so.
    pub by: &'a str,
    /// The version of the record that said so; orders statements without a time.
    pub version: i64,
    pub changed_us: i64,
    pub received_us: i64,
    /// The record's own values, whose contact points are meant where the statement names none.
    pub customer: &'a Customer,
}

/// A statement as it is understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(flatten)]
    pub scope: Scope,
    pub state: State,
    /// Rests on an earlier purchase instead of on consent.
    #[serde(default)]
    pub soft: bool,
    /// The contact points that it reaches in comparable form; `None` stands for the person, on channels without any.
    pub points: Vec<Option<String>>,
    /// When the person said so; else the version and the time of change of the record that says so.
    pub time: Time,
    pub until_us: Option<i64>,
    pub by: String,
    /// As it was said, with the evidence.
    pub kept: Consent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Time {
    Dated { at_us: i64 },
    Undated { version: i64, changed_us: i64 },
}

/// What is wrong with a statement; names the field, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    #[error("consents[].purpose takes 1 to 64 small letters, digits, -, _ and dots, such as marketing")]
    Purpose,
    #[error("consents[].{0} is no time; write RFC 3339, such as 2026-11-23T09:30:00Z, or a date")]
    Time(&'static str),
    #[error("consents[].captured_at lies more than {hours} hours ahead; correct the source's clock", hours = CLOCK_AHEAD_SECS_MAX / 3600)]
    Future,
    #[error(
        "consents[].{0} holds a text of more than {TEXT_CHARS_MAX} characters; keep the document elsewhere and name it here"
    )]
    TooLong(&'static str),
    #[error("consents[].jurisdiction is no country; write two capital letters, as in ISO 3166-1")]
    Jurisdiction,
}

impl Time {
    /// When it was said, as far as that is known.
    pub fn at_us(self) -> i64 {
        match self {
            Time::Dated { at_us } => at_us,
            Time::Undated { changed_us, .. } => changed_us,
        }
    }
}

impl Consent {
    /// A statement without evidence.
    pub fn new(scope: Scope, state: State) -> Consent {
        Consent {
            purpose: scope.purpose,
            channel: scope.channel,
            state,
            point: None,
            basis: None,
            jurisdiction: None,
            captured_at: None,
            valid_until: None,
            form: None,
            wording: None,
            place: None,
            double_opt_in: None,
            receipt: None,
            signal: None,
        }
    }

    /// Checks a statement and says what it means.
    pub fn understood(self, origin: Origin<'_>) -> Result<Statement, ConsentError> {
        self.check()?;
        let captured_us = self.captured_at.as_deref().map(|text| instant(text, "captured_at")).transpose()?;
        let until_us = self.valid_until.as_deref().map(|text| instant(text, "valid_until")).transpose()?;
        if captured_us.is_some_and(|at| at.saturating_sub(origin.received_us) > CLOCK_AHEAD_SECS_MAX * 1_000_000) {
            return Err(ConsentError::Future);
        }
        let time = match captured_us {
            Some(at_us) => Time::Dated { at_us },
            None => Time::Undated { version: origin.version, changed_us: origin.changed_us },
        };
        Ok(Statement {
            points: self.points(origin.customer),
            scope: Scope { purpose: self.purpose.clone(), channel: self.channel },
            state: self.state,
            soft: self.basis == Some(Basis::ExistingCustomer),
            time,
            until_us,
            by: origin.by.to_owned(),
            kept: self,
        })
    }

    fn check(&self) -> Result<(), ConsentError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if !(1..=64).contains(&self.purpose.len()) || !self.purpose.chars().all(fits) {
            return Err(ConsentError::Purpose);
        }
        if self.jurisdiction.as_ref().is_some_and(|j| j.len() != 2 || !j.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(ConsentError::Jurisdiction);
        }
        let texts = [
            ("point", &self.point),
            ("form", &self.form),
            ("wording", &self.wording),
            ("place", &self.place),
            ("receipt", &self.receipt),
            ("signal", &self.signal),
        ];
        let long = |text: &str| text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX;
        match texts.into_iter().find(|(_, text)| text.as_deref().is_some_and(long)) {
            Some((field, _)) => Err(ConsentError::TooLong(field)),
            None => Ok(()),
        }
    }

    fn points(&self, customer: &Customer) -> Vec<Option<String>> {
        let country = customer.country.as_deref();
        let mut points: Vec<Option<String>> = match (&self.point, self.channel) {
            (Some(point), channel) => vec![text_point(channel, point, country)],
            (None, channel) if channel.has_points() => points_of(customer, channel).map(Some).collect(),
            (None, _) => vec![None],
        };
        points.sort();
        points.dedup();
        points
    }
}

/// The contact points of a channel that a record holds, in comparable form.
pub(super) fn points_of(customer: &Customer, channel: Channel) -> impl Iterator<Item = String> {
    let country = customer.country.as_deref();
    let listed = match channel {
        Channel::Email => &customer.emails[..],
        Channel::Sms | Channel::Phone => &customer.phones[..],
        _ => &[],
    };
    let addresses = if channel == Channel::Post { &customer.addresses[..] } else { &[] };
    let written = listed.iter().filter_map(move |point| text_point(channel, &point.value, country));
    written.chain(addresses.iter().map(address_point))
}

/// A contact point in the form that two spellings of it share.
pub(super) fn text_point(channel: Channel, raw: &str, country: Option<&str>) -> Option<String> {
    let raw = raw.trim();
    let form = match channel {
        Channel::Sms | Channel::Phone => match matching::phone_number(raw, country) {
            Some(number) => format!("+{number}"),
            None => raw.chars().filter(char::is_ascii_digit).collect(),
        },
        Channel::Post => squeezed(raw),
        _ => raw.to_lowercase(),
    };
    (!form.is_empty()).then_some(form)
}

pub(super) fn address_point(address: &Address) -> String {
    let parts = [&address.postcode, &address.city].into_iter().flatten();
    squeezed(&address.lines.iter().chain(parts).map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// An instant, or the beginning of a day or a local time in UTC.
fn instant(text: &str, field: &'static str) -> Result<i64, ConsentError> {
    let text = text.trim();
    let civil = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<jiff::civil::DateTime>().ok()?).ok();
    let found = text.parse::<jiff::Timestamp>().ok().or_else(civil);
    found.map(jiff::Timestamp::as_microsecond).ok_or(ConsentError::Time(field))
}
