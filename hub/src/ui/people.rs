//! Finding people. What is searched comes in the body: addresses end up in logs and histories.

use super::form::Form;
use super::page::{self, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::api::search::{blocking, present};
use crate::domain::limits::SEARCH_CHARS_MAX;
use crate::domain::rules::Attribute;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;
use web::people::{Hit, PeopleList, PeoplePage};
use web::shell::Here;

const HITS: usize = 30;

pub async fn empty(Extension(visitor): Extension<Arc<Visitor>>) -> Response {
    let list = PeopleList { words: visitor.words, query: String::new(), total: 0, hits: vec![] };
    page::show(&PeoplePage { shell: visitor.shell(visitor.words.people, Here::People), list })
}

pub async fn search(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let list = find(&state, &visitor, form.get("q")).await?;
    let mut shell = visitor.shell(visitor.words.people, Here::People);
    shell.searched = list.query.clone();
    Ok(page::show(&PeoplePage { shell, list }))
}

/// The list alone, while somebody types.
pub async fn found(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    Ok(page::show(&find(&state, &visitor, form.get("q")).await?))
}

async fn find(state: &AppState, visitor: &Visitor, query: &str) -> Result<PeopleList, Wrong> {
    let failed = |problem| Wrong::problem(visitor, problem);
    let query: String = query.trim().chars().take(SEARCH_CHARS_MAX).collect();
    let mut list = PeopleList { words: visitor.words, query: query.clone(), total: 0, hits: Vec::new() };
    if query.is_empty() {
        return Ok(list);
    }
    let index = state.reads.search.clone();
    let found = blocking(move || index.find(&query, HITS)).await.map_err(failed)?;
    list.total = found.total;
    for hit in &found.hits {
        let Some((id, profile)) = present(state, hit.id, None).await.map_err(failed)? else { continue };
        let values: Map<String, Value> = serde_json::from_str(profile.get()).unwrap_or_default();
        list.hits.push(shown(visitor, &id.to_string(), &values));
    }
    Ok(list)
}

fn shown(visitor: &Visitor, id: &str, values: &Map<String, Value>) -> Hit {
    let first = |attribute| values::lines(values, attribute).into_iter().next().unwrap_or_default();
    Hit {
        href: format!("/people/{id}"),
        name: values::name(visitor.words, values),
        birth: first(Attribute::BirthDate),
        emails: first(Attribute::Emails),
        phones: first(Attribute::Phones),
        place: first(Attribute::Addresses),
        records: values.get("records").and_then(Value::as_array).map_or(0, Vec::len),
    }
}
