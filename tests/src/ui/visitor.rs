//! Somebody who is signed in, without a browser.

use crate::api::fixture::{Answer, Hub, send};
use hub::ui::accounts;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub const PASSWORD: &str = "a long made-up password";

/// Somebody with a session.
pub struct Visitor<'h> {
    hub: &'h Hub,
    pub cookie: String,
}

impl<'h> Visitor<'h> {
    /// Makes an account of this role, named like it, and signs it in.
    pub async fn of(hub: &'h Hub, role: &str) -> Visitor<'h> {
        accounts::create(&hub.store, role, role, PASSWORD).await.expect("an account can be made");
        let answer = sign_in(hub, role, PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"), "{}", answer.text);
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/;"), "{cookie}");
        Visitor { hub, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.hub.bare(Method::GET, path).header("cookie", &self.cookie)).await
    }

    /// An answer that goes on.
    pub async fn stream(&self, path: &str) -> Response {
        let request = self.hub.bare(Method::GET, path).header("cookie", &self.cookie);
        request.send().await.expect("the hub answers")
    }

    /// Sends a form, as a page of the hub does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.hub.bare(Method::POST, path).header("cookie", &self.cookie);
        send(form(request.header("sec-fetch-site", "same-origin"), fields)).await
    }

    /// A page, which has to be one.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }
}

pub async fn sign_in(hub: &Hub, name: &str, password: &str) -> Answer {
    let request = hub.bare(Method::POST, "/sign-in").header("sec-fetch-site", "same-origin");
    send(form(request, &[("name", name), ("password", password), ("next", "/")])).await
}

/// The request with these fields, as a form sends them.
pub fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// Pairs that look a little alike: a rare family name, a name and its short form, and nothing else in common.
pub fn doubtful(count: usize) -> Vec<Value> {
    const BEGINNINGS: [&str; 5] = ["Oak", "Winter", "Harrow", "Penning", "Linde"];
    const ENDS: [&str; 12] =
        ["field", "mere", "gate", "ton", "quist", "ford", "wick", "dale", "ham", "worth", "stead", "borough"];
    let pair = |number: usize| {
        let family = format!("{}{}", BEGINNINGS[number % 5], ENDS[number / 5 % 12]);
        let email = format!("d.{family}@example.com");
        let names = |given: &str| json!([{"given": given, "family": family}]);
        [
            json!({"key": format!("a{number}"), "names": names("Dorothea"), "birth_date": format!("19{:02}-03-04", 20 + number)}),
            json!({"key": format!("b{number}"), "names": names("Dora"), "emails": [{"value": email}]}),
        ]
    };
    (0..count).flat_map(pair).collect()
}

/// Where a person's page has decisions taken back.
pub fn undos(page: &str) -> Vec<String> {
    let actions = page.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    actions.filter(|action| action.contains("/undo/")).map(str::to_owned).collect()
}

/// The value of an attribute in a page, the first time that it stands after a mark.
pub fn after<'p>(page: &'p str, mark: &str) -> &'p str {
    let rest = page.split_once(mark).unwrap_or_else(|| panic!("{mark} is not in {page}")).1;
    rest.split('"').next().unwrap_or_default()
}
