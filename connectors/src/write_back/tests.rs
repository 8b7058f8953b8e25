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
auth = "basic"
secret = { env = "SHOP_TOKEN" }
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
    assert_eq!(write_back.method(), Method::Put);
    let basic = ("authorization".to_owned(), "Basic bWU6c2VjcmV0".to_owned());
    assert_eq!(write_back.credentials("me:secret"), basic);
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
    let change = delivered.change(&fields);
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
    let unversioned = shop.delivered(None, b"{\"id\": 7}").unwrap().change(&[field("first", json!("Ana"))]);
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
    assert_eq!(delivered.change(&[field("first", json!("Ana"))]).header, Some(header));
}

#[test]
fn faults_are_told_with_line_and_remedy() {
    let head = "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n[write_back]\n";
    let cases = [
        ("", "5: `base` is missing in [write_back]; add `base"),
        ("path = \"/x\"", "6: `path` does not lead to one record; begin it with / and name the record once"),
        ("method = \"PATHC\"", "6: the method `PATHC` changes no record; did you mean `PATCH`?"),
        ("auth = \"digest\"", "6: `auth` does not know `digest`; write \"bearer\""),
        ("secret = \"abc\"", "6: `secret` must not stand in the manifest itself"),
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
