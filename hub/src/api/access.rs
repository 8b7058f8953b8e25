//! Who may do what, all in one place. What is not listed here is denied.

use axum::http::Method;

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Open,
    /// Without a key: the request itself is signed.
    Signed,
    /// Without a key from this machine only, or with a key that may read metrics.
    Metrics,
    Needs(Permission),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    SendRecords,
    ReadProfiles,
    /// Lineage, losers, decisions and earlier states of a profile.
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    Match,
    ReadChanges,
    ReadReviews,
    ReadDecisions,
    Decide,
    ReadDeadLetters,
    RepairDeadLetters,
    /// Comparing a source's list with what the hub holds, and healing.
    Reconcile,
    /// Which model and which rules are in force, and were.
    ReadPolicies,
    /// Trying out others, which shows people by name.
    TryPolicies,
    /// Bringing others into force.
    ChangePolicies,
    ReadNotices,
    ReadMetrics,
    ReadSubscribers,
    ManageSubscribers,
    ReadConnectors,
    ManageConnectors,
    /// Statements of consent with their evidence.
    ReadConsents,
    TellConsents,
    /// Whether somebody may be reached, and whom not.
    AskPermissions,
    /// Points of loyalty programmes, and entries of their ledgers.
    ReadLoyalty,
    PostEntries,
    /// Requests to see what is held, and to be forgotten.
    ManagePrivacy,
    /// Saying that a source has removed a person who was forgotten.
    ConfirmErasure,
    /// Who did what.
    ReadAudit,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Source,
    Channel,
    Subscriber,
    Viewer,
    Steward,
    Lead,
    Engineer,
    Privacy,
    Admin,
}

use Permission::*;

/// The permissions of each role.
const ROLES: [(Role, &str, &[Permission]); 9] = [
    (Role::Source, "source", &[SendRecords, TellConsents, PostEntries, ConfirmErasure]),
    (Role::Channel, "channel", &[ReadProfiles, ReadCrosswalk, LookUp, Search, Match, AskPermissions, ReadLoyalty]),
    (Role::Subscriber, "subscriber", &[ReadChanges]),
    (Role::Viewer, "viewer", &VIEW),
    (Role::Steward, "steward", &STEWARD),
    (Role::Lead, "lead", &LEAD),
    (Role::Engineer, "engineer", &ENGINEER),
    (Role::Privacy, "privacy", &PRIVACY),
    (Role::Admin, "admin", &ALL),
];

const VIEW: [Permission; 12] = [
    ReadProfiles,
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    ReadReviews,
    ReadDecisions,
    ReadPolicies,
    ReadMetrics,
    ReadConnectors,
    AskPermissions,
    ReadLoyalty,
];

const PRIVACY: [Permission; 15] = [
    ReadProfiles,
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    ReadDecisions,
    ReadNotices,
    ReadPolicies,
    ReadConsents,
    TellConsents,
    AskPermissions,
    ReadLoyalty,
    ManagePrivacy,
    ConfirmErasure,
    ReadAudit,
];

const STEWARD: [Permission; 15] = [
    ReadProfiles,
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    Match,
    ReadReviews,
    ReadDecisions,
    Decide,
    ReadPolicies,
    ReadMetrics,
    ReadConsents,
    TellConsents,
    AskPermissions,
    ReadLoyalty,
];

const LEAD: [Permission; 17] = [
    ReadProfiles,
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    Match,
    ReadReviews,
    ReadDecisions,
    Decide,
    ReadPolicies,
    TryPolicies,
    ChangePolicies,
    ReadMetrics,
    ReadConsents,
    TellConsents,
    AskPermissions,
    ReadLoyalty,
];

const ENGINEER: [Permission; 12] = [
    SendRecords,
    ReadDeadLetters,
    RepairDeadLetters,
    Reconcile,
    ReadNotices,
    ReadPolicies,
    ReadMetrics,
    ReadSubscribers,
    ManageSubscribers,
    ReadConnectors,
    ManageConnectors,
    PostEntries,
];

const ALL: [Permission; 31] = [
    SendRecords,
    ReadProfiles,
    ExplainProfiles,
    ReadCrosswalk,
    LookUp,
    Search,
    Match,
    ReadChanges,
    ReadReviews,
    ReadDecisions,
    Decide,
    ReadDeadLetters,
    RepairDeadLetters,
    Reconcile,
    ReadPolicies,
    TryPolicies,
    ChangePolicies,
    ReadNotices,
    ReadMetrics,
    ReadSubscribers,
    ManageSubscribers,
    ReadConnectors,
    ManageConnectors,
    ReadConsents,
    TellConsents,
    AskPermissions,
    ReadLoyalty,
    PostEntries,
    ManagePrivacy,
    ConfirmErasure,
    ReadAudit,
];

