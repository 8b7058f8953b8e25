//! Points of loyalty programmes: entries in, balances and ledger pages of a person out.

use super::body::{Asked, Body, Segments};
use super::keys::Caller;
use super::problem::{Answer, Kind, internal};
use super::profiles::living;
use super::search::blocking;
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use crate::domain::customer::{Customer, Identifier};
use crate::domain::ids::GoldenId;
use crate::domain::limits::ENTRIES_MAX;
use crate::domain::loyalty::{Account, Bucket, Entry, Loyalty, Programme, membership};
use crate::domain::privacy::Tombstones;
use crate::pipeline::clock;
use crate::read::search::Sought;
use crate::store::StoreError;
use crate::store::ledger::{Line, Outcome};
use crate::store::profiles::Profile;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use matching::KnownBy;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const PAGE_ROWS: usize = 50;

/// Entries of one programme's ledger.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// The system that tells them; a key for one source need not say.
    source: Option<String>,
    /// In the order in which they happened; those that come late are posted all the same.
    entries: Vec<Entry>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
pub struct Posted {
    posted: usize,
    /// Posted before.
    known: usize,
    /// Those that take back entries which have not come yet; they are posted when those come.
    waiting: usize,
    refused: Vec<Refused>,
}

/// An entry that was not posted.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    /// Its place in the request, from 0.
    place: usize,
    reason: String,
}

/// Posts entries of a loyalty programme, each once by its own id, all in one transaction. Those that make no sense are
/// refused by themselves.
#[utoipa::path(post, path = "/v1/loyalty/{programme}/entries", tag = "Loyalty", request_body = Entries,
    params(("programme" = String, Path, description = "A programme of the rules in force")),
    responses((status = 200, description = "What became of them", body = Posted),
              (status = 404, description = "The rules know no such programme"),
              (status = 422, description = "None, too many, or from another source than the key's")))]
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(programme): Segments<String>,
    Body(entries): Body<Entries>,
) -> Answer<Json<Posted>> {
    check_programme(&state.policies.in_force().await?.loyalty, &programme)?;
    let source = super::consents::speaker(&caller, entries.source.as_deref())?;
    if entries.entries.is_empty() || entries.entries.len() > ENTRIES_MAX {
        return Err(Kind::InvalidCommand.because(format!("Send 1 to {ENTRIES_MAX} entries.")));
    }
    let forgotten = forgotten(&state, &programme, &entries.entries).await?;
    let (kept, places): (Vec<Entry>, Vec<usize>) =
        entries.entries.into_iter().zip(0..).filter(|(_, place)| !forgotten.contains(place)).unzip();
    let outcomes = state.store.post(&programme, &source, &kept, clock::now_us()).await?;
    let why = |&place: &usize| Refused { place, reason: "the member was forgotten".to_owned() };
    let mut posted = Posted { posted: 0, known: 0, waiting: 0, refused: forgotten.iter().map(why).collect() };
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let mut refuse = |reason: String| posted.refused.push(Refused { place, reason });
        match outcome {
            Outcome::Posted => posted.posted += 1,
            Outcome::Known => posted.known += 1,
            Outcome::Waiting => posted.waiting += 1,
            Outcome::Conflict => refuse("another entry has this id; ids are never used again".to_owned()),
            Outcome::Refused(error) => refuse(error.to_string()),
        }
    }
    Ok(Json(posted))
}

