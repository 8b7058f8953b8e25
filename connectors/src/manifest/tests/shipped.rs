use serde_json::{Value, json};

use crate::read::{Item, records};
use crate::{Manifest, Mapped};

/// Reads a file by a shipped manifest.
pub(super) fn read(name: &str, file: &str) -> Vec<Mapped> {
    let manifest = Manifest::shipped_named(name).unwrap();
    let mapped = records(file.as_bytes(), manifest.read_options()).map(|item| match item {
        Item::Record { payload, .. } => manifest.map(&payload).unwrap(),
        other => panic!("{other:?}"),
    });
    mapped.collect()
}

#[track_caller]
pub(super) fn check(mapped: &Mapped, key: &str, version: Option<i64>, record: Value) {
    assert_eq!((mapped.key.as_str(), mapped.version.map(|version| version.0)), (key, version));
    assert_eq!(mapped.record, record);
}

#[test]
fn all_shipped_manifests_are_sound() {
    let names: Vec<&str> = super::super::shipped::names().collect();
    for name in &names {
        let text = Manifest::shipped_text(name).unwrap();
        let manifest = Manifest::parse(name, text).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(manifest.name(), *name);
        assert!(manifest.lineage().len() > 5);
    }
    assert_eq!(names.len(), 13);
    assert!(Manifest::shipped_named("unknown").is_none());
}

#[test]
fn salesforce_contacts_from_csv_and_from_json() {
    let csv = "ID,FIRSTNAME,LASTNAME,SALUTATION,BIRTHDATE,EMAIL,PHONE,MOBILEPHONE,MAILINGSTREET,MAILINGCITY,MAILINGPOSTALCODE,MAILINGCOUNTRY,ACCOUNT.NAME,LASTMODIFIEDDATE,ISDELETED,LOYALTY_NUMBER__C\n\
        003A,Ines,Vidal,Dr.,1980-05-02,ines@example.com,,+34 600 000 001,\"Calle Uno 1\nPiso 2\",Madrid,28001,Spain,Vidal SL,2026-01-02T03:04:05.000Z,false,L100\n\
        003B,,,,,,,,,,,,,2026-01-02T03:04:05.000+0000,true,\n";
    let mapped = read("salesforce", csv);
    let expected = json!({
        "names": [{"given": "Ines", "family": "Vidal", "prefix": "Dr.", "kind": "current"}],
        "emails": [{"value": "ines@example.com"}],
        "phones": [{"value": "+34 600 000 001", "kind": "mobile"}],
        "addresses": [{"lines": ["Calle Uno 1", "Piso 2"], "city": "Madrid", "postcode": "28001", "country": "Spain", "kind": "home"}],
        "identifiers": [{"scheme": "loyalty", "value": "L100"}],
        "birth_date": "1980-05-02", "organisation": "Vidal SL", "country": "Spain",
    });
    check(&mapped[0], "003A", Some(1_767_323_045_000_000), expected);
    check(&mapped[1], "003B", Some(1_767_323_045_000_000), json!({}));
    assert_eq!([mapped[0].deleted, mapped[1].deleted], [false, true]);

    let rest = r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Contact"},"Id":"003C","LastName":"Okafor","Account":{"Name":"Okafor Ltd"},"IsDeleted":true}]}"#;
    let mapped = read("salesforce", rest);
    check(
        &mapped[0],
        "003C",
        None,
        json!({"names": [{"family": "Okafor", "kind": "current"}], "organisation": "Okafor Ltd"}),
    );
    assert!(mapped[0].deleted);
}

const SHOPIFY: &str = r#"{"id":706405506930370084,"email":"mira@example.com","updated_at":"2026-01-02T03:04:05-05:00",
"first_name":"Mira","last_name":"Sand","verified_email":true,"tags":"vip, newsletter","note":"Likes blue","phone":"+15550100",
"addresses":[{"id":1,"address1":"1 Elm St","address2":"","city":"Troy","province":"New York","province_code":"NY","zip":"12180","country":"United States","country_code":"US","phone":"+15550100","company":null},
{"id":2,"address1":"2 Oak St","city":"Troy","zip":"12181","country_code":"US","phone":"+15550199"}],
"default_address":{"id":1,"address1":"1 Elm St","address2":"","city":"Troy","province":"New York","province_code":"NY","zip":"12180","country":"United States","country_code":"US","phone":"+15550100","company":null}}"#;

