//! Whether somebody may be reached for a purpose, and why.

use super::body::Asked;
use super::problem::{Answer, internal};
use super::profiles::{gone, moved_to, unknown};
use super::purpose;
use super::state::AppState;
use crate::domain::consent::{Channel, PointPermission, Question, Reason, Regime, View, decide};
use crate::domain::ids::GoldenId;
use crate::pipeline::clock;
use crate::read::profiles::Rendered;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// Golden id.
    #[param(value_type = Uuid)]
    id: GoldenId,
    /// A purpose of the rules in force, such as `marketing`.
    purpose: String,
    /// `email`, `sms`, `phone`, `post`, `app`, `web`, or `any` where it does not matter.
    #[serde(default)]
    channel: Channel,
}

/// The answer, with its reason.
#[derive(Serialize, ToSchema)]
pub struct Permitted {
    id: Uuid,
    purpose: String,
    channel: Channel,
    /// Whether at least one contact point may be used, or the person be reached on channels without any.
    allowed: bool,
    /// `granted`, `existing_customer`, `not_refused`, `not_needed`, `refused`, `expired`, `other_contact_point`,
    /// `never_granted` or `no_contact_point`; where a statement decides, it stands in `by`.
    #[schema(value_type = Object)]
    reason: Reason,
    /// What the law of the person's countries asks for: `not_needed`, `opt_out`, `soft_opt_in` or `opt_in`.
    #[schema(value_type = String)]
    regime: Regime,
    /// The golden record's contact points of the channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    points: Vec<Point>,
}

/// One contact point.
#[derive(Serialize, ToSchema)]
pub struct Point {
    /// In comparable form: small letters, or `+` and digits; of a postal address letters and digits alone.
    value: String,
    allowed: bool,
    #[schema(value_type = Object)]
    reason: Reason,
}

/// Tells whether somebody may be reached for a purpose on a channel, and why.
#[utoipa::path(get, path = "/v1/permissions", tag = "Consent", params(Asking),
    responses((status = 200, description = "Allowed or not, with the reason", body = Permitted),
              (status = 308, description = "Merged; Location asks for the survivor"),
              (status = 400, description = "The rules know no such purpose"),
              (status = 404, description = "The id was never published"),
              (status = 410, description = "No source record is left")))]
pub async fn show(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Response> {
    let rules = state.policies.in_force().await?;
    let purpose = purpose::known(&rules, &asking.purpose)?;
    let body = match state.reads.profiles.get(asking.id).await? {
        Some(Rendered::Live { body, .. }) => body,
        Some(Rendered::Retired { into }) => {
            let (purpose, channel) = (&asking.purpose, asking.channel.name());
            return Ok(moved_to(into, format!("/v1/permissions?id={into}&purpose={purpose}&channel={channel}")));
        }
        Some(Rendered::Gone) => return Err(gone()),
        None => return Err(unknown()),
    };
    let view: View = serde_json::from_slice(&body).map_err(|_| internal())?;
    let question = Question { purpose: &asking.purpose, channel: asking.channel, now: clock::now() };
    let decided = decide(&view, &question, purpose, &rules.consent);
    let values = view.points(asking.channel);
    let point = |point: PointPermission| Point {
        value: values.get(point.place).cloned().unwrap_or_default(),
        allowed: point.allowed,
        reason: point.reason,
    };
    Ok(Json(Permitted {
        id: asking.id.0,
        purpose: asking.purpose,
        channel: asking.channel,
        allowed: decided.allowed,
        reason: decided.reason,
        regime: decided.regime,
        points: decided.points.into_iter().map(point).collect(),
    })
    .into_response())
}
