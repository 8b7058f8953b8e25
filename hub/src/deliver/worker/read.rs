//! Events out of the feed as one subscriber sees them.

use crate::deliver::Shared;
use crate::deliver::envelope::message;
use crate::domain::consent::Lens;
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::limits::OUTBOX_PAGE_ROWS;
use crate::domain::outbox::Saved;
use crate::domain::privacy::ERASED_BODY;
use crate::domain::rules::Rules;
use crate::domain::subscriber::{See, Settings, see};
use crate::pipeline::clock;
use crate::read::policies::Policies;
use crate::store::events::StoredEvent;
use crate::store::subscribers::Subscriber;
use crate::store::{Store, StoreError};
use bytes::Bytes;
use foldhash::{HashMap, HashMapExt};
use std::future::Future;
use std::sync::Arc;

/// Rendered messages that are kept until they are sent; others are read again when it is their turn.
const KEPT_MAX: usize = 4 * OUTBOX_PAGE_ROWS;

/// What is to be sent for an event.
pub enum Rendered {
    Body(Bytes),
    Unwanted,
}

/// Reads for one subscriber.
pub struct Reader {
    store: Store,
    settings: Arc<Settings>,
    origin: Arc<str>,
    policies: Arc<Policies>,
    kept: HashMap<EventSeq, Bytes>,
}

impl Reader {
    pub fn new(shared: &Shared, subscriber: &Subscriber) -> Reader {
        Reader {
            store: shared.store.clone(),
            settings: Arc::new(subscriber.settings.clone()),
            origin: shared.origin.as_str().into(),
            policies: shared.policies.clone(),
            kept: HashMap::new(),
        }
    }

    /// The next events, each with its person if the subscriber wants it.
    pub async fn page(&mut self, after: EventSeq) -> Result<Vec<(EventSeq, Option<GoldenId>)>, StoreError> {
        let changes = self.store.changes_after(after, OUTBOX_PAGE_ROWS).await?;
        let rules = rules(&self.policies, &self.settings).await?;
        let mut page = Vec::with_capacity(changes.len());
        for change in &changes {
            let body = render(change, &self.settings, &self.origin, rules.as_deref())?;
            page.push((change.seq, body.is_some().then_some(change.golden)));
            if let Some(body) = body.filter(|_| self.kept.len() < KEPT_MAX) {
                self.kept.insert(change.seq, body);
            }
        }
        Ok(page)
    }

    /// What the people who are owed something are owed.
    pub async fn owed(&self, saved: &Saved) -> Result<HashMap<GoldenId, Vec<EventSeq>>, StoreError> {
        let rules = rules(&self.policies, &self.settings).await?;
        let mut all = HashMap::new();
        for (golden, owed) in &saved.owed {
            let changes = self.store.changes_of(*golden, owed.seq, saved.cursor).await?;
            let mut wanted = Vec::new();
            for change in &changes {
                if render(change, &self.settings, &self.origin, rules.as_deref())?.is_some() {
                    wanted.push(change.seq);
                }
            }
            all.insert(*golden, wanted);
        }
        Ok(all)
    }

    /// The message of an event: at hand, or read when it is waited for.
    pub fn render(
        &self,
        golden: GoldenId,
        seq: EventSeq,
    ) -> impl Future<Output = Result<Rendered, StoreError>> + Send + use<> {
        let kept = self.kept.get(&seq).cloned();
        let (store, settings, origin) = (self.store.clone(), self.settings.clone(), self.origin.clone());
        let policies = self.policies.clone();
        async move {
            if let Some(body) = kept {
                return Ok(Rendered::Body(body));
            }
            let found = store.changes_of(golden, seq, seq).await?;
            let rules = rules(&policies, &settings).await?;
            let body = found.first().map(|change| render(change, &settings, &origin, rules.as_deref()));
            let body = body.transpose()?.flatten();
            Ok(body.map_or(Rendered::Unwanted, Rendered::Body))
        }
    }

    pub fn forget(&mut self, seq: EventSeq) {
        self.kept.remove(&seq);
    }
}

/// The rules in force, for a subscriber that has declared a purpose.
pub async fn rules(policies: &Policies, settings: &Settings) -> Result<Option<Arc<Rules>>, StoreError> {
    match settings.purpose {
        Some(_) => Ok(Some(policies.in_force().await?)),
        None => Ok(None),
    }
}

/// The message of a change, if the subscriber wants it.
pub fn render(
    change: &StoredEvent,
    settings: &Settings,
    origin: &str,
    rules: Option<&Rules>,
) -> Result<Option<Bytes>, StoreError> {
    // The values are gone with their person, whose deletion comes later in the feed.
    if change.body == ERASED_BODY {
        return Ok(None);
    }
    let before = change.before.as_deref().filter(|before| *before != ERASED_BODY);
    let cause = change.cause.as_deref();
    let event = See { golden: change.golden, kind: change.kind, body: &change.body, before, cause };
    let lens = settings.purpose.as_deref().zip(rules);
    let lens = lens.map(|(purpose, rules)| Lens { purpose, catalogue: &rules.consent, now: clock::now() });
    let seen = see(&event, settings, lens.as_ref()).map_err(|_| StoreError::Corrupt { what: "change event" })?;
    let body = seen.map(|seen| message(change, &seen, origin)).transpose()?;
    Ok(body.map(|body| Bytes::from(String::from(Box::<str>::from(body)))))
}
