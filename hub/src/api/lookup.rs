//! Finds golden records by one exact value, which travels in the body.

use super::body::Body;
use super::keys::Caller;
use super::problem::{Answer, Kind};
use super::purpose::declared;
use super::search::{blocking, present};
use super::state::AppState;
use crate::domain::limits::HITS_MAX;
use crate::read::search::Sought;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// Exactly one of `email`, `phone` and `identifier`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Value {
    #[schema(example = "ana.silva@example.com")]
    email: Option<String>,
    phone: Option<String>,
    /// Whose national form the phone number has, if it comes without a country code.
    #[schema(example = "PT")]
    country: Option<String>,
    identifier: Option<IdentifierValue>,
}

/// A number that some scheme gave to the person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifierValue {
    #[schema(example = "loyalty_card")]
    scheme: String,
    value: String,
}

/// The golden records that carry the value.
#[derive(Serialize, ToSchema)]
pub struct Carriers {
    /// How many there are; families share addresses and numbers.
    total: usize,
    #[schema(value_type = Vec<super::profiles::Profile>)]
    profiles: Vec<Box<RawValue>>,
}

/// Finds the golden records that carry exactly this e-mail, phone number or identifier, after standardising.
/// New values are found within a second.
#[utoipa::path(post, path = "/v1/profiles/lookup", tag = "Profiles", request_body = Value,
    responses((status = 200, description = "The golden records; none is an empty list", body = Carriers)))]
pub async fn look_up(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(value): Body<Value>,
) -> Answer<Json<Carriers>> {
    let declared = declared(&state, &caller, None).await?;
    let sought = sought(value)?;
    let index = state.reads.search.clone();
    let found = blocking(move || index.look_up(&sought, HITS_MAX)).await?;
    let mut profiles = Vec::with_capacity(found.hits.len());
    let mut seen = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        if let Some((id, profile)) = present(&state, hit.id, declared.as_ref()).await?
            && !seen.contains(&id)
        {
            seen.push(id);
            profiles.push(profile);
        }
    }
    let hidden = found.hits.len() - profiles.len();
    Ok(Json(Carriers { total: found.total - hidden, profiles }))
}

fn sought(value: Value) -> Answer<Sought> {
    match (value.email, value.phone, value.identifier) {
        (Some(email), None, None) => Ok(Sought::Email(email)),
        (None, Some(number), None) => Ok(Sought::Phone { number, country: value.country }),
        (None, None, Some(id)) => Ok(Sought::Identifier { scheme: id.scheme, value: id.value }),
        _ => Err(Kind::MalformedBody.because("Give exactly one of email, phone and identifier.")),
    }
}
