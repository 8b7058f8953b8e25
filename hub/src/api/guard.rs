//! Lets a request through to its handler only if its key permits it.

use super::access::{self, Access, Audited, Permission};
use super::audit;
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem};
use super::state::AppState;
use crate::domain::audit::Outcome;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;

pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Answer<Response> {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let access = access::of(request.method(), template);
    let (method, path) = (request.method(), request.uri().path());
    let audited = Audited { method, template, path, query: request.uri().query().unwrap_or_default() };
    match access {
        Some(Access::Open | Access::Signed) => {}
        Some(Access::Metrics) if is_local(&request) => {}
        Some(Access::Metrics) => drop(permitted(&state, request.headers(), Permission::ReadMetrics, audited).await?),
        Some(Access::Needs(permission)) => {
            let caller = permitted(&state, request.headers(), permission, audited).await?;
            request.extensions_mut().insert(caller);
        }
        None => return Err(Kind::Forbidden.because("Nobody is permitted to call this route.")),
    }
    Ok(next.run(request).await)
}

async fn permitted(
    state: &AppState,
    headers: &HeaderMap,
    permission: Permission,
    audited: Audited<'_>,
) -> Answer<Arc<Caller>> {
    let secret = bearer(headers)?;
    let caller = state.keys.caller(secret).await?.ok_or_else(|| {
        Kind::UnknownKey.because("The key is unknown or revoked; make another with `hub keys create`.")
    })?;
    if caller.may(permission) {
        audit::note(state, &caller, audited, Outcome::Permitted).await?;
        return Ok(caller);
    }
    audit::note(state, &caller, audited, Outcome::Denied).await?;
    let holders: Vec<&str> = permission.holders().collect();
    let detail =
        format!("A key of role {} may not do this; roles that may: {}.", caller.role.name(), holders.join(", "));
    Err(Kind::Forbidden.because(detail))
}

fn bearer(headers: &HeaderMap) -> Answer<&str> {
    let missing = || -> Problem {
        Kind::MissingKey.because("Send `Authorization: Bearer KEY`; make a key with `hub keys create`.")
    };
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, secret) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(secret.trim()) } else { Err(missing()) }
}

/// Behind a proxy everybody looks local, so a forwarded request never is.
fn is_local(request: &Request) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for"].iter().any(|name| request.headers().contains_key(*name));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    !forwarded && peer.is_some_and(|ConnectInfo(address)| address.ip().is_loopback())
}
