//! What a source record's statements come to: for each purpose and channel the newest refusal, and the newest permission
//! of each contact point. Maxima all, so that it is the same in whatever order, and however often, statements arrive.

use super::statement::Time;
use super::{Scope, State, Statement};
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};

/// One record's stance, in order of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stance(pub(super) Vec<Standing>);

/// About one purpose and channel. Statements with a time of their own and those without go by different clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    #[serde(flatten)]
    pub scope: Scope,
    #[serde(default, skip_serializing_if = "Track::is_empty")]
    pub dated: Track,
    #[serde(default, skip_serializing_if = "Track::is_empty")]
    pub undated: Track,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Track {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no: Option<Said>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yes: Vec<Yes>,
}

/// The newest permission of one contact point; soft ones are kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Yes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soft: bool,
    #[serde(flatten)]
    pub said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    /// The clock of its track: when it was said, or the record's version.
    pub order: i64,
    pub at_us: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_us: Option<i64>,
    pub state: State,
    pub by: String,
}

impl Stance {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a statement in; answers whether that changes anything.
    pub fn add(&mut self, statement: &Statement) -> bool {
        if statement.state == State::Unknown {
            return false;
        }
        let (order, at_us, dated) = match statement.time {
            Time::Dated { at_us } => (at_us, at_us, true),
            Time::Undated { version, changed_us } => (version, changed_us, false),
        };
        let (until_us, by) = (statement.until_us, statement.by.clone());
        let said = Said { order, at_us, until_us, state: statement.state, by };
        let standing = self.standing(&statement.scope);
        let track = if dated { &mut standing.dated } else { &mut standing.undated };
        if statement.state.refuses() {
            return track.refuse(said);
        }
        let mut changed = false;
        for point in &statement.points {
            changed |= track.grant(point, statement.soft, &said);
        }
        changed
    }

    fn standing(&mut self, scope: &Scope) -> &mut Standing {
        let place = match self.0.binary_search_by(|standing| standing.scope.cmp(scope)) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, Standing { scope: scope.clone(), ..Standing::default() });
                place
            }
        };
        &mut self.0[place]
    }
}

impl Track {
    fn is_empty(&self) -> bool {
        self.no.is_none() && self.yes.is_empty()
    }

    fn refuse(&mut self, said: Said) -> bool {
        let newer = self.no.as_ref().is_none_or(|known| said.newer(known).is_gt());
        if newer {
            self.no = Some(said);
        }
        newer
    }

    fn grant(&mut self, point: &Option<String>, soft: bool, said: &Said) -> bool {
        let slot = (point, soft);
        match self.yes.binary_search_by(|yes| (&yes.point, yes.soft).cmp(&slot)) {
            Ok(place) if said.newer(&self.yes[place].said).is_gt() => self.yes[place].said = said.clone(),
            Ok(_) => return false,
            Err(place) => self.yes.insert(place, Yes { point: point.clone(), soft, said: said.clone() }),
        }
        true
    }

    /// The refusal, if no consent has followed it. That somebody has bought something since is no consent.
    pub fn refused_last(&self) -> Option<&Said> {
        let newest_yes = self.yes.iter().filter(|yes| !yes.soft).map(|yes| yes.said.order).max();
        self.no.as_ref().filter(|no| newest_yes.is_none_or(|yes| no.order >= yes))
    }
}

impl Said {
    /// By time; of two at the same time the one that allows less, so that chance decides nothing.
    pub fn newer(&self, other: &Said) -> Ordering {
        let key = |said: &Said| (said.order, said.at_us, Reverse(said.until_us.unwrap_or(i64::MAX)), said.state);
        key(self).cmp(&key(other)).then_with(|| self.by.cmp(&other.by))
    }
}
