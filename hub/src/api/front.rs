//! What happens to every request: an id, a span, a time limit, and a count. Bodies and queries stay out of the log.

use super::problem::Kind;
use super::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tracing::Instrument;

/// Longest wait for an answer; streams only have to begin in this time.
const ANSWER_SECS_MAX: u64 = 30;
/// Large deliveries over slow lines may take so long.
const INTAKE_SECS_MAX: u64 = 600;
const REQUEST_ID_CHARS_MAX: usize = 128;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LARGE: [&str; 2] = ["/v1/sources/{source}/records", "/v1/sources/{source}/reconcile"];

pub async fn front(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let template = route.as_ref().map_or("", MatchedPath::as_str);
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, route = template);
    let mut response = next.run(request).instrument(span).await;
    state.meters.answered(&method, template, response.status(), started.elapsed());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Gives up on answers that take too long.
pub async fn late(request: Request, next: Next) -> Response {
    let is_large = request.extensions().get::<MatchedPath>().is_some_and(|route| LARGE.contains(&route.as_str()));
    let limit = Duration::from_secs(if is_large { INTAKE_SECS_MAX } else { ANSWER_SECS_MAX });
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Kind::TooSlow.because("The answer took too long; repeat the request later.").into_response(),
    }
}

/// The caller's id for the request, or one of ours.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
        id.len() <= REQUEST_ID_CHARS_MAX && !id.is_empty() && id.as_bytes().iter().all(plain)
    });
    given.cloned().unwrap_or_else(fresh_id)
}

/// Unique by the process's own number and a count; a random id for each request would cost more than the request.
fn fresh_id() -> HeaderValue {
    static PROCESS: LazyLock<String> = LazyLock::new(|| uuid::Uuid::now_v7().simple().to_string());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut id = String::with_capacity(PROCESS.len() + 17);
    let _ = write!(id, "{}-{:x}", PROCESS.as_str(), COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_maybe_shared(bytes::Bytes::from(id)).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_request_ids_are_replaced() {
        let with = |text: &'static str| HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(text))]);
        assert_eq!(request_id(&with("order-17")), "order-17");
        assert_ne!(request_id(&with("a b\"c")), "a b\"c");
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
