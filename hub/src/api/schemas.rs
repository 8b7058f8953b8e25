//! JSON Schemas of the events' data, at addresses that stay.

use super::body::Segments;
use super::problem::{Answer, Kind};
use super::state::AppState;
use crate::deliver::schema;
use crate::domain::plan::EventKind;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

const MEDIA_TYPE: &str = "application/schema+json";

/// Shows what the data of a type of event looks like. The `dataschema` of every event leads here.
#[utoipa::path(get, path = "/v1/schemas/{type}", tag = "Changes",
    params(("type" = String, Path, description = "The event's type, such as hub.golden.updated.v1")),
    responses((status = 200, description = "A JSON Schema (2020-12)", content_type = "application/schema+json", body = Object),
              (status = 404, description = "No event has this type")))]
pub async fn show(State(state): State<AppState>, Segments(name): Segments<String>) -> Answer<impl IntoResponse> {
    let schema = schema::of(&name, &state.origin).ok_or_else(|| {
        let known = EventKind::ALL.map(schema::type_of).join(", ");
        Kind::UnknownSchema.because(format!("Events are of these types: {known}."))
    })?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "max-age=300")], schema.to_string()))
}
