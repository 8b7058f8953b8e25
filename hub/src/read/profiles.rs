//! Profiles as they go over the wire, rendered once and kept until the feed says that they changed.

use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::limits::PROFILE_CACHE_BYTES;
use crate::domain::plan::GoldenState;
use crate::store::profiles::Profile;
use crate::store::{Store, StoreError};
use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Profiles that the cache makes room for at the start; it grows by weight.
const PROFILES_EXPECTED: usize = 100_000;
/// What an entry costs besides its bytes.
const ENTRY_BYTES: u64 = 128;
const SHARDS: usize = 256;

/// What a golden id stands for now; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    Live {
        etag: Bytes,
        body: Bytes,
    },
    /// Merged into another id.
    Retired {
        into: GoldenId,
    },
    /// No source record is left.
    Gone,
}

/// The profiles of one node.
pub struct Profiles {
    store: Store,
    cache: Cache<GoldenId, Rendered, Weigh>,
    /// Counts what was forgotten, per shard of ids: a read that began before may not put back what it read.
    forgotten: [Mutex<u64>; SHARDS],
}

#[derive(Clone)]
struct Weigh;

impl Weighter<GoldenId, Rendered> for Weigh {
    fn weight(&self, _: &GoldenId, rendered: &Rendered) -> u64 {
        match rendered {
            Rendered::Live { etag, body } => ENTRY_BYTES + (etag.len() + body.len()) as u64,
            Rendered::Retired { .. } | Rendered::Gone => ENTRY_BYTES,
        }
    }
}

impl Profiles {
    pub fn new(store: Store) -> Profiles {
        Profiles {
            store,
            cache: Cache::with_weighter(PROFILES_EXPECTED, PROFILE_CACHE_BYTES, Weigh),
            forgotten: std::array::from_fn(|_| Mutex::new(0)),
        }
    }

    /// The present state of a golden id; `None` for one that was never published.
    pub async fn get(&self, id: GoldenId) -> Result<Option<Rendered>, StoreError> {
        match self.cache.get(&id) {
            Some(rendered) => Ok(Some(rendered)),
            None => self.read(id).await,
        }
    }

    async fn read(&self, id: GoldenId) -> Result<Option<Rendered>, StoreError> {
        let before = *self.shard(id);
        let Some(profile) = self.store.profile(id).await? else { return Ok(None) };
        let rendered = render(&profile);
        let now = self.shard(id);
        if *now == before {
            self.cache.insert(id, rendered.clone());
        }
        Ok(Some(rendered))
    }

    /// Drops what is known of a golden id, and what a read on its way is about to bring.
    pub fn forget(&self, id: GoldenId) {
        let mut count = self.shard(id);
        *count += 1;
        self.cache.remove(&id);
    }

    /// Entries and bytes in memory.
    pub fn held(&self) -> (usize, u64) {
        (self.cache.len(), self.cache.weight())
    }

    fn shard(&self, id: GoldenId) -> MutexGuard<'_, u64> {
        // The low bits of an id are random, the high ones are the time of its birth.
        let shard = usize::from(id.0.as_bytes()[15]) % SHARDS;
        self.forgotten[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn render(profile: &Profile) -> Rendered {
    match profile.state {
        GoldenState::Retired { into } => Rendered::Retired { into },
        GoldenState::Gone => Rendered::Gone,
        GoldenState::Live => {
            let body = golden_json(profile.id, profile.version, profile.changed_us, &profile.body);
            Rendered::Live { etag: format!("\"{}\"", profile.version).into(), body: body.into() }
        }
    }
}

/// A golden record as JSON; the stored values are an object already and are not parsed again.
pub fn golden_json(id: GoldenId, version: i32, changed_us: i64, values: &str) -> String {
    let changed_at = rfc3339(changed_us);
    let fields = values.strip_prefix('{').unwrap_or("}");
    let comma = if fields.trim_start().starts_with('}') { "" } else { "," };
    format!(r#"{{"id":"{id}","version":{version},"changed_at":"{changed_at}"{comma}{fields}"#)
}

/// An instant as text; the epoch stands for one that no calendar holds.
pub fn rfc3339(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).unwrap_or_default().to_string()
}

/// The source records that a golden record is made of.
pub fn member_keys(profile: &Profile) -> Result<Vec<SourceKey>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Body {
        records: Vec<SourceKey>,
    }
    let body: Result<Body, _> = serde_json::from_str(&profile.body);
    body.map(|body| body.records).map_err(|_| StoreError::Corrupt { what: "golden record" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn check(values: &str, expected: &str) {
        assert_eq!(golden_json(GoldenId(Uuid::nil()), 3, 1_000_000, values), expected);
    }

    #[test]
    fn values_join_the_head_of_the_record() {
        let head = r#"{"id":"00000000-0000-0000-0000-000000000000","version":3,"changed_at":"1970-01-01T00:00:01Z""#;
        check(r#"{"gender":"f"}"#, &format!(r#"{head},"gender":"f"}}"#));
        check("{}", &format!("{head}}}"));
        check("", &format!("{head}}}"));
    }

    #[tokio::test]
    async fn a_read_that_began_before_a_change_leaves_nothing_behind() {
        let store = Store::migrate("sqlite::memory:").await.map(|(store, _)| store);
        let Ok(store) = store else { panic!("a database in memory opens") };
        let profiles = Profiles::new(store);
        let id = GoldenId(Uuid::now_v7());
        let before = *profiles.shard(id);
        profiles.forget(id);
        assert_ne!(*profiles.shard(id), before);
        assert_eq!(profiles.get(id).await.ok(), Some(None));
        assert_eq!(profiles.held().0, 0);
    }
}
