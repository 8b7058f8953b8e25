//! Whom not to write to: a list for mailing tools, as it is asked for and never stored.

use super::body::Asked;
use super::problem::{Answer, Kind};
use super::purpose;
use super::state::AppState;
use crate::domain::consent::{Channel, Question, Reached, suppressed};
use crate::domain::ids::GoldenId;
use crate::domain::rules::Rules;
use crate::pipeline::clock;
use crate::store::StoreError;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use foldhash::{HashSet, HashSetExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

/// People looked at in one go.
const PAGE_PEOPLE: usize = 500;
const PAGES_WAITING: usize = 2;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    purpose: String,
    /// `email`, `sms`, `phone` or `post`.
    channel: Channel,
    /// `sha256`: hashes of the contact points, in hexadecimal digits, as many tools take them.
    form: Option<PointForm>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PointForm {
    Plain,
    Sha256,
}

/// Every contact point of the channel that may not be used for the purpose, in comparable form: those that golden records
/// show, those that any source record holds, and those that somebody has named in a refusal. One that two people share is
/// listed if either may not be reached. CSV with a heading; a list that breaks off has no last line `end`.
#[utoipa::path(get, path = "/v1/consents/suppression", tag = "Consent", params(Asking),
    responses((status = 200, description = "One contact point a line", content((String = "text/csv"))),
              (status = 400, description = "The rules know no such purpose, or the channel has no contact points")))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Response> {
    let rules = state.policies.in_force().await?;
    purpose::known(&rules, &asking.purpose)?;
    if !asking.channel.has_points() {
        return Err(Kind::MalformedParameter.because("A list has contact points of email, sms, phone or post."));
    }
    let (sender, receiver) = mpsc::channel::<Result<Bytes, StoreError>>(PAGES_WAITING);
    tokio::spawn(async move {
        tokio::select! {
            () = state.stopped() => {}
            () = sender.closed() => {}
            written = write(&state, &rules, &asking, &sender) => {
                if let Err(error) = written {
                    tracing::error!(%error, "a list of whom not to write to broke off");
                    let _ = sender.send(Err(error)).await;
                }
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"suppression.csv\""),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(receiver))).into_response())
}

async fn write(
    state: &AppState,
    rules: &Arc<Rules>,
    asking: &Asking,
    sender: &mpsc::Sender<Result<Bytes, StoreError>>,
) -> Result<(), StoreError> {
    let mut listed: HashSet<u64> = HashSet::new();
    let mut text = "contact_point\n".to_owned();
    let mut after: Option<GoldenId> = None;
    loop {
        let people = state.store.reached_after(after, PAGE_PEOPLE).await?;
        let question = Question { purpose: &asking.purpose, channel: asking.channel, now: clock::now() };
        let points = people.iter().flat_map(|person: &Reached| suppressed(person, &question, &rules.consent));
        for point in points {
            if listed.insert(xxhash_rust::xxh3::xxh3_64(point.as_bytes())) {
                line(&mut text, &point, asking.form);
            }
        }
        let Some(last) = people.last() else {
            text.push_str("end\n");
            let _ = sender.send(Ok(text.into())).await;
            return Ok(());
        };
        after = Some(last.golden);
        if !text.is_empty() && sender.send(Ok(std::mem::take(&mut text).into())).await.is_err() {
            return Ok(());
        }
    }
}

fn line(text: &mut String, point: &str, form: Option<PointForm>) {
    match form {
        Some(PointForm::Sha256) => {
            for byte in Sha256::digest(point.as_bytes()) {
                let _ = write!(text, "{byte:02x}");
            }
        }
        // Comparable forms of addresses hold no comma, quote or line end, unless somebody meant them to.
        _ if point.contains([',', '"', '\n', '\r']) => {
            let _ = write!(text, "\"{}\"", point.replace('"', "\"\""));
        }
        _ => text.push_str(point),
    }
    text.push('\n');
}
