//! The policy in force, as people read it.

use super::visitor::Visitor;
use crate::api::fixture::Hub;
use tests::both;

both!(what_is_in_force_is_shown_readably, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "lead").await;
    let page = visitor.page("/rules").await;
    for part in ["Policy 1", "shipped-1", "Which value survives", "most trusted source", "salesforce", "all others"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // A linked pair is likelier than one that somebody is asked about.
    let number = |mark: &str| -> f32 {
        let text = page.split(mark).nth(1).and_then(|rest| rest.split("<b>").nth(1)).unwrap_or_default();
        let number = text.split(" %").next().and_then(|before| before.rsplit([' ', '>']).next()).unwrap_or_default();
        number.parse().unwrap_or_else(|_| panic!("{text}"))
    };
    assert!(number("are linked from") > number("is asked from"), "{page}");
});
