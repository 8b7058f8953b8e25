//! Signing in and out, and who somebody is in between.

use super::accounts::{self, SignIn};
use super::form::Form;
use super::page::{self, Wrong};
use crate::api::AppState;
use crate::api::access::{Permission, Role};
use crate::api::keys::Caller;
use crate::domain::audit::{Deed, Outcome};
use crate::pipeline::clock;
use crate::store::accounts::Account;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use web::shell::{Here, Shell};
use web::sign_in::{AgainPage, Kept, SignIn as SignInPage};
use web::words::Words;

const COOKIE: &str = "hub_session";
/// A session ends a working day after it began, and earlier if nobody uses it.
const LIFE_SECS: i64 = 12 * 3600;
const IDLE_SECS: i64 = 2 * 3600;
/// A session's last use is noted so often.
const NOTE_SECS: i64 = 60;
const SECOND_US: i64 = 1_000_000;

/// Who is signed in.
#[derive(Debug)]
pub struct Visitor {
    pub caller: Caller,
    pub words: &'static Words,
    /// Names the session, to end it.
    hash: Vec<u8>,
}

impl Visitor {
    /// The frame of their pages.
    pub fn shell(&self, title: impl Into<String>, here: Here) -> Shell {
        let may = |permission| self.caller.may(permission);
        Shell {
            words: self.words,
            title: title.into(),
            here,
            visitor: Some(web::shell::Visitor {
                name: self.caller.name.to_string(),
                role: self.caller.role.name(),
                reads_reviews: may(Permission::ReadReviews),
                searches: may(Permission::Search),
                reads_flows: may(Permission::ReadConnectors),
                reads_rules: may(Permission::ReadPolicies),
                handles_privacy: may(Permission::ManagePrivacy),
            }),
            searched: String::new(),
        }
    }
}

/// Who sends these headers; nothing if nobody is signed in any more.
pub async fn visitor(state: &AppState, headers: &HeaderMap) -> Result<Option<Visitor>, Wrong> {
    let words = page::words(headers);
    let Some(secret) = page::cookie(headers, COOKIE) else { return Ok(None) };
    let hash = hash(&secret);
    let found = state.store.session(&hash).await?;
    let now_us = clock::now_us();
    let is_valid = |created_us: i64, seen_us: i64| {
        now_us - created_us < LIFE_SECS * SECOND_US && now_us - seen_us < IDLE_SECS * SECOND_US
    };
    let found = found.filter(|session| is_valid(session.created_us, session.seen_us));
    let Some(session) = found.filter(|session| session.account.disabled_us.is_none()) else { return Ok(None) };
    if now_us - session.seen_us > NOTE_SECS * SECOND_US {
        state.store.use_session(&hash, now_us).await?;
    }
    let Account { id, name, role, .. } = session.account;
    let Some(role) = Role::parse(&role) else { return Ok(None) };
    let caller = Caller { key: id, name: name.into(), role, source: None, purpose: None };
    Ok(Some(Visitor { caller, words, hash: hash.to_vec() }))
}

/// Where somebody begins: with what their role is for.
pub async fn home(Extension(visitor): Extension<Arc<Visitor>>) -> Redirect {
    let places = [
        (Permission::ReadReviews, "/reviews"),
        (Permission::Search, "/people"),
        (Permission::ReadConnectors, "/flows"),
    ];
    let place = places.into_iter().find(|(permission, _)| visitor.caller.may(*permission));
    Redirect::to(place.map_or("/account", |(_, place)| place))
}

/// The page that asks who somebody is.
pub async fn door(headers: HeaderMap, query: page::Query) -> Response {
    let words = page::words(&headers);
    page::show(&ask(words, query.get("next").unwrap_or("/"), "", None))
}

fn ask(words: &'static Words, next: &str, name: &str, problem: Option<&'static str>) -> SignInPage {
    SignInPage { shell: shell(words), next: own_path(next).to_owned(), name: name.to_owned(), problem, kept: None }
}

fn shell(words: &'static Words) -> Shell {
    Shell { words, title: words.sign_in.into(), here: Here::Nowhere, visitor: None, searched: String::new() }
}

