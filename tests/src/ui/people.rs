//! One person: a value chosen by hand, records that are somebody else's.

use super::visitor::{Visitor, after, undos};
use crate::api::fixture::Hub;
use serde_json::{Value, json};
use tests::both;

/// Three records of one person, who says something else each time.
fn records() -> Vec<Value> {
    let record = |key: &str, phone: &str| {
        json!({
            "key": key, "names": [{"given": "Mira", "family": "Vance"}], "birth_date": "1980-05-02",
            "emails": [{"value": "mira.vance@example.com"}], "phones": [{"value": phone}],
        })
    };
    vec![record("1", "+44 20 7946 0001"), record("2", "+44 20 7946 0002"), record("3", "+44 20 7946 0003")]
}

both!(a_value_is_chosen_by_hand_until_it_is_undone, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    hub.take_in(&records()).await;
    let path = format!("/people/{}", hub.golden("1").await);
    let before = hub.profile("1").await["phones"].clone();
    let page = visitor.page(&path).await;
    assert!(!after(&page.replace("</title>", "\""), "<title>").contains("Mira"), "no name in a browser's history");
    let phones = page.split("name=\"attribute\" value=\"phones\"").nth(1).expect("another phone could be shown");
    let value = after(phones, "name=\"value\" value=\"").replace("&#34;", "\"");
    let version = after(phones, "name=\"version\" value=\"");
    let form = [("attribute", "phones"), ("value", value.as_str()), ("version", version)];
    let done = visitor.post(&format!("{path}/pin"), &form).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let now = hub.profile("1").await["phones"].clone();
    assert_ne!(now[0], before[0]);
    assert_eq!(now.as_array().map(Vec::len), before.as_array().map(Vec::len), "the others stay");
    assert_eq!(visitor.post(&format!("{path}/pin"), &form).await.status, 412, "it has changed since");
    let page = visitor.page(done.header("location")).await;
    assert!(page.contains("The golden record shows the chosen value.") && page.contains("is pinned"), "{page}");
    let undo = undos(&page);
    assert_eq!(undo.len(), 1);
    assert_eq!(visitor.post(&undo[0], &[]).await.status, 303);
    assert_eq!(hub.profile("1").await["phones"], before);
});

both!(records_of_somebody_else_are_parted_once_somebody_is_sure, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    hub.take_in(&records()).await;
    let golden = hub.golden("1").await;
    let (path, version) = (format!("/people/{golden}"), hub.profile("1").await["version"].to_string());
    let part = format!("{path}/part");
    let all = [
        ("version", version.as_str()),
        ("record", "canonical/1"),
        ("record", "canonical/2"),
        ("record", "canonical/3"),
    ];
    assert_eq!(visitor.post(&part, &all[..1]).await.status, 422, "nobody would leave");
    assert_eq!(visitor.post(&part, &all).await.status, 422, "nobody would stay");
    assert_eq!(visitor.post(&part, &[("version", "77"), all[2]]).await.status, 409);
    let preview = visitor.post(&part, &[all[0], all[2]]).await;
    assert_eq!(preview.status, 200);
    assert!(preview.text.contains("Two people instead of one") && preview.text.matches("Mira Vance").count() >= 2);
    assert_eq!(hub.golden("2").await, golden, "nothing has happened yet");
    let done = visitor.post(&part, &[all[0], all[2], ("sure", "yes"), ("reason", "her sister")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_ne!(hub.golden("2").await, hub.golden("1").await);
    assert_eq!(hub.golden("3").await, hub.golden("1").await);
    let page = visitor.page(done.header("location")).await;
    assert!(page.contains("are different people") && page.contains("her sister"), "{page}");
});
