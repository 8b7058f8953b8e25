//! What stewards arrange among themselves: whose case it is, until when, what they say, and several cases at once.

use super::reviews::cases;
use super::visitor::{Visitor, after, doubtful};
use crate::api::fixture::Hub;
use hub::domain::decision::Diligence;
use tests::both;

/// The boxes to tick that a list shows.
fn boxes(list: &str) -> Vec<String> {
    let boxes = list.split("name=\"case\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

both!(a_case_is_handed_over_discussed_and_put_off, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    let lead = Visitor::of(&hub, "lead").await;
    Visitor::of(&hub, "viewer").await;
    hub.take_in(&doubtful(3)).await;
    let open = cases(&mira.page("/reviews").await);
    let ask = [("assignee", "lead"), ("due", "2026-01-31"), ("comment", "Is that <b>your</b> sister?")];
    let done = mira.post(&format!("{}/handling", open[0]), &ask).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert!(done.header("location").starts_with(&open[0]), "{}", done.header("location"));
    for (name, expected) in [("viewer", 422), ("nobody-of-that-name", 422), ("steward", 303)] {
        let answer = mira.post(&format!("{}/handling", open[1]), &[("assignee", name)]).await;
        assert_eq!(answer.status, expected, "{name}: {}", answer.text);
    }
    let bad = mira.post(&format!("{}/handling", open[1]), &[("due", "tomorrow")]).await;
    assert_eq!(bad.status, 422);

    let mine = lead.page("/reviews?assignee=me").await;
    assert_eq!(cases(&mine), [format!("{}?assignee=me", open[0])]);
    assert!(mine.contains("class=\"bad\">due by 2026-01-31"), "{mine}");
    assert_eq!(cases(&mira.page("/reviews?assignee=nobody").await).len(), 1);
    let asked = lead.page(&open[0]).await;
    assert!(asked.contains("Is that &#60;b&#62;your&#60;/b&#62; sister?") && asked.contains("2026-01-31"), "{asked}");

    // Put off: nobody is asked, it can be found, and it comes back.
    let off = mira.post(&format!("{}/defer", open[0]), &[("days", "1")]).await;
    assert!(off.header("location").starts_with(&open[1]), "the next case: {}", off.header("location"));
    let left = mira.page("/reviews").await;
    assert_eq!(cases(&left), open[1..].to_vec());
    assert!(left.contains("<b>2</b> open"), "{left}");
    let put_off = mira.page("/reviews?shown=deferred").await;
    assert_eq!(cases(&put_off), [format!("{}?shown=deferred", open[0])]);
    assert!(mira.page(&open[0]).await.contains("Put off until"));
    mira.post(&format!("{}/defer", open[0]), &[("days", "0")]).await;
    assert_eq!(cases(&mira.page("/reviews").await), open);
    hub.store.defer_review(pair(&open[0]), Some(1)).await.expect("it is open");
    assert_eq!(cases(&mira.page("/reviews").await), open, "what was put off until now is back by itself");

    // What was said outlives the case.
    let versions = after(&asked, "name=\"versions\" value=\"");
    let done = lead.post(&open[0], &[("versions", versions), ("verdict", "different")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(lead.post(&format!("{}/defer", open[0]), &[("days", "1")]).await.status, 410);
    let next = lead.page(done.header("location")).await;
    let undo = [("decision", after(&next, "name=\"decision\" value=\"")), ("review", &open[0]["/reviews/".len()..])];
    lead.post("/reviews/undo", &undo).await;
    assert!(mira.page(&open[0]).await.contains("sister?"));
});

fn pair(case: &str) -> (hub::domain::ids::RecordNo, hub::domain::ids::RecordNo) {
    let (a, b) = case["/reviews/".len()..].split_once('-').expect("two numbers");
    let number = |text: &str| hub::domain::ids::RecordNo(text.parse().expect("a number"));
    (number(a), number(b))
}

both!(cases_are_found_by_where_people_live_and_whose_they_are, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    let mut records = doubtful(3);
    records[0]["country"] = "PT".into();
    records[3]["addresses"] = serde_json::json!([{"city": "Fairhaven", "country": "GB"}]);
    hub.take_in(&records).await;
    let found = async |query: &str| cases(&mira.page(&format!("/reviews?{query}")).await).len();
    assert_eq!((found("country=PT").await, found("country=GB").await, found("country=FR").await), (1, 1, 0));
    assert_eq!((found("source=canonical").await, found("source=shopify").await), (3, 0));
    assert_eq!((found("age=day").await, found("assignee=nobody").await), (0, 3));
    let list = mira.page("/reviews").await;
    assert!(list.contains("<option value=\"PT\">") && list.contains("3 came in over 7 days, 0 settled"), "{list}");
});

both!(a_view_is_saved_under_a_name, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    let lead = Visitor::of(&hub, "lead").await;
    let save = [("query", "band=low&order=oldest&page=7"), ("name", "Old & <unlikely>")];
    let saved = mira.post("/reviews/views", &save).await;
    assert_eq!(saved.header("location"), "/reviews?band=low&order=oldest");
    let list = mira.page("/reviews").await;
    assert!(list.contains("<a href=\"/reviews?band=low&#38;order=oldest\">Old &#38; &#60;unlikely&#62;</a>"), "{list}");
    assert!(!lead.page("/reviews").await.contains("unlikely"), "a view is its owner's");
    mira.post("/reviews/views", &[("forget", "Old & <unlikely>")]).await;
    assert!(!mira.page("/reviews").await.contains("unlikely"));
});

both!(several_cases_are_decided_after_a_look, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(5)).await;
    let list = mira.page("/reviews").await;
    let (open, ticks) = (cases(&list), boxes(&list));
    assert_eq!(ticks.len(), 5);
    let none = mira.post("/reviews/bulk", &[("action", "same")]).await;
    assert_eq!(none.status, 422);
    let form: Vec<(&str, &str)> =
        std::iter::once(("action", "same")).chain(ticks[..3].iter().map(|tick| ("case", tick.as_str()))).collect();
    let preview = mira.post("/reviews/bulk", &form).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.text.contains("Join each of these pairs?") && preview.text.contains("3 × Same person"));
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 5, "nothing is decided yet");

    // One of them is settled by somebody else before the steward is sure.
    let case = mira.page(&open[1]).await;
    let versions = after(&case, "name=\"versions\" value=\"");
    mira.post(&open[1], &[("versions", versions), ("verdict", "different")]).await;
    let stands = boxes(&preview.text);
    assert!(stands[0].starts_with(&format!("{} ", ticks[0])), "{stands:?}");
    let mut sure: Vec<(&str, &str)> = vec![("action", "same"), ("sure", "yes"), ("reason", "twins of one household")];
    sure.extend(stands.iter().map(|case| ("case", case.as_str())));
    let done = mira.post("/reviews/bulk", &sure).await;
    assert_eq!(done.header("location"), "/reviews?decided=2&proposed=0&skipped=1");
    let list = mira.page(done.header("location")).await;
    assert!(list.contains("2 decided, 1 had changed meanwhile"), "{list}");
    assert_eq!(cases(&list).len(), 2);
    let twice = mira.post("/reviews/bulk", &sure).await;
    assert_eq!(twice.header("location"), "/reviews?decided=0&proposed=0&skipped=3");

    let rest = boxes(&list);
    let assign = [("action", "assign"), ("assignee", "steward"), ("case", rest[0].as_str()), ("case", &rest[1])];
    assert_eq!(mira.post("/reviews/bulk", &assign).await.status, 303);
    assert_eq!(cases(&mira.page("/reviews?assignee=me").await).len(), 2);
    mira.post("/reviews/bulk", &[("action", "defer"), ("case", &rest[0])]).await;
    assert_eq!(cases(&mira.page("/reviews").await).len(), 1);
    assert_eq!(hub.store.outcomes().await.expect("the store answers").len(), 3);
});

