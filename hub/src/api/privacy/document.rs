//! Everything that is held about a person.

use crate::api::consents::{self, Statement};
use crate::api::decisions::Decision;
use crate::api::loyalty::{ProgrammePoints, points};
use crate::api::problem::{Answer, internal};
use crate::api::state::AppState;
use crate::api::wire::rfc3339;
use crate::domain::ids::{GoldenId, RecordNo, SourceKey};
use crate::pipeline::clock;
use crate::store::profiles::Profile;
use foldhash::HashSet;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is held about a person, from every table. Values are shown as they are stored.
#[derive(Serialize, ToSchema)]
pub struct Document {
    pub person: Uuid,
    pub generated_at: String,
    /// The golden record.
    #[schema(value_type = Object)]
    pub profile: Value,
    /// What every source has sent.
    pub records: Vec<Record>,
    /// Every statement of consent, newest first.
    pub consents: Vec<Statement>,
    /// Balances of loyalty programmes.
    pub loyalty: Vec<ProgrammePoints>,
    /// Earlier versions of the golden record.
    pub history: Vec<Version>,
    /// What stewards have decided about the records.
    pub decisions: Vec<Decision>,
    /// What stewards have remarked about the records.
    pub comments: Vec<Comment>,
    /// Systems that get the golden record.
    pub recipients: Vec<Recipient>,
    /// What the values may be used for, as the rules name it.
    pub purposes: Vec<Purpose>,
}

/// A source record.
#[derive(Serialize, ToSchema)]
pub struct Record {
    pub source: String,
    pub source_key: String,
    pub changed_at: String,
    /// As it was understood.
    #[schema(value_type = Object)]
    pub values: Value,
    /// As they were received, oldest first.
    pub deliveries: Vec<Received>,
}

/// A delivery as it was received.
#[derive(Serialize, ToSchema)]
pub struct Received {
    pub at: String,
    /// How it was read: `manifest`, `canonical`, `consents` or `notice`.
    pub shape: String,
    pub payload: String,
}

/// A version of the golden record.
#[derive(Serialize, ToSchema)]
pub struct Version {
    /// The golden id that it was a version of.
    pub id: Uuid,
    pub version: i32,
    pub kind: &'static str,
    pub at: String,
    #[schema(value_type = Object)]
    pub values: Value,
}

/// A remark.
#[derive(Serialize, ToSchema)]
pub struct Comment {
    pub by: String,
    pub at: String,
    pub text: String,
}

/// A system that gets changes.
#[derive(Serialize, ToSchema)]
pub struct Recipient {
    pub name: String,
    /// What it uses the values for, where it has said so.
    pub purpose: Option<String>,
    /// Whether it has the present values.
    pub up_to_date: bool,
}

/// A purpose of the rules.
#[derive(Serialize, ToSchema)]
pub struct Purpose {
    pub name: String,
    pub title: String,
    /// The term of the W3C Data Privacy Vocabulary.
    pub dpv: Option<String>,
}

/// Statements that are read at once.
const STATEMENTS_PAGE: usize = 1000;

/// Gathers what is held about a living person.
pub async fn gather(state: &AppState, golden: GoldenId, profile: Profile) -> Answer<Document> {
    let members = crate::read::profiles::member_keys(&profile)?;
    let numbers: Vec<RecordNo> =
        state.store.record_numbers(&members).await?.into_iter().map(|(record, _)| record).collect();
    Ok(Document {
        person: golden.0,
        generated_at: rfc3339(clock::now_us()),
        records: records(state, &numbers).await?,
        consents: statements(state, &profile).await?,
        loyalty: points(state, &profile).await?,
        history: history(state, golden, &numbers, &members).await?,
        decisions: decisions(state, &members).await?,
        comments: comments(state, &numbers).await?,
        recipients: recipients(state, golden, profile.event).await?,
        purposes: purposes(state).await?,
        profile: parsed(&profile.body)?,
    })
}