/// The same, for somebody whose session ended before they sent a form: nothing of it is lost.
pub fn ask_again(words: &'static Words, action: &str, fields: Vec<(String, String)>) -> Response {
    let mut again = ask(words, "/", "", Some(words.session_ended));
    again.kept = Some(Kept::new(action.to_owned(), fields));
    (StatusCode::UNAUTHORIZED, page::show(&again)).into_response()
}

/// What a form of the door has kept; only for a path of this hub.
fn kept(form: &Form) -> Option<Kept> {
    let action = own_path(form.get("kept_action"));
    let fields = form_urlencoded::parse(form.get("kept_fields").as_bytes()).into_owned().collect();
    (action != "/").then(|| Kept::new(action.to_owned(), fields))
}

/// Nobody is sent to another host after signing in.
fn own_path(next: &str) -> &str {
    let leads_out = next.starts_with("//") || next.starts_with("/\\") || next.contains(char::is_control);
    if next.starts_with('/') && !leads_out { next } else { "/" }
}

pub async fn sign_in(State(state): State<AppState>, headers: HeaderMap, form: Form) -> Result<Response, Wrong> {
    let words = page::words(&headers);
    let (name, next) = (form.get("name"), own_path(form.get("next")));
    let kept = kept(&form);
    let outcome = accounts::sign_in(&state.store, name, form.get("password")).await;
    let outcome = outcome.map_err(|error| Wrong::account(words, &error))?;
    let is_known = state.store.account(name).await?.is_some();
    state.audit.note(deed(&outcome, if is_known { name } else { "" })).await?;
    let problem = match outcome {
        SignIn::As(account) => {
            let cookie = begin(&state, words, &account).await?;
            return Ok(match kept {
                Some(kept) => (cookie, page::show(&AgainPage { shell: shell(words), kept })).into_response(),
                None => (cookie, Redirect::to(next)).into_response(),
            });
        }
        SignIn::Refused => words.sign_in_failed,
        SignIn::Locked => words.sign_in_locked,
    };
    let mut again = ask(words, next, name, Some(problem));
    again.kept = kept;
    Ok((StatusCode::UNAUTHORIZED, page::show(&again)).into_response())
}

/// What is written down of somebody at the door. A name that is nobody's is not: it may be a password that was typed into
/// the wrong field.
fn deed(outcome: &SignIn, known: &str) -> Deed {
    let (role, outcome) = match outcome {
        SignIn::As(account) => (account.role.clone(), Outcome::Permitted),
        SignIn::Refused | SignIn::Locked => (String::new(), Outcome::Denied),
    };
    Deed { actor: known.to_owned(), role, action: "POST /sign-in".to_owned(), subject: String::new(), outcome }
}

/// A session of its own, so that nobody can have prepared it (session fixation).
pub async fn begin(
    state: &AppState,
    words: &'static Words,
    account: &Account,
) -> Result<[(HeaderName, String); 1], Wrong> {
    let mut random = [0_u8; 32];
    OsRng.try_fill_bytes(&mut random).map_err(|_| Wrong::failed(words))?;
    let secret = random.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let now_us = clock::now_us();
    let idle_us = now_us - IDLE_SECS * SECOND_US;
    state.store.begin_session(&hash(&secret), account.id, now_us, idle_us).await?;
    let secure = if state.origin.starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={LIFE_SECS}{secure}");
    Ok([(header::SET_COOKIE, cookie)])
}

pub async fn sign_out(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
) -> Result<Response, Wrong> {
    state.store.end_session(&visitor.hash).await?;
    let gone = HeaderValue::from_static("hub_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    // The browser forgets the pages too, which show people.
    let headers = [(header::SET_COOKIE, gone), (page::CLEAR, HeaderValue::from_static("\"cache\""))];
    Ok((headers, Redirect::to("/sign-in")).into_response())
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (next, expected) in [
            ("/reviews?order=oldest", "/reviews?order=oldest"),
            ("//evil.example.com", "/"),
            ("/\\evil.example.com", "/"),
            ("https://evil.example.com", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(next), expected, "{next}");
        }
    }
}
