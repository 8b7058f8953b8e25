//! Shapes that several routes share. The domain does not know them; they are converted by hand.

use super::problem::{Answer, Kind};
use crate::domain::ids::{DecisionId, GoldenId, SourceKey};
use crate::domain::limits::PAGE_ROWS_MAX;
use crate::pipeline::ChangedId;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use crate::read::profiles::rfc3339;

/// Names a source record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordKey {
    #[schema(example = "salesforce")]
    pub source: String,
    #[schema(example = "0035g00000XyZ1")]
    pub source_key: String,
}

/// What a command brought about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// New decisions; name them to undo them.
    pub decisions: Vec<Uuid>,
    /// Decisions that are no longer in force.
    pub revoked: Vec<Uuid>,
    /// Golden ids with their new versions.
    pub changed: Vec<ChangedProfile>,
}

/// A golden id that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedProfile {
    pub id: Uuid,
    pub version: i32,
    /// `created`, `updated`, `restored`, `merged` or `deleted`.
    pub kind: String,
}

impl From<SourceKey> for RecordKey {
    fn from(key: SourceKey) -> RecordKey {
        RecordKey { source: key.source, source_key: key.key }
    }
}

impl From<RecordKey> for SourceKey {
    fn from(key: RecordKey) -> SourceKey {
        SourceKey::new(key.source, key.source_key)
    }
}

impl Done {
    pub fn new(decisions: &[DecisionId], revoked: &[DecisionId], changed: Vec<ChangedId>) -> Done {
        let ids = |ids: &[DecisionId]| ids.iter().map(|id| id.0).collect();
        let changed = changed.into_iter().map(|c| ChangedProfile { id: c.id.0, version: c.version, kind: c.kind });
        Done { decisions: ids(decisions), revoked: ids(revoked), changed: changed.collect() }
    }
}

pub fn keys(keys: Vec<RecordKey>) -> Vec<SourceKey> {
    keys.into_iter().map(SourceKey::from).collect()
}

/// Whether an Accept header would rather have a picture than JSON: it must name the picture's type.
pub fn wants_svg(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quality = |wanted: &str| {
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(wanted);
            let stated = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
            named.then_some(stated.unwrap_or(1.0))
        });
        ranges.fold(0.0, f32::max)
    };
    quality(SVG) > quality("application/json")
}

const SVG: &str = "image/svg+xml";

/// A picture that shows a person's values: for this caller alone, and it may load nothing.
pub fn svg(picture: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, SVG),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::VARY, "accept"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, picture).into_response()
}

/// The page size to answer with; asking for more gets the most there is.
pub fn page_rows(asked: Option<usize>, usual: usize) -> usize {
    asked.unwrap_or(usual).clamp(1, PAGE_ROWS_MAX)
}

/// The version that an If-Match header asks for: `"3"`, or any with `*`.
pub fn expected_version(headers: &HeaderMap) -> Answer<Option<i32>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    version.map(Some).ok_or_else(|| {
        Kind::MalformedParameter.because("If-Match takes one ETag as GET /v1/profiles/{id} gives it, such as \"3\".")
    })
}

/// Whether an If-None-Match header names this ETag.
pub fn matches_etag(headers: &HeaderMap, etag: &[u8]) -> bool {
    let Some(value) = headers.get(header::IF_NONE_MATCH) else { return false };
    let mut tags = value.as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii);
    tags.any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

pub fn golden_path(id: GoldenId) -> String {
    format!("/v1/profiles/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn expected_versions() {
        for (value, expected) in [("\"3\"", Some(Some(3))), ("*", Some(None)), ("3", None), ("W/\"3\"", None)] {
            assert_eq!(expected_version(&with(header::IF_MATCH, value)).ok(), expected, "{value}");
        }
        assert_eq!(expected_version(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn pictures_are_asked_for_by_name() {
        for (value, expected) in [
            ("image/svg+xml", true),
            ("Image/SVG+xml;q=0.5, */*;q=0.9", true),
            ("application/json;q=0.2, image/svg+xml; q=0.7", true),
            ("*/*", false),
            ("image/*", false),
            ("image/svg+xml;q=0", false),
            ("application/json, image/svg+xml", false),
        ] {
            assert_eq!(wants_svg(&with(header::ACCEPT, value)), expected, "{value}");
        }
        assert!(!wants_svg(&HeaderMap::new()));
    }

    #[test]
    fn known_etags() {
        for (value, expected) in [("\"3\"", true), ("\"2\", W/\"3\"", true), ("*", true), ("\"33\"", false)] {
            assert_eq!(matches_etag(&with(header::IF_NONE_MATCH, value), b"\"3\""), expected, "{value}");
        }
    }
}
