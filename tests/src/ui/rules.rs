//! The policy in force, as people read it.

use super::visitor::{Visitor, after, doubtful};
use crate::api::fixture::{Hub, eventually, person};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::both;

both!(what_is_in_force_is_shown_readably, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "lead").await;
    let page = visitor.page("/rules").await;
    for part in ["Policy 1", "shipped-1", "Which value survives", "most trusted source", "salesforce", "all others"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // A linked pair is likelier than one that somebody is asked about.
    let number = |mark: &str| -> f32 {
        let text = page.split(mark).nth(1).and_then(|rest| rest.split("<b>").nth(1)).unwrap_or_default();
        let number = text.split(" %").next().and_then(|before| before.rsplit([' ', '>']).next()).unwrap_or_default();
        number.parse().unwrap_or_else(|_| panic!("{text}"))
    };
    assert!(number("are linked from") > number("is asked from"), "{page}");
});

/// Waits for a page to say something.
async fn until(visitor: &Visitor<'_>, path: &str, mark: &str) -> String {
    for _ in 0..400 {
        let page = visitor.page(path).await;
        if page.contains(mark) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never said {mark}: {}", visitor.page(path).await)
}

/// Waits until everybody follows the policy in force.
async fn settled(hub: &Hub) {
    let done = async || hub.store.policy_under_way().await.expect("the store answers").is_none().then_some(());
    eventually("everybody is carried over", done).await;
}

/// The text between the tags of a text area, as a browser reads it.
fn text_area(page: &str) -> String {
    let area = page.split("spellcheck=\"false\" class=\"code\">").nth(1).expect("a text area");
    let text = area.split("</textarea>").next().unwrap_or_default();
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

both!(a_change_is_tried_brought_into_force_and_taken_back, |db| async move {
    let hub = Hub::start(&db).await;
    let lead = Visitor::of(&hub, "lead").await;
    let steward = Visitor::of(&hub, "steward").await;
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["emails"] = json!([{"value": "ana@example.com"}, {"value": "silva@example.com"}]);
    hub.take_in(&[ana]).await;
    let mailboxes = async || hub.profile("1").await["emails"].as_array().map_or(0, Vec::len);
    let draft = lead.page("/rules/draft").await;
    let (rules, link) = (text_area(&draft), after(&draft, "required value=\"").to_owned());

    // What cannot be used is told, and nothing that was typed is lost.
    let broken = rules.replace("keep_max = ", "keep_most = ");
    let refused = lead.post("/rules/what-if", &[("rules", &broken), ("link", &link)]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("role=\"alert\"") && text_area(&refused.text).contains("keep_most"));
    let unlikely = lead.post("/rules/what-if", &[("rules", &rules), ("link", "0.0001")]).await;
    assert!(unlikely.status == 422 && unlikely.text.contains("review threshold"), "{}", unlikely.text);

    // A person with two mailboxes keeps one.
    let fewer = rules.replacen("keep_max = 10", "keep_max = 1", 1).replace('\n', "\r\n");
    let begun = lead.post("/rules/what-if", &[("rules", &fewer), ("link", &link)]).await;
    assert_eq!(begun.status, 303, "{}", begun.text);
    let path = begun.header("location").to_owned();
    let told = until(&lead, &path, "People who become one").await;
    assert!(told.contains("<ins>+ <code>keep_max = 1</code></ins>"), "{told}");
    assert!(told.contains("Ana Silva · E-mail") && told.contains("<ins>ana@example.com</ins>"), "{told}");
    assert_eq!(steward.get(&path).await.status, 403);
    assert_eq!(mailboxes().await, 2, "nothing is written");
    let mute = lead.post(&format!("{path}/activate"), &[("reason", " ")]).await;
    assert_eq!(mute.status, 422, "{}", mute.text);
    let activated = lead.post(&format!("{path}/activate"), &[("reason", "one is enough")]).await;
    assert_eq!(activated.header("location"), "/rules?done=activated", "{}", activated.text);
    let page = until(&lead, "/rules", "Policy 2 ").await;
    assert!(page.contains("one is enough") && page.contains("Go back to this one"), "{page}");
    settled(&hub).await;
    eventually("one is left", async || (mailboxes().await == 1).then_some(())).await;
    let stale = lead.post(&format!("{path}/activate"), &[("reason", "again")]).await;
    assert!(stale.status == 409 && stale.text.contains("Another policy has come into force"), "{}", stale.text);

    let back = lead.post("/rules/back", &[("to", "1"), ("reason", "one was not enough")]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    until(&lead, "/rules", "Policy 3 ").await;
    settled(&hub).await;
    eventually("both are back", async || (mailboxes().await == 2).then_some(())).await;
    assert_eq!(lead.post("/rules/back", &[("to", "99"), ("reason", "x")]).await.status, 404);
});

both!(pages_are_told_of_changes, |db| async move {
    let hub = Hub::start(&db).await;
    let lead = Visitor::of(&hub, "lead").await;
    let mut stream = lead.stream("/live").await;
    let mut next = async || {
        let told = tokio::time::timeout(Duration::from_secs(30), stream.chunk()).await.expect("in time");
        String::from_utf8(told.expect("the stream goes on").expect("a message").to_vec()).expect("text")
    };
    // Once at the beginning, because the page is older than the stream; then because of the change.
    assert!(next().await.contains("event: change"));
    let asked = Instant::now();
    hub.take_in(&doubtful(1)).await;
    assert!(next().await.contains("event: change"));
    assert!(
        asked.elapsed() < Duration::from_secs(9),
        "it was told for the change, and not anyway, as every ten seconds"
    );
});
