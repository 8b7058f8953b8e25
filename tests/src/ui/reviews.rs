//! The worklist and its cases: found, decided, taken back, and never twice.

use super::visitor::{Visitor, after, doubtful, undos};
use crate::api::fixture::{Hub, eventually};
use std::time::Duration;
use tests::both;

/// The addresses of the cases that a list shows.
pub fn cases(list: &str) -> Vec<String> {
    let lines = list.split(r#"<a class="line" href=""#).skip(1);
    lines.map(|line| line.split('"').next().unwrap_or_default().replace("&#38;", "&")).collect()
}

both!(a_case_is_decided_and_taken_back, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    assert!(visitor.page("/reviews").await.contains("Nothing to review."));
    hub.take_in(&doubtful(3)).await;
    let open = cases(&visitor.page("/reviews").await);
    assert_eq!(open.len(), 3);
    let case = visitor.page(&open[0]).await;
    let key = |side: &str| after(&case, &format!("data-record=\"canonical/{side}")).to_owned();
    let (a, b) = (format!("a{}", key("a")), format!("b{}", key("b")));
    assert!(case.contains("Golden record that would result") && case.contains("Evidence"), "{case}");
    assert_ne!(hub.golden(&a).await, hub.golden(&b).await);

    // The same person: both are one, and the next case is there, with a way back.
    let versions = after(&case, "name=\"versions\" value=\"");
    let same = [("versions", versions), ("query", ""), ("verdict", "same"), ("reason", "she said so")];
    let done = visitor.post(&open[0], &same).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(hub.golden(&a).await, hub.golden(&b).await);
    let next = done.header("location").to_owned();
    assert!(next.starts_with(&open[1]), "{next} after {open:?}");
    let next = visitor.page(&next).await;
    assert!(next.contains("Joined as one person:") && next.contains("Dorothea"), "{next}");
    assert_eq!(visitor.get(&open[0]).await.status, 410, "the case is settled");
    assert_eq!(cases(&visitor.page("/reviews").await).len(), 2);
    let twice = visitor.post(&open[0], &same).await;
    assert_eq!(twice.status, 410, "nothing is done twice");

    let undo = [
        ("decision", after(&next, "name=\"decision\" value=\"")),
        ("review", after(&next, "name=\"review\" value=\"")),
    ];
    let undone = visitor.post("/reviews/undo", &undo).await;
    assert!(undone.header("location").starts_with(&open[0]), "{}", undone.header("location"));
    assert_ne!(hub.golden(&a).await, hub.golden(&b).await);
    assert_eq!(cases(&visitor.page("/reviews").await).len(), 3);

    // Different people: they stay apart, and the case does not come back.
    let case = visitor.page(&open[0]).await;
    let versions = after(&case, "name=\"versions\" value=\"");
    let different = visitor.post(&open[0], &[("versions", versions), ("verdict", "different")]).await;
    assert_eq!(different.status, 303, "{}", different.text);
    assert_eq!(cases(&visitor.page("/reviews").await).len(), 2);
    let person = visitor.page(&format!("/people/{}", hub.golden(&a).await)).await;
    assert!(person.contains("are different people") && person.contains("Reviewed: different people"), "{person}");
});

both!(a_case_that_changed_meanwhile_is_shown_again, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(1)).await;
    let open = cases(&visitor.page("/reviews").await);
    let case = visitor.page(&open[0]).await;
    let mut changed = doubtful(1)[0].clone();
    changed["organisation"] = "Harbour Books".into();
    hub.take_in(&[changed]).await;
    let form = [("versions", after(&case, "name=\"versions\" value=\"")), ("verdict", "same")];
    let answer = visitor.post(&open[0], &form).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("have changed since") && answer.text.contains("Harbour Books"), "{}", answer.text);
    assert_ne!(hub.golden("a0").await, hub.golden("b0").await);
});

both!(picked_values_are_what_the_golden_record_shows, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(1)).await;
    let open = cases(&visitor.page("/reviews").await);
    for name in ["Dorothea", "Dora"] {
        let case = visitor.page(&open[0]).await;
        let record = if name == "Dora" { "canonical/b0" } else { "canonical/a0" };
        let form =
            [("versions", after(&case, "name=\"versions\" value=\"")), ("verdict", "same"), ("pick.name", record)];
        let done = visitor.post(&open[0], &form).await;
        assert_eq!(done.status, 303, "{}", done.text);
        assert_eq!(hub.profile("a0").await["name"]["given"], name);
        let golden = hub.golden("a0").await;
        let person = visitor.page(&format!("/people/{golden}")).await;
        assert!(person.contains("is pinned"), "{person}");
        for undo in undos(&person) {
            assert_eq!(visitor.post(&undo, &[]).await.status, 303);
        }
    }
    assert_ne!(hub.golden("a0").await, hub.golden("b0").await, "everything was taken back");
});

