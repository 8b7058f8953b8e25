//! A steward's way through the workbench with one hand on the keyboard, in a real browser; every screen at two widths, by day
//! and by night.

use super::browser::Browser;
use super::visitor::{PASSWORD, doubtful};
use crate::api::fixture::{Hub, person};
use hub::ui::accounts;
use serde_json::json;
use tests::Database;

/// Signs in as a browser's user does.
pub async fn enter(browser: &Browser, hub: &Hub, name: &str) {
    browser.page.goto(format!("http://{}/reviews", hub.address())).await.expect("the door opens");
    browser.find("input[name=name]").await.send_keys(name).await.expect("a name");
    browser.find("input[name=password]").await.send_keys(PASSWORD).await.expect("a password");
    browser.press("\u{e007}").await;
    browser.until("the list is there", "return location.pathname === '/reviews'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_steward_decides_with_the_keyboard_alone() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    hub.take_in(&doubtful(4)).await;
    let open = || async { hub.store.review_count().await.expect("the store answers") };
    let all = open().await;
    accounts::create(&hub.store, "mira", "steward", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    browser.show_at(1280, false).await;
    enter(&browser, &hub, "mira").await;

    // Down to the first line, into it, one key a decision, and the next case is there.
    browser.press("j").await;
    browser.press("\u{e007}").await;
    browser.until("a case is open", "return /^\\/reviews\\/\\d+-\\d+$/.test(location.pathname)").await;
    let first = browser.evaluate("return location.pathname").await;
    // Pressed twice, as by a key that is held too long: the case that comes next is not decided unseen.
    browser.seen().await;
    browser.press("ss").await;
    let moved = format!("return location.pathname !== {first} && document.querySelector('[data-key=u]') !== null");
    browser.until("the next case is open", &moved).await;
    assert_eq!(open().await, all - 1);
    browser.seen().await;
    browser.press("u").await;
    browser.until("the first is open again", &format!("return location.pathname === {first}")).await;
    assert_eq!(open().await, all);

    // A picked value shows at once, and is what the golden record says afterwards.
    browser.until("scripts run", "return document.querySelector('button.pick') !== null").await;
    let row = "tr[data-attribute=birth_date]";
    browser.find(&format!("{row} button.pick")).await.click().await.expect("a value can be picked");
    let shown = format!("return document.querySelector('{row} td.result').textContent.includes('-03-04')");
    browser.until("it shows", &shown).await;
    browser.seen().await;
    browser.press("d").await;
    browser.until("the next case is open", &moved).await;
    assert_eq!(open().await, all - 1);
    let second = browser.evaluate("return location.pathname").await;
    browser.press("j").await;
    browser.until("a later case", &format!("return location.pathname !== {second}")).await;
    browser.press("k").await;
    browser.until("the one before", &format!("return location.pathname === {second}")).await;
    browser.press("?").await;
    browser.until("the keys are shown", "return document.getElementById('keys').open").await;
    browser.press("?").await;
    browser.until("and hidden", "return !document.getElementById('keys').open").await;
    browser.press("\u{e00c}").await;
    browser.until("the list is there", "return location.pathname === '/reviews'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_while_somebody_types() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        person("1", "Ana", "Silva", "ana.silva@example.com"),
        person("2", "<img src=x onerror=alert(1)>", "Vance", "vance@example.com"),
    ])
    .await;
    accounts::create(&hub.store, "mira", "viewer", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "mira").await;
    browser.page.goto(format!("http://{}/people", hub.address())).await.expect("a page");
    browser.find("form.search input").await.send_keys("Sylva").await.expect("a name");
    browser.until("she is found", "return document.querySelector('#found')?.textContent.includes('Ana Silva')").await;
    assert_eq!(browser.evaluate("return location.href.includes('Sylva')").await, json!(false), "no name in an address");
    browser.find("#found a.line").await.click().await.expect("a line");
    browser.until("she is shown", "return document.querySelector('h1').textContent === 'Ana Silva'").await;
    browser.press("/").await;
    browser.press("vance\u{e007}").await;
    browser
        .until("the other is found", "return document.querySelector('#found')?.textContent.includes('onerror')")
        .await;
    assert_eq!(browser.evaluate("return document.querySelectorAll('#found img').length").await, json!(0));
    browser.evaluate("document.querySelector('details summary')?.click()").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_fits_every_window() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    let mut records = doubtful(3);
    records[0]["names"][0]["family"] = json!("Oakfield-Wintermere-Harrowgate-Pennington-Lindqvist".repeat(3));
    hub.take_in(&records).await;
    accounts::create(&hub.store, "a-steward-with-a-rather-long-name@example.com", "steward", PASSWORD)
        .await
        .expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "a-steward-with-a-rather-long-name@example.com").await;
    let case = browser.evaluate("return document.querySelector('a.line').getAttribute('href')").await;
    let case = case.as_str().expect("an address").to_owned();
    let paths = [
        "/reviews".to_owned(),
        case,
        "/people".to_owned(),
        "/flows".to_owned(),
        "/rules".to_owned(),
        format!("/people/{}", hub.golden("a0").await),
        "/account".to_owned(),
    ];
    for (width, is_dark) in [(1280, false), (1280, true), (360, false), (360, true)] {
        browser.show_at(width, is_dark).await;
        for path in &paths {
            browser.page.goto(format!("http://{}{path}", hub.address())).await.expect("a page");
            let wide = browser.evaluate("return document.documentElement.scrollWidth").await;
            assert!(wide.as_u64().is_some_and(|wide| wide <= u64::from(width)), "{path} is {wide} wide at {width}");
            let ground = browser.evaluate("return getComputedStyle(document.body).backgroundColor").await;
            let is_bright = ground.as_str().is_some_and(|ground| ground.contains("245"));
            assert_eq!(is_bright, !is_dark, "{path}: {ground}");
        }
    }
    let blocked =
        browser.evaluate("return performance.getEntriesByType('resource').filter(r => r.responseStatus >= 400).length");
    assert_eq!(blocked.await, json!(0));
}
