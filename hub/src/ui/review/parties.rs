//! The two people of a case, with their records.

use crate::api::AppState;
use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::plan::GoldenState;
use crate::domain::rules::Attribute;
use crate::domain::survivorship::alone;
use crate::read::profiles::member_keys;
use crate::store::StoreError;
use crate::store::profiles::SourceRecord;
use crate::store::reviews::OpenReview;
use serde_json::Value;

/// Records of one person that are shown beside the one in doubt.
const SHOWN_MAX: usize = 4;

/// Both people.
pub struct Parties {
    pub left: Party,
    pub right: Party,
}

/// One person.
pub struct Party {
    pub golden: Option<GoldenId>,
    pub version: Option<i32>,
    /// All records of the person.
    pub keys: Vec<SourceKey>,
    /// Those that are shown, the one in doubt first.
    pub records: Vec<SourceRecord>,
}

impl Parties {
    pub async fn gather(state: &AppState, review: &OpenReview) -> Result<Parties, StoreError> {
        let left = Party::gather(state, &review.left).await?;
        let mut right = Party::gather(state, &review.right).await?;
        if left.golden.is_some() && left.golden == right.golden {
            // One person already: each record once.
            right.records.truncate(1);
        }
        Ok(Parties { left, right })
    }

    /// Tells one state of both people from another.
    pub fn versions(&self) -> String {
        let one = |party: &Party| party.version.map_or_else(|| "-".to_owned(), |version| version.to_string());
        let id = |party: &Party| party.golden.map_or_else(String::new, |golden| golden.to_string());
        format!("{}.{} {}.{}", id(&self.left), one(&self.left), id(&self.right), one(&self.right))
    }

    pub fn records(&self) -> impl Iterator<Item = &SourceRecord> {
        self.left.records.iter().chain(&self.right.records)
    }

    /// The golden id that stays when both are joined: the older one.
    pub fn survivor(&self) -> Option<GoldenId> {
        self.left.golden.min(self.right.golden).or(self.left.golden).or(self.right.golden)
    }

    /// What a record says of an attribute, in the shape that golden records have.
    pub fn value(&self, key: &SourceKey, attribute: Attribute) -> Option<Value> {
        let record = self.records().find(|record| record.key == *key)?;
        alone(&record.customer).remove(attribute.name())
    }
}

impl Party {
    async fn gather(state: &AppState, (key, golden): &(SourceKey, Option<GoldenId>)) -> Result<Party, StoreError> {
        let profile = match golden {
            Some(golden) => state.store.profile(*golden).await?.filter(|profile| profile.state == GoldenState::Live),
            None => None,
        };
        let keys = match &profile {
            Some(profile) => member_keys(profile)?,
            None => vec![key.clone()],
        };
        let mut records = Vec::new();
        let others = keys.iter().filter(|other| *other != key);
        for shown in std::iter::once(key).chain(others).take(SHOWN_MAX) {
            records.extend(state.store.source_record(shown).await?);
        }
        Ok(Party { golden: *golden, version: profile.map(|profile| profile.version), keys, records })
    }
}
