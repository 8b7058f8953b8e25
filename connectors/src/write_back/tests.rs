use serde_json::{Value, json};

use super::{Field, Method};
use crate::Manifest;

const SHOP: &str = r#"
name = "shop"
[record]
key = "$.id"
version = { sequence = "$.revision" }
[lookup.sex]
female = "F"
male = "M"
[map]
gender = { path = "$.sex", then = [{ lookup = "words" }] }
[lookup.words]
f = "female"
m = "male"
[[map.names]]
given = "$.first"
family = "$.last"
[[map.addresses]]
lines = ["$.home.line1", "$.home.line2"]
city = "$.home.city"
[webhook]
signature = "standard-webhooks"
secret = { env = "SHOP" }
record = "$.data.customer"
[webhook.topics]
"*" = "customer"
[write_back]
base = { env = "SHOP_URL" }
path = "/customers/{key}.json"
method = "PUT"
auth = { basic = { env = "SHOP_TOKEN" }, user = "me" }
wrap = "customer"
condition = { field = "revision", value = "$.revision" }
best = ["addresses"]
[write_back.fields]
first = "$.name.given"
last = "$.name.family"
sex = { path = "$.gender", then = [{ lookup = "sex" }] }
"home.line1" = "$.addresses[0].lines[0]"
"home.line2" = "$.addresses[0].lines[1]"
"#;

fn shop() -> Manifest {
    Manifest::parse("shop.toml", SHOP).unwrap_or_else(|errors| panic!("{errors}"))
}

fn field(path: &str, value: Value) -> Field {
    Field { path: path.split('.').map(str::to_owned).collect(), value }
}

#[test]
fn a_record_is_addressed_by_its_escaped_key() {
    let shop = shop();
    let write_back = shop.write_back().unwrap();
    assert_eq!(write_back.url("https://shop.example.com/", "7"), "https://shop.example.com/customers/7.json");
    assert_eq!(write_back.url("https://a", "../x y?é"), "https://a/customers/..%2Fx%20y%3F%C3%A9.json");
    assert_eq!(write_back.method, Method::Put);
    assert_eq!(write_back.credentials.places().len(), 1);
}

#[test]
fn fields_come_from_the_golden_record() {
    let shop = shop();
    let golden = json!({"name": {"given": "Ana"}, "gender": "female", "addresses": [], "records": [1]});
    let expected = [field("first", json!("Ana")), field("last", Value::Null), field("sex", json!("F"))];
    assert_eq!(shop.write_back().unwrap().fields(&golden).unwrap(), expected);
    let error = shop.write_back().unwrap().fields(&json!({"gender": "other"})).unwrap_err().to_string();
    assert!(error.contains("sex") && error.contains("$.gender"), "{error}");
}

#[track_caller]
fn check(topic: Option<&str>, payload: &Value) {
    let shop = shop();
    let delivered = shop.delivered(topic, payload.to_string().as_bytes()).expect("the record is found");
    let fields = [field("first", json!("Ana")), field("home.line2", Value::Null)];
    let change = delivered.change(&fields).expect("the record has what it needs");
    let expected = json!({"customer": {"first": "Ana", "home": {"line2": null}, "revision": 41}});
    assert_eq!((change.body, change.header, change.is_conditional), (expected, None, true));
    let after = delivered.after(&fields).expect("it can be mapped");
    let expected = json!({
        "names": [{"given": "Ana", "family": "Silva"}], "addresses": [{"lines": ["1 Low Road"]}], "gender": "female",
    });
    assert_eq!((after.key.as_str(), after.record), ("7", expected));
}

#[test]
fn a_change_names_the_version_and_foretells_the_record() {
    let record = json!({
        "id": 7, "revision": 41, "first": "Anna", "last": "Silva", "sex": "f",
        "home": {"line1": "1 Low Road", "line2": "left"},
    });
    check(None, &record);
    check(Some("customer.updated"), &json!({"type": "customer.updated", "data": {"customer": record}}));
    let shop = shop();
    assert!(shop.delivered(Some("customer.updated"), b"{\"data\": {}}").is_none());
    assert!(shop.delivered(None, b"[]").is_none());
    let unversioned = shop.delivered(None, b"{\"id\": 7}").unwrap().change(&[field("first", json!("Ana"))]).unwrap();
    assert!(!unversioned.is_conditional);
}

