//! A statement that somebody has made to a steward, such as on the telephone.

use super::{channels, named};
use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::consents::{About, settled, take};
use crate::domain::consent::{Catalogue, Channel, Consent, Scope, State as Said, View};
use crate::domain::ids::GoldenId;
use crate::ui::form::Form;
use crate::ui::page::Wrong;
use crate::ui::session::Visitor;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use web::consent::Recording;
use web::words::ConsentWords;

/// Names this workbench among the systems that something is said to.
const WORKBENCH: &str = "workbench";

/// Keeps what somebody has told a steward, with the steward as evidence.
pub async fn record(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
    form: Form,
) -> Result<Response, Wrong> {
    let refused = |problem| Wrong::problem(&visitor, problem);
    let missing = || Wrong::missing(&visitor, visitor.words.not_found);
    let said = match form.get("state") {
        "granted" => Said::Granted,
        "denied" => Said::Denied,
        "withdrawn" => Said::Withdrawn,
        _ => return Err(missing()),
    };
    let channel = Channel::parse(form.get("channel")).ok_or_else(missing)?;
    let text = |name: &str| Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let consent = Consent {
        point: text("point"),
        form: Some(format!("{WORKBENCH}: {}", visitor.caller.name)),
        wording: text("evidence"),
        ..Consent::new(Scope { purpose: form.get("purpose").to_owned(), channel }, said)
    };
    let taken = take(&state, About::Golden { id }, WORKBENCH.to_owned(), vec![consent], None).await;
    settled(&state, taken.map_err(refused)?).await?;
    Ok(Redirect::to(&format!("/people/{id}/consents?done=recorded")).into_response())
}

/// What the form offers.
pub fn choices(words: &'static ConsentWords, view: &View, catalogue: &Catalogue) -> Recording {
    let points = [Channel::Email, Channel::Phone].into_iter().flat_map(|channel| view.points(channel));
    Recording {
        purposes: catalogue.purpose.iter().map(|(name, purpose)| (name.clone(), purpose.title.clone())).collect(),
        channels: channels(view).into_iter().map(|channel| (channel.name(), named(words, channel))).collect(),
        points: points.collect(),
    }
}
