//! `signature` and `secret` of `[webhook]`: how requests are signed, and where the keys to them are kept.

use toml::de::DeValue;

use super::section::{Report, Section, Toml, did_you_mean};
use crate::signature::{Encoding, Hash, Scheme};
use crate::webhook::SecretRef;

const HASHES: [(&str, Hash); 3] = [("sha256", Hash::Sha256), ("sha512", Hash::Sha512), ("sha1", Hash::Sha1)];
const ENCODINGS: [(&str, Encoding); 2] = [("base64", Encoding::Base64), ("hex", Encoding::Hex)];
/// A longer window would let a recorded request in again the next day.
const TOLERANCE_SECS_MAX: i64 = 86_400;

/// Nothing only after an error was reported.
pub(super) fn scheme(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Scheme> {
    if let DeValue::String(name) = value.get_ref() {
        return named(report, value, name);
    }
    let mut section = report.section(value, "`signature`")?;
    let scheme = match section.take("scheme") {
        Some(name) => report.text(name, "`scheme`").and_then(|word| named(report, name, word)),
        None => plain(report, &mut section),
    };
    let scheme = match section.take("tolerance_secs") {
        Some(value) => tolerance(report, value, scheme?),
        None => scheme,
    };
    section.finish(report);
    scheme
}

fn named(report: &mut Report<'_>, value: &Toml<'_>, name: &str) -> Option<Scheme> {
    let scheme = Scheme::named(name);
    if scheme.is_none() {
        let remedy = did_you_mean(name, &Scheme::names().collect::<Vec<_>>());
        let remedy =
            format!("{remedy}; any other HMAC of the body is {{ header = \"X-Signature\", encoding = \"hex\" }}");
        report.error(value.span().start, format!("the signature scheme `{name}` is unknown"), remedy);
    }
    scheme
}

fn plain(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Scheme> {
    let remedy = "name a known `scheme`, or the `header` that holds an HMAC of the body";
    let header = section.required(report, "header", remedy);
    let header = header.and_then(|value| header_name(report, value, "`header`"));
    let prefix = section.take_text(report, "prefix").unwrap_or_default();
    let hash = one_of(report, section.take("hash"), "hash", &HASHES);
    let encoding = one_of(report, section.take("encoding"), "encoding", &ENCODINGS);
    Some(Scheme::plain(&header?, prefix, hash?, encoding?))
}

/// The first word stands if none is given.
fn one_of<T: Copy>(report: &mut Report<'_>, value: Option<&Toml<'_>>, name: &str, words: &[(&str, T)]) -> Option<T> {
    if value.is_none() { words.first().map(|(_, first)| *first) } else { report.one_of(value, name, words) }
}

fn tolerance(report: &mut Report<'_>, value: &Toml<'_>, scheme: Scheme) -> Option<Scheme> {
    let secs = report.integer(value, "`tolerance_secs`", 1, TOLERANCE_SECS_MAX)?;
    let scheme = scheme.with_tolerance(u32::try_from(secs).ok()?);
    if scheme.is_none() {
        let what = "`tolerance_secs` has no meaning here, because this scheme signs no time";
        report.error(value.span().start, what, "leave it out");
    }
    scheme
}

/// A header's name as HTTP allows it.
pub(super) fn header_name(report: &mut Report<'_>, value: &Toml<'_>, what: &str) -> Option<String> {
    let name = report.text(value, what)?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        report.error(value.span().start, format!("{what} is no name of a header"), "write it like \"X-Signature\"");
        return None;
    }
    Some(name.to_owned())
}

/// One place of a secret, or a list of them.
pub(super) fn secrets(report: &mut Report<'_>, value: &Toml<'_>) -> Vec<SecretRef> {
    match value.get_ref() {
        DeValue::Array(values) => {
            if values.is_empty() {
                report.error(value.span().start, "`secret` names no place", "write { env = \"MY_SHOP_SECRET\" }");
            }
            values.iter().filter_map(|value| secret(report, value)).collect()
        }
        _ => secret(report, value).into_iter().collect(),
    }
}

fn secret(report: &mut Report<'_>, value: &Toml<'_>) -> Option<SecretRef> {
    place(report, value, "`secret`")
}

/// Where a secret or a setting is kept. The message never repeats what may be a secret.
pub(super) fn place(report: &mut Report<'_>, value: &Toml<'_>, what: &str) -> Option<SecretRef> {
    let remedy = "write { env = \"MY_SHOP_SECRET\" } or { file = \"/run/secrets/my-shop\" }, and keep it there";
    if value.get_ref().as_table().is_none() {
        report.error(value.span().start, format!("{what} must not stand in the manifest itself"), remedy);
        return None;
    }
    let mut section = report.section(value, what)?;
    let env = section.take_text(report, "env");
    let file = section.take_text(report, "file");
    section.finish(report);
    match (env, file) {
        (Some(name), None) if !name.is_empty() && !name.contains(['=', '\0']) => Some(SecretRef::Env(name.to_owned())),
        (None, Some(path)) if !path.is_empty() => Some(SecretRef::File(path.into())),
        _ => {
            let what = if what == "`secret`" {
                "`secret` does not say where the secret is kept".to_owned()
            } else {
                format!("{what} does not say where it is kept")
            };
            report.error(value.span().start, what, remedy);
            None
        }
    }
}
