//! The API's description in OpenAPI 3.1, made from the handlers themselves.

use super::access::{self, Access};
use super::problem::Kind;
use super::{
    audit, candidates, changes, clusters, commands, connectors, consents, crosswalk, dead_letters, decisions, docs,
    drift, health, intake, lookup, loyalty, meters,
};
use super::{
    explain, notices, operator_events, permissions, policies, privacy, profiles, reconcile, reviews, schemas, search,
    subscribers, suppression, webhook, what_if,
};
use axum::http::{Method, header};
use axum::response::IntoResponse;
use std::sync::LazyLock;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

#[derive(OpenApi)]
#[openapi(
    info(title = "Customer data hub", description = "Every system's customer records in, one golden record per person out."),
    paths(
        intake::send_records, dead_letters::list, dead_letters::show, dead_letters::repair, dead_letters::retry,
        dead_letters::retry_many, dead_letters::groups, profiles::show, lookup::look_up, search::search, candidates::find, crosswalk::show,
        clusters::show, commands::merge, commands::unmerge, commands::pin, decisions::decide, decisions::show,
        decisions::undo, reviews::list, reviews::show, policies::list, policies::show, policies::activate,
        policies::rollback, what_if::begin, what_if::show, changes::list, subscribers::create, subscribers::list,
        subscribers::show, subscribers::delete, subscribers::pause, subscribers::resume, subscribers::rotate,
        subscribers::resend, schemas::show, operator_events::list, health::alive, health::ready, meters::scrape,
        document, docs::page, docs::problem, webhook::receive, webhook::greet, notices::list, notices::show,
        reconcile::reconcile_source, connectors::list, connectors::show, connectors::run, connectors::pause,
        connectors::resume, drift::show, drift::accept, consents::tell, consents::show,
        permissions::show, suppression::list, loyalty::post, loyalty::show, loyalty::entries,
        privacy::list, privacy::ask_for, privacy::show, privacy::step, privacy::show_document, privacy::acknowledge,
        privacy::readmit, audit::list,
    ),
    components(schemas(Problem, explain::Explanation, intake::ShapeName, suppression::PointForm, consents::RecordFormat)),
    modifiers(&Guarded),
    tags(
        (name = "Records", description = "What systems send, and what could not be processed."),
        (name = "Profiles", description = "Golden records, for channels and service desks."),
        (name = "Consent", description = "What people have allowed and refused, and what may be done."),
        (name = "Loyalty", description = "Points of loyalty programmes: entries in, balances and ledger pages out."),
        (name = "Privacy", description = "What people ask for: to see what is held about them, and to be forgotten."),
        (name = "Stewardship", description = "Doubtful pairs, decisions, merge and unmerge."),
        (name = "Policies", description = "The matching model and the rules in force, others, and what they would change."),
        (name = "Changes", description = "What changed, in order, for receiving systems."),
        (name = "Operations", description = "Health, metrics, this description."),
    )
)]
struct Api;

/// An error (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code, reason = "described here, rendered elsewhere")]
struct Problem {
    /// Names the kind of problem; see /docs.
    #[schema(example = "/problems/unknown-profile")]
    r#type: String,
    title: String,
    status: u16,
    /// What went wrong here and what to do about it; never a person's values.
    detail: String,
}

/// Adds to every operation what it asks of its caller.
struct Guarded;

impl Modify for Guarded {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("hub_...").build();
        api.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(bearer));
        for (path, item) in &mut api.paths.paths {
            let operations =
                [(Method::GET, &mut item.get), (Method::POST, &mut item.post), (Method::DELETE, &mut item.delete)];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    guard(operation, access::of(&method, path));
                }
            }
        }
    }
}

fn guard(operation: &mut Operation, access: Option<Access>) {
    let Some(Access::Needs(permission)) = access else { return };
    operation.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    let holders: Vec<&str> = permission.holders().collect();
    let note = format!("Roles: {}.", holders.join(", "));
    let text = operation.description.take().filter(|text| !text.is_empty());
    operation.description = Some(text.map_or(note.clone(), |text| format!("{text}\n\n{note}")));
}

/// The description as JSON, made once.
pub static JSON: LazyLock<String> = LazyLock::new(|| {
    let mut api = Api::openapi();
    let kinds: Vec<String> = Kind::all().map(|kind| format!("`/problems/{}`", kind.slug())).collect();
    let about = "Errors are problem details (RFC 9457, application/problem+json) of these types: ";
    let text = api.info.description.take().unwrap_or_default();
    api.info.description = Some(format!("{text}\n\n{about}{}.", kinds.join(", ")));
    api.to_json().unwrap_or_default()
});

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "Operations",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")], JSON.as_str())
}
