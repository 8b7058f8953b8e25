//! One person: a value chosen by hand, records that are somebody else's.

use super::visitor::{Visitor, after, doubtful, undos};
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

both!(a_person_is_joined_parted_and_followed_from_their_page, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(2)).await;
    let (a, b) = (hub.golden("a0").await, hub.golden("b0").await);
    let one = mira.page(&format!("/people/{a}")).await;
    assert!(one.contains("Who else it might be") && one.contains("Dora Oakfield") && !one.contains("class=\"picture"));
    let form =
        |verdict: &'static str| [("version", "1"), ("other", b.as_str()), ("other_version", "1"), ("verdict", verdict)];
    let joined = mira.post(&format!("/people/{a}/link"), &form("same")).await;
    assert!(joined.header("location").ends_with("?done=joined"), "{}", joined.text);
    let page = joined.header("location").to_owned();
    let both = mira.page(&page).await;
    for part in
        ["Both are one person now.", "picture lanes", "picture graph", "stroke-dasharray", "Compare two moments"]
    {
        assert!(both.contains(part), "{part} is not in {both}");
    }
    let golden = hub.golden("a0").await;
    assert_eq!(
        mira.post(&format!("/people/{golden}/link"), &form("different")).await.status,
        409,
        "somebody was faster"
    );

    // What was, beside what is.
    let then = mira.page(&format!("/people/{golden}/then")).await;
    assert!(
        then.contains("version 1") && then.contains("version 2") && then.contains("<ins>d.Oakfield@example.com</ins>"),
        "{then}"
    );
    let first = mira.page(&format!("/people/{golden}/then?from=2&to=1")).await;
    assert!(first.contains("<del>d.Oakfield@example.com</del>"), "{first}");
    assert_eq!(mira.get(&format!("/people/{golden}/then?to=99")).await.status, 404);
    let trail = mira.page(&format!("/people/{golden}/trail")).await;
    assert!(trail.contains("What came in") && trail.contains("delivery 1") && trail.contains("change 5"), "{trail}");

    // Parted again, and kept apart.
    for undo in undos(&both) {
        assert_eq!(mira.post(&undo, &[]).await.status, 303);
    }
    let (a, b) = (hub.golden("a0").await, hub.golden("b0").await);
    let version = async |golden: &str| {
        let page = mira.page(&format!("/people/{golden}")).await;
        after(&page, "name=\"version\" value=\"").to_owned()
    };
    let (one, other) = (version(&a).await, version(&b).await);
    let apart = [("version", one.as_str()), ("other", &b), ("other_version", &other), ("verdict", "different")];
    let done = mira.post(&format!("/people/{a}/link"), &apart).await;
    assert!(done.header("location").ends_with("?done=kept_apart"), "{}", done.text);
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 1, "nobody is asked any more");
    let lanes = mira.page(&format!("/people/{golden}")).await;
    assert!(lanes.contains("picture lanes") && lanes.contains("are different people"), "{lanes}");
});

both!(a_value_is_typed_by_hand, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    hub.take_in(&records()).await;
    let path = format!("/people/{}", hub.golden("1").await);
    let page = visitor.page(&path).await;
    let version = after(&page, "name=\"version\" value=\"").to_owned();
    let form = [("attribute", "emails"), ("field.value", "m.vance@example.com"), ("version", &version)];
    let done = visitor.post(&format!("{path}/pin"), &form).await;
    assert!(done.header("location").ends_with("?done=pinned"), "{}", done.text);
    let emails = hub.profile("1").await["emails"].clone();
    let values: Vec<&str> =
        emails.as_array().expect("a list").iter().filter_map(|email| email["value"].as_str()).collect();
    assert_eq!(values, ["m.vance@example.com", "mira.vance@example.com"]);
    let version = after(&visitor.page(&path).await, "name=\"version\" value=\"").to_owned();
    for (form, status) in [
        ([("attribute", "birth_date"), ("field.", "no day at all"), ("version", version.as_str())], 422),
        ([("attribute", "birth_date"), ("field.", " "), ("version", &version)], 422),
        ([("attribute", "shoe_size"), ("field.", "43"), ("version", &version)], 404),
        ([("attribute", "birth_date"), ("field.", "1980-05-03"), ("version", "1")], 412),
    ] {
        assert_eq!(visitor.post(&format!("{path}/pin"), &form).await.status, status, "{form:?}");
    }
});
