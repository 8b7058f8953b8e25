use proptest::prelude::*;
use serde_json::{Value, json};

use super::with_map;
use crate::{Manifest, Version};

/// The canonical record that the lines of `[map]` make of a payload.
#[track_caller]
fn check(map: &str, payload: Value, expected: Value) {
    let mapped = with_map(map).map(payload.to_string().as_bytes()).unwrap();
    assert_eq!(mapped.record, expected);
    assert_eq!(mapped.omitted, []);
}

#[track_caller]
fn check_error(map: &str, payload: &str, expected: &str) {
    let error = with_map(map).map(payload.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_transform_does_its_work() {
    let cases = [
        ("country = { path = \"$.v\", then = [\"trim\", \"upper\"] }", json!(" de "), json!({"country": "DE"})),
        (
            "language = { path = \"$.v\", then = [{ split = \"-\", take = 0 }, \"lower\"] }",
            json!("EN-gb"),
            json!({"language": "en"}),
        ),
        ("language = { path = \"$.v\", then = [{ split = \"-\", take = 1 }] }", json!("en"), json!({})),
        (
            "organisation = { path = \"$.v\", then = [{ join = \" & \" }] }",
            json!(["A", "", "B"]),
            json!({"organisation": "A & B"}),
        ),
        (
            "organisation = { join = [\"$.v\", { constant = \"Inc\" }], with = \", \" }",
            json!("A"),
            json!({"organisation": "A, Inc"}),
        ),
        ("organisation = { coalesce = [\"$.x\", \"$.v\"] }", json!("A"), json!({"organisation": "A"})),
        (
            "gender = { path = \"$.v\", then = [{ lookup = \"sex\", otherwise = \"other\" }] }",
            json!("f"),
            json!({"gender": "female"}),
        ),
        (
            "gender = { path = \"$.v\", then = [{ lookup = \"sex\", otherwise = \"other\" }] }",
            json!("?"),
            json!({"gender": "other"}),
        ),
        (
            "birth_date = { path = \"$.v\", then = [{ parse_date = [\"DD.MM.YYYY\", \"M/D/YYYY\"] }] }",
            json!("5/2/1980"),
            json!({"birth_date": "1980-05-02"}),
        ),
        (
            "extensions.spent = { path = \"$.v\", then = [{ parse_decimal = \",\" }] }",
            json!("1.234,5"),
            json!({"extensions": {"spent": 1234.5}}),
        ),
        (
            "extensions.spent = { path = \"$.v\", then = [{ scale = -2 }] }",
            json!(1999),
            json!({"extensions": {"spent": 19.99}}),
        ),
        (
            "extensions.spent = { path = \"$.v\", then = [{ scale = 3 }] }",
            json!("0.5"),
            json!({"extensions": {"spent": 500}}),
        ),
        (
            "extensions.vip = { path = \"$.v\", then = [\"parse_boolean\"] }",
            json!("Yes"),
            json!({"extensions": {"vip": true}}),
        ),
        ("country = { constant = \"SE\", when = { path = \"$.v\", is = [1, 2] } }", json!(2), json!({"country": "SE"})),
        ("country = { constant = \"SE\", when = { path = \"$.v\", is_not = 2 } }", json!(2), json!({})),
        (
            "country = { constant = \"SE\", when = { all = [{ path = \"$.v\", present = true }, { any = [{ path = \"$.x\", present = false }] }] } }",
            json!([]),
            json!({"country": "SE"}),
        ),
    ];
    for (map, value, expected) in cases {
        check(map, json!({"id": 1, "v": value}), expected);
    }
}

#[test]
fn absent_null_and_blank_values_are_left_out() {
    let map =
        "country = \"$.v\"\nemails = [{ value = \"$.v\", kind = { constant = \"home\" } }]\nextensions.v = \"$.v\"";
    for value in [json!(null), json!(""), json!("  \n")] {
        check(map, json!({"id": 1, "v": value}), json!({}));
    }
    check(map, json!({"id": 1}), json!({}));
}

#[test]
fn lists_follow_each_element() {
    let map = "[[map.addresses]]\neach = \"$.a\"\nwhen = { path = \"@.off\", is_not = true }\nlines = [\"@.l[*]\", \"$.town\"]\ncity = \"@.c\"\nkind = { constant = \"home\" }";
    let payload = json!({"id": 1, "town": "T", "a": [{"l": ["x", null, "y"], "c": "C"}, null, {"off": true, "c": "D"}, {"l": 5}]});
    let expected = json!({"addresses": [
        {"lines": ["x", "y", "T"], "city": "C", "kind": "home"},
        {"lines": ["T"], "kind": "home"},
    ]});
    check(map, payload, expected);
    let repeated = "[[map.phones]]\nvalue = \"$.p\"\nkind = { constant = \"mobile\" }\n[[map.phones]]\neach = \"$.all[*].p\"\nvalue = \"@\"";
    check(
        repeated,
        json!({"id": 1, "p": "7", "all": [{"p": "7"}, {"p": "8"}]}),
        json!({"phones": [{"value": "7", "kind": "mobile"}, {"value": "8"}]}),
    );
}

#[test]
fn paths_of_the_whole_standard_work() {
    let payload =
        json!({"id": 1, "m": {"a b": "x", "Acc.Name": "y"}, "l": [{"t": "w", "v": "p"}, {"t": "h", "v": "q"}]});
    let map = |path: &str| format!("organisation = {{ path = {path:?}, then = [{{ join = \",\" }}] }}");
    for (path, expected) in [
        ("$.m['a b']", "x"),
        ("$['m'][\"Acc.Name\"]", "y"),
        ("$.l[1].v", "q"),
        ("$.l[-1].v", "q"),
        ("$.l[?@.t == 'w'].v", "p"),
        ("$..v", "p,q"),
        ("$.l[*].v", "p,q"),
        ("$.l[0,1].v", "p,q"),
    ] {
        check(&map(path), payload.clone(), json!({ "organisation": expected }));
    }
    let within = "[[map.phones]]\neach = \"$.x\"\nvalue = { path = \"@[?@.t == 'h'].v\", then = [{ join = \",\" }] }";
    check(within, json!({"id": 1, "x": [[{"t": "h", "v": "q"}]]}), json!({"phones": [{"value": "q"}]}));
}

#[test]
fn dates_may_be_partial_but_must_exist() {
    let map = "birth_date = { path = \"$.v\", then = [{ parse_date = [\"YYYY-MM-DD*\", \"D.M.YYYY\", \"YYYY\"] }] }";
    for (value, date) in [
        ("1980-05-02T00:00:00Z", "1980-05-02"),
        ("0000-02-29", "--02-29"),
        ("1980-05-00", "1980-05"),
        ("1980-00-00", "1980"),
        ("2.5.1980", "1980-05-02"),
        ("1980", "1980"),
    ] {
        check(map, json!({"id": 1, "v": value}), json!({ "birth_date": date }));
    }
    let fault =
        "transform: birth_date from $.v: the value fits no date pattern of the manifest, or is no day of the calendar";
    for value in ["1980-02-30", "0000-00-01", "1980-00-01", "80-01-01", "١٩٨٠"] {
        check_error(map, &json!({"id": 1, "v": value}).to_string(), fault);
    }
    check("birth_date = \"$.v\"", json!({"id": 1, "v": "--05-02"}), json!({"birth_date": "--05-02"}));
}

#[test]
fn errors_name_field_path_and_types_but_no_value() {
    let text = "contract: country from $.v: a text is expected, the value is";
    check_error("country = \"$.v\"", r#"{"id":1,"v":{"secret":1}}"#, &format!("{text} an object"));
    check_error("country = \"$.v\"", r#"{"id":1,"v":true}"#, &format!("{text} a boolean"));
    check_error(
        "emails = [{ value = \"$.v\" }]",
        r#"{"id":1,"v":["secret"]}"#,
        "contract: emails[].value from $.v: a text is expected, the value is an array",
    );
    check_error(
        "gender = \"$.v\"",
        r#"{"id":1,"v":"secret"}"#,
        "contract: gender from $.v: the value is not one of female, male, other; a lookup translates it",
    );
    check_error(
        "gender = { path = \"$.v\", then = [{ lookup = \"sex\" }] }",
        r#"{"id":1,"v":"secret"}"#,
        "transform: gender from $.v: the lookup table sex does not have the value",
    );
    check_error(
        "birth_date = \"$.v\"",
        r#"{"id":1,"v":"secret"}"#,
        "contract: birth_date from $.v: a date such as 1980-05-02 is expected; parse_date reads others",
    );
    check_error(
        "emails = [{ value = \"$.v\", verified = \"$.v\" }]",
        r#"{"id":1,"v":"secret"}"#,
        "contract: emails[].verified from $.v: true or false is expected; parse_boolean reads texts",
    );
    check_error("", r#"{"v":1}"#, "key: key from $.id: the record has no key");
    check_error("", r#"{"id":1.5}"#, "key: key from $.id: a key must be a text or a whole number");
    check_error("", r#"{"id":[1]}"#, "key: key from $.id: a text is expected, the value is an array");
    check_error("", "[]", "parse: record from $: a record must be a JSON object, this is an array");
    check_error("", "{", "parse: record from $: the payload ends within a JSON value");
    let many = format!("{{\"id\":1,\"v\":[{}]}}", (0..1001).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    check_error(
        "phones = [{ each = \"$.v\", value = \"@\" }]",
        &many,
        "contract: phones from $.v: more than 1000 entries",
    );
}

#[test]
fn a_field_may_be_left_out_instead_of_failing() {
    let manifest = with_map("birth_date = { path = \"$.v\", then = [{ parse_date = \"YYYY\" }], on_error = \"omit\" }");
    let mapped = manifest.map(br#"{"id":"k","v":"soon"}"#).unwrap();
    assert_eq!(mapped.record, json!({}));
    assert_eq!(mapped.omitted.len(), 1);
    assert_eq!(mapped.omitted[0].field, "birth_date");
}

#[test]
fn a_bad_value_does_not_keep_a_deleted_record_alive() {
    let text = "name = \"d\"\n[record]\nkey = \"$.id\"\ndeleted = { path = \"$.gone\", is = true }\n[map]\nbirth_date = \"$.v\"\n";
    let manifest = Manifest::parse("d", text).unwrap();
    let mapped = manifest.map(br#"{"id":"k","v":"soon","gone":true}"#).unwrap();
    assert_eq!((mapped.deleted, mapped.record, mapped.omitted.len()), (true, json!({}), 1));
    assert!(manifest.map(br#"{"id":"k","v":"soon","gone":false}"#).is_err());
}

#[test]
fn ids_keep_every_digit() {
    let manifest = with_map(
        "identifiers = [{ scheme = { constant = \"card\" }, value = \"$.card\" }]\nextensions.big = \"$.card\"",
    );
    let mapped = manifest.map(br#"{"id":706405506930370084,"card":12345678901234567890123}"#).unwrap();
    assert_eq!(mapped.key, "706405506930370084");
    assert_eq!(
        mapped.record.to_string(),
        r#"{"identifiers":[{"scheme":"card","value":"12345678901234567890123"}],"extensions":{"big":12345678901234567890123}}"#
    );
}

#[test]
fn versions_order_the_states_of_a_record() {
    let read = |rule: &str, payload: &str| {
        let text = format!("name = \"v\"\n[record]\nkey = \"$.id\"\nversion = {rule}\n[map]\n");
        let mapped = Manifest::parse("v", &text).unwrap().map(payload.as_bytes());
        mapped
            .map(|mapped| (mapped.version.map(|Version(version)| version), mapped.changed_at_us))
            .map_err(|error| error.to_string())
    };
    let time = "{ timestamp = \"$.v\", formats = [\"%d/%m/%Y %H:%M\"] }";
    for text in [
        "1970-01-01T00:00:01.5Z",
        "1970-01-01T01:00:01.5+01:00",
        "1970-01-01T00:00:01.500+0000",
        "1970-01-01 00:00:01.5",
    ] {
        assert_eq!(
            read(time, &format!("{{\"id\":1,\"v\":\"{text}\"}}")),
            Ok((Some(1_500_000), Some(1_500_000))),
            "{text}"
        );
    }
    assert_eq!(read(time, r#"{"id":1,"v":"02/01/1970 00:00"}"#), Ok((Some(86_400_000_000), Some(86_400_000_000))));
    assert_eq!(read(time, r#"{"id":1,"v":"1970-01-02"}"#), Ok((Some(86_400_000_000), Some(86_400_000_000))));
    assert_eq!(read(time, r#"{"id":1,"v":null}"#), Ok((None, None)));
    let fault = "version: version from $.v: the value is no timestamp such as 2026-01-31T10:20:30Z, and fits no format";
    assert_eq!(read(time, r#"{"id":1,"v":"yesterday"}"#), Err(fault.to_owned()));
    assert_eq!(read("{ sequence = \"$.v\" }", r#"{"id":1,"v":7}"#), Ok((Some(7), None)));
    assert_eq!(read("{ epoch_millis = \"$.v\" }", r#"{"id":1,"v":"7"}"#), Ok((Some(7000), Some(7000))));
    assert_eq!(read("{ timestamp_or_sequence = \"$.v\" }", r#"{"id":1,"v":7}"#), Ok((Some(7), None)));
    assert!(read("{ epoch_seconds = \"$.v\" }", r#"{"id":1,"v":9223372036854775807}"#).is_err());
}

#[test]
fn unmapped_members_can_be_kept() {
    let text = "name = \"u\"\ncountry = \"NZ\"\n[record]\nkey = \"$.ID\"\nunmapped = \"keep\"\nignore_case = true\n[map]\nemails = [{ value = \"$.contact.email\" }]\n";
    let payload = br#"{"id":1,"Contact":{"email":"a@example.com"},"new":{"x":[1.10]},"empty":null}"#;
    let mapped = Manifest::parse("u", text).unwrap().map(payload).unwrap();
    assert_eq!(mapped.key, "1");
    let expected = r#"{"emails":[{"value":"a@example.com"}],"country":"NZ","extensions":{"new":{"x":[1.10]}}}"#;
    assert_eq!(mapped.record.to_string(), expected);
}

#[test]
fn lineage_names_sources_and_transforms() {
    let manifest = with_map(
        "gender = { path = \"$.sex\", then = [{ lookup = \"sex\" }] }\n[[map.phones]]\neach = \"$.list\"\nvalue = { coalesce = [\"@.p\", \"$.q\"] }",
    );
    let lines: Vec<String> = manifest
        .lineage()
        .iter()
        .map(|line| format!("{} <- {} | {}", line.field, line.sources.join(", "), line.transforms.join(", ")))
        .collect();
    assert_eq!(
        lines,
        ["key <- $.id | ", "gender <- $.sex | lookup in sex", "phones[].value <- $.list.p, $.q | coalesce"]
    );
}

#[test]
fn trust_halves_towards_its_floor() {
    let text =
        "name = \"t\"\ntrust = 80\ntrust_half_life_days = 10\ntrust_floor = 40\n[record]\nkey = \"$.id\"\n[map]\n";
    let trust = Manifest::parse("t", text).unwrap().trust();
    assert_eq!([0.0, 10.0, 20.0, -5.0].map(|days| trust.after_days(days)), [80.0, 60.0, 50.0, 80.0]);
}

/// Any JSON, biased to the names that manifests know.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("2020-01-01")),
        Just(json!("x@example.com")),
    ];
    let names = "id|key|member_id|record_id|version|updated_at|email|emails|phone|phones|addresses|address|default_address|birthday|value|lines|zip|tags|extensions|Id|MailingStreet";
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((names, inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn mapping_is_total_and_its_records_are_canonical(payload in any_json()) {
        let canonical = Manifest::shipped_named("canonical").unwrap();
        for manifest in Manifest::shipped() {
            let Ok(mapped) = manifest.map(payload.to_string().as_bytes()) else { continue };
            prop_assert!(!mapped.key.is_empty());
            // What a mapping gives is what the canonical manifest passes through unchanged.
            let mut again = mapped.record.clone();
            again["key"] = json!("k");
            let passed = canonical.map(again.to_string().as_bytes()).unwrap();
            prop_assert_eq!(passed.record.to_string().len(), mapped.record.to_string().len());
        }
    }

    #[test]
    fn mapping_never_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        for manifest in Manifest::shipped() {
            let _ = manifest.map(&bytes);
        }
    }
}

#[test]
fn what_no_path_leads_to_is_told() {
    let map = "country = \"$.home.land\"\nextensions.x = \"$.kept\"\nbirth_date = { path = \"$.born\", then = [{ parse_date = \"YYYY\" }], when = { path = \"$.sure\", is = true } }\n\
        [[map.phones]]\neach = \"$.phones\"\nvalue = \"@.number\"\n[[map.emails]]\nvalue = \"$.mails[0]\"\n[[map.addresses]]\neach = \"$.a[*].b\"\nlines = \"@.lines\"";
    let payload = json!({
        "id": 1, "home": {"land": "DE", "door": 3, "blank": " "}, "kept": {"all": [1, {"deep": 2}]}, "born": null, "sure": true,
        "phones": [{"number": "1", "label": "x"}, {"number": "2", "label": "y", "ext": null}], "mails": ["a"],
        "a": [{"b": [{"lines": ["1", "2"], "floor": 4}], "c": false}], "odd name": {"it's": 1}, "empty": {},
    });
    let unread = with_map(map).unread(payload.to_string().as_bytes());
    assert_eq!(unread, ["$.home.door", "$.phones[*].label", "$.a[*].b[*].floor", "$.a[*].c", "$['odd name']['it's']"]);
    assert_eq!(with_map("extensions.x = \"$..land\"").unread(b"{\"x\":1}"), [""; 0], "a descent may lead anywhere");
    assert_eq!(with_map("").unread(b"no json"), [""; 0]);
}
