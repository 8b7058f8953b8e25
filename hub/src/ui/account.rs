//! One's own account: language and password.

use super::accounts::{self, AccountError, SignIn};
use super::form::Form;
use super::page::{self, Wrong};
use super::session::{self, Visitor};
use crate::api::AppState;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use web::shell::{AccountPage, Here};
use web::words::Words;

const YEAR_SECS: u32 = 365 * 24 * 3600;

pub async fn show(Extension(visitor): Extension<Arc<Visitor>>, query: page::Query) -> Response {
    let notice = query.get("changed").map(|_| visitor.words.password_changed);
    page::show(&account(&visitor, notice, None))
}

fn account(visitor: &Visitor, notice: Option<&'static str>, problem: Option<&'static str>) -> AccountPage {
    let shell = visitor.shell(visitor.words.account, Here::Account);
    AccountPage { shell, name: visitor.caller.name.to_string(), role: visitor.caller.role.name(), notice, problem }
}

pub async fn change_language(headers: HeaderMap, form: Form) -> Response {
    let code = Words::of(form.get("code")).code;
    let cookie = format!("{}={code}; Path=/; SameSite=Lax; Max-Age={YEAR_SECS}", page::LANGUAGE);
    let back = headers.get(header::REFERER).is_some();
    ([(header::SET_COOKIE, cookie)], Redirect::to(if back { "/account" } else { "/" })).into_response()
}

/// Whoever does not know the present password may not change it; every other session ends.
pub async fn change_password(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    form: Form,
) -> Result<Response, Wrong> {
    let (words, name) = (visitor.words, visitor.caller.name.as_ref());
    let failed = |error: AccountError| Wrong::account(words, &error);
    let refused = |problem| (StatusCode::UNPROCESSABLE_ENTITY, page::show(&account(&visitor, None, Some(problem))));
    let signed = accounts::sign_in(&state.store, name, form.get("old")).await.map_err(failed)?;
    let account = match signed {
        SignIn::As(account) => account,
        SignIn::Refused => return Ok(refused(words.sign_in_failed).into_response()),
        SignIn::Locked => return Ok(refused(words.sign_in_locked).into_response()),
    };
    match accounts::set_password(&state.store, name, form.get("new")).await {
        Ok(_) => {
            let cookie = session::begin(&state, words, &account).await?;
            Ok((cookie, Redirect::to("/account?changed=1")).into_response())
        }
        Err(AccountError::BadPassword) => Ok(refused(words.password_rule).into_response()),
        Err(error) => Err(failed(error)),
    }
}
