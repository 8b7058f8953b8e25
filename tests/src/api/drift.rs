//! Schema drift over HTTP: shown, told to operators, accepted.

use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, eventually};

fn customers(numbers: std::ops::Range<u32>, change: impl Fn(&mut Value)) -> Value {
    let one = |number: u32| {
        let mut customer = json!({ "id": number, "first_name": "Mira", "email": format!("mira{number}@example.com") });
        change(&mut customer);
        customer
    };
    Value::Array(numbers.map(one).collect())
}

both!(a_changed_field_is_shown_and_told_once, |db| async move {
    let hub = Hub::start(&db).await;
    assert_eq!(hub.get("/v1/connectors/shopify/drift").await.json(), json!({ "source": "shopify", "payloads": [] }));
    hub.get("/v1/connectors/atlantis/drift").await.expect_problem(404, "unknown-source");
    hub.post("/v1/connectors/atlantis/drift/accept", &json!({})).await.expect_problem(404, "unknown-source");
    for (numbers, renamed) in [(1..150, false), (150..250, true)] {
        let rename = |customer: &mut Value| {
            if renamed {
                customer["forename"] =
                    customer.as_object_mut().expect("an object").remove("first_name").expect("a name");
            }
        };
        let answer = hub.post("/v1/sources/shopify/records", &customers(numbers, rename)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        hub.settled(&answer).await;
    }
    let drift = eventually("what was seen is stored", || async {
        let drift = hub.get("/v1/connectors/shopify/drift").await.json();
        (drift["payloads"][0]["records"] == 249).then_some(drift)
    })
    .await;
    let changes = drift["payloads"][0]["changes"].as_array().expect("changes");
    let told: Vec<_> =
        changes.iter().map(|c| (c["path"].as_str(), c["change"].as_str(), &c["records"], &c["of"])).collect();
    let expected = [
        (Some("$.first_name"), Some("missing"), &json!(149), &json!(100)),
        (Some("$.forename"), Some("new"), &json!(100), &json!(100)),
    ];
    assert_eq!(told, expected);
    assert_eq!(changes[0]["feeds"], json!(["names[].given"]));
    let metrics = hub.get("/metrics").await.text;
    assert!(metrics.contains("hub_source_changed_fields{source=\"shopify\"} 2\n"), "{metrics}");
    let events = hub.get("/v1/operator-events").await.json();
    let events = events["events"].as_array().expect("events");
    let about: Vec<_> = events.iter().map(|event| (event["kind"].as_str(), event["subject"].as_str())).collect();
    assert_eq!(about, [(Some("source_drifted"), Some("shopify"))]);
    let accepted = hub.post("/v1/connectors/shopify/drift/accept", &json!({})).await.json();
    assert_eq!(accepted, json!({ "accepted": 2 }));
    let drift = hub.get("/v1/connectors/shopify/drift").await.json();
    assert_eq!((&drift["payloads"][0]["records"], &drift["payloads"][0]["changes"]), (&json!(249), &json!([])));
    assert!(hub.get("/metrics").await.text.contains("hub_source_changed_fields{source=\"shopify\"} 0\n"));
});

both!(what_is_no_record_of_the_source_is_not_counted, |db| async move {
    let hub = Hub::start(&db).await;
    // As a table without its header line comes in: what stands for the names of fields is somebody's data.
    let no_records = json!([{ "Mira Vance": "Elm Road 7", "mira vance@example.com": "4711" }, { "Ann Lee": "" }]);
    let answer = hub.post("/v1/sources/shopify/records", &no_records).await;
    hub.settled(&answer).await;
    let answer = hub.post("/v1/sources/shopify/records", &customers(1..3, |_| {})).await;
    hub.settled(&answer).await;
    let drift = eventually("what was seen is stored", || async {
        let drift = hub.get("/v1/connectors/shopify/drift").await.json();
        drift["payloads"][0]["records"].is_number().then_some(drift)
    })
    .await;
    assert_eq!(drift["payloads"][0]["records"], 2, "{drift}");
    assert_eq!(hub.get("/v1/dead-letters").await.json()["dead_letters"].as_array().map(Vec::len), Some(2));
});
