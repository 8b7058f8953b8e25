//! Who gets in, and how far.

use super::visitor::{PASSWORD, Visitor, form, sign_in};
use crate::api::fixture::{Hub, person, send};
use hub::ui::accounts;
use reqwest::Method;
use sha2::{Digest, Sha256};
use tests::both;

const ROLES: [&str; 6] = ["viewer", "steward", "lead", "engineer", "privacy", "admin"];
const ALL: &[&str] = &ROLES;

/// Method, path, and who may. Written apart from the hub's own table, so that a change there is noticed here.
const PAGES: [(&str, &str, &[&str]); 47] = [
    ("GET", "/", ALL),
    ("GET", "/account", ALL),
    ("POST", "/account/password", ALL),
    ("POST", "/account/language", ALL),
    ("GET", "/reviews", &["viewer", "steward", "lead", "admin"]),
    ("GET", "/reviews/1-2", &["viewer", "steward", "lead", "admin"]),
    ("POST", "/reviews/1-2", &["steward", "lead", "admin"]),
    ("POST", "/reviews/undo", &["steward", "lead", "admin"]),
    ("POST", "/reviews/bulk", &["steward", "lead", "admin"]),
    ("POST", "/reviews/views", &["viewer", "steward", "lead", "admin"]),
    ("POST", "/reviews/1-2/handling", &["steward", "lead", "admin"]),
    ("POST", "/reviews/1-2/defer", &["steward", "lead", "admin"]),
    ("GET", "/people", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/people", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/people/found", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/people/ID", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/rules", ALL),
    ("GET", "/rules/draft", &["lead", "admin"]),
    ("POST", "/rules/what-if", &["lead", "admin"]),
    ("GET", "/rules/what-if/ID", &["lead", "admin"]),
    ("POST", "/rules/what-if/ID/activate", &["lead", "admin"]),
    ("POST", "/rules/back", &["lead", "admin"]),
    ("GET", "/flows", &["viewer", "engineer", "admin"]),
    ("GET", "/flows/sources/canonical", &["viewer", "engineer", "admin"]),
    ("POST", "/flows/sources/canonical/try", &["viewer", "engineer", "admin"]),
    ("POST", "/flows/sources/canonical/accept", &["engineer", "admin"]),
    ("GET", "/quality", ALL),
    ("GET", "/quality/people.svg", ALL),
    ("GET", "/people/ID/consents", &["steward", "lead", "privacy", "admin"]),
    ("POST", "/people/ID/consents", &["steward", "lead", "privacy", "admin"]),
    ("GET", "/audit", &["privacy", "admin"]),
    ("GET", "/privacy", &["privacy", "admin"]),
    ("POST", "/privacy", &["privacy", "admin"]),
    ("GET", "/privacy/ID", &["privacy", "admin"]),
    ("POST", "/privacy/ID", &["privacy", "admin"]),
    ("GET", "/privacy/ID/document", &["privacy", "admin"]),
    ("POST", "/privacy/ID/confirm", &["privacy", "admin"]),
    ("GET", "/people/ID/then", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/people/ID/trail", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/people/ID/link", &["steward", "lead", "admin"]),
    ("POST", "/flows/sources/canonical/run", &["engineer", "admin"]),
    ("POST", "/flows/subscribers/ID/pause", &["engineer", "admin"]),
    ("POST", "/flows/dead-letters/retry", &["engineer", "admin"]),
    ("GET", "/flows/dead-letters/1", &["engineer", "admin"]),
    ("POST", "/people/ID/pin", &["steward", "lead", "admin"]),
    ("POST", "/people/ID/part", &["steward", "lead", "admin"]),
    ("POST", "/people/ID/undo/ID", &["steward", "lead", "admin"]),
];

both!(each_role_sees_its_pages_and_no_others, |db| async move {
    let hub = Hub::start(&db).await;
    let mut visitors = Vec::new();
    for role in ROLES {
        visitors.push((role, Visitor::of(&hub, role).await));
    }
    for (method, path, permitted) in PAGES {
        let path = path.replace("ID", "019a0000-0000-7000-8000-000000000000");
        let stranger = send(form(hub.bare(method.parse().expect("a method"), &path), &[("q", "x")])).await;
        if method == "GET" || path.starts_with("/account") {
            assert_eq!(stranger.status, 303, "{method} {path}");
            assert!(stranger.header("location").starts_with("/sign-in?next="), "{}", stranger.header("location"));
        } else {
            let is_kept = stranger.text.contains(&format!("name=\"kept_action\" value=\"{path}\""));
            assert!(stranger.status == 401 && is_kept, "{method} {path}: {}", stranger.text);
        }
        for (role, visitor) in &visitors {
            let answer = match method {
                "GET" => visitor.get(&path).await,
                _ => visitor.post(&path, &[("old", PASSWORD)]).await,
            };
            assert_eq!(answer.status == 403, !permitted.contains(role), "{role} {method} {path}: {}", answer.status);
            // Another site may send nothing on anybody's behalf.
            if method == "POST" {
                let request = hub.bare(Method::POST, &path).header("cookie", &visitor.cookie);
                let forged = form(request.header("origin", "https://evil.example.com"), &[("verdict", "same")]);
                assert_eq!(send(forged).await.status, 403, "{role} {path}");
            }
        }
    }
});

