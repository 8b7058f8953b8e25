//! Search before create: who a record might be, with reasons, and nothing stored.

use super::body::Body;
use super::problem::{Answer, Kind, Problem, internal};
use super::state::AppState;
use super::wire::{RecordKey, svg, wants_svg};
use crate::domain::customer::Customer;
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::limits::HITS_MAX;
use crate::domain::resolver::Resolver;
use crate::pipeline::clock;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use foldhash::HashMap;
use matching::{Features, Neighbour, Thresholds, Verdict};
use serde::Serialize;
use std::sync::PoisonError;
use utoipa::ToSchema;
use uuid::Uuid;

/// Golden records that the record might belong to, best first.
#[derive(Serialize, ToSchema)]
pub struct Candidates {
    /// `same`: the hub would link the record to the first candidate; `perhaps`: it would ask a steward;
    /// `different`: it would make a new golden record.
    #[schema(value_type = String)]
    verdict: Verdict,
    candidates: Vec<Candidate>,
}

/// One golden record that the record might belong to.
#[derive(Serialize, ToSchema)]
pub struct Candidate {
    golden: Uuid,
    /// Log2 of the odds that both are one person, for the member that fits best.
    weight: f32,
    probability: f32,
    /// `same`, `perhaps` or `different`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// Why, field by field, against the member that fits best.
    #[schema(value_type = Object)]
    explanation: matching::Explanation,
    /// Members of the golden record that are candidates themselves, best first.
    records: Vec<Weighed>,
}

/// A source record with its weight.
#[derive(Serialize, ToSchema)]
pub struct Weighed {
    #[serde(flatten)]
    key: RecordKey,
    weight: f32,
}

/// Says who a record might be, without storing it.
#[utoipa::path(post, path = "/v1/match", tag = "Profiles",
    request_body(content = Customer, description = "A canonical customer"),
    responses((status = 200, description = "Candidates, best first; as SVG a waterfall of why the best one weighs what it does",
                content((Candidates = "application/json"), (String = "image/svg+xml"))),
              (status = 404, description = "A picture was asked for and there is no candidate"),
              (status = 422, description = "The record does not fulfil the contract"),
              (status = 503, description = "Another node resolves; ask that one")))]
pub async fn find(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(record): Body<serde_json::Value>,
) -> Answer<Response> {
    let customer = Customer::checked(&record, &clock::today())
        .map_err(|breach| Kind::InvalidRecord.because(format!("{breach}. See the Customer schema in /docs.")))?;
    let resolver = state.resolver.clone();
    let found = tokio::task::spawn_blocking(move || {
        // No source: a guest is compared as somebody whom no system has sent.
        let guest = matching::Person { source: None, ..customer.to_person("") };
        let features = matching::standardise(&guest);
        let slot = resolver.read().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|resolver| candidates(resolver, &features))
    });
    let found = found.await.map_err(|_| internal())?.ok_or_else(not_resolving)?;
    if !wants_svg(&headers) {
        return Ok(Json(found).into_response());
    }
    let best = found.candidates.first().ok_or_else(|| {
        Kind::UnknownProfile.because("No golden record is a candidate, so there is nothing to draw; ask for JSON.")
    })?;
    Ok(svg(best.explanation.to_svg()))
}

pub fn not_resolving() -> Problem {
    Kind::NotResolving.because(
        "This node does not hold the population: it is loading, or another node resolves. Ask that one, or wait.",
    )
}

fn candidates(resolver: &Resolver, features: &Features) -> Candidates {
    let mut by_golden: HashMap<GoldenId, Vec<Neighbour>> = HashMap::default();
    for neighbour in resolver.index().search(features) {
        if let Some(golden) = resolver.golden_of(RecordNo(neighbour.id)) {
            by_golden.entry(golden).or_default().push(neighbour);
        }
    }
    let found = by_golden.into_iter().filter_map(|(golden, members)| candidate(resolver, features, golden, members));
    let mut candidates: Vec<Candidate> = found.collect();
    candidates.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.golden.cmp(&b.golden)));
    candidates.truncate(HITS_MAX);
    let verdict = candidates.first().map_or(Verdict::Different, |best| best.verdict);
    Candidates { verdict, candidates }
}

fn candidate(
    resolver: &Resolver,
    features: &Features,
    golden: GoldenId,
    mut members: Vec<Neighbour>,
) -> Option<Candidate> {
    members.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id)));
    let best = members.first()?;
    let explanation = resolver.index().explain(features, resolver.index().features(best.id)?);
    let weight = best.weight;
    let records = members.iter().map(|n| Weighed { key: resolver.key(RecordNo(n.id)).into(), weight: n.weight });
    Some(Candidate {
        golden: golden.0,
        weight,
        probability: Thresholds::probability(weight),
        verdict: resolver.index().model().thresholds.verdict(weight),
        explanation,
        records: records.take(HITS_MAX).collect(),
    })
}
