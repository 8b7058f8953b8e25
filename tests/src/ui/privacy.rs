//! Requests of people, as whoever is in charge of privacy sees and answers them.

use super::browser::Browser;
use super::visitor::{PASSWORD, Visitor};
use super::walk::enter;
use crate::api::fixture::{Hub, person};
use hub::ui::accounts;
use tests::{Database, both};

/// Records a request and answers the address of its page.
async fn ask(hub: &Hub, visitor: &Visitor<'_>, kind: &str, key: &str) -> String {
    let id = hub.golden(key).await;
    assert!(visitor.page(&format!("/people/{id}")).await.contains("action=\"/privacy\""));
    let recorded = visitor.post("/privacy", &[("person", id.as_str()), ("kind", kind)]).await;
    assert_eq!(recorded.status, 303, "{}", recorded.text);
    recorded.header("location").to_owned()
}

both!(a_request_is_answered_page_by_page, |db| async move {
    let hub = Hub::start(&db).await;
    let pia = Visitor::of(&hub, "privacy").await;
    assert!(pia.page("/privacy").await.contains("Nobody has asked for anything"));
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com"), person("2", "Ben", "Okafor", "ben@example.com")])
        .await;
    let id = hub.golden("1").await;

    let access = ask(&hub, &pia, "access", "1").await;
    assert_eq!(pia.get(&format!("{access}/document")).await.status, 409, "nobody has checked who asks");
    assert_eq!(pia.post(&access, &[("step", "verify"), ("why", "signed in")]).await.status, 303);
    let document = pia.page(&format!("{access}/document")).await;
    assert!(
        document.contains("ana@example.com") && document.contains("Silva") && !document.contains("ben@"),
        "{document}"
    );
    let json = pia.get(&format!("{access}/document?format=json")).await;
    assert_eq!((json.status, &json.json()["profile"]["emails"][0]["value"]), (200, &"ana@example.com".into()));
    assert_eq!(pia.post(&access, &[("step", "carry_out")]).await.status, 303);

    let erasure = ask(&hub, &pia, "erasure", "1").await;
    assert_eq!(pia.post(&erasure, &[("step", "hold"), ("why", "an open claim")]).await.status, 303);
    assert!(pia.page(&erasure).await.contains("an open claim"));
    assert_eq!(pia.post(&erasure, &[("step", "release")]).await.status, 303);
    assert_eq!(pia.post(&erasure, &[("step", "verify"), ("why", "signed in")]).await.status, 303);
    assert_eq!(pia.post(&erasure, &[("step", "carry_out")]).await.status, 422, "only whoever is sure erases");
    assert_eq!(pia.post(&erasure, &[("step", "carry_out"), ("sure", "yes")]).await.status, 303);
    let page = pia.page(&erasure).await;
    assert!(page.contains("Certificate of erasure") && page.contains("not confirmed yet"), "{page}");
    assert_eq!(pia.post(&format!("{erasure}/confirm"), &[("source", "canonical")]).await.status, 303);
    assert!(pia.page(&erasure).await.contains("All have confirmed."));
    assert_eq!(pia.get(&format!("/people/{id}")).await.status, 410);
    let list = pia.page("/privacy").await;
    assert!(list.contains(&access) && list.contains(&erasure), "{list}");
    assert!(pia.page(&format!("/people/{}", hub.golden("2").await)).await.contains("Okafor"), "nobody else is touched");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_forgotten_in_a_browser() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com")]).await;
    let id = hub.golden("1").await;
    accounts::create(&hub.store, "pia", "privacy", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "pia").await;
    browser.page.goto(format!("http://{}/people/{id}", hub.address())).await.expect("a page");
    browser.find("button[name=kind][value=erasure]").await.click().await.expect("it is recorded");
    browser.until("the request is there", "return document.querySelector('input[name=why]') !== null").await;
    browser.find("input[name=why]").await.send_keys("signed in to her account").await.expect("a text");
    browser.find("button.main").await.click().await.expect("it is verified");
    browser.until("it can be carried out", "return document.querySelector('input[name=sure]') !== null").await;
    browser.find("input[name=sure]").await.click().await.expect("sure");
    browser.find("button.main").await.click().await.expect("it is carried out");
    browser.until("it is done", "return document.body.textContent.includes('Certificate of erasure')").await;
    assert_eq!(hub.get(&format!("/v1/profiles/{id}")).await.status, 410);
}
