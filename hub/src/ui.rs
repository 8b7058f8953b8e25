//! The steward's workbench: pages for people, over the same functions as the interface for programs.

mod access;
mod account;
pub mod accounts;
mod amend;
mod assets;
mod audit;
mod consent;
mod draft;
mod flows;
mod form;
mod guard;
mod live;
mod page;
mod people;
mod person;
mod privacy;
mod quality;
mod review;
mod reviews;
mod rules;
mod session;
mod source;
mod values;

use self::guard::Door;
use crate::api::AppState;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::time::Duration;

/// A page takes no longer; a decision waits for its turn for 20 seconds, and then says so.
const PATIENCE: Duration = Duration::from_secs(25);

/// Every page. What somebody may see of them is decided before their handlers are reached.
pub fn pages(state: &AppState) -> Router<AppState> {
    pages_within(state, PATIENCE)
}

/// The same; what takes longer is given up, and said so on the page.
pub fn pages_within(state: &AppState, patience: Duration) -> Router<AppState> {
    let door = Door { state: state.clone(), patience };
    Router::new()
        .route("/", get(session::home))
        .route("/sign-in", get(session::door).post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password))
        .route("/account/language", post(account::change_language))
        .route("/reviews", get(reviews::list))
        .route("/reviews/undo", post(review::undo))
        .route("/reviews/bulk", post(reviews::bulk::act))
        .route("/reviews/views", post(reviews::save_view))
        .route("/reviews/{id}", get(review::show).post(review::decide))
        .route("/reviews/{id}/handling", post(review::handling::handle))
        .route("/reviews/{id}/defer", post(review::handling::defer))
        .route("/people", get(people::empty).post(people::search))
        .route("/people/found", post(people::found))
        .route("/people/{id}", get(person::show))
        .route("/people/{id}/consents", get(consent::show).post(consent::record::record))
        .route("/people/{id}/then", get(person::history::then))
        .route("/people/{id}/trail", get(person::trail::show))
        .route("/people/{id}/link", post(person::likeness::decide))
        .route("/people/{id}/pin", post(amend::pin))
        .route("/people/{id}/part", post(amend::part))
        .route("/people/{id}/undo/{decision}", post(person::undo))
        .route("/audit", get(audit::show))
        .route("/privacy", get(privacy::list).post(privacy::record))
        .route("/privacy/{id}", get(privacy::show).post(privacy::step))
        .route("/privacy/{id}/document", get(privacy::show_document))
        .route("/privacy/{id}/confirm", post(privacy::confirm))
        .route("/flows", get(flows::show))
        .route("/flows/sources/{source}", get(source::show))
        .route("/flows/sources/{source}/try", post(source::attempt))
        .route("/flows/sources/{source}/accept", post(source::accept))
        .route("/flows/sources/{source}/{action}", post(flows::source_action))
        .route("/flows/subscribers/{id}/{action}", post(flows::subscriber_action))
        .route("/flows/dead-letters/retry", post(flows::retry_group))
        .route("/flows/dead-letters/{id}", get(flows::letter).post(flows::repair))
        .route("/rules", get(rules::show))
        .route("/rules/draft", get(draft::show))
        .route("/rules/what-if", post(draft::begin))
        .route("/rules/what-if/{id}", get(draft::what_if))
        .route("/rules/what-if/{id}/activate", post(draft::activate))
        .route("/rules/back", post(draft::go_back))
        .route("/quality", get(quality::show))
        .route("/quality/{name}", get(quality::chart))
        .route("/live", get(live::stream))
        .route("/ui/{name}", get(assets::show))
        .route_layer(from_fn_with_state(door, guard::guard))
        .fallback(guard::lost)
}