#[test]
fn shopify_customers_bare_wrapped_and_alone() {
    let expected = json!({
        "names": [{"given": "Mira", "family": "Sand", "kind": "current"}],
        "emails": [{"value": "mira@example.com", "verified": true}],
        "phones": [{"value": "+15550100"}, {"value": "+15550199"}],
        "addresses": [
            {"lines": ["1 Elm St"], "city": "Troy", "region": "NY", "postcode": "12180", "country": "US", "kind": "home"},
            {"lines": ["2 Oak St"], "city": "Troy", "postcode": "12181", "country": "US", "kind": "shipping"},
        ],
        "country": "US",
        "extensions": {"tags": ["vip", "newsletter"], "note": "Likes blue"},
    });
    for file in [
        SHOPIFY.to_owned(),
        format!("{{\"customers\":[{SHOPIFY}]}}"),
        format!("{{\"customer\":{SHOPIFY}}}"),
        format!("[{SHOPIFY}]"),
    ] {
        let mapped = read("shopify", &file);
        assert_eq!(mapped.len(), 1);
        check(&mapped[0], "706405506930370084", Some(1_767_341_045_000_000), expected.clone());
    }
}

#[test]
fn consents_of_shopify() {
    let said = |state: &str, level: &str| json!({"state": state, "opt_in_level": level, "consent_updated_at": "2026-01-02T03:04:05-05:00"});
    let file = json!({
        "id": 1, "email": "mira@example.com", "phone": "+15550100",
        "email_marketing_consent": said("subscribed", "confirmed_opt_in"),
        "sms_marketing_consent": {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": null,
            "consent_collected_from": "OTHER"},
    });
    let mapped = read("shopify", &file.to_string());
    let expected = json!([
        {"purpose": "marketing", "channel": "email", "state": "granted", "point": "mira@example.com",
         "captured_at": "2026-01-02T08:04:05Z", "double_opt_in": true, "form": "confirmed_opt_in"},
        {"purpose": "marketing", "channel": "sms", "state": "unknown", "point": "+15550100", "double_opt_in": false,
         "form": "single_opt_in", "place": "OTHER"},
    ]);
    assert_eq!(mapped[0].record["consents"], expected);
    let gone = json!({"id": 1, "email": "mira@example.com", "email_marketing_consent": said("unsubscribed", "single_opt_in"),
        "sms_marketing_consent": null});
    let mapped = read("shopify", &gone.to_string());
    assert_eq!(mapped[0].record["consents"][0]["state"], "withdrawn");
    assert_eq!(mapped[0].record["consents"].as_array().map(Vec::len), Some(1));
}

#[test]
fn profiles_and_consents_of_klaviyo() {
    let file = r#"{"data":[{"type":"profile","id":"01GDDKASAP8TKDDA2GRZDSVP4H","attributes":{"email":"sarah@example.com","phone_number":"+15005550006",
"external_id":"63f64a2b","first_name":"Sarah","last_name":"Mason","organization":"Example Corporation","locale":"en-US","title":"Manager","created":"2022-11-08T00:00:00+00:00","updated":"2022-11-08T00:00:00+00:00",
"location":{"address1":"89 E 42nd St","address2":"1st floor","city":"New York","country":"United States","latitude":"40.7","region":"NY","zip":"10017"},"properties":{"pseudonym":"Dr. Octopus"},
"subscriptions":{"email":{"marketing":{"can_receive_email_marketing":false,"consent":"SUBSCRIBED","consent_timestamp":"2023-02-21T20:07:38+00:00","last_updated":"2023-02-21T20:07:38+00:00","method":"PREFERENCE_PAGE","method_detail":"example.com/signup","double_optin":true,
"suppression":[{"reason":"HARD_BOUNCE","timestamp":"2023-03-01T00:00:00+00:00"}],"list_suppressions":[]}},
"sms":{"marketing":{"can_receive_sms_marketing":false,"consent":"NEVER_SUBSCRIBED","consent_timestamp":null,"method":null,"method_detail":null,"last_updated":"2023-02-21T20:07:38+00:00"}}}},"links":{"self":"x"}}],"links":{"next":null}}"#;
    let mapped = read("klaviyo", file);
    let marketing = |channel: &str, state: &str, at: &str| json!({"purpose": "marketing", "channel": channel, "state": state, "captured_at": at});
    let mut subscribed = marketing("email", "granted", "2023-02-21T20:07:38Z");
    subscribed["point"] = "sarah@example.com".into();
    subscribed["form"] = "PREFERENCE_PAGE".into();
    subscribed["place"] = "example.com/signup".into();
    subscribed["double_opt_in"] = true.into();
    let mut bounced = marketing("email", "denied", "2023-03-01T00:00:00Z");
    bounced["form"] = "HARD_BOUNCE".into();
    let mut never = marketing("sms", "unknown", "2023-02-21T20:07:38Z");
    never["point"] = "+15005550006".into();
    let expected = json!({
        "names": [{"given": "Sarah", "family": "Mason", "kind": "current"}],
        "emails": [{"value": "sarah@example.com"}], "phones": [{"value": "+15005550006"}],
        "addresses": [{"lines": ["89 E 42nd St", "1st floor"], "city": "New York", "region": "NY", "postcode": "10017",
            "country": "United States", "kind": "home"}],
        "identifiers": [{"scheme": "klaviyo_external_id", "value": "63f64a2b"}],
        "organisation": "Example Corporation", "language": "en", "country": "United States",
        "consents": [subscribed, bounced, never],
        "extensions": {"job_title": "Manager", "created_at": "2022-11-08T00:00:00+00:00", "properties": {"pseudonym": "Dr. Octopus"}},
    });
    check(&mapped[0], "01GDDKASAP8TKDDA2GRZDSVP4H", Some(1_667_865_600_000_000), expected);
}

