//! Every kind of paging and of credentials, each as the lines of a manifest.

use super::support::{Shop, came_in, each_once, manifest, read_again, read_first};
use tests::{Database, both};

const CUSTOMERS: u64 = 8;

/// Reads a shop, changes a customer, reads it again.
async fn check(database: &Database, poll: &str, reads_changes: bool) {
    let manifest = manifest(poll);
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    let hub = shop.hub(database, &manifest).await;
    let state = read_first(&hub).await;
    assert_eq!(came_in(&hub.store).await, each_once(CUSTOMERS), "{poll}");
    assert_eq!((&state["records"], &state["circuit"]), (&CUSTOMERS.into(), &"closed".into()), "{poll}: {state}");
    let before = shop.requests();
    shop.change(3, "Moved", 100);
    let state = read_again(&hub).await;
    let mut expected = each_once(CUSTOMERS);
    expected.insert(3, 2);
    assert_eq!(came_in(&hub.store).await, expected, "{poll}");
    // What has not changed is not stored again, and where the system can say what has changed, not even asked for.
    let unchanged = state["unchanged"].as_u64().expect("a number");
    assert_eq!(unchanged, if reads_changes { 1 } else { CUSTOMERS - 1 }, "{poll}: {state}");
    assert_eq!(shop.requests() - before == 1, reads_changes, "{poll}");
}

/// One test for each engine and each row.
macro_rules! readings {
    ($($name:ident: $reads_changes:literal, $poll:expr;)*) => {
        $(both!($name, |db| async move { check(&db, $poll, $reads_changes).await; });)*
    };
}

// The look-back of no seconds still covers the second of the newest change itself.
readings! {
    by_link_header: true, "path = \"/customers\"\nrecords = \"customers\"\npaging = \"link-header\"\n\
        since = { parameter = \"changed_since\", look_back_secs = 0 }\n";
    by_address_in_the_body: true, "path = \"/q?v=1\"\nrecords = \"records\"\npaging = { url_in_body = \"nextRecordsUrl\" }\n\
        since = { parameter = \"q\", text = \"changed >= {since}\", look_back_secs = 0 }\n";
    by_token_in_the_body: true, "path = \"/list\"\nrecords = \"data.items\"\n\
        paging = { token_in_body = \"paging.next.after\", parameter = \"after\" }\n\
        since = { parameter = \"from\", clock = \"epoch_millis\", look_back_secs = 0 }\n";
    by_token_in_a_header: false, "path = \"/list\"\npaging = { token_in_header = \"X-Next\", parameter = \"at\" }\n";
    by_page: false, "path = \"/list\"\npaging = { page = \"page\", size = \"per_page\", records = 4 }\n";
    by_offset: true, "path = \"/list\"\npaging = { offset = \"start\", records = 3 }\n\
        since = { parameter = \"from\", clock = \"epoch_seconds\", look_back_secs = 0 }\n";
    by_the_last_record: false, "path = \"/list\"\nrecords = \"data\"\n\
        paging = { last_record = \"id\", parameter = \"starting_after\", more = \"has_more\" }\n";
    by_parameters_in_a_body: false, "path = \"/rpc\"\nrecords = \"result\"\n\
        body = '{\"method\": \"search_read\", \"params\": [[], 0, 3]}'\npaging = { offset = \"params.1\", records = 3 }\n";
    with_a_password: false, "path = \"/list\"\nauth = { basic = { env = \"SHOP_SECRET\" }, user = { env = \"SHOP_USER\" } }\n\
        paging = \"link-header\"\n";
    with_a_key_in_a_header: false, "path = \"/list\"\nauth = { header = \"X-Shop-Key\", secret = { env = \"SHOP_SECRET\" } }\n\
        headers = { X-Version = \"2026-01\" }\npaging = \"link-header\"\n";
    with_a_granted_token: false, "path = \"/list\"\npaging = \"link-header\"\n\
        auth = { oauth = { env = \"SHOP_SECRET\" }, client_id = \"hub\", token = \"/oauth/token\", scope = \"read\" }\n";
    with_a_refreshed_token: false, "path = \"/list\"\npaging = \"link-header\"\n\
        auth = { oauth = { env = \"SHOP_SECRET\" }, client_id = \"hub\", token = \"/oauth/token\", refresh_token = { env = \"SHOP_USER\" } }\n";
}

const JOB: &str = "path = \"/q\"\nrecords = \"records\"\n\
    since = { parameter = \"since\", look_back_secs = 0 }\n\
    [poll.first]\nformat = \"csv\"\ncount_header = \"Sforce-NumberOfRecords\"\n\
    paging = { token_in_header = \"Sforce-Locator\", parameter = \"locator\" }\n\
    job = { path = \"/jobs/query\", body = '{\"query\": \"SELECT\"}', done = \"JobComplete\", \
    results = \"/jobs/query/{job}/results\" }\n";

// All customers by a job, as CSV, and then changes as JSON, as Salesforce is read.
both!(by_a_job_first_and_changes_later, |db| async move {
    let manifest = manifest(JOB);
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    let hub = shop.hub(&db, &manifest).await;
    let state = read_first(&hub).await;
    assert_eq!(came_in(&hub.store).await, each_once(CUSTOMERS));
    assert_eq!((&state["records"], &state["last_failure"]), (&CUSTOMERS.into(), &serde_json::Value::Null), "{state}");
    shop.change(3, "Moved", 100);
    read_again(&hub).await;
    // The newest one comes again, because changes begin at its second, and is written otherwise now.
    let expected: std::collections::BTreeMap<u64, usize> =
        (1..=CUSTOMERS).map(|number| (number, if matches!(number, 3 | CUSTOMERS) { 2 } else { 1 })).collect();
    assert_eq!(came_in(&hub.store).await, expected);
    let asked = shop.asked.lock().expect("nobody panicked").clone();
    assert_eq!(asked.iter().filter(|path| path.starts_with("/jobs/query")).count(), 2 + 3, "{asked:?}");
});
