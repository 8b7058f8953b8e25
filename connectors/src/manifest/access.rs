//! `base` and `auth` of `[poll]` and `[write_back]`: where a system is, who asks, and where the secrets are kept.

use super::section::{Report, Section, Toml};
use super::signature::{header_name, place};
use crate::access::{Credentials, OAuth, Setting};
use crate::webhook::SecretRef;

const REMEDY: &str = "write { bearer = { env = \"MY_TOKEN\" } }, { basic = { env = .. }, user = .. }, { header = \"X-Key\", \
                      secret = { env = .. } }, { oauth = { env = .. }, client_id = .., token = \"/token\" }, or \"none\"";

/// Nothing only after an error was reported.
pub(super) fn credentials(report: &mut Report<'_>, table: &mut Section<'_>) -> Option<Credentials> {
    let value = table.required(report, "auth", REMEDY)?;
    if value.get_ref().as_str() == Some("none") {
        return Some(Credentials::None);
    }
    if value.get_ref().as_table().is_none() {
        report.error(value.span().start, "`auth` does not say how to ask", REMEDY);
        return None;
    }
    let mut section = report.section(value, "`auth`")?;
    let secret = |report: &mut Report<'_>, value: Option<&Toml<'_>>, name: &str| {
        value.map(|value| place(report, value, &format!("`{name}`")))
    };
    let bearer = section.take("bearer");
    let bearer = secret(report, bearer, "bearer");
    let basic = section.take("basic");
    let basic = secret(report, basic, "basic");
    let header = section.take("header");
    let oauth = section.take("oauth");
    let oauth = secret(report, oauth, "oauth");
    let found = match (bearer, basic, header, oauth) {
        (Some(bearer), None, None, None) => bearer.map(Credentials::Bearer),
        (None, Some(basic), None, None) => {
            let user = section.required(report, "user", "add `user = \"me\"` or { env = \"MY_USER\" }");
            let user = user.and_then(|value| setting(report, value, "`user`"));
            user.zip(basic).map(|(user, secret)| Credentials::Basic { user, secret })
        }
        (None, None, Some(value), None) => {
            let name = header_name(report, value, "`header`");
            let secret = section.required(report, "secret", "add `secret = { env = \"MY_KEY\" }`");
            let secret = secret.and_then(|value| place(report, value, "`secret`"));
            name.zip(secret).map(|(name, secret)| Credentials::Header { name, secret })
        }
        (None, None, None, Some(secret)) => granted(report, &mut section, secret),
        _ => {
            report.error(value.span().start, "`auth` is of one kind", REMEDY);
            return None;
        }
    };
    section.finish(report);
    found
}

fn granted(report: &mut Report<'_>, section: &mut Section<'_>, secret: Option<SecretRef>) -> Option<Credentials> {
    let client_id = section.required(report, "client_id", "add `client_id = \"..\"` or { env = \"MY_CLIENT\" }");
    let client_id: Option<Setting> = client_id.and_then(|value| setting(report, value, "`client_id`"));
    let remedy = "add `token = \"/oauth/token\"`, below `base`, or a whole address";
    let token = section.required(report, "token", remedy).and_then(|value| {
        let token = report.text(value, "`token`")?;
        if !token.starts_with('/') && !token.starts_with("https://") && !token.starts_with("http://") {
            report.error(value.span().start, "`token` is no address", remedy);
        }
        Some(token.to_owned())
    });
    let refresh_token = section.take("refresh_token").and_then(|value| place(report, value, "`refresh_token`"));
    let scope = section.take_text(report, "scope").map(str::to_owned);
    let oauth = OAuth { token: token?, client_id: client_id?, secret: secret?, refresh_token, scope };
    Some(Credentials::OAuth(oauth))
}

/// A text, or where one is kept.
fn setting(report: &mut Report<'_>, value: &Toml<'_>, what: &str) -> Option<Setting> {
    match value.get_ref().as_str() {
        Some(text) => Some(Setting::Fixed(text.to_owned())),
        None => place(report, value, what).map(Setting::Kept),
    }
}

/// Nothing only after an error was reported.
pub(super) fn base(report: &mut Report<'_>, table: &mut Section<'_>) -> Option<Setting> {
    let remedy = "add `base = \"https://api.example.com\"`, or { env = \"MY_SHOP_BASE\" } where it differs";
    let value = table.required(report, "base", remedy)?;
    let base = setting(report, value, "`base`")?;
    if let Setting::Fixed(url) = &base
        && !url.starts_with("https://")
        && !url.starts_with("http://")
    {
        report.error(value.span().start, "`base` is no address", "write it like \"https://api.example.com\"");
    }
    Some(base)
}