#[test]
fn who_has_opted_out_elsewhere() {
    let refused = |channel: &str, state: &str| json!({"purpose": "marketing", "channel": channel, "state": state});
    let cases = [
        (
            "square",
            json!({"id": "1", "preferences": {"email_unsubscribed": true}}),
            json!([refused("email", "withdrawn")]),
        ),
        ("square", json!({"id": "1", "preferences": {"email_unsubscribed": false}}), Value::Null),
        (
            "salesforce",
            json!({"Id": "1", "HasOptedOutOfEmail": true, "DoNotCall": "true"}),
            json!([refused("email", "withdrawn"), refused("phone", "denied")]),
        ),
        ("salesforce", json!({"Id": "1", "HasOptedOutOfEmail": false, "DoNotCall": false}), Value::Null),
        (
            "hubspot",
            json!({"id": "1", "properties": {"hs_email_optout": "true"}}),
            json!([refused("email", "withdrawn")]),
        ),
        (
            "hubspot",
            json!({"vid": 1, "properties": {"hs_email_optout": {"value": "true"}}}),
            json!([refused("email", "withdrawn")]),
        ),
    ];
    for (source, payload, expected) in cases {
        assert_eq!(read(source, &payload.to_string())[0].record["consents"], expected, "{source}");
    }
}

#[test]
fn square_customers() {
    let file = r#"{"customers":[{"id":"SQ1","version":4,"updated_at":"2026-01-02T03:04:05Z","given_name":"Noa","family_name":"Brandt","nickname":"Nono","birthday":"0000-09-21","email_address":"noa@example.com","phone_number":"+4930000001","company_name":"Brandt","reference_id":"R9","address":{"address_line_1":"Am Markt 1","locality":"Ulm","postal_code":"89073","country":"DE"}}],"cursor":"next"}"#;
    let expected = json!({
        "names": [{"given": "Noa", "family": "Brandt", "kind": "current"}, {"given": "Nono", "family": "Brandt", "kind": "alias"}],
        "emails": [{"value": "noa@example.com"}],
        "phones": [{"value": "+4930000001"}],
        "addresses": [{"lines": ["Am Markt 1"], "city": "Ulm", "postcode": "89073", "country": "DE", "kind": "home"}],
        "identifiers": [{"scheme": "square_reference", "value": "R9"}],
        "birth_date": "--09-21", "organisation": "Brandt", "country": "DE",
    });
    let mapped = read("square", file);
    check(&mapped[0], "SQ1", Some(4), expected);
    assert_eq!(mapped[0].changed_at_us, Some(1_767_323_045_000_000));
}