/// What each route asks for, by method and template.
pub const ROUTES: [(Method, &str, Access); 72] = [
    (Method::GET, "/v1/profiles/{id}", Access::Needs(ReadProfiles)),
    (Method::POST, "/v1/sources/{source}/records", Access::Needs(SendRecords)),
    (Method::POST, "/v1/sources/{source}/webhook", Access::Signed),
    (Method::GET, "/v1/sources/{source}/webhook", Access::Signed),
    (Method::POST, "/v1/sources/{source}/reconcile", Access::Needs(Reconcile)),
    (Method::GET, "/v1/connectors", Access::Needs(ReadConnectors)),
    (Method::GET, "/v1/connectors/{source}", Access::Needs(ReadConnectors)),
    (Method::GET, "/v1/connectors/{source}/drift", Access::Needs(ReadConnectors)),
    (Method::POST, "/v1/connectors/{source}/drift/accept", Access::Needs(ManageConnectors)),
    (Method::POST, "/v1/connectors/{source}/run", Access::Needs(ManageConnectors)),
    (Method::POST, "/v1/connectors/{source}/pause", Access::Needs(ManageConnectors)),
    (Method::POST, "/v1/connectors/{source}/resume", Access::Needs(ManageConnectors)),
    (Method::GET, "/v1/notices", Access::Needs(ReadNotices)),
    (Method::GET, "/v1/notices/{id}", Access::Needs(ReadNotices)),
    (Method::GET, "/v1/crosswalk/{source}/{source_key}", Access::Needs(ReadCrosswalk)),
    (Method::POST, "/v1/profiles/lookup", Access::Needs(LookUp)),
    (Method::POST, "/v1/search", Access::Needs(Search)),
    (Method::POST, "/v1/match", Access::Needs(Match)),
    (Method::GET, "/v1/changes", Access::Needs(ReadChanges)),
    (Method::POST, "/v1/consents", Access::Needs(TellConsents)),
    (Method::GET, "/v1/consents/suppression", Access::Needs(AskPermissions)),
    (Method::GET, "/v1/profiles/{id}/consents", Access::Needs(ReadConsents)),
    (Method::POST, "/v1/loyalty/{programme}/entries", Access::Needs(PostEntries)),
    (Method::GET, "/v1/profiles/{id}/loyalty", Access::Needs(ReadLoyalty)),
    (Method::GET, "/v1/profiles/{id}/loyalty/entries", Access::Needs(ReadLoyalty)),
    (Method::GET, "/v1/privacy/requests", Access::Needs(ManagePrivacy)),
    (Method::POST, "/v1/privacy/requests", Access::Needs(ManagePrivacy)),
    (Method::GET, "/v1/privacy/requests/{id}", Access::Needs(ManagePrivacy)),
    (Method::POST, "/v1/privacy/requests/{id}/steps", Access::Needs(ManagePrivacy)),
    (Method::GET, "/v1/privacy/requests/{id}/document", Access::Needs(ManagePrivacy)),
    (Method::POST, "/v1/privacy/requests/{id}/acknowledgements", Access::Needs(ConfirmErasure)),
    (Method::POST, "/v1/privacy/readmissions", Access::Needs(ManagePrivacy)),
    (Method::GET, "/v1/audit", Access::Needs(ReadAudit)),
    (Method::GET, "/v1/permissions", Access::Needs(AskPermissions)),
    (Method::GET, "/v1/profiles/{id}/cluster", Access::Needs(ExplainProfiles)),
    (Method::POST, "/v1/profiles/{id}/merge", Access::Needs(Decide)),
    (Method::POST, "/v1/profiles/{id}/unmerge", Access::Needs(Decide)),
    (Method::POST, "/v1/profiles/{id}/pins", Access::Needs(Decide)),
    (Method::POST, "/v1/decisions", Access::Needs(Decide)),
    (Method::GET, "/v1/decisions/{id}", Access::Needs(ReadDecisions)),
    (Method::POST, "/v1/decisions/{id}/undo", Access::Needs(Decide)),
    (Method::GET, "/v1/reviews", Access::Needs(ReadReviews)),
    (Method::GET, "/v1/reviews/{id}", Access::Needs(ReadReviews)),
    (Method::GET, "/v1/dead-letters", Access::Needs(ReadDeadLetters)),
    (Method::GET, "/v1/dead-letters/groups", Access::Needs(ReadDeadLetters)),
    (Method::POST, "/v1/dead-letters/retry", Access::Needs(RepairDeadLetters)),
    (Method::GET, "/v1/dead-letters/{id}", Access::Needs(ReadDeadLetters)),
    (Method::POST, "/v1/dead-letters/{id}/repair", Access::Needs(RepairDeadLetters)),
    (Method::POST, "/v1/dead-letters/{id}/retry", Access::Needs(RepairDeadLetters)),
    (Method::GET, "/v1/policies", Access::Needs(ReadPolicies)),
    (Method::POST, "/v1/policies", Access::Needs(ChangePolicies)),
    (Method::POST, "/v1/policies/rollback", Access::Needs(ChangePolicies)),
    (Method::GET, "/v1/policies/{number}", Access::Needs(ReadPolicies)),
    (Method::POST, "/v1/what-if", Access::Needs(TryPolicies)),
    (Method::GET, "/v1/what-if/{id}", Access::Needs(TryPolicies)),
    (Method::GET, "/v1/subscribers", Access::Needs(ReadSubscribers)),
    (Method::POST, "/v1/subscribers", Access::Needs(ManageSubscribers)),
    (Method::GET, "/v1/subscribers/{id}", Access::Needs(ReadSubscribers)),
    (Method::DELETE, "/v1/subscribers/{id}", Access::Needs(ManageSubscribers)),
    (Method::POST, "/v1/subscribers/{id}/pause", Access::Needs(ManageSubscribers)),
    (Method::POST, "/v1/subscribers/{id}/resume", Access::Needs(ManageSubscribers)),
    (Method::POST, "/v1/subscribers/{id}/rotate", Access::Needs(ManageSubscribers)),
    (Method::POST, "/v1/subscribers/{id}/resend", Access::Needs(ManageSubscribers)),
    (Method::GET, "/v1/operator-events", Access::Needs(ReadSubscribers)),
    (Method::GET, "/v1/schemas/{type}", Access::Open),
    (Method::GET, "/healthz", Access::Open),
    (Method::GET, "/readyz", Access::Open),
    (Method::GET, "/metrics", Access::Metrics),
    (Method::GET, "/openapi.json", Access::Open),
    (Method::GET, "/docs", Access::Open),
    (Method::GET, "/docs/style.css", Access::Open),
    (Method::GET, "/problems/{slug}", Access::Open),
];

