//! Who could be reached for what before a change and who afterwards.

use super::{Former, Person};
use crate::domain::consent::{Catalogue, Channel, Use, View, forbidden, uses};
use serde::Serialize;
use std::collections::BTreeSet;

/// A person who may be reached no longer, or from then on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PermissionChange {
    pub golden: Person,
    pub purpose: String,
    pub channel: Channel,
    /// The contact point in comparable form; absent on channels without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
}

/// What is asked for before and after, at one moment.
#[derive(Clone, Debug)]
pub struct Laws {
    pub before: Catalogue,
    pub after: Catalogue,
    pub now: jiff::Timestamp,
}

impl Laws {
    pub fn are_same(&self) -> bool {
        self.before == self.after
    }

    /// What the golden records that a person's records go to permit no longer; `after` are their values.
    pub fn lost(&self, former: &Former, after: &[&str]) -> BTreeSet<Use> {
        let after: Vec<View> = after.iter().map(|body| view(body)).collect();
        forbidden(&[view(&former.body)], &after, [&self.before, &self.after], self.now)
    }

    /// What a golden record permits that none of those permitted that its records come from.
    pub fn gained(&self, body: &str, formers: &[&Former]) -> BTreeSet<Use> {
        let before: BTreeSet<Use> = formers.iter().flat_map(|former| self.used(&former.body, &self.before)).collect();
        self.used(body, &self.after).difference(&before).cloned().collect()
    }

    fn used(&self, body: &str, catalogue: &Catalogue) -> BTreeSet<Use> {
        uses(&view(body), catalogue, self.now)
    }
}

fn view(body: &str) -> View {
    serde_json::from_str(body).unwrap_or_default()
}

impl PermissionChange {
    pub fn new(golden: Person, use_: Use) -> PermissionChange {
        PermissionChange { golden, purpose: use_.purpose, channel: use_.channel, point: use_.point }
    }
}
