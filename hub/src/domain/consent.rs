//! What people have allowed and refused: statements, what follows from them for a golden record, and what may be done.
//!
//! Every statement is kept. From a source record's statements follows its *stance*, a join of maxima that does not depend
//! on the order in which they arrive. A golden record's *effective consent* is computed from its members' stances:
//!
//! - A refusal holds for the person: for its purpose and channel, or for all channels, whichever contact point it named.
//! - A permission holds for the contact point that it was given for, as long as its own record has that, and only while it
//!   is newer than every refusal.
//! - That somebody has bought something outweighs no refusal, however old.
//! - What nobody knows is no permission, and a statement without a time is the weakest: any refusal outweighs it.
//!
//! So joining two people can take a permission away and never gives one (I11), and parting them gives each back its own.

mod catalogue;
mod effective;
mod jurisdiction;
mod lens;
mod permission;
mod record;
mod stance;
mod statement;
mod suppression;
#[cfg(test)]
mod tests;

pub use self::catalogue::{Catalogue, CatalogueError, Purpose, Regime};
pub use self::effective::{Entry, Party, Settled, effective};
pub use self::jurisdiction::Jurisdictions;
pub use self::lens::{Lens, narrow};
pub use self::permission::{Permission, PointPermission, Question, Reason, Use, View, decide, forbidden, uses};
pub use self::record::{About, consent_record};
pub use self::stance::Stance;
pub use self::statement::{Consent, ConsentError, Origin, Statement, Time};
pub use self::suppression::{Reached, suppressed};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a person is reached, or `any` where it does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[default]
    Any,
    Email,
    Sms,
    Phone,
    Post,
    App,
    Web,
}

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Question, not answered, or not known; never a permission.
    Unknown,
    Granted,
    /// A permission that came to its end.
    Expired,
    /// Never given, and said so.
    Denied,
    /// Given once and taken back.
    Withdrawn,
}

/// What a permission rests on in law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    #[default]
    Consent,
    /// Has bought something and was offered to refuse: soft opt-in, where the law knows it.
    ExistingCustomer,
    Contract,
    LegitimateInterest,
    LegalObligation,
}

/// What for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    pub purpose: String,
    #[serde(default)]
    pub channel: Channel,
}

impl Channel {
    pub const ALL: [Channel; 7] =
        [Channel::Any, Channel::Email, Channel::Sms, Channel::Phone, Channel::Post, Channel::App, Channel::Web];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Any => "any",
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Phone => "phone",
            Channel::Post => "post",
            Channel::App => "app",
            Channel::Web => "web",
        }
    }

    pub fn parse(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Whether the person is reached at an address or number that golden records hold.
    pub fn has_points(self) -> bool {
        matches!(self, Channel::Email | Channel::Sms | Channel::Phone | Channel::Post)
    }
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Granted => "granted",
            State::Expired => "expired",
            State::Denied => "denied",
            State::Withdrawn => "withdrawn",
        }
    }

    /// Whether it takes a permission away.
    pub fn refuses(self) -> bool {
        matches!(self, State::Expired | State::Denied | State::Withdrawn)
    }
}