/// The places of entries about members who were forgotten: their numbers must not come back.
async fn forgotten(state: &AppState, programme: &str, entries: &[Entry]) -> Answer<Vec<usize>> {
    let rules = state.policies.in_force().await?;
    let schemes = rules.loyalty.programme.get(programme).map(|programme| programme.schemes.clone()).unwrap_or_default();
    let numbers = |entry: &Entry| [Some(entry.member.clone()), entry.to.clone()];
    let known_by = |entry: &Entry| -> Vec<KnownBy> {
        let of = |(scheme, value): (&String, String)| Identifier { scheme: scheme.clone(), value };
        let all =
            numbers(entry).into_iter().flatten().flat_map(|number| schemes.iter().map(move |s| (s, number.clone())));
        let customer = Customer { identifiers: all.map(of).collect(), ..Customer::default() };
        matching::standardise(&customer.to_person("")).known_by()
    };
    let all: Vec<(usize, KnownBy)> =
        entries.iter().enumerate().flat_map(|(place, e)| known_by(e).into_iter().map(move |k| (place, k))).collect();
    let mut hashes = Vec::new();
    let hashed = |tombstones: &Tombstones| {
        hashes = all.iter().map(|(_, known)| tombstones.of_value(known).tombstone).collect();
        hashes.clone()
    };
    let refused = state.store.refused_among(hashed).await?;
    let places = all.iter().zip(&hashes).filter(|(_, hash)| refused.contains(hash)).map(|((place, _), _)| *place);
    let mut places: Vec<usize> = places.collect();
    places.dedup();
    Ok(places)
}

fn check_programme(loyalty: &Loyalty, programme: &str) -> Answer<()> {
    if loyalty.programme.contains_key(programme) {
        return Ok(());
    }
    let names: Vec<&str> = loyalty.programme.keys().map(String::as_str).collect();
    let detail = format!("The rules in force know no such programme; they have {}.", names.join(", "));
    Err(Kind::UnknownProgramme.because(detail))
}

/// A person's points, programme by programme.
#[derive(Serialize, ToSchema)]
pub struct Points {
    id: Uuid,
    programmes: Vec<ProgrammePoints>,
}

/// One programme: what all memberships have together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProgrammePoints {
    pub programme: String,
    pub title: String,
    pub available: i64,
    /// Earned, and not to be spent yet.
    pub pending: i64,
    pub memberships: Vec<Membership>,
}

/// One membership.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Membership {
    /// As the golden record shows it.
    pub number: String,
    pub available: i64,
    pub pending: i64,
    /// Other people have the same number, which somebody has to look at: whose points they are is not guessed.
    pub shared: bool,
}

/// Shows a person's points: each membership's own, and one balance a programme. Points stay with their membership whoever a
/// merge or an unmerge makes of the records, so that none is created or lost.
#[utoipa::path(get, path = "/v1/profiles/{id}/loyalty", tag = "Loyalty",
    params(("id" = Uuid, Path, description = "Golden id, present or past")),
    responses((status = 200, description = "Balances", body = Points),
              (status = 308, description = "Merged; Location names the survivor"),
              (status = 404, description = "The id was never published"),
              (status = 410, description = "No source record is left")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<GoldenId>) -> Answer<Response> {
    let profile = match living(&state, id, "/loyalty").await? {
        Ok(profile) => profile,
        Err(moved) => return Ok(moved),
    };
    Ok(Json(Points { id: id.0, programmes: points(&state, &profile).await? }).into_response())
}

/// What a golden record's memberships have.
pub async fn points(state: &AppState, profile: &Profile) -> Answer<Vec<ProgrammePoints>> {
    let loyalty = &state.policies.in_force().await?.loyalty;
    let mut all = Vec::new();
    for (name, programme, numbers) in memberships(profile, loyalty)? {
        let mut memberships = Vec::with_capacity(numbers.len());
        for (scheme, number) in numbers {
            let balance = state.store.balance(&name, &number).await?;
            let index = state.reads.search.clone();
            let sought = Sought::Identifier { scheme, value: number.clone() };
            let shared = blocking(move || index.look_up(&sought, 2)).await?.total > 1;
            let (available, pending) = (balance.available, balance.pending);
            memberships.push(Membership { number, available, pending, shared });
        }
        let sum = |of: fn(&Membership) -> i64| memberships.iter().map(of).sum();
        let (available, pending) = (sum(|m| m.available), sum(|m| m.pending));
        all.push(ProgrammePoints { programme: name, title: programme.title, available, pending, memberships });
    }
    Ok(all)
}

type Memberships = (String, Programme, Vec<(String, String)>);

