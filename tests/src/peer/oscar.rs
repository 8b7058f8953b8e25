//! django-oscar, a web shop: customers sign up and change their names in it, the hub reads them from its API, and brings
//! them up to what is golden. It and not Medusa, which needs Node, Redis and a PostgreSQL of its own: this one is installed by
//! the same pip as Tryton, lies in one SQLite file, and starts within a second or two.

mod server;

use self::server::Oscar;
use super::reading::{golden, is_at_rest, read_again, write_to};
use crate::api::fixture::{Hub, eventually};
use serde_json::json;
use tests::both;

both!(customers_are_read_and_brought_up_to_date, |db| async move {
    let shop = Oscar::start().await;
    let ana = shop.sign_up("ana.silva@example.com", "Ana", "Silva").await;
    let ben = shop.sign_up("ben.osei@example.com", "Benedict", "Osei").await;
    let hub = Hub::with_settings(&db, &[], shop.settings()).await;
    let first = golden(&hub, "oscar", ana, |profile| profile["name"]["family"] == "Silva").await;
    assert_ne!(golden(&hub, "oscar", ben, |_| true).await["id"], first["id"]);

    // The loyalty programme knows that she has married, and the shop gets to know it too, by the hub alone.
    write_to(&hub, "oscar").await;
    let member = json!({
        "member_id": "L1", "first_name": "Ana", "last_name": "Silva-Reis", "birth_name": "Silva",
        "email": "ana.silva@example.com", "updated_at": "2026-11-01T08:00:00Z",
    });
    let answer = hub.post("/v1/sources/loyalty/records", &json!([member])).await;
    hub.settled(&answer).await;
    eventually("the shop has the new name", || async {
        (shop.customer(ana).await["last_name"] == "Silva-Reis").then_some(())
    })
    .await;
    assert_eq!(shop.customer(ben).await["last_name"], "Osei", "nobody else is written to");

    // He changes his address in the shop. What the shop tells of her is an echo, and she stays who she is.
    shop.edit(ben, json!({"email": "benedict@example.net"})).await;
    read_again(&hub, "oscar").await;
    golden(&hub, "oscar", ben, |profile| profile["emails"][0]["value"] == "benedict@example.net").await;
    let now = golden(&hub, "oscar", ana, |profile| profile["name"]["family"] == "Silva-Reis").await;
    assert_eq!(now["id"], first["id"]);

    // An account that is closed is a record that is gone.
    shop.edit(ben, json!({"is_active": false})).await;
    read_again(&hub, "oscar").await;
    eventually("he has left", || async {
        let key = hub::domain::ids::SourceKey::new("oscar", ben.to_string());
        hub.store.source_record(&key).await.expect("the store answers").filter(|record| record.deleted)
    })
    .await;
    is_at_rest(&hub, "oscar").await;
});
