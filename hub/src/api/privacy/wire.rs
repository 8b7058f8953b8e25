//! The shapes of requests.

use crate::api::problem::Answer;
use crate::api::state::AppState;
use crate::api::wire::{RecordKey, rfc3339};
use crate::domain::customer::Identifier;
use crate::domain::privacy::{Keeps, Kind, State};
use crate::pipeline::clock;
use crate::store::erasure::Summary;
use crate::store::privacy::StoredRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A request of somebody who is known by a golden id.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    pub kind: Kind,
    /// The golden id.
    pub person: Uuid,
    /// RFC 3339; now, if left out.
    #[serde(default)]
    pub received_at: Option<String>,
    #[serde(default)]
    pub keeps: Keeps,
}

/// One step of a request.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stepped {
    /// Whoever asks is the person; `how` says how that was checked, and nothing that would tell who it is.
    Verify {
        how: String,
    },
    /// It must wait, such as for a legal hold.
    Hold {
        reason: String,
    },
    Release,
    Refuse {
        reason: String,
    },
    /// Forgets the person; of a request for access, notes that the document was handed out.
    CarryOut,
}

/// A source.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub source: String,
}

/// What is no longer to be refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Readmission {
    #[serde(default)]
    pub records: Vec<RecordKey>,
    #[serde(default)]
    pub emails: Vec<String>,
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// For phones in national form.
    #[serde(default)]
    pub country: Option<String>,
    pub reason: String,
}

#[derive(Serialize, ToSchema)]
pub struct Requests {
    pub requests: Vec<Request>,
}

/// A request with its clock and what became of it.
#[derive(Serialize, ToSchema)]
pub struct Request {
    pub id: Uuid,
    pub kind: Kind,
    pub state: State,
    /// The golden id.
    pub person: Uuid,
    pub received_at: String,
    pub due_at: String,
    /// It waits, and its time is over.
    pub overdue: bool,
    pub keeps: Keeps,
    pub recorded_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Asked>,
    /// Who ended it or put it on hold, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Asked>,
    /// Of an erasure that is done: what was taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Summary>,
    /// Who had a copy, and whether they have confirmed that it is gone.
    pub parties: Vec<Party>,
    /// Whether all have.
    pub all_confirmed: bool,
    /// Deliveries about the person that were refused since.
    pub refused: i64,
}

/// Who did it, when, and how or why.
#[derive(Serialize, ToSchema)]
pub struct Asked {
    pub by: String,
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A source or a subscriber that had a copy of an erased person.
#[derive(Serialize, ToSchema)]
pub struct Party {
    /// `source` or `subscriber`.
    pub kind: &'static str,
    pub name: String,
    pub confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
}

/// A request as it is answered.
pub async fn shown(state: &AppState, request: StoredRequest) -> Answer<Request> {
    let mut parties = Vec::new();
    let mut refused = 0;
    if request.kind == Kind::Erasure && request.state == State::Done {
        let sources = state.store.erasure_sources(request.id).await?;
        parties.extend(sources.into_iter().map(|one| Party {
            kind: "source",
            name: one.source,
            confirmed: one.acknowledged_us.is_some(),
            confirmed_at: one.acknowledged_us.map(rfc3339),
        }));
        if let Some(event) = request.event {
            let subscribers = state.store.erasure_subscribers(request.golden, event).await?;
            let party = |name, confirmed| Party { kind: "subscriber", name, confirmed, confirmed_at: None };
            parties.extend(subscribers.into_iter().map(|one| party(one.name, one.acknowledged)));
        }
        refused = state.store.refusals(request.id).await?.0;
    }
    let waits = matches!(request.state, State::Open | State::Verified | State::Held);
    let asked = |by: Option<String>, at: Option<i64>, note| Some(Asked { by: by?, at: rfc3339(at?), note });
    Ok(Request {
        id: request.id,
        kind: request.kind,
        state: request.state,
        person: request.golden.0,
        received_at: rfc3339(request.received_us),
        due_at: rfc3339(request.due_us),
        overdue: waits && request.due_us < clock::now_us(),
        keeps: request.keeps,
        recorded_by: request.by,
        verified: asked(request.verified_by, request.verified_us, request.identity),
        ended: asked(request.ended_by, request.ended_us, request.reason),
        erased: request.summary,
        all_confirmed: request.state == State::Done && parties.iter().all(|party| party.confirmed),
        parties,
        refused,
    })
}