/// Changes that have a log of their own, or are none: what systems send, and questions that are asked with a body.
const UNAUDITED: [&str; 8] = [
    "/v1/sources/{source}/records",
    "/v1/consents",
    "/v1/loyalty/{programme}/entries",
    "/v1/profiles/lookup",
    "/v1/search",
    "/v1/match",
    "/people",
    "/people/found",
];

/// Looks at more than a present profile.
const SENSITIVE: [&str; 16] = [
    "/v1/profiles/{id}/consents",
    "/v1/profiles/{id}/cluster",
    "/v1/consents/suppression",
    "/v1/reviews/{id}",
    "/v1/dead-letters/{id}",
    "/v1/notices/{id}",
    "/v1/privacy/requests/{id}/document",
    "/v1/audit",
    "/people/{id}",
    "/people/{id}/consents",
    "/people/{id}/then",
    "/people/{id}/trail",
    "/reviews/{id}",
    "/flows/dead-letters/{id}",
    "/privacy/{id}/document",
    "/audit",
];

/// What somebody is about to do with a route of programs or of people.
#[derive(Clone, Copy)]
pub struct Audited<'r> {
    pub method: &'r Method,
    pub template: &'r str,
    pub path: &'r str,
    pub query: &'r str,
}

impl Audited<'_> {
    /// Whether it is to be known later.
    pub fn is_wanted(&self) -> bool {
        // A profile with its reasons or its past tells more than the present one.
        let explains =
            self.template == "/v1/profiles/{id}" && ["explain", "as_of"].iter().any(|q| self.query.contains(q));
        match self.is_look() {
            true => explains || SENSITIVE.contains(&self.template),
            false => !UNAUDITED.contains(&self.template),
        }
    }

    /// Whether it changes nothing.
    pub fn is_look(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }

    pub fn action(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

/// What a route asks for; `None` is denied.
pub fn of(method: &Method, template: &str) -> Option<Access> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|(m, path, _)| *path == template && m == method).map(|(_, _, access)| *access)
}

impl Role {
    pub fn parse(name: &str) -> Option<Role> {
        ROLES.iter().find(|(_, known, _)| *known == name).map(|(role, _, _)| *role)
    }

    pub fn name(self) -> &'static str {
        ROLES.iter().find(|(role, _, _)| *role == self).map_or("", |(_, name, _)| name)
    }

    pub fn may(self, permission: Permission) -> bool {
        ROLES.iter().find(|(role, _, _)| *role == self).is_some_and(|(_, _, held)| held.contains(&permission))
    }

    /// The names of all roles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ROLES.iter().map(|(_, name, _)| *name)
    }
}

impl Permission {
    /// The roles that hold the permission.
    pub fn holders(self) -> impl Iterator<Item = &'static str> {
        ROLES.iter().filter(move |(_, _, held)| held.contains(&self)).map(|(_, name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlisted_routes_are_denied() {
        assert_eq!(of(&Method::DELETE, "/v1/profiles/{id}"), None);
        assert_eq!(of(&Method::GET, "/v1/anything"), None);
        assert_eq!(of(&Method::HEAD, "/healthz"), Some(Access::Open));
    }

    #[test]
    fn admin_alone_holds_everything() {
        for (role, _, _) in ROLES {
            assert_eq!(ALL.iter().all(|p| role.may(*p)), role == Role::Admin, "{role:?}");
        }
    }

    #[test]
    fn roles_are_found_by_their_names() {
        for name in Role::names() {
            assert_eq!(Role::parse(name).map(Role::name), Some(name));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
