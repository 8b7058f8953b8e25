//! Who did what: written down before it is done, and looked through afterwards.

use super::access::Audited;
use super::body::Asked;
use super::keys::Caller;
use super::problem::Answer;
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use crate::domain::audit::{Deed, Entry, Outcome};
use crate::domain::limits::{AUDIT_GROUP_MAX, AUDIT_SUBJECT_CHARS_MAX};
use crate::pipeline::clock;
use crate::store::audit::Sought;
use crate::store::{Store, StoreError};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 50;

type Waiting = (Deed, oneshot::Sender<bool>);

/// Writes deeds down, those of many requests in one transaction.
#[derive(Clone)]
pub struct Recorder(mpsc::Sender<Waiting>);

impl Recorder {
    pub fn start(store: Store) -> (Recorder, JoinHandle<()>) {
        let (sender, waiting) = mpsc::channel(AUDIT_GROUP_MAX);
        (Recorder(sender), tokio::spawn(write(store, waiting)))
    }

    /// Answers once the deed is durable. What cannot be written down is not done.
    pub async fn note(&self, deed: Deed) -> Result<(), StoreError> {
        let written = self.mention(deed).await?;
        if written.await.unwrap_or(false) { Ok(()) } else { Err(StoreError::NotAudited) }
    }

    /// Has the deed written down a moment later, for looks: nobody who reads waits for a write.
    pub async fn mention(&self, deed: Deed) -> Result<oneshot::Receiver<bool>, StoreError> {
        let (done, written) = oneshot::channel();
        self.0.send((deed, done)).await.map_err(|_| StoreError::NotAudited)?;
        Ok(written)
    }
}

async fn write(store: Store, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut group = vec![first];
        while group.len() < AUDIT_GROUP_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            group.push(next);
        }
        let (deeds, done): (Vec<Deed>, Vec<_>) = group.into_iter().unzip();
        let written = store.audit(deeds, clock::now_us()).await;
        if let Err(error) = &written {
            tracing::error!(%error, cause = error.cause(), "the audit chain cannot be written");
        }
        for done in done {
            let _ = done.send(written.is_ok());
        }
    }
}

/// What a caller is about to do with a route. Addresses hold no values of people, so that one can stand as the subject.
pub fn deed(caller: &Caller, action: String, path: &str, outcome: Outcome) -> Deed {
    let subject = path.chars().take(AUDIT_SUBJECT_CHARS_MAX).collect();
    Deed { actor: caller.name.to_string(), role: caller.role.name().to_owned(), action, subject, outcome }
}

/// Writes down what a caller is about to do, if that is to be known later: every change, and every look at more than a
/// present profile.
pub async fn note(state: &AppState, caller: &Caller, audited: Audited<'_>, outcome: Outcome) -> Result<(), StoreError> {
    if !audited.is_wanted() && outcome == Outcome::Permitted {
        return Ok(());
    }
    let deed = deed(caller, audited.action(), audited.path, outcome);
    match audited.is_look() {
        true => state.audit.mention(deed).await.map(drop),
        false => state.audit.note(deed).await,
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The whole name of a key or an account.
    #[serde(default)]
    actor: String,
    /// A part of the action, such as `merge`.
    #[serde(default)]
    action: String,
    /// A part of the subject, such as a golden id.
    #[serde(default)]
    subject: String,
    /// The `next_before` of the page before.
    before: Option<i64>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
}

/// Entries of the chain, newest first.
#[derive(Serialize, ToSchema)]
pub struct Entries {
    entries: Vec<AuditEntry>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<i64>,
}

/// Who did what.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    seq: i64,
    at: String,
    actor: String,
    role: String,
    action: String,
    subject: String,
    /// `permitted` or `denied`.
    outcome: &'static str,
    /// SHA-256 over this entry and the hash of the one before.
    hash: String,
}

/// Looks through the audit chain. `hub audit verify` checks that nobody has touched it.
#[utoipa::path(get, path = "/v1/audit", tag = "Operations", params(Asking),
    responses((status = 200, description = "A page of entries", body = Entries)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<Entries>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let Asking { actor, action, subject, before, .. } = asking;
    let found = state.store.audit_found(&Sought { actor, action, subject, before }, rows).await?;
    let next_before = found.last().filter(|_| found.len() == rows).map(|last| last.seq);
    Ok(Json(Entries { entries: found.into_iter().map(shown).collect(), next_before }))
}

fn shown(entry: Entry) -> AuditEntry {
    let hash = entry.hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let Deed { actor, role, action, subject, outcome } = entry.deed;
    AuditEntry { seq: entry.seq, at: rfc3339(entry.at_us), actor, role, action, subject, outcome: outcome.name(), hash }
}