fn parsed(text: &str) -> Answer<Value> {
    serde_json::from_str(text).map_err(|_| internal())
}

async fn records(state: &AppState, numbers: &[RecordNo]) -> Answer<Vec<Record>> {
    let mut all = Vec::new();
    for record in state.store.source_records(numbers).await? {
        let mut deliveries = Vec::new();
        for id in state.store.deliveries_of(&[record.record]).await? {
            let Some(delivery) = state.store.delivery(id).await? else { continue };
            deliveries.push(Received {
                at: rfc3339(delivery.received_us),
                shape: delivery.shape.name().to_owned(),
                payload: String::from_utf8_lossy(&delivery.payload).into_owned(),
            });
        }
        all.push(Record {
            source: record.key.source,
            source_key: record.key.key,
            changed_at: rfc3339(record.updated_us),
            values: serde_json::to_value(&record.customer).map_err(|_| internal())?,
            deliveries,
        });
    }
    Ok(all)
}

async fn statements(state: &AppState, profile: &Profile) -> Answer<Vec<Statement>> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let (page, keys) = consents::statements(state, profile, before, STATEMENTS_PAGE).await?;
        let is_last = page.len() < STATEMENTS_PAGE;
        before = page.last().map(|last| last.place);
        all.extend(page.into_iter().filter_map(|stored| consents::shown(stored, &keys)));
        if is_last {
            return Ok(all);
        }
    }
}

/// The versions of every golden record that showed values of these records.
async fn history(
    state: &AppState,
    golden: GoldenId,
    numbers: &[RecordNo],
    members: &[SourceKey],
) -> Answer<Vec<Version>> {
    let mut all = Vec::new();
    for id in state.store.goldens_of(numbers).await? {
        for event in state.store.history(id).await? {
            let values = parsed(&event.body)?;
            let named: Vec<SourceKey> = serde_json::from_value(values["records"].clone()).unwrap_or_default();
            // Versions of others are theirs, except while this person's records were taken for theirs alone.
            if id == golden || (!named.is_empty() && named.iter().all(|key| members.contains(key))) {
                let (version, kind, at) = (event.version, event.kind.name(), rfc3339(event.at_us));
                all.push(Version { id: id.0, version, kind, at, values });
            }
        }
    }
    Ok(all)
}

async fn decisions(state: &AppState, members: &[SourceKey]) -> Answer<Vec<Decision>> {
    let all = state.store.decisions_recorded().await?;
    let named = all.into_iter().filter(|one| one.decision.verdict.records().any(|key| members.contains(key)));
    Ok(named.map(Decision::from).collect())
}

async fn comments(state: &AppState, numbers: &[RecordNo]) -> Answer<Vec<Comment>> {
    let (mut all, mut seen) = (Vec::new(), HashSet::default());
    for &record in numbers {
        for comment in state.store.comments((record, record)).await? {
            if seen.insert(comment.id) {
                all.push(Comment { by: comment.by, at: rfc3339(comment.at_us), text: comment.text });
            }
        }
    }
    Ok(all)
}

async fn recipients(state: &AppState, golden: GoldenId, event: crate::domain::ids::EventSeq) -> Answer<Vec<Recipient>> {
    let current = state.store.erasure_subscribers(golden, event).await?;
    let all = state.store.subscribers().await?.into_iter();
    let recipient = |subscriber: crate::store::subscribers::Subscriber| Recipient {
        up_to_date: current.iter().any(|one| one.name == subscriber.name && one.acknowledged),
        purpose: subscriber.settings.purpose,
        name: subscriber.name,
    };
    Ok(all.map(recipient).collect())
}

async fn purposes(state: &AppState) -> Answer<Vec<Purpose>> {
    let rules = state.policies.in_force().await?;
    let purpose = |(name, purpose): (&String, &crate::domain::consent::Purpose)| Purpose {
        name: name.clone(),
        title: purpose.title.clone(),
        dpv: purpose.dpv.clone(),
    };
    Ok(rules.consent.purpose.iter().map(purpose).collect())
}
