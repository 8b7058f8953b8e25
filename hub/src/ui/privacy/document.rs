//! Everything that is held about somebody, to read and to hand out.

use crate::api::AppState;
use crate::api::body::Segments;
use crate::api::privacy;
use crate::ui::page::{self, Query, Wrong};
use crate::ui::session::Visitor;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;
use web::privacy::{DocumentPage, Section};
use web::shell::{Here, Instant};
use web::words::PrivacyWords;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<Uuid>,
    query: Query,
) -> Result<Response, Wrong> {
    let refused = |problem| Wrong::problem(&visitor, problem);
    let request = privacy::known(&state, id).await.map_err(refused)?;
    let held = privacy::held(&state, &request).await.map_err(refused)?;
    if query.get("format") == Some("json") {
        let headers = [
            (header::CACHE_CONTROL, "private, no-store"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"held.json\""),
        ];
        return Ok((headers, Json(held)).into_response());
    }
    let words = visitor.words.privacy();
    let generated = Instant { at: held.generated_at.clone() };
    let all = serde_json::to_value(&held).unwrap_or_default();
    Ok(page::show(&DocumentPage {
        shell: visitor.shell(words.title, Here::Privacy),
        words,
        id: id.to_string(),
        generated,
        sections: sections(words, &all),
    }))
}

fn sections(words: &'static PrivacyWords, all: &Value) -> Vec<Section> {
    let titles = [
        ("profile", words.profile),
        ("records", words.records),
        ("consents", words.consents),
        ("loyalty", words.loyalty),
        ("history", words.history),
        ("decisions", words.decisions),
        ("comments", words.comments),
        ("recipients", words.recipients),
        ("purposes", words.purposes),
    ];
    let section = |(name, title): (&str, &'static str)| {
        let parts = match &all[name] {
            Value::Array(items) => items.iter().map(lines).collect(),
            one => vec![lines(one)],
        };
        Section { title, parts }
    };
    titles.into_iter().map(section).collect()
}

/// A value as lines of path and text.
fn lines(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(String::new(), value, &mut found);
    found
}

fn collect(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} · {name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(under(name), value, found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| collect(under(&(at + 1).to_string()), value, found));
        }
        Value::Null => {}
        Value::String(text) => found.push((path, text.clone())),
        other => found.push((path, other.to_string())),
    }
}
