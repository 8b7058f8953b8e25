//! Tryton, an ERP: parties are created, edited and merged in it, and the hub reads them by JSON-RPC, as its shipped manifest
//! says. JSON-RPC and not the REST of a user application, because every Tryton serves it without another module.

mod server;

use self::server::Tryton;
use super::reading::{golden, is_at_rest, read_again, write_to};
use crate::api::fixture::{Hub, eventually};
use hub::domain::ids::SourceKey;
use serde_json::{Value, json};
use tests::both;

/// Creates a party; answers its id.
async fn create(tryton: &Tryton, name: &str, email: &str, street: &str) -> i64 {
    let party = json!({
        "name": name,
        "addresses": [["create", [{"street": street, "city": "Fairhaven", "postal_code": "FH1 2AB"}]]],
        "contact_mechanisms": [["create", [{"type": "email", "value": email}]]],
    });
    let ids = tryton.call("model.party.party.create", json!([[party], {}])).await;
    ids[0].as_i64().unwrap_or_else(|| panic!("{ids}"))
}

both!(parties_are_read_edited_and_merged, |db| async move {
    let tryton = Tryton::start().await;
    let ana = create(&tryton, "Ana Silva", "ana.silva@example.com", "1 Orchard Lane").await;
    let again = create(&tryton, "Ana Silva", "ana.silva@example.com", "1 Orchard Lane").await;
    let ben = create(&tryton, "Benedict Osei", "ben.osei@example.com", "7 Harbour Road").await;
    let hub = Hub::with_settings(&db, &[], tryton.settings()).await;
    let is_one = |profile: &Value| profile.to_string().contains("1 Orchard Lane");
    let first = golden(&hub, "tryton", ana, is_one).await;
    assert_eq!(golden(&hub, "tryton", again, is_one).await["id"], first["id"], "both say the same, and are one person");
    let other = golden(&hub, "tryton", ben, |profile| profile.to_string().contains("7 Harbour Road")).await;
    assert_ne!(other["id"], first["id"]);

    // An address is edited, which does not touch the party's own time of change.
    let found = tryton.call("model.party.address.search", json!([[["party", "=", ben]], 0, 1, null, {}])).await;
    tryton.call("model.party.address.write", json!([found, {"street": "8 Harbour Road"}, {}])).await;
    read_again(&hub, "tryton").await;
    golden(&hub, "tryton", ben, |profile| profile.to_string().contains("8 Harbour Road")).await;

    // One is replaced by the other in Tryton, and is gone in the hub; the person stays who they are.
    let begun = tryton.call("wizard.party.replace.create", json!([{}])).await;
    let chosen = json!({"ask": {"source": again, "destination": ana}});
    tryton.call("wizard.party.replace.execute", json!([begun[0], chosen, "replace", {}])).await;
    read_again(&hub, "tryton").await;
    let key = SourceKey::new("tryton", again.to_string());
    eventually("the replaced party is gone", || async {
        hub.store.source_record(&key).await.expect("the store answers").filter(|record| record.deleted)
    })
    .await;
    assert_eq!(golden(&hub, "tryton", ana, is_one).await["id"], first["id"]);

    // A more trusted source knows where he lives now, and the ERP gets to know it too.
    write_to(&hub, "tryton").await;
    let member = json!({
        "member_id": "L1", "first_name": "Benedict", "last_name": "Osei", "email": "ben.osei@example.com",
        "address": {"line1": "9 Quay Street", "city": "Saltmarsh", "postcode": "SM2 1CD"}, "updated_at": "2026-11-01T08:00:00Z",
    });
    let answer = hub.post("/v1/sources/loyalty/records", &json!([member])).await;
    hub.settled(&answer).await;
    let wanted = json!([{"street": "9 Quay Street", "city": "Saltmarsh", "postal_code": "SM2 1CD", "id": found[0]}]);
    eventually("the golden address stands in the ERP", || async {
        let fields = json!([found, ["street", "city", "postal_code"], {}]);
        let held = tryton.call("model.party.address.read", fields).await;
        (held == wanted).then_some(())
    })
    .await;
    // What it tells of that is an echo: it is stored, and asked of nobody.
    read_again(&hub, "tryton").await;
    let report = golden(&hub, "tryton", ben, |profile| profile.to_string().contains("9 Quay Street")).await;
    assert_eq!(report["id"], other["id"]);

    // Nothing has changed since, and nothing is stored again.
    is_at_rest(&hub, "tryton").await;
});
