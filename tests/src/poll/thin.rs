//! Thin notices say that a record has changed; the record itself is fetched by its key.

use super::support::{Shop, manifest, read_first};
use crate::api::fixture::{Hub, SECRET, eventually, send};
use connectors::signature::{Encoding, Hash, Request, Scheme};
use hub::conformance::listen::Manner;
use hub::domain::ids::SourceKey;
use reqwest::Method;
use serde_json::json;
use tests::both;

/// Reads everything once a month, so that only notices can bring what happens in between.
const POLL: &str = "path = \"/customers\"\nrecords = \"customers\"\npaging = \"link-header\"\nevery_secs = 2_000_000\n\
    fetch = { path = \"/customers/{key}.json\", records = \"customer\" }\n\
    [webhook]\nsignature = { header = \"X-Signature\", encoding = \"hex\" }\nsecret = { env = \"SHOP_HOOK\" }\n\
    topic = { path = \"$.scope\" }\n[webhook.topics]\n\"customer/*\" = { purpose = \"fetch\", key = \"$.data.id\" }\n";

async fn tell(hub: &Hub, key: &str) {
    let body = json!({"scope": "customer/updated", "data": {"id": key}}).to_string();
    let scheme = Scheme::plain("X-Signature", "", Hash::Sha256, Encoding::Hex);
    let path = "/v1/sources/shop/webhook";
    let url = format!("https://hub.example.com{path}");
    let request = Request { method: "POST", url: &url, header: &|_: &str| None, body: body.as_bytes() };
    let headers = scheme.sign(&request, &scheme.key(SECRET).expect("it is one"), 0).expect("it can be signed");
    let posted = headers
        .into_iter()
        .fold(hub.bare(Method::POST, path).body(body.clone()), |posted, (name, value)| posted.header(name, value));
    assert_eq!(send(posted).await.status, 200);
}

/// Waits until the hub says this of a customer; a deleted one has no name.
async fn becomes(hub: &Hub, key: &str, family: Option<&str>) {
    eventually("the record is fetched", || async {
        let record = hub.store.source_record(&SourceKey::new("shop", key)).await.expect("the store answers")?;
        let said = serde_json::to_value(&record.customer).expect("a customer is JSON")["names"][0]["family"].clone();
        (record.deleted == family.is_none() && family.is_none_or(|family| said == family)).then_some(())
    })
    .await;
}

both!(a_thin_notice_fetches_the_record, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, 4).await;
    let hub = shop.hub(&db, &manifest).await;
    read_first(&hub).await;
    becomes(&hub, "2", Some("Family2")).await;
    shop.change(2, "Moved", 60);
    tell(&hub, "2").await;
    becomes(&hub, "2", Some("Moved")).await;
    // One that is there no longer is deleted, and one that comes back is there again.
    let gone = shop.fake.lock().expect("nobody panicked").records.iter().position(|record| record.key == "3");
    let gone = shop.fake.lock().expect("nobody panicked").records.remove(gone.expect("it was there"));
    tell(&hub, "3").await;
    becomes(&hub, "3", None).await;
    assert_eq!(gone.key, "3");
    shop.change(3, "Back", 90);
    tell(&hub, "3").await;
    becomes(&hub, "3", Some("Back")).await;
});

both!(a_notice_waits_while_the_system_is_down, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, 4).await;
    let hub = shop.hub(&db, &manifest).await;
    read_first(&hub).await;
    shop.change(2, "Moved", 60);
    shop.change(4, "Moved", 61);
    // What is asked for first fails twice; the record that the system cannot make sense of costs only itself.
    shop.fail(|count, well| {
        let Manner::Whole(mut reply) = well else { return well };
        reply.status = if count <= 2 {
            503
        } else if count == 3 {
            422
        } else {
            reply.status
        };
        Manner::Whole(reply)
    });
    tell(&hub, "2").await;
    tell(&hub, "4").await;
    becomes(&hub, "4", Some("Moved")).await;
    becomes(&hub, "2", Some("Family2")).await;
    let letters = hub.get("/v1/dead-letters").await.json();
    assert_eq!(letters["dead_letters"][0]["step"], "fetch", "{letters}");
});
