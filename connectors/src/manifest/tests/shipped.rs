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
    assert_eq!(names.len(), 12);
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
