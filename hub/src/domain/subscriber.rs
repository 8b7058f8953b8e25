//! Who is told of changes, of which ones, and how much of them. Pure: an event in, what the subscriber sees of it out.

pub mod subject;
mod view;

pub use self::view::{See, Seen, see};

use super::plan::EventKind;
use super::rules::Attribute;
use super::survivorship::CONSENTS;
use serde::{Deserialize, Serialize};

/// The member of a golden record that lists its source records; a subscriber may be shown it like an attribute.
pub const RECORDS: &str = "records";

/// What an operator has said about one subscriber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub target: Target,
    #[serde(default)]
    pub filter: Filter,
    /// The attributes that the subscriber may see; all, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<String>>,
    /// What it uses people's data for; contact points that may not be used for that are not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    pub parallel: u32,
}

/// Where the events go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    Webhook {
        url: String,
        secret: SecretName,
        /// Signs as well until receivers have the newer one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Previous>,
    },
    /// A folder below the operator's folder for drops.
    Files { folder: String },
    /// A NATS server by the name that the operator has given it, and the pattern of the subjects.
    Nats { server: String, subject: String },
    /// The records of a source, through its own manifest.
    WriteBack { source: String },
}

/// The secret before the present one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    pub secret: SecretName,
    pub until_us: i64,
}

/// Names a secret that is kept outside the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub String);

/// The events that a subscriber wants; an empty list wants all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Kinds of events by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Golden records with a source record of one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Updates that change one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// Golden records with one of these countries, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
}

/// Whether a subscriber is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Paused,
    /// By the hub, which says why; nothing is lost meanwhile.
    Disabled {
        reason: String,
    },
}

/// What is wrong with settings, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("{0} is no kind of event; use {kinds}", kinds = EventKind::ALL.map(EventKind::name).join(", "))]
    UnknownEvent(String),
    #[error("{0} is no attribute; use {names}, {CONSENTS} or {RECORDS}", names = Attribute::ALL.map(Attribute::name).join(", "))]
    UnknownAttribute(String),
    #[error("{0} is no country; write two capital letters, as in ISO 3166-1")]
    UnknownCountry(String),
    #[error("the list {0} has more than 100 entries, or one of no or more than 100 characters")]
    List(&'static str),
    #[error("parallel lies between 1 and {max}", max = super::limits::SUBSCRIBER_PARALLEL_MAX)]
    Parallel,
    #[error("rate_per_second lies between 1 and 10000; leave it out for no limit")]
    Rate,
    #[error("a secret is named by 1 to 64 letters, digits, - and _")]
    Secret,
    #[error("a server is named by 1 to 64 letters, digits, - and _; the operator names them under [nats] in hub.toml")]
    Server,
    #[error(
        "a subject is made of words of letters, digits, - and _ between dots; {{type}} stands for the type of the event \
         and {{golden}} for the golden id"
    )]
    Subject,
    #[error("a folder is named by 1 to 64 letters, digits, - and _; it lies below the operator's folder for drops")]
    Folder,
}

impl Settings {
    /// Checks everything that needs no knowledge of this machine.
    pub fn check(&self) -> Result<(), SettingsError> {
        let Filter { events, sources, attributes, countries } = &self.filter;
        for (name, list) in [
            ("filter.events", Some(events)),
            ("filter.sources", Some(sources)),
            ("filter.attributes", Some(attributes)),
            ("filter.countries", Some(countries)),
            ("attributes", self.attributes.as_ref()),
        ] {
            let fits = |list: &Vec<String>| list.len() <= 100 && list.iter().all(|s| (1..=100).contains(&s.len()));
            if !list.is_none_or(fits) {
                return Err(SettingsError::List(name));
            }
        }
        unknown(events, |name| EventKind::parse(name).is_some())
            .map_or(Ok(()), |e| Err(SettingsError::UnknownEvent(e)))?;
        let is_attribute =
            |name: &str| [RECORDS, CONSENTS].contains(&name) || Attribute::ALL.iter().any(|a| a.name() == name);
        let seen = self.attributes.iter().flatten().chain(attributes);
        unknown(seen, is_attribute).map_or(Ok(()), |a| Err(SettingsError::UnknownAttribute(a)))?;
        let is_country = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        unknown(countries, is_country).map_or(Ok(()), |c| Err(SettingsError::UnknownCountry(c)))?;
        if !(1..=super::limits::SUBSCRIBER_PARALLEL_MAX).contains(&self.parallel) {
            return Err(SettingsError::Parallel);
        }
        if self.rate_per_second.is_some_and(|rate| !(1..=10_000).contains(&rate)) {
            return Err(SettingsError::Rate);
        }
        match &self.target {
            Target::Webhook { secret, .. } if !is_plain(&secret.0) => Err(SettingsError::Secret),
            Target::Files { folder } if !is_plain(folder) => Err(SettingsError::Folder),
            Target::Nats { server, .. } if !is_plain(server) => Err(SettingsError::Server),
            Target::Nats { subject, .. } if !subject::is_valid(subject) => Err(SettingsError::Subject),
            _ => Ok(()),
        }
    }
}

impl Target {
    pub fn kind(&self) -> &'static str {
        match self {
            Target::Webhook { .. } => "webhook",
            Target::Files { .. } => "files",
            Target::Nats { .. } => "nats",
            Target::WriteBack { .. } => "write_back",
        }
    }
}

impl SecretName {
    pub fn is_valid(&self) -> bool {
        is_plain(&self.0)
    }
}

fn unknown<'a>(list: impl IntoIterator<Item = &'a String>, is_known: impl Fn(&str) -> bool) -> Option<String> {
    list.into_iter().find(|entry| !is_known(entry)).cloned()
}

/// A name that can stand in a path and in the name of an environment variable.
fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
