//! The `[webhook]` table: how a system's webhooks are checked, what they are about, and what that means.

use toml::de::DeValue;

use super::expressions::path;
use super::parse::Lookups;
use super::record::{text_expr, version_rule};
use super::section::{Report, Section, Toml, did_you_mean};
use super::signature::{header_name, scheme, secrets};
use crate::mapping::Path;
use crate::webhook::{Form, Handshake, Place, Purpose, Topic, Webhook};

/// Nothing only after an error was reported.
pub(super) fn webhook(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<Webhook> {
    let mut section = report.section(value, "[webhook]")?;
    let remedy = "add `signature = \"..\"`: nothing that is not signed is taken in";
    let scheme = section.required(report, "signature", remedy).and_then(|value| scheme(report, value));
    let remedy = "add `secret = { env = \"MY_SHOP_SECRET\" }`";
    let secrets = section.required(report, "secret", remedy).map(|value| secrets(report, value));
    let url = section.take("url").and_then(|value| url(report, value));
    let records = section.take("records").map(|value| report.texts(value, "`records`")).unwrap_or_default();
    let form = section.take("form").and_then(|value| form(report, value));
    let told = section.take("topic");
    let topic = told.and_then(|value| place(report, value, "topic", lookups));
    let delivery_id = section.take("delivery_id").and_then(|value| place(report, value, "delivery_id", lookups));
    let handshake = section.take("handshake").and_then(|value| handshake(report, value, lookups));
    let record = section.take("record").and_then(|value| single_path(report, value, "record"));
    let version = section.take("version").and_then(|value| version_rule(report, value, "version", lookups));
    let remedy = "add [webhook.topics] with lines such as \"customers/update\" = \"customer\"; \"*\" stands for any";
    let topics = section.required(report, "topics", remedy).and_then(|value| topics(report, value, lookups));
    section.finish(report);
    let (scheme, secrets, topics) = (scheme?, secrets?, topics?);
    check_topic(report, value, told.is_some(), &topics);
    Some(Webhook { scheme, secrets, url, records, form, topic, delivery_id, handshake, record, version, topics })
}

/// Where no topic is told, only the pattern for all of them can fit.
fn check_topic(report: &mut Report<'_>, value: &Toml<'_>, is_told: bool, topics: &[Topic]) {
    if !is_told && topics.iter().any(|topic| topic.pattern != "*") {
        let what = "`topic` is missing in [webhook], so that no notice would have one";
        let remedy = "add `topic = { header = \"X-Topic\" }` or { path = \"$.type\" }, or name the topic \"*\"";
        report.error(value.span().start, what, remedy);
    }
}

fn url(report: &mut Report<'_>, value: &Toml<'_>) -> Option<String> {
    let url = report.text(value, "`url`")?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        report.error(
            value.span().start,
            "`url` is no address",
            "write the address that the sender was given, with https://",
        );
    }
    Some(url.to_owned())
}

fn form(report: &mut Report<'_>, value: &Toml<'_>) -> Option<Form> {
    match value.get_ref() {
        DeValue::Boolean(true) => Some(Form::Fields),
        DeValue::Boolean(false) => None,
        DeValue::String(field) => Some(Form::Field(field.to_string())),
        _ => {
            report.wrong_type(value, "`form`", "true, or the name of the field that holds JSON");
            None
        }
    }
}

/// `{ header = ".." }`, or an expression that is evaluated on each notice.
fn place(report: &mut Report<'_>, value: &Toml<'_>, name: &str, lookups: &Lookups) -> Option<Place> {
    if value.get_ref().get("header").is_none() {
        return text_expr(report, value, name, lookups).map(Place::Value);
    }
    let mut section = report.section(value, &format!("`{name}`"))?;
    let header = section.take("header").and_then(|value| header_name(report, value, "`header`"));
    section.finish(report);
    header.map(Place::Header)
}

fn single_path(report: &mut Report<'_>, value: &Toml<'_>, name: &str) -> Option<Path> {
    let text = report.text(value, &format!("`{name}`"))?;
    let (path, _) = path(report, value.span().start, text, false)?;
    if !path.is_singular() {
        let remedy = "name one place, with dots and numbers alone, such as \"$.data.object\"";
        report.error(value.span().start, format!("`{name}` may lead to several values"), remedy);
    }
    Some(path)
}

fn handshake(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<Handshake> {
    let mut section = report.section(value, "`handshake`")?;
    let mut found = Vec::new();
    found.extend(section.take_text(report, "echo_query").map(|name| Handshake::Query(name.to_owned())));
    found.extend(section.take_text(report, "ping_form").map(|name| Handshake::Ping(name.to_owned())));
    let body = section.take("echo_body").and_then(|value| text_expr(report, value, "echo_body", lookups));
    found.extend(body.map(Handshake::Body));
    let (given, at) = (section.members().count(), section.at);
    section.finish(report);
    if given != 1 {
        let remedy =
            "write { echo_query = \"challenge\" }, { echo_body = \"$.challenge\" } or { ping_form = \"webhook_id\" }";
        report.error(at, "`handshake` is of one kind", remedy);
    }
    found.pop()
}

fn topics(report: &mut Report<'_>, value: &Toml<'_>, lookups: &Lookups) -> Option<Vec<Topic>> {
    let section = report.section(value, "[webhook.topics]")?;
    let topic = |(name, at, value)| topic(report, name, at, value, lookups);
    Some(section.members().filter_map(topic).collect())
}

fn topic(report: &mut Report<'_>, name: &str, at: usize, value: &Toml<'_>, lookups: &Lookups) -> Option<Topic> {
    if name.strip_suffix('*').unwrap_or(name).contains('*') {
        report.error(at, format!("`{name}` has a star inside"), "a star stands at the end alone: \"orders/*\"");
    }
    let pattern = name.to_owned();
    if let DeValue::String(word) = value.get_ref() {
        let purpose = purpose(report, value, word)?;
        return Some(Topic { pattern, purpose, record: None, key: None });
    }
    let mut section: Section<'_> = report.section(value, &format!("the topic `{name}`"))?;
    let remedy = format!("add `purpose`, one of {}", Purpose::names().join(", "));
    let purpose = section.required(report, "purpose", &remedy).and_then(|value| {
        let word = report.text(value, "`purpose`")?;
        purpose(report, value, word)
    });
    let record = section.take("record").and_then(|value| single_path(report, value, "record"));
    let key = section.take("key").and_then(|value| text_expr(report, value, "key", lookups));
    section.finish(report);
    Some(Topic { pattern, purpose: purpose?, record, key })
}

fn purpose(report: &mut Report<'_>, value: &Toml<'_>, word: &str) -> Option<Purpose> {
    let purpose = Purpose::parse(word);
    if purpose.is_none() {
        let remedy = did_you_mean(word, &Purpose::names());
        report.error(value.span().start, format!("no notice is for `{word}`"), remedy);
    }
    purpose
}
