//! Receivers that fail, forget to answer, hang, or are gone.

use super::support::{caught_up, holds_what_the_hub_holds, in_state, moves, subscribe};
use crate::api::fixture::{Hub, eventually};
use std::collections::HashMap;
use tests::both;
use tests::population::Dice;
use tests::receiver::{Receiver, Reply};

both!(random_failures_lose_nothing_and_break_no_order, |db| async move {
    let hub = Hub::start(&db).await;
    let mut luck = Dice::new(7);
    let mut tries: HashMap<String, usize> = HashMap::new();
    // The fourth attempt succeeds, because pauses grow with each failed one.
    let receiver = Receiver::start("HUB_SECRET_FIRST", move |message| match luck.below(100) {
        _ if tries.entry(message.id.clone()).and_modify(|n| *n += 1).or_insert(1) > &mut 3 => Reply::Take,
        0..60 => Reply::Take,
        60..75 => Reply::TakeInSilence,
        75..85 => Reply::Refuse(500),
        85..92 => Reply::Refuse(302),
        92..99 => Reply::Refuse(429),
        _ => Reply::Later(1),
    })
    .await;
    let path = subscribe(&hub, "crm", &receiver).await;
    let mut dice = Dice::new(8);
    for _ in 0..15 {
        moves(&hub, &mut dice, 6).await;
    }
    let end = caught_up(&hub, &path).await;
    holds_what_the_hub_holds(&hub.store, &receiver).await;
    assert!(end["failed_attempts"].as_i64() > Some(10), "{end}");
    let newest = hub.store.last_event().await.expect("the feed can be read").0;
    assert_eq!(end["delivered"], newest);
    assert!(receiver.count() as i64 > newest, "whose answer was lost was sent again");
});

both!(one_that_hangs_delays_nobody_else, |db| async move {
    let hub = Hub::start(&db).await;
    let hanging = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Hang).await;
    let failing = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Refuse(500)).await;
    let healthy = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let stuck = subscribe(&hub, "hanging", &hanging).await;
    subscribe(&hub, "failing", &failing).await;
    let path = subscribe(&hub, "healthy", &healthy).await;
    let mut dice = Dice::new(9);
    for _ in 0..5 {
        moves(&hub, &mut dice, 6).await;
    }
    caught_up(&hub, &path).await;
    holds_what_the_hub_holds(&hub.store, &healthy).await;
    assert_eq!((hanging.count(), failing.count()), (0, 0));
    // And once the others are well again they get everything as well.
    hanging.answer(|_| Reply::Take);
    caught_up(&hub, &stuck).await;
    holds_what_the_hub_holds(&hub.store, &hanging).await;
});

both!(one_person_that_cannot_be_delivered_holds_up_nobody_else, |db| async move {
    let hub = Hub::start(&db).await;
    moves(&hub, &mut Dice::new(10), 12).await;
    let refused = hub.golden("Ana").await;
    let person = refused.clone();
    let answer = move |refuse: bool| {
        let person = person.clone();
        move |message: &tests::receiver::Message| match refuse && message.golden() == person {
            true => Reply::Refuse(422),
            false => Reply::Take,
        }
    };
    let receiver = Receiver::start("HUB_SECRET_FIRST", answer(true)).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    moves(&hub, &mut Dice::new(11), 12).await;
    eventually("all others arrive", || async {
        let found = hub.get(&path).await.json();
        (found["lag"] == 0 && found["people_waiting"] == 1).then_some(())
    })
    .await;
    assert!(receiver.taken().iter().all(|message| message.golden() != refused));
    assert_eq!(hub.get(&path).await.json()["failures"][0]["what"], "status 422");
    receiver.answer(answer(false));
    caught_up(&hub, &path).await;
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

both!(a_receiver_that_is_down_is_held_and_then_tried_again, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Refuse(503)).await;
    moves(&hub, &mut Dice::new(12), 40).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    in_state(&hub, &path, "held").await;
    receiver.answer(|_| Reply::Take);
    caught_up(&hub, &path).await;
    assert_eq!(hub.get(&path).await.json()["state"], "active");
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

both!(one_that_is_gone_is_disabled_and_goes_on_where_it_stood, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    moves(&hub, &mut Dice::new(13), 10).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    caught_up(&hub, &path).await;
    receiver.answer(|_| Reply::Refuse(410));
    moves(&hub, &mut Dice::new(14), 10).await;
    let disabled = in_state(&hub, &path, "disabled").await;
    assert!(disabled["reason"].as_str().is_some_and(|reason| reason.contains("410")), "{disabled}");
    let events = hub.get("/v1/operator-events").await.json();
    assert_eq!(
        (&events["events"][0]["kind"], &events["events"][0]["subject"]),
        (&"subscriber_disabled".into(), &disabled["id"])
    );
    assert_eq!(events["events"][0]["detail"], disabled["reason"]);
    let before = receiver.count();
    receiver.answer(|_| Reply::Take);
    let answer = hub.post(&format!("{path}/resume"), &serde_json::json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    caught_up(&hub, &path).await;
    assert!(receiver.count() > before);
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});
