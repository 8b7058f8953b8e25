//! What an operator sees and asks, over HTTP and on the command line.

use super::support::{Shop, came_in, each_once, manifest, read_again, read_first, state};
use crate::api::fixture::{Hub, send};
use hub::store::Store;
use reqwest::Method;
use serde_json::{Value, json};
use tests::both;
use tests::program::{Said, hub as program};

const POLL: &str = "path = \"/customers\"\nrecords = \"customers\"\npaging = \"link-header\"\n";

both!(a_source_is_paused_and_goes_on_where_it_stood, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, 5).await;
    let hub = shop.hub(&db, &manifest).await;
    read_first(&hub).await;
    assert_eq!(hub.post("/v1/connectors/shop/pause", &json!({})).await.json()["poll"]["state"], "paused");
    hub.post("/v1/connectors/shop/run", &json!({})).await.expect_problem(409, "conflict");
    let asked = shop.requests();
    shop.change(2, "Moved", 60);
    hub.get("/v1/connectors").await;
    assert_eq!(shop.requests(), asked);
    let resumed = hub.post("/v1/connectors/shop/resume", &json!({})).await.json()["poll"].clone();
    assert_eq!(resumed["state"], "active", "{resumed}");
    read_again(&hub).await;
    assert_eq!(came_in(&hub.store).await.values().sum::<usize>(), 6);
});

both!(every_source_is_listed_and_whoever_may_not_ask_is_refused, |db| async move {
    let hub = Hub::start(&db).await;
    let listed = hub.get("/v1/connectors").await.json();
    let of = |name: &str| {
        let all = listed["connectors"].as_array().into_iter().flatten();
        all.into_iter().find(|one| one["source"] == name).cloned().unwrap_or_default()
    };
    let shopify = of("shopify")["poll"].clone();
    assert_eq!(shopify["state"], "unconfigured", "{listed}");
    assert!(shopify["missing"].as_array().is_some_and(|missing| missing.contains(&json!("HUB_SHOPIFY_BASE"))));
    assert!(of("loyalty")["poll"].is_null(), "nothing says how it is read");
    hub.get("/v1/connectors/atlantis").await.expect_problem(404, "unknown-source");
    hub.post("/v1/connectors/atlantis/run", &json!({})).await.expect_problem(404, "unknown-source");
    for source in ["shopify", "loyalty"] {
        let path = format!("/v1/connectors/{source}/run");
        hub.post(&path, &json!({})).await.expect_problem(409, "conflict");
    }
    let viewer = hub.key("viewer").await;
    let seen = send(hub.bare(Method::GET, "/v1/connectors").bearer_auth(&viewer)).await;
    assert_eq!(seen.status, 200);
    let tried = send(hub.bare(Method::POST, "/v1/connectors/shopify/pause").bearer_auth(&viewer)).await;
    tried.expect_problem(403, "forbidden");
});

both!(a_private_address_is_asked_only_if_the_operator_allows_it, |db| async move {
    let manifest = manifest(POLL);
    let hub = Hub::with_settings(&db, &[&manifest], |name| Some(format!("https://127.0.0.2/{name}"))).await;
    let failure = crate::api::fixture::eventually("it fails", || async {
        state(&hub).await["last_failure"].as_str().map(str::to_owned)
    })
    .await;
    assert!(failure.contains("allow_targets") && !failure.contains("127"), "{failure}");
});

both!(a_run_on_the_command_line_reads_to_the_end, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, 7).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("shop.toml"), &manifest).expect("a file can be written");
    let call = |arguments: &[&str], has_secret: bool| {
        let mut command = program(env!("CARGO_BIN_EXE_hub-under-test"), folder.path(), db.url());
        command.env("HUB_ALLOW_TARGETS", "127.0.0.1").env("HUB_MANIFESTS", folder.path());
        let settings = shop.settings();
        for name in ["SHOP_BASE", "SHOP_SECRET"].into_iter().filter(|_| has_secret) {
            command.env(name, settings(name).unwrap_or_default());
        }
        command.arg("connectors").args(arguments);
        async move { Said::from(tokio::task::spawn_blocking(move || command.output()).await.expect("ended").expect("ran")) }
    };
    let said = call(&["run", "shop"], false).await;
    assert!(said.code == Some(1) && said.err.contains("SHOP_SECRET"), "{} {}", said.out, said.err);
    let said = call(&["run", "canonical"], true).await;
    assert!(said.code == Some(1) && said.err.contains("no [poll]"), "{} {}", said.out, said.err);
    let said = call(&["run", "shop", "--json"], true).await;
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{} {}", said.out, said.err));
    assert_eq!((&report["records"], &report["pages"], &report["failure"]), (&json!(7), &json!(3), &Value::Null));
    let said = call(&["run", "shop"], true).await;
    assert!(said.out.contains("shop: 0 records read, 7 said nothing new, 3 pages"), "{} {}", said.out, said.err);
    assert!(call(&["pause", "shop"], true).await.out.contains("shop is paused"));
    let said = call(&["run", "shop"], true).await;
    assert!(said.code == Some(1) && said.err.contains("hub connectors resume shop"), "{}", said.err);
    assert!(call(&["resume", "shop"], true).await.out.contains("shop is active"));
    shop.fail(|_, _| {
        hub::conformance::listen::Manner::Whole(connectors::fake::Reply {
            status: 403,
            headers: Vec::new(),
            body: String::new(),
        })
    });
    let said = call(&["run", "shop"], true).await;
    assert!(said.code == Some(3) && said.out.contains("the system answered 403"), "{} {}", said.out, said.err);
    let store = Store::open(db.url()).await.expect("the store opens");
    assert_eq!(came_in(&store).await, each_once(7));
});