#[test]
fn times_are_written_as_http_dates() {
    let text = SHOP.replace(
        "condition = { field = \"revision\", value = \"$.revision\" }",
        "condition = { header = \"If-Unmodified-Since\", time = { timestamp = \"$.changed\" } }",
    );
    let shop = Manifest::parse("shop.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let delivered = shop.delivered(None, b"{\"id\": 7, \"changed\": \"2026-01-02T03:04:05.000+0000\"}").unwrap();
    let header = ("If-Unmodified-Since".to_owned(), "Fri, 02 Jan 2026 03:04:05 GMT".to_owned());
    assert_eq!(delivered.change(&[field("first", json!("Ana"))]).unwrap().header, Some(header));
}

#[test]
fn faults_are_told_with_line_and_remedy() {
    let head = "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n[write_back]\n";
    let cases = [
        ("", "5: `base` is missing in [write_back]; add `base"),
        ("path = \"/x\"", "6: `path` does not lead to one record; write `{key}` into it"),
        ("path = \"x/{key}\"", "6: `path` does not lead to one record; begin it with /"),
        ("method = \"PATHC\"", "6: the method `PATHC` is unknown; did you mean `PATCH`?"),
        ("auth = \"digest\"", "6: `auth` does not say how to ask; write { bearer"),
        ("auth = { bearer = \"abc\" }", "6: `bearer` must not stand in the manifest itself"),
        ("encoding = \"xml\"", "6: the encoding `xml` is unknown"),
        ("body = \"{\"", "6: `body` is no JSON; write what stands for a field as a text"),
        ("body = '{\"a\": \"{feilds}\"}'", "6: `{feilds}` stands for nothing in `body`; write \"{fields}\""),
        ("condition = { header = \"If-Match\" }", "6: `condition` is not one place and one version"),
        ("best = [\"names\"]", "6: `names` has no best value"),
        ("[write_back.fields]", "6: [write_back.fields] lets no field be written"),
        (
            "fields = { first = \"$.nam.given\" }",
            "6: `$.nam.given` names no attribute of the golden record; did you mean `name`?",
        ),
        ("fields = { mail = \"$.emails[*].value\" }", "6: `mail` would be a list; take one value"),
        ("fields = { \"a..b\" = \"$.gender\" }", "6: `a..b` is no field of a record"),
        ("fileds = {}", "6: `fileds` is unknown in [write_back]; did you mean `fields`?"),
    ];
    for (line, expected) in cases {
        let errors = Manifest::parse("shop.toml", &format!("{head}{line}\n")).unwrap_err().to_string();
        assert!(errors.contains(&format!("shop.toml:{expected}")), "{line}: {errors}");
        assert!(!errors.contains("abc"), "{errors}");
    }
}

/// A system whose calls all go to one address, and whose address fields stand elsewhere when it is read.
const CALLED: &str = r#"
name = "called"
[record]
key = "$.id"
[map]
[[map.names]]
full = "$.name"
[[map.addresses]]
each = "$.places"
city = "@.city"
postcode = "@.code"
[write_back]
base = "https://called.example.com"
auth = "none"
path = "/rpc"
method = "POST"
body = '{"method": "write", "params": [["{$.id}"], {"name": "{field name}", "others": "{fields}", "places": [["write", ["{$.places[0].id}"], {"city": "{field city}", "code": "{field code}"}]]}]}'
refused = "$.error"
[write_back.fields]
name = "$.name.full"
city = "$.addresses[0].city"
code = "$.addresses[0].postcode"
lang = "$.language"
[write_back.held]
city = "$.places[0].city"
code = "$.places[0].code"
"#;

#[test]
fn a_body_of_its_own_has_what_is_written_and_nothing_else() {
    let called = Manifest::parse("called.toml", CALLED).unwrap_or_else(|errors| panic!("{errors}"));
    let record = json!({"id": 7, "name": "Ana", "places": [{"id": 41, "city": "Bath"}]});
    let place = |fields: Value| json!([["write", [41], fields]]);
    let cases = [
        (vec![field("name", json!("Ann"))], Some(json!({"name": "Ann"}))),
        (vec![field("city", json!("Wells"))], Some(json!({"places": place(json!({"city": "Wells"}))}))),
        (vec![field("lang", json!("de"))], Some(json!({"others": {"lang": "de"}}))),
        (
            vec![field("name", json!("Ann")), field("city", json!("Wells")), field("code", Value::Null)],
            Some(json!({"name": "Ann", "places": place(json!({"city": "Wells", "code": null}))})),
        ),
        (vec![], None),
    ];
    let delivered = called.delivered(None, record.to_string().as_bytes()).expect("the record is found");
    for (fields, expected) in cases {
        let body = delivered.change(&fields).map(|change| change.body);
        assert_eq!(body, expected.map(|values| json!({"method": "write", "params": [[7], values]})), "{fields:?}");
    }
    // There is no address that could be changed.
    let bare = called.delivered(None, b"{\"id\": 7, \"places\": []}").expect("the record is found");
    assert_eq!(bare.change(&[field("city", json!("Wells"))]), None);
    assert_eq!(called.write_back().unwrap().unconditional(&[field("name", json!("Ann"))]), None);
    let after = delivered.after(&[field("city", json!("Wells")), field("name", json!("Ann"))]).expect("it is mapped");
    assert_eq!(after.record, json!({"names": [{"full": "Ann"}], "addresses": [{"city": "Wells"}]}));
}

#[test]
fn an_answer_may_tell_an_error_with_a_status_of_success() {
    let called = Manifest::parse("called.toml", CALLED).unwrap_or_else(|errors| panic!("{errors}"));
    let rules = called.write_back().unwrap();
    let cases = [
        (r#"{"result": null}"#, Some(false)),
        (r#"{"error": []}"#, Some(false)),
        (r#"{"error": ["UserError", "no"]}"#, Some(true)),
        ("<html>", None),
    ];
    for (answer, expected) in cases {
        assert_eq!(rules.is_refusal(answer.as_bytes()), expected, "{answer}");
    }
}

#[test]
fn forms_write_what_is_nested_in_brackets() {
    let text = SHOP.replace("wrap = \"customer\"", "encoding = \"form\"");
    let shop = Manifest::parse("shop.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let body = json!({"name": "Ana & Co", "home": {"line1": "1 Low Road", "line2": null}, "tags": ["a", 2]});
    let expected = "name=Ana+%26+Co&home%5Bline1%5D=1+Low+Road&home%5Bline2%5D=&tags%5B0%5D=a&tags%5B1%5D=2";
    let (media, text) = shop.write_back().unwrap().encoded(&body);
    assert_eq!((media, text.as_str()), ("application/x-www-form-urlencoded", expected));
}

#[test]
fn places_and_fields_of_a_body_belong_together() {
    let cases = [
        ("lang = \"$.language\"\n", "", "`body` has no place for `lang`", "\"others\": \"{fields}\", "),
        ("code = \"$.addresses[0].postcode\"\n", "code = \"$.places[0].code\"\n", "`body` has a place for `code`", ""),
    ];
    for (line, held, expected, place) in cases {
        let mut text = CALLED.replacen(place, "", 1);
        if place.is_empty() {
            text = text.replace(line, "").replace(held, "");
        }
        let errors = Manifest::parse("called.toml", &text).unwrap_err().to_string();
        assert!(errors.contains(expected), "{errors}");
    }
    let errors =
        Manifest::parse("called.toml", &CALLED.replace("[\"{$.id}\"]", "[1]").replace("{$.places[0].id}", "x"));
    assert!(errors.unwrap_err().to_string().contains("`path` does not lead to one record"));
    let errors = Manifest::parse("called.toml", &CALLED.replace("\"$.places[0].city\"", "\"$.places[*].city\""));
    assert!(errors.unwrap_err().to_string().contains("`$.places[*].city` is not one place"));
}
