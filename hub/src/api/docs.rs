//! The browsable description: the OpenAPI document as a page.

use super::body::Segments;
use super::openapi;
use super::problem::{Answer, Kind};
use axum::Json;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use serde_json::{Value, json};
use std::sync::LazyLock;
use web::api_docs::{self, Group, Operation, Page, Parameter, Response, Shape};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(&openapi::JSON).unwrap_or_default();
    api_docs::render(&view(&document))
});

/// The browsable page.
#[utoipa::path(get, path = "/docs", tag = "Operations",
    responses((status = 200, description = "A page for people", content_type = "text/html", body = String)))]
pub async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE.as_str()))
}

pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], api_docs::STYLE)
}

/// What a kind of problem is; the `type` of every error leads here.
#[utoipa::path(get, path = "/problems/{slug}", tag = "Operations", params(("slug" = String, Path)),
    responses((status = 200, description = "The kind of problem", body = Value), (status = 404, description = "Unknown")))]
pub async fn problem(Segments(slug): Segments<String>) -> Answer<Json<Value>> {
    let kind = Kind::all().find(|kind| kind.slug() == slug);
    let kind = kind.ok_or_else(|| Kind::UnknownProblem.because("No kind of problem has this name; see /docs."))?;
    Ok(Json(json!({ "type": format!("/problems/{slug}"), "title": kind.title(), "status": kind.status().as_u16() })))
}

fn view(document: &Value) -> Page {
    let groups = document["tags"].as_array().into_iter().flatten().map(|tag| group(document, tag)).collect();
    let problems = Kind::all().map(|k| (k.status().as_u16(), k.slug().to_owned(), k.title().to_owned())).collect();
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let shapes = schemas.map(|(name, schema)| shape(name, schema)).collect();
    let info = &document["info"];
    let description = text(&info["description"]);
    Page {
        title: text(&info["title"]),
        version: text(&info["version"]),
        intro: description.lines().next().unwrap_or_default().to_owned(),
        groups,
        shapes,
        problems,
    }
}

fn group(document: &Value, tag: &Value) -> Group {
    let name = text(&tag["name"]);
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(m, o)| (path, m, o)));
    let own = all.filter(|(_, _, operation)| operation["tags"][0] == tag["name"]);
    let operations = own.map(|(path, method, about)| operation(path, method, about)).collect();
    Group { name, about: text(&tag["description"]), operations }
}

fn operation(path: &str, method: &str, about: &Value) -> Operation {
    let parameters = about["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        about: text(&parameter["description"]),
    });
    let contents = |part: &Value| -> Vec<(String, String)> {
        let types = part["content"].as_object().into_iter().flatten();
        types.map(|(media, content)| (media.clone(), type_name(&content["schema"]))).collect()
    };
    let responses = about["responses"].as_object().into_iter().flatten();
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&about["summary"]),
        about: text(&about["description"]),
        needs_key: about["security"].is_array(),
        parameters: parameters.collect(),
        body: contents(&about["requestBody"]),
        responses: responses
            .map(|(status, response)| Response {
                status: status.clone(),
                about: text(&response["description"]),
                body: contents(response),
            })
            .collect(),
    }
}

fn shape(name: &str, schema: &Value) -> Shape {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let required = |field: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == field));
    Shape {
        name: name.to_owned(),
        about: text(&schema["description"]),
        fields: fields
            .map(|(field, about)| Parameter {
                name: field.clone(),
                place: type_name(about),
                required: required(field),
                about: text(&about["description"]),
            })
            .collect(),
    }
}

/// A schema in a few words.
fn type_name(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    for any in ["oneOf", "anyOf"] {
        if let Some(options) = schema[any].as_array() {
            let names: Vec<String> = options.iter().map(type_name).filter(|name| name != "null").collect();
            return names.join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_name(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let names = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            let is_list = kinds.iter().any(|kind| kind == "array");
            if is_list {
                format!("list of {}", type_name(&schema["items"]))
            } else {
                names.collect::<Vec<_>>().join(" or ")
            }
        }
        _ => "any".to_owned(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