both!(a_session_is_ones_own_and_ends, |db| async move {
    let hub = Hub::start(&db).await;
    let page = send(hub.bare(Method::GET, "/sign-in?next=//evil.example.com")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(r#"name="next" value="/""#), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    let visitor = Visitor::of(&hub, "steward").await;
    // Nobody can have chosen the session's name for them.
    let request = hub.bare(Method::POST, "/sign-in").header("cookie", "hub_session=chosen");
    let answer = send(form(request, &[("name", "steward"), ("password", PASSWORD)])).await;
    assert!(!answer.header("set-cookie").contains("chosen"));
    assert_ne!(answer.header("set-cookie").split(';').next(), Some(visitor.cookie.as_str()), "each its own");
    let answer = visitor.get("/reviews").await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "private, no-store"));
    // Nobody has used it for three hours.
    let idle = Visitor::of(&hub, "lead").await;
    let hash = Sha256::digest(idle.cookie.trim_start_matches("hub_session="));
    let now_us = hub::pipeline::clock::now_us();
    hub.store.use_session(&hash, now_us - 3 * 3600 * 1_000_000).await.expect("it is noted");
    assert_eq!(idle.get("/reviews").await.status, 303, "it has ended by itself");
    assert_eq!(visitor.post("/sign-out", &[]).await.header("location"), "/sign-in");
    assert_eq!(visitor.get("/reviews").await.status, 303, "it has ended");
    assert!(hub.store.disable_account("steward", 1).await.expect("it ends"));
    assert_eq!(sign_in(&hub, "steward", PASSWORD).await.status, 401);
});

both!(passwords_are_changed_and_guessing_ends, |db| async move {
    const NEW: &str = "another long password";
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "viewer").await;
    let refused = visitor.post("/account/password", &[("old", "wrong wrong wrong"), ("new", NEW)]).await;
    assert_eq!(refused.status, 422);
    let short = visitor.post("/account/password", &[("old", PASSWORD), ("new", "short")]).await;
    assert_eq!(short.status, 422);
    let changed = visitor.post("/account/password", &[("old", PASSWORD), ("new", NEW)]).await;
    assert_eq!(changed.header("location"), "/account?changed=1");
    assert_eq!(visitor.get("/account").await.status, 303, "the old session has ended");
    assert_eq!(sign_in(&hub, "viewer", PASSWORD).await.status, 401);
    assert_eq!(sign_in(&hub, "viewer", NEW).await.status, 303);
    for _ in 0..5 {
        assert_eq!(sign_in(&hub, "viewer", "wrong wrong wrong").await.status, 401);
    }
    let locked = sign_in(&hub, "viewer", NEW).await;
    assert!(locked.status == 401 && locked.text.contains("Too many wrong passwords"), "{}", locked.text);
    accounts::set_password(&hub.store, "viewer", PASSWORD).await.expect("an administrator helps");
    assert_eq!(sign_in(&hub, "viewer", PASSWORD).await.status, 303);
});

both!(pages_speak_the_visitors_language, |db| async move {
    let hub = Hub::start(&db).await;
    let asked = |language: &str| send(hub.bare(Method::GET, "/sign-in").header("accept-language", language));
    assert!(asked("de-CH, en").await.text.contains("Anmelden"));
    assert!(asked("fr").await.text.contains("Sign in"));
    let mut visitor = Visitor::of(&hub, "viewer").await;
    let answer = visitor.post("/account/language", &[("code", "de")]).await;
    visitor.cookie =
        format!("{}; {}", visitor.cookie, answer.header("set-cookie").split(';').next().unwrap_or_default());
    assert!(visitor.page("/reviews").await.contains("Nichts zu prüfen."));
});

both!(names_that_are_markup_stay_text, |db| async move {
    let hub = Hub::start(&db).await;
    let (script, long) = ("<script>alert(1)</script>", "x".repeat(300));
    hub.take_in(&[person("1", script, &format!("Vance {long} שלום 🦊"), "mira@example.com")]).await;
    let visitor = Visitor::of(&hub, "viewer").await;
    let found = visitor.post("/people", &[("q", "mira@example.com")]).await;
    assert!(found.text.contains("&#60;script&#62;alert(1)") && !found.text.contains(script), "{}", found.text);
    let person = visitor.page(&format!("/people/{}", hub.golden("1").await)).await;
    assert!(!person.contains(script) && person.contains("🦊") && person.contains(&long));
});
