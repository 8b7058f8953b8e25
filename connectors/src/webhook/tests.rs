use proptest::prelude::*;
use serde_json::json;

use super::{Notice, Opened, Purpose, Received};
use crate::Manifest;
use crate::signature::Scheme;

const HEAD: &str = "name = \"shop\"\n[record]\nkey = \"$.id\"\nversion = { timestamp = \"$.at\" }\n[map]\ncountry = \"$.country\"\n[webhook]\nsignature = \"shopify\"\nsecret = { env = \"S\" }\n";

fn manifest(webhook: &str) -> Manifest {
    Manifest::parse("shop.toml", &format!("{HEAD}{webhook}")).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The topics, ids and payloads that a body holds; what cannot be read is its reason.
#[track_caller]
fn check(webhook: &str, headers: &[(&'static str, &'static str)], body: &str, expected: &[(&str, Option<&str>, &str)]) {
    let manifest = manifest(webhook);
    let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let received = manifest.webhook().unwrap().notices(&header, body.as_bytes());
    let found: Vec<_> = received
        .iter()
        .map(|received| match received {
            Received::Notice(Notice { topic, id, payload }) => {
                (topic.as_str(), id.as_deref(), std::str::from_utf8(payload).unwrap())
            }
            Received::Unreadable { reason, .. } => ("!", None, reason.as_str()),
        })
        .collect();
    assert_eq!(found, expected);
}

const BY_HEADER: &str =
    "topic = { header = \"T\" }\ndelivery_id = { header = \"I\" }\n[webhook.topics]\n\"a\" = \"customer\"\n";
const BY_PATH: &str =
    "topic = { path = \"$.type\" }\ndelivery_id = { path = \"$.event\" }\n[webhook.topics]\n\"a\" = \"customer\"\n";

#[test]
fn notices_are_found_with_their_topics_and_ids() {
    let body = " {\"id\": 1}\n";
    check(BY_HEADER, &[("T", "a"), ("I", "x-1")], body, &[("a", Some("x-1"), body)]);
    check(BY_HEADER, &[("T", "a\u{1}")], body, &[("", None, body)]);
    check(
        BY_PATH,
        &[],
        r#"{"type":"a","event":706405506930370084}"#,
        &[("a", Some("706405506930370084"), r#"{"type":"a","event":706405506930370084}"#)],
    );
    let several = r#"[{"type":"a","event":"1"}, {"type":"b"},7]"#;
    let found = [
        ("a", Some("1"), r#"{"type":"a","event":"1"}"#),
        ("b", None, r#"{"type":"b"}"#),
        ("!", None, "a record must be a JSON object, this is a number"),
    ];
    check(BY_PATH, &[], several, &found);
    let wrapped = format!("records = \"data.items\"\n{BY_PATH}");
    check(&wrapped, &[], r#"{"data":{"items":[{"type":"b"}]}}"#, &[("b", None, r#"{"type":"b"}"#)]);
    // A list inside a notice is no list of notices.
    let listed = r#"{"type":"b","lines":[{"type":"a"}]}"#;
    check(BY_PATH, &[], listed, &[("b", None, listed)]);
}

#[test]
fn bytes_that_are_no_notice_are_kept_apart() {
    for body in ["", "7", "hello", "{\"id\":", "\u{feff}x"] {
        check(BY_HEADER, &[], body, &[("!", None, "the body is no JSON object")]);
    }
}

#[test]
fn forms_are_read_by_field_or_as_a_whole() {
    let payload = "hmac=x&payload=%7B%22type%22%3A%22a%22%7D&n=1+2";
    check(&format!("form = \"payload\"\n{BY_PATH}"), &[], payload, &[("a", None, payload)]);
    check(&format!("form = true\n{BY_PATH}"), &[], "type=a&event=e%201", &[("a", Some("e 1"), "type=a&event=e%201")]);
    let whole = manifest(&format!("form = true\n{BY_PATH}"));
    let Ok(Opened::Record(mapped)) = whole.open("a", b"type=a&id=706405506930370084&country=D%C3%A4nemark") else {
        panic!("a form holds a record");
    };
    assert_eq!((mapped.key.as_str(), mapped.record), ("706405506930370084", json!({"country": "D\u{e4}nemark"})));
}

#[test]
fn topics_say_what_a_notice_is_for() {
    let manifest = manifest(
        "topic = { path = \"$.type\" }\nrecord = \"$.data\"\nversion = { epoch_seconds = \"$.sent\" }\n[webhook.topics]\n\"c.*\" = \"customer\"\n\"c.gone\" = { purpose = \"delete\", key = \"$.who\" }\n\"c.m*\" = { purpose = \"merge\", key = \"$.data.kept\" }\n\"c.bare\" = { purpose = \"customer\", record = \"$\" }\n\"o.*\" = \"fetch\"\n",
    );
    let payload = r#"{"type":"x","sent":1767323045,"who":"k9","id":"top","data":{"id":"k1","country":"DE","kept":5,"at":"1999-01-01T00:00:00Z"}}"#;
    let mapped = |topic: &str| match manifest.open(topic, payload.as_bytes()).unwrap() {
        Opened::Record(mapped) => {
            (mapped.key.clone(), mapped.version.map(|version| version.0), mapped.deleted, mapped.record.clone())
        }
        kept => panic!("{topic}: {kept:?}"),
    };
    let sent = Some(1_767_323_045_000_000);
    assert_eq!(mapped("c.new"), ("k1".to_owned(), sent, false, json!({"country": "DE"})));
    assert_eq!(mapped("c.gone"), ("k9".to_owned(), sent, true, json!({"country": "DE"})));
    assert_eq!(mapped("c.bare"), ("top".to_owned(), sent, false, json!({})));
    let kept = |purpose, key: Option<&str>| Ok(Opened::Kept { purpose, key: key.map(str::to_owned) });
    assert_eq!(manifest.open("c.merged", payload.as_bytes()), kept(Purpose::Merge, Some("5")));
    assert_eq!(manifest.open("o.paid", payload.as_bytes()), kept(Purpose::Fetch, None));
    assert_eq!(manifest.open("unheard", payload.as_bytes()), kept(Purpose::Keep, None));
    let thin = manifest.open("c.gone", br#"{"type":"x","sent":1,"who":"k9"}"#).unwrap();
    assert!(matches!(thin, Opened::Record(mapped) if mapped.key == "k9" && mapped.deleted));
    let error = manifest.open("c.new", br#"{"data":[1]}"#).unwrap_err().to_string();
    assert!(error.contains("this is an array"), "{error}");
    let error = manifest.open("c.new", br#"{"id":"k1"}"#).unwrap_err().to_string();
    assert!(error.contains("$.data") && error.contains("holds no record"), "{error}");
}

#[test]
fn a_deleted_record_needs_nothing_but_its_key() {
    let manifest = manifest("[webhook.topics]\n\"*\" = \"delete\"\n");
    let Ok(Opened::Record(mapped)) = manifest.open("", br#"{"id":25,"country":{"no":"text"}}"#) else {
        panic!("the key is enough");
    };
    assert_eq!((mapped.key.as_str(), mapped.deleted, mapped.version), ("25", true, None));
}

#[test]
fn handshakes_are_answered() {
    let all = "[webhook.topics]\n\"*\" = \"keep\"\n";
    let greeting = |kind: &str, query: &str, body: &[u8]| {
        let manifest = manifest(&format!("handshake = {{ {kind} }}\n{all}"));
        let webhook = manifest.webhook().unwrap();
        (webhook.greeting(query, body), webhook.signed_greeting(body))
    };
    let word = || Some("a b".to_owned());
    assert_eq!(greeting("echo_query = \"token\"", "x=1&token=a%20b", b""), (word(), None));
    assert_eq!(greeting("echo_query = \"token\"", "x=1", b"token=a"), (None, None));
    assert_eq!(greeting("echo_query = \"token\"", "token=%3Cscript%3E", b""), (None, None));
    assert_eq!(greeting("echo_body = \"$.challenge\"", "", br#"{"challenge":"a b"}"#), (None, word()));
    assert_eq!(greeting("ping_form = \"webhook_id\"", "", b"webhook_id=7"), (Some(String::new()), None));
    assert_eq!(greeting("ping_form = \"webhook_id\"", "", b"webhook_id=7&a=b"), (None, None));
    assert_eq!(greeting("ping_form = \"webhook_id\"", "", br#"{"id":1}"#), (None, None));
    assert!(manifest(all).webhook().unwrap().greeting("token=a", b"").is_none());
}

#[test]
fn what_a_manifest_says_of_webhooks_can_be_asked() {
    let manifest = manifest("url = \"https://hub.example.com/in\"\n[webhook.topics]\n\"*\" = \"keep\"\n");
    let webhook = manifest.webhook().unwrap();
    assert_eq!((webhook.url(), webhook.secrets().len()), (Some("https://hub.example.com/in"), 1));
    assert_eq!(Some(webhook.scheme()), Scheme::named("shopify").as_ref());
    assert_eq!(webhook.scheme().name(), "shopify");
    assert_eq!(webhook.topics().collect::<Vec<_>>(), [("*", Purpose::Keep)]);
    assert!(Purpose::names().iter().all(|name| Purpose::parse(name).map(Purpose::name) == Some(name)));
}

proptest! {
    #[test]
    fn any_body_and_topic_end_in_an_answer(body in "[\\[\\]{}\",:a-z0-9=&%+ ]{0,60}", topic in "[a-z.]{0,8}", form: bool) {
        let manifest = manifest(&format!("form = {form}\n{BY_PATH}\"*\" = \"delete\"\n"));
        let webhook = manifest.webhook().unwrap();
        let received = webhook.notices(&|_| None, body.as_bytes());
        prop_assert!(!received.is_empty() || body.trim_ascii_start().starts_with('['));
        let _ = manifest.open(&topic, body.as_bytes());
        let _ = (webhook.greeting(&body, body.as_bytes()), webhook.signed_greeting(body.as_bytes()));
    }
}
