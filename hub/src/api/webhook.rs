//! Takes in what systems send by webhook. The signature is the credential: it is checked over the bytes as received,
//! before anything else is made of them, and nothing is stored without it.

mod body;
mod doors;
mod store;

pub use self::doors::{DoorError, Doors};
pub use self::store::Told;

use super::body::Segments;
use super::problem::{Answer, Kind};
use super::state::AppState;
use crate::domain::limits::BACKLOG_DELIVERIES_MAX;
use crate::pipeline::clock;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use connectors::Manifest;
use connectors::signature::{self, Key};
use connectors::webhook::Webhook;

/// A source that may send, with all that is needed to check it.
struct Door<'s> {
    source: &'s str,
    manifest: &'s Manifest,
    webhook: &'s Webhook,
    keys: &'s [Key],
}

/// Takes in a system's webhook.
///
/// No API key is needed: the source's manifest names the scheme by which the request is signed. What is acknowledged is
/// durable; what comes again under the same delivery id is acknowledged and not stored again. Answers the system's
/// validation handshake, if the manifest describes one.
#[utoipa::path(post, path = "/v1/sources/{source}/webhook", tag = "Records",
    params(("source" = String, Path, description = "Name of the source")),
    request_body(description = "As the system sends it", content(
        (serde_json::Value = "application/json"), (String = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "Durable, or a handshake's answer as plain text", body = Told),
              (status = 401, description = "The signature is missing, too old, or does not fit; nothing was stored"),
              (status = 404, description = "The source takes no webhooks"),
              (status = 413, description = "Too large"),
              (status = 415, description = "The body is packed"),
              (status = 429, description = "The hub has fallen behind; wait as Retry-After says")))]
pub async fn receive(
    State(state): State<AppState>,
    Segments(source): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let door = Door::of(&state, &source)?;
    let (parts, body) = request.into_parts();
    check_room(&state)?;
    check_plain(&parts.headers)?;
    let body = body::whole(body, &state.webhook_room).await?;
    if let Some(echo) = door.webhook.greeting(parts.uri.query().unwrap_or_default(), &body.bytes) {
        return Ok(greeted(echo));
    }
    if let Err(refused) = door.check(&state, &parts, &body.bytes) {
        tracing::warn!(source, reason = %refused, "a webhook was refused");
        state.meters.webhooks(&source, "refused", 1);
        return Err(Kind::BadSignature.because(format!("Nothing was taken in: {refused}.")));
    }
    if let Some(echo) = door.webhook.signed_greeting(&body.bytes) {
        return Ok(greeted(echo));
    }
    let told = store::take_in(&state, &door, &parts.headers, &body.bytes).await?;
    state.meters.webhooks(&source, "accepted", told.accepted);
    state.meters.webhooks(&source, "duplicate", told.duplicates);
    if let Some(control) = state.control() {
        control.wake();
    }
    Ok(Json(told).into_response())
}

/// Answers a validation handshake that comes as a query.
#[utoipa::path(get, path = "/v1/sources/{source}/webhook", tag = "Records",
    params(("source" = String, Path, description = "Name of the source")),
    responses((status = 200, description = "The answer, as plain text", body = String),
              (status = 400, description = "No handshake is asked for"),
              (status = 404, description = "The source takes no webhooks")))]
pub async fn greet(
    State(state): State<AppState>,
    Segments(source): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let door = Door::of(&state, &source)?;
    let echo = door.webhook.greeting(request.uri().query().unwrap_or_default(), &[]);
    let echo = echo.ok_or_else(|| {
        Kind::MalformedParameter.because("The source's manifest describes no handshake with these parameters.")
    })?;
    Ok(greeted(echo))
}

impl<'s> Door<'s> {
    /// Whoever has no key is not told which sources there are.
    fn of(state: &'s AppState, source: &'s str) -> Answer<Door<'s>> {
        let closed = || {
            let detail = "Give the source's manifest a [webhook], and the hub its secret, then restart the hub.";
            Kind::NoWebhook.because(detail)
        };
        let manifest = state.sources.get(source).ok_or_else(closed)?;
        let webhook = manifest.webhook().ok_or_else(closed)?;
        let keys = state.doors.keys(source).ok_or_else(closed)?;
        Ok(Door { source, manifest, webhook, keys })
    }

    fn check(&self, state: &AppState, parts: &Parts, body: &[u8]) -> Result<(), signature::Refused> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let by_hub = || format!("{}{path}", state.origin);
        let url = self.webhook.url().map_or_else(by_hub, str::to_owned);
        let header = |name: &str| text_of(&parts.headers, name);
        let request = signature::Request { method: parts.method.as_str(), url: &url, header: &header, body };
        self.webhook.scheme().verify(&request, self.keys, clock::now_us() / 1_000_000)
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn check_room(state: &AppState) -> Answer<()> {
    let backlog = state.progress.now().backlog();
    match backlog > BACKLOG_DELIVERIES_MAX {
        true => Err(Kind::Backlog.because("Too many deliveries wait for the pipeline; send the webhook again later.")),
        false => Ok(()),
    }
}

/// Signatures are over the body that is sent, so that a packed one would be unpacked before anybody knows whose it is.
fn check_plain(headers: &HeaderMap) -> Answer<()> {
    match text_of(headers, "content-encoding") {
        None | Some("identity") => Ok(()),
        Some(_) => Err(Kind::UnsupportedMediaType.because("Send the body unpacked, without Content-Encoding.")),
    }
}

fn greeted(echo: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, echo).into_response()
}
