//! Bodies, path segments and queries, taken apart with our own problems for what does not fit.

use super::problem::{Answer, Kind, Problem};
use crate::domain::limits::{REASON_CHARS_MAX, SMALL_BODY_BYTES_MAX};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use tokio_stream::StreamExt;

/// A small JSON body.
pub struct Body<T>(pub T);

/// A small body of any type, as it came.
pub struct Raw(pub Vec<u8>);

/// Segments of the path.
pub struct Segments<T>(pub T);

/// Parameters of the query.
pub struct Asked<T>(pub T);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Answer<Raw> {
        let mut stream = request.into_body().into_data_stream();
        let mut whole = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|_| Kind::MalformedBody.because("The body broke off; send the request again."))?;
            if whole.len() + chunk.len() > SMALL_BODY_BYTES_MAX {
                return Err(too_large(SMALL_BODY_BYTES_MAX));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Raw(whole))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Answer<Body<T>> {
        if !is_json(request.headers()) {
            return Err(Kind::UnsupportedMediaType.because("Send JSON with `Content-Type: application/json`."));
        }
        let Raw(bytes) = Raw::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Body).map_err(|error| misfit(&error))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Segments<T>> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Segments(segments)).map_err(|_| {
            Kind::MalformedParameter
                .because("A part of the path does not have its form; ids are UUIDs or numbers, see /docs.")
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Asked<T>> {
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Asked(asked)).map_err(|_| {
            Kind::MalformedParameter.because("A query parameter is unknown or does not have its form, see /docs.")
        })
    }
}

pub fn too_large(limit: usize) -> Problem {
    Kind::TooLarge.because(format!("The body has more than {limit} bytes; send it in parts."))
}

pub fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = media_type(headers);
    media.eq_ignore_ascii_case("application/json") || media.to_ascii_lowercase().ends_with("+json")
}

/// Says where a body does not fit. The parser's own words may quote a value, so most of them are left out.
fn misfit(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let words = error.to_string();
    let what = match error.classify() {
        serde_json::error::Category::Data if words.starts_with("missing field") => {
            words.split(" at line").next().unwrap_or_default().replace('`', "")
        }
        serde_json::error::Category::Data => "a field is unknown or has another type".to_owned(),
        _ => "it is no well-formed JSON".to_owned(),
    };
    Kind::MalformedBody.because(format!("The body cannot be used at line {line}, column {column}: {what}. See /docs."))
}

/// A steward's reason, which history keeps.
pub fn reason(text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX {
        let detail =
            format!("A reason of 1 to {REASON_CHARS_MAX} characters is needed; say why, for whoever looks later.");
        return Err(Kind::InvalidCommand.because(detail));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        count: u8,
    }

    #[test]
    fn misfits_never_quote_values() {
        for body in
            [r#"{"count": "maria@example.com"}"#, r#"{"maria": 1}"#, "{\"count\": maria", r#"{"count": 1} maria"#, "{}"]
        {
            let Err(error) = serde_json::from_str::<Sample>(body) else { panic!("{body} should not fit") };
            let problem = misfit(&error);
            assert_eq!(problem.kind(), Kind::MalformedBody);
            assert!(!format!("{problem:?}").contains("maria"), "{body}");
        }
    }
}
