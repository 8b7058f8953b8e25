//! Pages as systems write them: wrapped JSON or CSV, and the next page where each kind of paging tells it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Record, Reply};
use crate::poll::{Paging, Reading};
use crate::read::{Format, Options};

/// A page of records, and the place of the next one.
pub(super) fn page(
    reading: &Reading,
    own_path: &str,
    asked_path: &str,
    records: &[&Record],
    next: Option<usize>,
) -> Reply {
    let bodies: Vec<Value> = records.iter().map(|record| record.body.clone()).collect();
    let mut reply = match reading.page.format {
        Format::Csv => csv(&bodies),
        _ => Reply::of(200, wrapped(&reading.page, Value::Array(bodies))),
    };
    if let Some(header) = &reading.count_header {
        reply.headers.push((header.clone(), records.len().to_string()));
    }
    let url = next.map(|next| {
        let (path, query) = asked_path.split_once('?').unwrap_or((own_path, ""));
        let kept = super::pairs(query).into_iter().filter(|(name, _)| name != "made-up-place");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).append_pair("made-up-place", &next.to_string());
        format!("{path}?{}", query.finish())
    });
    match &reading.paging {
        Paging::LinkHeader => {
            reply.headers.extend(url.map(|url| ("Link".to_owned(), format!("<{url}>; rel=\"next\""))));
        }
        Paging::UrlInBody { path } => reply.set(path, url.map_or(Value::Null, Value::String)),
        Paging::TokenInBody { path, .. } => {
            if let Some(next) = next {
                reply.set(path, json!(next.to_string()));
            }
        }
        Paging::TokenInHeader { header, .. } => {
            reply.headers.push((header.clone(), next.map_or("null".to_owned(), |next| next.to_string())));
        }
        Paging::LastRecord { more, .. } => reply.set(more, json!(next.is_some())),
        Paging::Number { .. } | Paging::Offset { .. } | Paging::One => {}
    }
    reply
}

/// A value where an answer holds its records.
pub(super) fn wrapped(options: &Options, value: Value) -> Value {
    let place = options.records.first().map(String::as_str).filter(|place| !place.is_empty());
    let names = place.into_iter().flat_map(|place| place.rsplit('.'));
    names.fold(value, |inner, name| json!({ name: inner }))
}

impl Reply {
    /// Sets a member of members of the body.
    fn set(&mut self, path: &[String], value: Value) {
        let Ok(mut body) = serde_json::from_str::<Value>(&self.body) else { return };
        let Some((last, above)) = path.split_last() else { return };
        let mut at = &mut body;
        for name in above {
            let Some(members) = at.as_object_mut() else { return };
            at = members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
        }
        if let Some(members) = at.as_object_mut() {
            members.insert(last.clone(), value);
        }
        self.body = body.to_string();
    }
}

fn csv(bodies: &[Value]) -> Reply {
    let names: BTreeSet<&String> = bodies.iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |body: &Value, name: &str| match body.get(name) {
        Some(Value::String(text)) => quoted(text),
        None | Some(Value::Null) => String::new(),
        Some(other) => quoted(&other.to_string()),
    };
    let head: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let rows = bodies.iter().map(|body| names.iter().map(|name| cell(body, name)).collect::<Vec<_>>().join(","));
    let lines: Vec<String> = std::iter::once(head.join(",")).chain(rows).collect();
    let headers = vec![("Content-Type".to_owned(), "text/csv".to_owned())];
    Reply { status: 200, headers, body: lines.join("\n") + "\n" }
}