/// The membership numbers of a golden record with their schemes, by programme.
fn memberships(profile: &Profile, loyalty: &Loyalty) -> Answer<Vec<Memberships>> {
    #[derive(Deserialize)]
    struct Values {
        #[serde(default)]
        identifiers: Vec<crate::domain::customer::Identifier>,
    }
    let values: Values = serde_json::from_str(&profile.body).map_err(|_| internal())?;
    let of = |programme: &Programme| {
        let mut numbers: Vec<(String, String)> = Vec::new();
        for identifier in values.identifiers.iter().filter(|i| programme.schemes.contains(&i.scheme)) {
            let same = |(_, known): &(String, String)| membership(known) == membership(&identifier.value);
            if !numbers.iter().any(same) {
                numbers.push((identifier.scheme.clone(), identifier.value.clone()));
            }
        }
        numbers
    };
    let all = loyalty.programme.iter().map(|(name, programme)| (name.clone(), programme.clone(), of(programme)));
    Ok(all.filter(|(.., numbers)| !numbers.is_empty()).collect())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    programme: String,
    /// The `next_before` of the page before.
    before: Option<i64>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
}

/// A page of a person's ledger.
#[derive(Serialize, ToSchema)]
pub struct Ledger {
    lines: Vec<LedgerLine>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<i64>,
}

/// One line of one account.
#[derive(Serialize, ToSchema)]
pub struct LedgerLine {
    sequence: i64,
    member: String,
    /// `available` or `pending`.
    account: &'static str,
    points: i64,
    /// Of the account, after this line.
    balance: i64,
    entry: Entry,
    source: String,
    received_at: String,
}

/// Shows every line of a person's ledger in one programme, newest first.
#[utoipa::path(get, path = "/v1/profiles/{id}/loyalty/entries", tag = "Loyalty",
    params(("id" = Uuid, Path, description = "Golden id"), Asking),
    responses((status = 200, description = "A page of lines", body = Ledger),
              (status = 404, description = "The id was never published, or the rules know no such programme")))]
pub async fn entries(
    State(state): State<AppState>,
    Segments(id): Segments<GoldenId>,
    Asked(asking): Asked<Asking>,
) -> Answer<Response> {
    let loyalty = &state.policies.in_force().await?.loyalty;
    check_programme(loyalty, &asking.programme)?;
    let profile = match living(&state, id, &format!("/loyalty/entries?programme={}", asking.programme)).await? {
        Ok(profile) => profile,
        Err(moved) => return Ok(moved),
    };
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let before = asking.before.unwrap_or(i64::MAX);
    let numbers = memberships(&profile, loyalty)?;
    let numbers = numbers.into_iter().find(|(name, ..)| *name == asking.programme).map(|(.., numbers)| numbers);
    let lines = lines(&state, &asking.programme, numbers.unwrap_or_default(), before, rows).await?;
    let next_before = lines.last().filter(|_| lines.len() + 1 >= rows).map(|line| line.seq);
    Ok(Json(Ledger { lines: lines.into_iter().map(LedgerLine::from).collect(), next_before }).into_response())
}

/// The newest lines of some memberships.
async fn lines(
    state: &AppState,
    programme: &str,
    numbers: Vec<(String, String)>,
    before: i64,
    rows: usize,
) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    for (_, number) in numbers {
        lines.extend(state.store.ledger_lines(programme, &number, before, rows).await?);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.seq));
    // Lines of one entry stay on one page.
    if let Some(last) = lines.get(rows).map(|line| line.seq) {
        lines.retain(|line| line.seq > last);
    }
    Ok(lines)
}

impl From<Line> for LedgerLine {
    fn from(line: Line) -> LedgerLine {
        let (member, account) = match line.account {
            Account::Member { number, bucket: Bucket::Available } => (number, "available"),
            Account::Member { number, bucket: Bucket::Pending } => (number, "pending"),
            Account::House(what) => (String::new(), what),
        };
        LedgerLine {
            sequence: line.seq,
            member,
            account,
            points: line.points,
            balance: line.balance,
            entry: line.entry,
            source: line.source,
            received_at: rfc3339(line.received_us),
        }
    }
}
