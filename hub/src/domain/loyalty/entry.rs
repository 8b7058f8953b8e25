//! One entry of a ledger, and what it moves from where to where.

use super::membership;
use crate::domain::limits::{POINTS_MAX, SOURCE_KEY_CHARS_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// What happened, as a loyalty system tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The system's own number of the entry; the same one is posted once.
    pub id: String,
    /// The membership number, such as that of a card.
    pub member: String,
    pub kind: Kind,
    /// Above 0, for `adjust` other than 0. A `reverse` without points takes all back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// RFC 3339.
    #[schema(value_type = String)]
    pub at: jiff::Timestamp,
    /// Of a `reverse`: the entry that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<String>,
    /// Of a `transfer`: the membership that gets the points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Earn,
    /// Earned, and not to be spent before it is released.
    Pending,
    /// From pending to available.
    Release,
    Burn,
    Expire,
    Adjust,
    /// Takes an earlier entry back, in whole or in part.
    Reverse,
    Transfer,
}

/// Where points lie, or come from and go to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    Member {
        number: String,
        bucket: Bucket,
    },
    /// The programme's own side of every entry, by what it is for.
    House(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    Available,
    Pending,
}

/// Points on one account; those of one entry sum to 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: Account,
    pub points: i64,
}

/// Why an entry cannot be posted; names the field, never the number of a card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("id takes 1 to {SOURCE_KEY_CHARS_MAX} characters")]
    Id,
    #[error("member takes letters and digits, at most {SOURCE_KEY_CHARS_MAX} characters")]
    Member,
    #[error("points lies between 1 and {POINTS_MAX}; of an adjust it may be negative")]
    Points,
    #[error("a reverse names the entry that it takes back in reverses, and nothing else does")]
    Reverses,
    #[error("a transfer names another membership in to, and nothing else does")]
    To,
    #[error("it takes back more than the entry that it reverses has moved")]
    TooMuch,
    #[error("a reverse is not taken back; send the entry anew")]
    ReversesReverse,
}

impl Account {
    pub fn member(number: &str, bucket: Bucket) -> Account {
        Account::Member { number: membership(number), bucket }
    }

    pub fn parse(text: &str) -> Option<Account> {
        const HOUSE: [&str; 4] = ["issued", "burned", "expired", "adjusted"];
        match text.split_once(':')? {
            ("house", what) => HOUSE.into_iter().find(|known| *known == what).map(Account::House),
            ("available", number) => Some(Account::member(number, Bucket::Available)),
            ("pending", number) => Some(Account::member(number, Bucket::Pending)),
            _ => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Member { number, bucket: Bucket::Available } => write!(f, "available:{number}"),
            Account::Member { number, bucket: Bucket::Pending } => write!(f, "pending:{number}"),
            Account::House(what) => write!(f, "house:{what}"),
        }
    }
}

impl Entry {
    /// Checks what needs no other entry.
    pub fn check(&self) -> Result<(), EntryError> {
        if self.id.is_empty() || self.id.chars().count() > SOURCE_KEY_CHARS_MAX {
            return Err(EntryError::Id);
        }
        let named = |number: &str| !membership(number).is_empty() && number.chars().count() <= SOURCE_KEY_CHARS_MAX;
        if !named(&self.member) {
            return Err(EntryError::Member);
        }
        let fits = |points: i64| (1..=POINTS_MAX).contains(&points);
        let points = match (self.kind, self.points) {
            (Kind::Adjust, Some(points)) => fits(points.saturating_abs()),
            (Kind::Reverse, None) => true,
            (_, points) => points.is_some_and(fits),
        };
        if !points {
            return Err(EntryError::Points);
        }
        if self.reverses.is_some() != (self.kind == Kind::Reverse) {
            return Err(EntryError::Reverses);
        }
        let to_other = |to: &String| named(to) && membership(to) != membership(&self.member);
        if self.to.is_some() != (self.kind == Kind::Transfer) || !self.to.iter().all(to_other) {
            return Err(EntryError::To);
        }
        Ok(())
    }
}

/// What an entry moves. `reversed` is the entry that it takes back with its postings, and how many points of it earlier
/// reversals have taken back already.
pub fn postings(entry: &Entry, reversed: Option<(Kind, &[Posting], i64)>) -> Result<Vec<Posting>, EntryError> {
    entry.check()?;
    let points = entry.points.unwrap_or(0);
    let own = |bucket| Account::member(&entry.member, bucket);
    let (available, pending) = (own(Bucket::Available), own(Bucket::Pending));
    Ok(match entry.kind {
        Kind::Earn => moved(Account::House("issued"), available, points),
        Kind::Pending => moved(Account::House("issued"), pending, points),
        Kind::Release => moved(pending, available, points),
        Kind::Burn => moved(available, Account::House("burned"), points),
        Kind::Expire => moved(available, Account::House("expired"), points),
        Kind::Adjust => moved(Account::House("adjusted"), available, points),
        Kind::Transfer => {
            let to = Account::member(entry.to.as_deref().unwrap_or_default(), Bucket::Available);
            moved(available, to, points)
        }
        Kind::Reverse => {
            let (kind, before, taken) = reversed.ok_or(EntryError::Reverses)?;
            if kind == Kind::Reverse {
                return Err(EntryError::ReversesReverse);
            }
            let [from, to] = before else { return Err(EntryError::Reverses) };
            let whole = to.points.saturating_abs();
            let back = entry.points.unwrap_or(whole - taken);
            if back <= 0 || back > whole - taken {
                return Err(EntryError::TooMuch);
            }
            moved(to.account.clone(), from.account.clone(), back * to.points.signum())
        }
    })
}

fn moved(from: Account, to: Account, points: i64) -> Vec<Posting> {
    vec![Posting { account: from, points: -points }, Posting { account: to, points }]
}