both!(two_people_decide_where_two_are_asked_for, |db| async move {
    let hub = Hub::asking(&db, Diligence { four_eyes: true, reason_required: true }).await;
    let mira = Visitor::of(&hub, "steward").await;
    let lead = Visitor::of(&hub, "lead").await;
    hub.take_in(&doubtful(2)).await;
    let open = cases(&mira.page("/reviews").await);
    let case = mira.page(&open[0]).await;
    let versions = after(&case, "name=\"versions\" value=\"");
    let say = async |who: &Visitor<'_>, verdict: &str, reason: &str| {
        who.post(&open[0], &[("versions", versions), ("verdict", verdict), ("reason", reason)]).await
    };
    let silent = say(&mira, "same", "  ").await;
    assert!(silent.status == 422 && silent.text.contains("A reason is asked for"), "{}", silent.text);
    let first = say(&mira, "same", "same voice").await;
    assert!(first.header("location").contains("done=proposed"), "{}", first.header("location"));
    let again = say(&mira, "same", "I am sure").await;
    assert!(again.header("location").contains("done=proposed"), "nobody agrees with themselves");
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 2);
    assert!(lead.page("/reviews").await.contains("Proposed"));
    let seen = lead.page(&open[0]).await;
    assert!(seen.contains("A second person has to agree.") && seen.contains("I am sure"), "{seen}");
    // Somebody who sees it otherwise proposes that instead.
    let other = say(&lead, "different", "two passports").await;
    assert!(other.header("location").contains("done=proposed"), "{}", other.header("location"));
    let agreed = say(&mira, "different", "").await;
    assert!(agreed.header("location").contains("was=different"), "{}", agreed.header("location"));
    assert_eq!(hub.store.review_count().await.expect("the store answers"), 1);
    let decisions = hub.store.decisions_in_force().await.expect("the store answers");
    let [decision] = decisions.as_slice() else { panic!("one decision, not {decisions:?}") };
    assert_eq!((decision.by.as_str(), decision.reason.as_str()), ("steward", "two passports (proposed by lead)"));
});
