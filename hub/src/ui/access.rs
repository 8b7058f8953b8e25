//! Which page asks for what, all in one place. What is not listed here is denied.

use crate::api::access::Permission::{
    self, ChangePolicies, Decide, ExplainProfiles, ManageConnectors, ManagePrivacy, ManageSubscribers, ReadAudit,
    ReadConnectors, ReadConsents, ReadDeadLetters, ReadPolicies, ReadReviews, RepairDeadLetters, Search, TellConsents,
    TryPolicies,
};
use axum::http::Method;

/// What a page asks of its visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Open,
    SignedIn,
    Needs(Permission),
}

/// By method and template.
pub const ROUTES: [(Method, &str, Access); 53] = [
    (Method::GET, "/", Access::SignedIn),
    (Method::GET, "/sign-in", Access::Open),
    (Method::POST, "/sign-in", Access::Open),
    (Method::POST, "/sign-out", Access::SignedIn),
    (Method::GET, "/account", Access::SignedIn),
    (Method::POST, "/account/password", Access::SignedIn),
    (Method::POST, "/account/language", Access::SignedIn),
    (Method::GET, "/reviews", Access::Needs(ReadReviews)),
    (Method::POST, "/reviews/undo", Access::Needs(Decide)),
    (Method::POST, "/reviews/bulk", Access::Needs(Decide)),
    (Method::POST, "/reviews/views", Access::Needs(ReadReviews)),
    (Method::POST, "/reviews/{id}/handling", Access::Needs(Decide)),
    (Method::POST, "/reviews/{id}/defer", Access::Needs(Decide)),
    (Method::GET, "/reviews/{id}", Access::Needs(ReadReviews)),
    (Method::POST, "/reviews/{id}", Access::Needs(Decide)),
    (Method::GET, "/people", Access::Needs(Search)),
    (Method::POST, "/people", Access::Needs(Search)),
    (Method::POST, "/people/found", Access::Needs(Search)),
    (Method::GET, "/people/{id}", Access::Needs(ExplainProfiles)),
    (Method::GET, "/people/{id}/consents", Access::Needs(ReadConsents)),
    (Method::POST, "/people/{id}/consents", Access::Needs(TellConsents)),
    (Method::GET, "/people/{id}/then", Access::Needs(ExplainProfiles)),
    (Method::GET, "/people/{id}/trail", Access::Needs(ExplainProfiles)),
    (Method::POST, "/people/{id}/link", Access::Needs(Decide)),
    (Method::POST, "/people/{id}/pin", Access::Needs(Decide)),
    (Method::POST, "/people/{id}/part", Access::Needs(Decide)),
    (Method::POST, "/people/{id}/undo/{decision}", Access::Needs(Decide)),
    (Method::GET, "/audit", Access::Needs(ReadAudit)),
    (Method::GET, "/privacy", Access::Needs(ManagePrivacy)),
    (Method::POST, "/privacy", Access::Needs(ManagePrivacy)),
    (Method::GET, "/privacy/{id}", Access::Needs(ManagePrivacy)),
    (Method::POST, "/privacy/{id}", Access::Needs(ManagePrivacy)),
    (Method::GET, "/privacy/{id}/document", Access::Needs(ManagePrivacy)),
    (Method::POST, "/privacy/{id}/confirm", Access::Needs(ManagePrivacy)),
    (Method::GET, "/flows", Access::Needs(ReadConnectors)),
    (Method::GET, "/flows/sources/{source}", Access::Needs(ReadConnectors)),
    (Method::POST, "/flows/sources/{source}/try", Access::Needs(ReadConnectors)),
    (Method::POST, "/flows/sources/{source}/accept", Access::Needs(ManageConnectors)),
    (Method::POST, "/flows/sources/{source}/{action}", Access::Needs(ManageConnectors)),
    (Method::POST, "/flows/subscribers/{id}/{action}", Access::Needs(ManageSubscribers)),
    (Method::POST, "/flows/dead-letters/retry", Access::Needs(RepairDeadLetters)),
    (Method::GET, "/flows/dead-letters/{id}", Access::Needs(ReadDeadLetters)),
    (Method::POST, "/flows/dead-letters/{id}", Access::Needs(RepairDeadLetters)),
    (Method::GET, "/rules", Access::Needs(ReadPolicies)),
    (Method::GET, "/rules/draft", Access::Needs(TryPolicies)),
    (Method::POST, "/rules/what-if", Access::Needs(TryPolicies)),
    (Method::GET, "/rules/what-if/{id}", Access::Needs(TryPolicies)),
    (Method::POST, "/rules/what-if/{id}/activate", Access::Needs(ChangePolicies)),
    (Method::POST, "/rules/back", Access::Needs(ChangePolicies)),
    (Method::GET, "/quality", Access::Needs(ReadPolicies)),
    (Method::GET, "/quality/{name}", Access::Needs(ReadPolicies)),
    (Method::GET, "/live", Access::SignedIn),
    (Method::GET, "/ui/{name}", Access::Open),
];

/// What a page asks for; `None` is denied.
pub fn of(method: &Method, template: &str) -> Option<Access> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|(known, path, _)| *path == template && known == method).map(|(_, _, access)| *access)
}