#[test]
fn loyalty_members() {
    let file = r#"{"member_id":"M1","card_number":9780000000012345678,"first_name":"Uma","last_name":"Rao","birth_name":"Iyer","gender":"F","email":"uma@example.org","mobile":"07700900001","birth_date":"1991-11-30","address":{"street":"3 High St","city":"Leeds","postcode":"LS1 1AA","country":"GB"},"tier":"gold","points":1250,"updated_at":"2026-01-02T03:04:05Z","status":"active"}
{"member_id":"M2","status":"closed"}"#;
    let expected = json!({
        "names": [{"given": "Uma", "family": "Rao", "kind": "current"}, {"given": "Uma", "family": "Iyer", "kind": "birth"}],
        "emails": [{"value": "uma@example.org"}],
        "phones": [{"value": "07700900001", "kind": "mobile"}],
        "addresses": [{"lines": ["3 High St"], "city": "Leeds", "postcode": "LS1 1AA", "country": "GB", "kind": "home"}],
        "identifiers": [{"scheme": "loyalty", "value": "9780000000012345678"}],
        "birth_date": "1991-11-30", "gender": "female", "country": "GB",
        "extensions": {"tier": "gold", "points": 1250, "status": "active"},
    });
    let mapped = read("loyalty", file);
    check(&mapped[0], "M1", Some(1_767_323_045_000_000), expected);
    assert_eq!([mapped[0].deleted, mapped[1].deleted], [false, true]);
}

#[test]
fn the_common_csv() {
    let file = "record_id,source,given_name,surname,dob,email,loyalty_id,national_id,created_at,more\nr1,pos,Leo,Falk,1970,leo@example.net,L1,N1,2020-01-02,x\n";
    let expected = json!({
        "names": [{"given": "Leo", "family": "Falk"}],
        "emails": [{"value": "leo@example.net"}],
        "identifiers": [{"scheme": "national_id", "value": "N1"}, {"scheme": "loyalty", "value": "L1"}],
        "birth_date": "1970",
        "extensions": {"source": "pos"},
    });
    let mapped = read("common-csv", file);
    check(&mapped[0], "r1", None, expected);
    assert_eq!(mapped[0].changed_at_us, Some(1_577_923_200_000_000));
}

#[test]
fn canonical_records_pass_through() {
    let record = json!({
        "names": [{"given": "A", "middle": "B", "family": "C", "full": "A B C", "prefix": "Dr", "suffix": "Jr", "kind": "current"}],
        "emails": [{"value": "a@example.com", "kind": "home", "verified": false}],
        "phones": [{"value": "1", "kind": "work"}],
        "addresses": [{"lines": ["x", "y"], "city": "c", "region": "r", "postcode": "p", "country": "DE", "kind": "billing"}],
        "identifiers": [{"scheme": "loyalty", "value": "1"}],
        "birth_date": "1980", "gender": "other", "organisation": "o", "language": "en", "country": "DE",
        "extensions": {"deep": {"x": [1, null]}},
    });
    let mut payload = record.clone();
    payload["key"] = json!("k1");
    payload["version"] = json!(12);
    payload["shoe_size"] = json!(43);
    let mut expected = record;
    expected["extensions"] = json!({"shoe_size": 43, "deep": {"x": [1, null]}});
    check(&read("canonical", &payload.to_string())[0], "k1", Some(12), expected);
}

#[test]
fn the_manifest_in_the_documentation_is_sound() {
    let page = include_str!("../../../MANIFEST.md");
    let (_, after) = page.split_once("```toml\n").unwrap();
    let (text, _) = after.split_once("```").unwrap();
    let manifest = Manifest::parse("documentation", text).unwrap_or_else(|errors| panic!("{errors}"));
    let payload = br#"{"id":1,"state":"closed","sex":"?","addresses":[{"street":"Am Markt 1","country_code":"DE"}]}"#;
    let mapped = manifest.map(payload).unwrap();
    let expected = json!({"addresses": [{"lines": ["Am Markt 1"], "country": "DE"}], "gender": "other"});
    check(&mapped, "1", None, expected);
    assert!(mapped.deleted);
}

#[test]
fn a_text_where_an_object_belongs_is_an_error() {
    let canonical = Manifest::shipped_named("canonical").unwrap();
    for payload in [r#"{"key":"k","emails":"ana"}"#, r#"{"key":"k","emails":["ana"]}"#, r#"{"key":"k","names":[7]}"#] {
        let error = canonical.map(payload.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("an object is expected") && !error.contains("ana"), "{payload}: {error}");
    }
    assert!(canonical.map(br#"{"key":"k","emails":[null," "],"phones":null}"#).is_ok());
}
