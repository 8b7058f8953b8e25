//! Doubtful pairs that wait for a steward.

use super::body::{Asked, Segments};
use super::candidates::not_resolving;
use super::problem::{Answer, Kind, internal};
use super::state::AppState;
use super::wire::{RecordKey, page_rows, rfc3339, svg, wants_svg};
use crate::domain::customer::Customer;
use crate::domain::ids::{GoldenId, RecordNo, SourceKey};
use crate::store::reviews::OpenReview;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const PAGE_ROWS: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The `next_after` of the page before.
    after: Option<String>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
}

/// One page of open reviews.
#[derive(Serialize, ToSchema)]
pub struct Reviews {
    /// How many are open altogether.
    total: i64,
    reviews: Vec<Review>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<String>,
}

/// A doubtful pair.
#[derive(Serialize, ToSchema)]
pub struct Review {
    /// Names the pair while it is open.
    #[schema(example = "17-4211")]
    id: String,
    /// Log2 of the odds that both are one person.
    weight: f32,
    /// `uncertain`, `outweighed` by other evidence, or `contradiction` between decisions.
    reason: String,
    opened_at: String,
    /// What the pair was weighed under.
    policy: i32,
    left: Side,
    right: Side,
}

/// One side of a pair.
#[derive(Serialize, ToSchema)]
pub struct Side {
    #[serde(flatten)]
    key: RecordKey,
    golden: Option<Uuid>,
}

/// A doubtful pair with everything to decide it by.
#[derive(Serialize, ToSchema)]
pub struct Doubt {
    #[serde(flatten)]
    review: Review,
    /// What the source says of the left one.
    left_record: Option<Customer>,
    right_record: Option<Customer>,
    /// Why the pair weighs what it weighs, field by field; absent on a node that does not resolve.
    #[schema(value_type = Option<Object>)]
    explanation: Option<matching::Explanation>,
}

/// Lists open reviews, with how many there are altogether.
#[utoipa::path(get, path = "/v1/reviews", tag = "Stewardship", params(Asking),
    responses((status = 200, description = "A page of reviews", body = Reviews)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<Reviews>> {
    let after = match &asking.after {
        Some(id) => parse(id)?,
        None => (-1, -1),
    };
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let found = state.store.reviews_after(after, rows).await?;
    let total = state.store.review_count().await?;
    let reviews: Vec<Review> = found.into_iter().map(Review::from).collect();
    let next_after = reviews.last().filter(|_| reviews.len() == rows).map(|review| review.id.clone());
    Ok(Json(Reviews { total, reviews, next_after }))
}

/// Shows one doubtful pair with both records and the explanation.
#[utoipa::path(get, path = "/v1/reviews/{id}", tag = "Stewardship", params(("id" = String, Path)),
    responses((status = 200, description = "The pair; as SVG a waterfall of why it weighs what it does",
                content((Doubt = "application/json"), (String = "image/svg+xml"))),
              (status = 404, description = "Not open"),
              (status = 503, description = "A picture was asked for and another node resolves; ask that one")))]
pub async fn show(
    State(state): State<AppState>,
    Segments(id): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let closed =
        || Kind::UnknownReview.because("The pair is not open for review; it was decided or its records changed.");
    let (a, b) = parse(&id)?;
    let (a, b) = (RecordNo(a as u32), RecordNo(b as u32));
    let review = state.store.review(a, b).await?.ok_or_else(closed)?;
    let explanation = explanation(&state, a, b).await?;
    if wants_svg(&headers) {
        return Ok(svg(explanation.ok_or_else(not_resolving)?.to_svg()));
    }
    let (left, right) = (review.left.0.clone(), review.right.0.clone());
    let doubt = Doubt {
        left_record: customer(&state, &left).await?,
        right_record: customer(&state, &right).await?,
        explanation,
        review: review.into(),
    };
    Ok(Json(doubt).into_response())
}

async fn customer(state: &AppState, key: &SourceKey) -> Answer<Option<Customer>> {
    Ok(state.store.source_record(key).await?.map(|record| record.customer))
}

pub async fn explanation(state: &AppState, a: RecordNo, b: RecordNo) -> Answer<Option<matching::Explanation>> {
    let resolver = state.resolver.clone();
    let explained = tokio::task::spawn_blocking(move || {
        let slot = resolver.read().unwrap_or_else(PoisonError::into_inner);
        let index = slot.as_ref()?.index();
        Some(index.explain(index.features(a.0)?, index.features(b.0)?))
    });
    explained.await.map_err(|_| internal())
}

pub fn parse(id: &str) -> Answer<(i64, i64)> {
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    let pair = id.split_once('-').and_then(|(a, b)| Some((number(a)?, number(b)?)));
    pair.ok_or_else(|| Kind::MalformedParameter.because("A review's id is two numbers such as 17-4211."))
}

impl From<OpenReview> for Review {
    fn from(open: OpenReview) -> Review {
        let side = |(key, golden): (SourceKey, Option<GoldenId>)| Side { key: key.into(), golden: golden.map(|g| g.0) };
        Review {
            id: format!("{}-{}", open.a.0, open.b.0),
            weight: open.weight,
            reason: open.reason,
            opened_at: rfc3339(open.opened_us),
            policy: open.policy.0,
            left: side(open.left),
            right: side(open.right),
        }
    }
}
