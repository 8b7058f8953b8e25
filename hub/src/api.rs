//! The HTTP interface under `/v1`: wire types, permissions and problems stand here and go no deeper.

pub mod access;
pub mod audit;
pub mod body;
mod candidates;
mod changes;
mod clusters;
pub mod commands;
pub mod connectors;
pub mod consents;
mod crosswalk;
pub mod dead_letters;
mod decisions;
mod docs;
pub mod drift;
pub mod explain;
mod front;
mod guard;
mod health;
mod inbox;
mod intake;
pub mod keys;
pub mod listen;
mod lookup;
pub mod loyalty;
mod meters;
mod notices;
mod openapi;
mod operator_events;
mod permissions;
pub mod policies;
pub mod privacy;
pub mod problem;
mod profiles;
mod purpose;
mod reconcile;
pub mod reviews;
mod schemas;
pub mod search;
mod state;
pub mod subscribers;
mod suppression;
mod webhook;
pub mod what_if;
pub mod wire;

pub use self::inbox::Keep;
pub use self::state::{AppState, Setup};
pub use self::webhook::{DoorError, Doors};

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

/// Every route of the hub: the interface for programs, and `pages` for people, which have a guard of their own. Serve it
/// with connect info, so that `/metrics` can tell loopback from the rest.
pub fn router(state: AppState, pages: Router<AppState>) -> Router {
    let guarded = Router::new()
        .merge(records())
        .merge(people())
        .merge(consent())
        .merge(privacy_requests())
        .merge(stewardship())
        .merge(policies())
        .merge(subscriptions())
        .merge(operations())
        .route_layer(from_fn_with_state(state.clone(), guard::guard));
    guarded
        .merge(pages)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), front::front))
        .layer(from_fn(front::late))
        .with_state(state)
}

fn records() -> Router<AppState> {
    Router::new()
        .route("/v1/sources/{source}/records", post(intake::send_records))
        .route("/v1/sources/{source}/webhook", post(webhook::receive).get(webhook::greet))
        .route("/v1/sources/{source}/reconcile", post(reconcile::reconcile_source))
        .route("/v1/connectors", get(connectors::list))
        .route("/v1/connectors/{source}", get(connectors::show))
        .route("/v1/connectors/{source}/drift", get(drift::show))
        .route("/v1/connectors/{source}/drift/accept", post(drift::accept))
        .route("/v1/connectors/{source}/run", post(connectors::run))
        .route("/v1/connectors/{source}/pause", post(connectors::pause))
        .route("/v1/connectors/{source}/resume", post(connectors::resume))
        .route("/v1/notices", get(notices::list))
        .route("/v1/notices/{id}", get(notices::show))
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/v1/dead-letters/groups", get(dead_letters::groups))
        .route("/v1/dead-letters/retry", post(dead_letters::retry_many))
        .route("/v1/dead-letters/{id}", get(dead_letters::show))
        .route("/v1/dead-letters/{id}/repair", post(dead_letters::repair))
        .route("/v1/dead-letters/{id}/retry", post(dead_letters::retry))
}

fn people() -> Router<AppState> {
    Router::new()
        .route("/v1/profiles/{id}", get(profiles::show))
        .route("/v1/profiles/lookup", post(lookup::look_up))
        .route("/v1/crosswalk/{source}/{source_key}", get(crosswalk::show))
        .route("/v1/search", post(search::search))
        .route("/v1/match", post(candidates::find))
        .route("/v1/changes", get(changes::list))
}

fn consent() -> Router<AppState> {
    Router::new()
        .route("/v1/consents", post(consents::tell))
        .route("/v1/consents/suppression", get(suppression::list))
        .route("/v1/profiles/{id}/consents", get(consents::show))
        .route("/v1/permissions", get(permissions::show))
        .route("/v1/loyalty/{programme}/entries", post(loyalty::post))
        .route("/v1/profiles/{id}/loyalty", get(loyalty::show))
        .route("/v1/profiles/{id}/loyalty/entries", get(loyalty::entries))
}

fn privacy_requests() -> Router<AppState> {
    Router::new()
        .route("/v1/privacy/requests", get(privacy::list).post(privacy::ask_for))
        .route("/v1/privacy/requests/{id}", get(privacy::show))
        .route("/v1/privacy/requests/{id}/steps", post(privacy::step))
        .route("/v1/privacy/requests/{id}/document", get(privacy::show_document))
        .route("/v1/privacy/requests/{id}/acknowledgements", post(privacy::acknowledge))
        .route("/v1/privacy/readmissions", post(privacy::readmit))
}

fn stewardship() -> Router<AppState> {
    Router::new()
        .route("/v1/profiles/{id}/cluster", get(clusters::show))
        .route("/v1/profiles/{id}/merge", post(commands::merge))
        .route("/v1/profiles/{id}/unmerge", post(commands::unmerge))
        .route("/v1/profiles/{id}/pins", post(commands::pin))
        .route("/v1/decisions", post(decisions::decide))
        .route("/v1/decisions/{id}", get(decisions::show))
        .route("/v1/decisions/{id}/undo", post(decisions::undo))
        .route("/v1/reviews", get(reviews::list))
        .route("/v1/reviews/{id}", get(reviews::show))
}

fn policies() -> Router<AppState> {
    Router::new()
        .route("/v1/policies", get(policies::list).post(policies::activate))
        .route("/v1/policies/rollback", post(policies::rollback))
        .route("/v1/policies/{number}", get(policies::show))
        .route("/v1/what-if", post(what_if::begin))
        .route("/v1/what-if/{id}", get(what_if::show))
}

fn subscriptions() -> Router<AppState> {
    Router::new()
        .route("/v1/subscribers", get(subscribers::list).post(subscribers::create))
        .route("/v1/subscribers/{id}", get(subscribers::show).delete(subscribers::delete))
        .route("/v1/subscribers/{id}/pause", post(subscribers::pause))
        .route("/v1/subscribers/{id}/resume", post(subscribers::resume))
        .route("/v1/subscribers/{id}/rotate", post(subscribers::rotate))
        .route("/v1/subscribers/{id}/resend", post(subscribers::resend))
        .route("/v1/operator-events", get(operator_events::list))
        .route("/v1/schemas/{type}", get(schemas::show))
}

fn operations() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(meters::scrape))
        .route("/v1/audit", get(audit::list))
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(docs::page))
        .route("/docs/style.css", get(docs::style))
        .route("/problems/{slug}", get(docs::problem))
}
