//! The shipped manifests of further systems, on payloads of the shapes that these systems' documentation shows. The
//! people are invented.

use serde_json::{Value, json};

use super::shipped::{check, read};
use crate::Manifest;
use crate::webhook::{Opened, Received};

/// What a webhook's notice becomes: its topic, and the record or the purpose.
fn opened(name: &str, headers: &[(&str, &'static str)], body: &Value) -> Vec<(String, Opened)> {
    let manifest = Manifest::shipped_named(name).unwrap();
    let header = |wanted: &str| headers.iter().find(|(known, _)| *known == wanted).map(|(_, value)| *value);
    let received = manifest.webhook().unwrap().notices(&header, body.to_string().as_bytes());
    let opened = received.into_iter().map(|received| match received {
        Received::Notice(notice) => (notice.topic.clone(), manifest.open(&notice.topic, &notice.payload).unwrap()),
        Received::Unreadable { reason, .. } => panic!("{reason}"),
    });
    opened.collect()
}

/// Purposes and keys of what is kept for others.
fn kept(name: &str, headers: &[(&str, &'static str)], body: &Value) -> Vec<(&'static str, Option<String>)> {
    let purposes = opened(name, headers, body).into_iter().map(|(topic, opened)| match opened {
        Opened::Kept { purpose, key } => (purpose.name(), key),
        Opened::Record(_) => panic!("{topic} is kept for others"),
    });
    purposes.collect()
}

fn woocommerce() -> Value {
    json!({
        "id": 26, "date_created_gmt": "2026-01-01T00:00:00", "date_modified_gmt": "2026-01-02T03:04:05",
        "email": "joana@example.com", "first_name": "Joana", "last_name": "Prado", "role": "customer",
        "billing": {"first_name": "Joana", "last_name": "Prado", "company": "", "address_1": "Rua Um 1", "address_2": "Apto 2",
            "city": "Recife", "state": "PE", "postcode": "50000-000", "country": "BR", "email": "office@example.com", "phone": "(81) 5555-0100"},
        "shipping": {"first_name": "Joana", "address_1": "Rua Dois 2", "city": "Recife", "postcode": "50000-001", "country": "BR", "phone": ""},
        "meta_data": [{"id": 9007199254740993u64, "key": "size", "value": "L"}],
    })
}

#[test]
fn woocommerce_customers() {
    let mapped = read("woocommerce", &json!([woocommerce()]).to_string());
    let expected = json!({
        "names": [{"given": "Joana", "family": "Prado", "kind": "current"}],
        "emails": [{"value": "joana@example.com"}, {"value": "office@example.com"}],
        "phones": [{"value": "(81) 5555-0100"}],
        "addresses": [
            {"lines": ["Rua Um 1", "Apto 2"], "city": "Recife", "region": "PE", "postcode": "50000-000", "country": "BR", "kind": "billing"},
            {"lines": ["Rua Dois 2"], "city": "Recife", "postcode": "50000-001", "country": "BR", "kind": "shipping"},
        ],
        "country": "BR",
        "extensions": {"created_at": "2026-01-01T00:00:00", "role": "customer",
            "meta_data": [{"id": 9007199254740993u64, "key": "size", "value": "L"}]},
    });
    check(&mapped[0], "26", Some(1_767_323_045_000_000), expected);
    let topic = [("X-WC-Webhook-Topic", "customer.deleted")];
    let gone = opened("woocommerce", &topic, &json!({"id": 26}));
    assert!(matches!(&gone[0].1, Opened::Record(mapped) if mapped.deleted && mapped.key == "26"));
    assert_eq!(kept("woocommerce", &[("X-WC-Webhook-Topic", "order.created")], &json!({"id": 1})), [("keep", None)]);
}

#[test]
fn stripe_customers() {
    let customer = json!({
        "id": "cus_A1", "object": "customer", "created": 1_700_000_000, "name": "Tomas Berg", "email": "tomas@example.com",
        "phone": "+46 8 5555 0100", "preferred_locales": ["sv-SE"], "livemode": false,
        "address": {"line1": "Gatan 1", "line2": null, "city": "Lund", "state": null, "postal_code": "22100", "country": "SE"},
        "shipping": {"name": "T. Berg", "phone": "+46 8 5555 0199", "address": {"line1": "Gatan 2", "city": "Lund", "postal_code": "22101", "country": "SE"}},
    });
    let expected = json!({
        "names": [{"full": "Tomas Berg", "kind": "current"}],
        "emails": [{"value": "tomas@example.com"}],
        "phones": [{"value": "+46 8 5555 0100"}, {"value": "+46 8 5555 0199"}],
        "addresses": [
            {"lines": ["Gatan 1"], "city": "Lund", "postcode": "22100", "country": "SE", "kind": "billing"},
            {"lines": ["Gatan 2"], "city": "Lund", "postcode": "22101", "country": "SE", "kind": "shipping"},
        ],
        "language": "sv", "country": "SE",
        "extensions": {"created": 1_700_000_000, "object": "customer", "livemode": false},
    });
    let list = json!({"object": "list", "data": [customer, {"id": "cus_A2", "object": "customer", "deleted": true}]});
    let mapped = read("stripe", &list.to_string());
    check(&mapped[0], "cus_A1", None, expected.clone());
    assert!(mapped[1].deleted && mapped[1].key == "cus_A2");
    let event =
        json!({"id": "evt_1", "type": "customer.updated", "created": 1_767_323_045, "data": {"object": customer}});
    let found = opened("stripe", &[], &event);
    let Opened::Record(mapped) = &found[0].1 else { panic!("a customer's state") };
    check(mapped, "cus_A1", Some(1_767_323_045_000_000), expected);
    let session = json!({"id": "evt_2", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}});
    assert_eq!(kept("stripe", &[], &session), [("keep", None)]);
}

#[test]
fn hubspot_contacts_in_both_forms() {
    let expected = |extensions: Value| {
        json!({
            "names": [{"given": "Rana", "family": "Aziz", "kind": "current"}],
            "emails": [{"value": "rana@example.com"}],
            "phones": [{"value": "+44 7700 900002", "kind": "mobile"}],
            "addresses": [{"lines": ["5 Low Rd"], "city": "Hull", "postcode": "HU1 1AA", "country": "GB", "kind": "home"}],
            "birth_date": "1988-02-29", "language": "en", "country": "GB", "extensions": extensions,
        })
    };
    let properties = json!({
        "firstname": "Rana", "lastname": "Aziz", "email": "rana@example.com", "mobilephone": "+44 7700 900002", "phone": null,
        "address": "5 Low Rd", "city": "Hull", "zip": "HU1 1AA", "hs_country_region_code": "GB", "hs_language": "en-gb",
        "date_of_birth": "1988-02-29", "company": "", "shoe_size": "38",
    });
    let newer = json!({"id": "70601", "properties": properties, "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-02T03:04:05.000Z", "archived": false});
    let mapped = read("hubspot", &json!({"results": [newer], "paging": {"next": {"after": "1"}}}).to_string());
    let kept_whole = json!({"created_at": "2026-01-01T00:00:00Z", "properties": properties});
    check(&mapped[0], "70601", Some(1_767_323_045_000_000), expected(kept_whole));

    let valued = properties.as_object().unwrap().iter();
    let valued: serde_json::Map<_, _> =
        valued.map(|(name, value)| (name.clone(), json!({"value": value, "versions": []}))).collect();
    let mut older = json!({"vid": 9_007_199_254_740_993u64, "properties": valued});
    older["properties"]["lastmodifieddate"] = json!({"value": "1767323045000"});
    let found = opened("hubspot", &[], &older);
    let Opened::Record(mapped) = &found[0].1 else { panic!("a contact's state") };
    let mut expected = expected(json!({}));
    expected.as_object_mut().unwrap().remove("extensions");
    check(mapped, "9007199254740993", Some(1_767_323_045_000_000), expected);
}

#[test]
fn hubspot_notices_name_their_contact() {
    let notice = |kind: &str, more: Value| {
        let mut notice = json!({"eventId": 1, "subscriptionType": kind, "occurredAt": 1_767_323_045_000u64, "objectId": 65_059_681_032u64});
        notice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        notice
    };
    let about = || Some("65059681032".to_owned());
    let several = json!([
        notice("contact.creation", json!({})),
        notice("contact.propertyChange", json!({"propertyName": "email"})),
        notice("contact.privacyDeletion", json!({})),
        notice("contact.merge", json!({"primaryObjectId": 65_059_681_032u64, "mergedObjectIds": [1]})),
        notice("deal.creation", json!({})),
    ]);
    let expected = [("fetch", about()), ("fetch", about()), ("privacy", about()), ("merge", about()), ("keep", None)];
    assert_eq!(kept("hubspot", &[], &several), expected);
    let gone = opened("hubspot", &[], &json!([notice("contact.deletion", json!({}))]));
    let Opened::Record(mapped) = &gone[0].1 else { panic!("a deletion") };
    assert!(mapped.deleted && mapped.version.map(|version| version.0) == Some(1_767_323_045_000_000));
    assert_eq!(Some(mapped.key.clone()), about());
}

#[test]
fn sap_business_partners_with_what_was_expanded() {
    let person = json!({
        "BusinessPartner": "0017100001", "Customer": "17100001", "BusinessPartnerCategory": "1", "FirstName": "Ilse", "LastName": "Kranz",
        "PersonFullName": "Ilse Kranz", "IsFemale": true, "IsMale": false, "BirthDate": "/Date(-282960000000)/",
        "LastChangeDate": "/Date(1767312000000+0000)/", "CorrespondenceLanguage": "DE", "BusinessPartnerIsBlocked": false,
        "to_BusinessPartnerAddress": {"results": [{
            "AddressID": "124462", "StreetName": "Am Markt", "HouseNumber": "1", "CityName": "Ulm", "PostalCode": "89073", "Country": "DE", "Region": "BW",
            "to_EmailAddress": {"results": [{"EmailAddress": "ilse@example.com"}]},
            "to_MobilePhoneNumber": {"results": [{"PhoneNumber": "0151 5550100", "InternationalPhoneNumber": "+491515550100"}]},
            "to_PhoneNumber": {"__deferred": {"uri": "https://sap.example.com/x"}},
        }]},
        "to_BuPaIdentification": {"results": [{"BPIdentificationType": "FS0002", "BPIdentificationNumber": "T220001293"}]},
    });
    let firm = json!({"BusinessPartner": "17100005", "BusinessPartnerCategory": "2", "OrganizationBPName1": "Kranz",
        "OrganizationBPName2": "GmbH", "to_BusinessPartnerAddress": {"__deferred": {"uri": "https://sap.example.com/y"}}});
    let mapped = read("sap-business-partner", &json!({"d": {"results": [person, firm]}}).to_string());
    let expected = json!({
        "names": [{"given": "Ilse", "family": "Kranz", "kind": "current"}],
        "emails": [{"value": "ilse@example.com"}],
        "phones": [{"value": "+491515550100", "kind": "mobile"}],
        "addresses": [{"lines": ["Am Markt 1"], "city": "Ulm", "region": "BW", "postcode": "89073", "country": "DE"}],
        "identifiers": [{"scheme": "sap_FS0002", "value": "T220001293"}, {"scheme": "sap_customer", "value": "17100001"}],
        "birth_date": "1961-01-13", "gender": "female", "language": "de", "country": "DE",
        "extensions": {"blocked": false},
    });
    check(&mapped[0], "0017100001", None, expected);
    assert_eq!(mapped[0].changed_at_us, Some(1_767_312_000_000_000));
    check(&mapped[1], "17100005", None, json!({"organisation": "Kranz GmbH"}));
}

#[test]
fn tryton_parties() {
    let party = json!({
        "id": 7, "code": "12", "name": "Yuki Mori", "active": true, "_timestamp": "1767323045.123456", "lang.": {"id": 1, "code": "ja"},
        "addresses.": [
            {"id": 1, "active": true, "street": "1-2-3 Hon\nRoom 4", "city": "Nara", "postal_code": "630-0000", "country.": {"code": "JP"}, "subdivision.": {"code": "JP-29"}},
            {"id": 2, "active": false, "street": "Elsewhere 1", "city": "Kobe"},
        ],
        "contact_mechanisms.": [
            {"type": "email", "value": "yuki@example.com"}, {"type": "mobile", "value": "+81 90 5555 0100"},
            {"type": "phone", "value": "+81 742 55 0100"}, {"type": "website", "value": "https://example.com"},
        ],
        "identifiers.": [{"type": "eu_vat", "code": "BE0897290877"}],
    });
    let answer = json!({"id": 3, "result": [party, {"id": 8, "name": "Old Name", "active": false}]});
    let mapped = read("tryton", &answer.to_string());
    let expected = json!({
        "names": [{"full": "Yuki Mori", "kind": "current"}],
        "emails": [{"value": "yuki@example.com"}],
        "phones": [{"value": "+81 90 5555 0100", "kind": "mobile"}, {"value": "+81 742 55 0100"}],
        "addresses": [{"lines": ["1-2-3 Hon", "Room 4"], "city": "Nara", "region": "JP-29", "postcode": "630-0000", "country": "JP"}],
        "identifiers": [{"scheme": "tryton_code", "value": "12"}, {"scheme": "eu_vat", "value": "BE0897290877"}],
        "language": "ja", "country": "JP",
    });
    check(&mapped[0], "7", None, expected);
    assert_eq!(mapped[0].changed_at_us, Some(1_767_323_045_123_456));
    assert!(mapped[1].deleted);
}

#[test]
fn salesforce_change_events() {
    let event = |kind: &str, more: Value| {
        let mut payload =
            json!({"ChangeEventHeader": {"entityName": "Contact", "changeType": kind, "recordIds": ["003A"]}});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"schema": "x", "payload": payload, "event": {"replayId": 6}})
    };
    let whole = json!({
        "Name": {"Salutation": "Ms.", "FirstName": "Ines", "LastName": "Vidal"}, "Email": "ines@example.com",
        "MailingAddress": {"Street": "Calle Uno 1", "City": "Madrid", "PostalCode": "28001", "Country": "Spain"},
        "LastModifiedDate": "2026-01-02T03:04:05.000Z",
    });
    let found = opened("salesforce", &[], &event("CREATE", whole));
    assert_eq!(found[0].0, "Contact.CREATE");
    let Opened::Record(mapped) = &found[0].1 else { panic!("a contact's state") };
    let expected = json!({
        "names": [{"given": "Ines", "family": "Vidal", "prefix": "Ms.", "kind": "current"}],
        "emails": [{"value": "ines@example.com"}],
        "addresses": [{"lines": ["Calle Uno 1"], "city": "Madrid", "postcode": "28001", "country": "Spain", "kind": "home"}],
    });
    check(mapped, "003A", Some(1_767_323_045_000_000), expected);
    let part = event("UPDATE", json!({"Email": "new@example.com"}));
    assert_eq!(kept("salesforce", &[], &part), [("fetch", Some("003A".to_owned()))]);
    assert_eq!(kept("salesforce", &[], &event("DELETE", json!({}))), [("fetch", Some("003A".to_owned()))]);
}

#[test]
fn loyalty_members_by_webhook() {
    let member = json!({"member_id": "M1", "first_name": "Uma", "updated_at": "2026-01-02T03:04:05Z"});
    let found =
        opened("loyalty", &[], &json!({"type": "member.updated", "timestamp": "2026-01-02T03:04:06Z", "data": member}));
    let Opened::Record(mapped) = &found[0].1 else { panic!("a member's state") };
    check(mapped, "M1", Some(1_767_323_045_000_000), json!({"names": [{"given": "Uma", "kind": "current"}]}));
    assert_eq!(kept("loyalty", &[], &json!({"type": "points.earned", "data": {"points": 3}})), [("keep", None)]);
}