both!(filters_order_and_pages_stand_in_the_address, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "viewer").await;
    hub.take_in(&doubtful(60)).await;
    let first = visitor.page("/reviews").await;
    let second = visitor.page("/reviews?page=2").await;
    let total: i64 = hub.store.review_count().await.expect("the store answers");
    let (one, two) = (cases(&first), cases(&second));
    assert_eq!(one.len(), 50);
    assert!(one.iter().all(|case| !two.contains(case)) && !two.is_empty());
    assert!(first.contains(&format!("<b>{total}</b>")));
    let none = visitor.page("/reviews?source=shopify").await;
    assert!(cases(&none).is_empty() && none.contains("No open case fits these filters."));
    // Going from case to case visits every one once, whatever the order.
    for order in ["likeliest", "unlikeliest", "oldest", "newest"] {
        let list = format!("/reviews?reason=uncertain&order={order}");
        let mut at = cases(&visitor.page(&list).await)[0].clone();
        let mut seen = Vec::new();
        loop {
            seen.push(at.split('?').next().unwrap_or_default().to_owned());
            let page = visitor.page(&at).await;
            assert!(!page.contains("name=\"verdict\""), "a viewer decides nothing");
            match page.split("data-key=\"j\"").next().filter(|_| page.contains("data-key=\"j\"")) {
                Some(before) => {
                    let href = before.rsplit("href=\"").next().and_then(|href| href.split('"').next());
                    at = href.unwrap_or_default().replace("&#38;", "&");
                }
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        let wanted = hub::store::reviews::Wanted { reason: Some("uncertain".to_owned()), ..Default::default() };
        let expected = hub.store.review_count_wanted(&wanted, 1000).await.expect("the store answers");
        assert_eq!((once.len(), seen.len() as i64), (seen.len(), expected), "{order}");
    }
});

both!(two_stewards_at_once_decide_once, |db| async move {
    let hub = Hub::start(&db).await;
    let (mira, lead) = (Visitor::of(&hub, "steward").await, Visitor::of(&hub, "lead").await);
    hub.take_in(&doubtful(3)).await;
    let open = cases(&mira.page("/reviews").await);
    for (case, [one, other]) in open.iter().zip([["same", "same"], ["different", "different"], ["same", "different"]]) {
        let page = mira.page(case).await;
        let versions = after(&page, "name=\"versions\" value=\"");
        let (one, other) = ([("versions", versions), ("verdict", one)], [("versions", versions), ("verdict", other)]);
        let before = hub.store.decisions_in_force().await.expect("the store answers").len();
        let answers = tokio::join!(mira.post(case, &one), lead.post(case, &other));
        let mut statuses = [answers.0.status, answers.1.status];
        statuses.sort_unstable();
        assert!(statuses[0] == 303 && [409, 410, 412].contains(&statuses[1]), "{statuses:?} {}", answers.1.text);
        let after = hub.store.decisions_in_force().await.expect("the store answers").len();
        assert_eq!(after, before + 1, "nothing is done twice");
    }
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 0);
});

both!(a_database_that_stalls_is_told_on_the_page, |db| async move {
    let hub = Hub::impatient(&db, Duration::from_millis(1500)).await;
    let mira = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(1)).await;
    let open = cases(&mira.page("/reviews").await);
    let page = mira.page(&open[0]).await;
    let form = [("versions", after(&page, "name=\"versions\" value=\"")), ("verdict", "different")];
    let held = db.hold().await;
    let late = mira.post(&open[0], &form).await;
    assert!(late.status == 503 && late.text.contains("The database does not answer."), "{} {}", late.status, late.text);
    drop(held);
    // Whether it was carried out all the same or not: sending it again does nothing twice.
    let again = eventually("the database answers", async || {
        let again = mira.post(&open[0], &form).await;
        (again.status != 503).then_some(again)
    });
    let again = again.await;
    assert!([303, 409, 410].contains(&again.status), "{} {}", again.status, again.text);
    assert_eq!(hub.store.decisions_in_force().await.expect("the store answers").len(), 1);
});
