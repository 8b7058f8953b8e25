//! A steward's way through the workbench with one hand on the keyboard, in a real browser; every screen at two widths, by day
//! and by night.

use super::axe::Axe;
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
    browser.evaluate("window.isSame = true").await;
    browser.press("ss").await;
    let moved = format!("return location.pathname !== {first} && document.querySelector('[data-key=u]') !== null");
    browser.until("the next case is open", &moved).await;
    assert_eq!(open().await, all - 1);
    assert_eq!(
        browser.evaluate("return window.isSame").await,
        json!(true),
        "nothing that stays the same is loaded again"
    );
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
    // Not now: it is put off, and the next one is there; a comment is typed without a mouse.
    browser.seen().await;
    browser.press("n").await;
    let put_off = format!("return location.pathname !== {second}");
    browser.until("put off", &put_off).await;
    assert_eq!(hub.store.reviews_deferred(0).await.expect("the store answers"), 1);
    browser.seen().await;
    browser.press("c").await;
    browser.press("ask her\u{e004}\u{e004}\u{e004}\u{e004}\u{e004}\u{e004}\u{e007}").await;
    browser.until("it is kept", "return document.querySelector('p.comment')?.textContent.includes('ask her')").await;
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

/// A hub with something on every screen, and the screens.
async fn furnished(hub: &Hub, browser: &Browser) -> Vec<String> {
    let mut records = doubtful(4);
    records[0]["names"][0]["family"] = json!("Oakfield-Wintermere-Harrowgate-Pennington-Lindqvist".repeat(3));
    records.extend([
        person("mira", "Mira", "Vance", "mira.vance@example.com"),
        person("mira-2", "Mira", "Vance", "mira.vance@example.com"),
        person("gone", "Harriet", "Underwood", "h.underwood@example.com"),
        person("odd", "<script>alert(1)</script>", "مريم 🧭", "odd@example.com"),
    ]);
    records[8]["consents"] = json!([{"purpose": "marketing", "channel": "email", "state": "granted", "captured_at": "2024-01-01",
        "form": "sign-up-2", "wording": "Yes, write to me about everything that is new. ".repeat(9), "double_opt_in": true}]);
    hub.take_in(&records).await;
    let broken = hub.post("/v1/sources/shopify/records", &json!([{"first_name": "Nobody"}])).await;
    assert_eq!(broken.status, 202, "{}", broken.text);
    hub.settled(&broken).await;
    let name = "an-administrator-with-a-rather-long-name@example.com";
    accounts::create(&hub.store, name, "admin", PASSWORD).await.expect("an account");
    enter(browser, hub, name).await;
    let attribute = async |css: &str| {
        let script = format!("return document.querySelector('{css}').getAttribute('href')");
        browser.evaluate(&script).await.as_str().expect("an address").to_owned()
    };
    let case = attribute("a.line").await;
    browser.page.goto(format!("http://{}/flows", hub.address())).await.expect("a page");
    let letter = attribute(".acts a").await;
    // Something is put off, somebody has said something, and a view is saved.
    let (draft, golden) = ("/rules/draft".to_owned(), hub.golden("mira").await);
    browser.page.goto(format!("http://{}{draft}", hub.address())).await.expect("a page");
    browser.find("button.main").await.click().await.expect("a what-if begins");
    browser.until("it is told", "return document.querySelector('ins, del, .card table') !== null").await;
    let tried = browser.evaluate("return location.pathname").await.as_str().expect("an address").to_owned();
    let odd = hub.golden("odd").await;
    let fixed = ["/reviews", "/reviews?assignee=me&band=low", "/people", "/flows", "/flows/sources/shopify", "/rules"];
    let mut paths: Vec<String> = fixed.map(str::to_owned).to_vec();
    paths.extend(["/quality", "/account", "/nowhere", "/people/no-id"].map(str::to_owned));
    paths.extend([case, letter, draft, tried, format!("/people/{odd}")]);
    paths.extend(["", "/then", "/trail", "/consents"].map(|rest| format!("/people/{golden}{rest}")));
    paths.extend(["/privacy", "/audit", "/audit?action=merge"].map(str::to_owned));
    for (key, kind, steps) in
        [("mira", "access", 1), ("mira", "erasure", 0), ("odd", "erasure", 1), ("gone", "erasure", 2)]
    {
        let body = json!({"kind": kind, "person": hub.golden(key).await, "received_at": "2026-01-31T10:00:00Z"});
        let recorded = hub.post("/v1/privacy/requests", &body).await.json();
        let id = recorded["id"].as_str().expect("an id").to_owned();
        for step in
            [json!({"step": "verify", "how": "signed in"}), json!({"step": "carry_out"})].into_iter().take(steps)
        {
            assert_eq!(hub.post(&format!("/v1/privacy/requests/{id}/steps"), &step).await.status, 200);
        }
        paths.push(format!("/privacy/{id}"));
        if kind == "access" {
            paths.push(format!("/privacy/{id}/document"));
        }
    }
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_fits_every_window_and_is_accessible() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    let (browser, axe, mut found) = (Browser::start().await, Axe::installed(), Vec::new());
    let paths = furnished(&hub, &browser).await;
    for (width, is_dark) in [(1280, false), (1280, true), (1920, false), (360, false), (360, true)] {
        browser.show_at(width, is_dark).await;
        for path in &paths {
            browser.page.goto(format!("http://{}{path}", hub.address())).await.expect("a page");
            let wide = browser.evaluate("return document.documentElement.scrollWidth").await;
            assert!(wide.as_u64().is_some_and(|wide| wide <= u64::from(width)), "{path} is {wide} wide at {width}");
            let ground = browser.evaluate("return getComputedStyle(document.body).backgroundColor").await;
            let is_bright = ground.as_str().is_some_and(|ground| ground.contains("245"));
            assert_eq!(is_bright, !is_dark, "{path}: {ground}");
            let name = format!("{path} at {width}, {}", if is_dark { "dark" } else { "light" });
            found.extend(axe.check(&browser, &name).await);
        }
    }
    let blocked =
        browser.evaluate("return performance.getEntriesByType('resource').filter(r => r.responseStatus >= 400).length");
    assert_eq!(blocked.await, json!(0));
    browser.page.delete_all_cookies().await.expect("a visitor can be forgotten");
    browser.page.goto(format!("http://{}/", hub.address())).await.expect("a page");
    found.extend(axe.check(&browser, "the door").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_reached_with_the_keyboard_alone() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    let browser = Browser::start().await;
    let paths = furnished(&hub, &browser).await;
    browser.show_at(1280, false).await;
    for path in &paths {
        browser.page.goto(format!("http://{}{path}", hub.address())).await.expect("a page");
        browser.seen().await;
        // Everything that a mouse can press.
        let all = browser
            .evaluate(
                "const named = (one) => [one.tagName, one.className, one.name, one.value, one.getAttribute('href')].join(' '); \
                 window.reached = new Set(); \
                 window.wanted = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')] \
                   .filter((one) => one.checkVisibility() && !one.disabled).map(named); \
                 document.addEventListener('focusin', (event) => reached.add(named(event.target))); \
                 return wanted.length",
            )
            .await;
        let all = all.as_u64().expect("a number");
        // A field for a date has several stops of its own.
        for _ in 0..all + 6 {
            browser.press("\u{e004}").await;
        }
        let missed = browser.evaluate("return wanted.filter((one) => !reached.has(one))").await;
        assert_eq!(missed, json!([]), "{path}");
        let seen = browser
            .evaluate("const focus = getComputedStyle(document.activeElement); return document.activeElement === document.body || focus.outlineStyle !== 'none'")
            .await;
        assert_eq!(seen, json!(true), "{path}: nobody sees where the focus is");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_session_loses_nothing_that_was_typed() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    hub.take_in(&doubtful(1)).await;
    accounts::create(&hub.store, "mira", "steward", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "mira").await;
    browser.find("a.line").await.click().await.expect("a line");
    browser.find("input[name=reason]").await.send_keys("she has a twin").await.expect("a reason");
    browser.page.delete_all_cookies().await.expect("a session can be lost");
    browser.seen().await;
    browser.find("button[value=different]").await.click().await.expect("a decision");
    browser.until("the door", "return document.querySelector('.problem') !== null").await;
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 1, "nobody decided");
    browser.find("input[name=name]").await.send_keys("mira").await.expect("a name");
    browser.find("input[name=password]").await.send_keys("wrong").await.expect("a password");
    browser.press("\u{e007}").await;
    browser.until("asked again", "return document.querySelector('.problem')?.textContent.includes('wrong')").await;
    browser.find("input[name=password]").await.send_keys(PASSWORD).await.expect("a password");
    browser.press("\u{e007}").await;
    browser
        .until("what was sent is there", "return document.querySelector('input[name=reason][type=hidden]') !== null")
        .await;
    browser.find("button.main").await.click().await.expect("it is sent again");
    browser.until("the list", "return location.pathname === '/reviews'").await;
    let decisions = hub.store.decisions_in_force().await.expect("the store answers");
    assert_eq!(decisions.iter().map(|decision| decision.reason.as_str()).collect::<Vec<_>>(), ["she has a twin"]);
}
