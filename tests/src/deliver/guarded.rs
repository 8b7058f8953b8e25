//! Systems that want more of a request than a body and a name: a token against forged requests and its cookie, a grant
//! that ends, forms, and answers that tell an error with a status of success.

use super::support::caught_up;
use crate::api::fixture::{Hub, eventually};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tests::both;
use tests::http::Request;
use tests::receiver::SECRETS;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What a system answers: a status, headers, a body.
type Answer = (u16, String, &'static str);

/// Serves requests with a function that also sees how many came before; keeps what they asked for.
async fn serve(
    answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = format!("http://{}", listener.local_addr().expect("it has an address"));
    let (answer, log) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
    let seen: Arc<Mutex<Vec<String>>> = log.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, seen) = (answer.clone(), seen.clone());
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                while let Some(request) = Request::read(&mut stream).await {
                    let before = lock(&seen).len();
                    let (status, headers, body) = answer(&request, before);
                    let Request { method, path, body: asked, .. } = &request;
                    // Systems are read as well, which is not what these tests are about.
                    if !path.contains('?') {
                        lock(&seen).push(format!("{status} {method} {path} {}", String::from_utf8_lossy(asked)));
                    }
                    let length = body.len();
                    let text = format!("HTTP/1.1 {status} Answer\r\n{headers}content-length: {length}\r\n\r\n{body}");
                    if stream.write_all(text.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (base, log)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A more trusted source says something else of the same person.
async fn correct(hub: &Hub, family: &str, hour: u32) {
    let member = json!({"member_id": "L1", "first_name": "Ana", "last_name": family, "email": "ana.silva@example.com",
        "updated_at": format!("2026-03-01T{hour}:00:00Z")});
    let answer = hub.post("/v1/sources/loyalty/records", &json!([member])).await;
    hub.settled(&answer).await;
}

async fn written(hub: &Hub, source: &str) -> String {
    let body = json!({"name": source, "target": {"kind": "write_back", "source": source}});
    let answer = hub.post("/v1/subscribers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn takes(hub: &Hub, source: &str, record: Value) {
    let answer = hub.post(&format!("/v1/sources/{source}/records"), &record).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    hub.settled(&answer).await;
}

both!(sap_gets_its_token_and_its_version, |db| async move {
    const SERVICE: &str = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/";
    // The first token ends as soon as it was used once.
    let (base, asked) = serve(|request, before| {
        let has = |name: &str, value: &str| request.headers.get(name).is_some_and(|own| own == value);
        if !has("authorization", "Basic aHViOnNlY3JldA==") {
            return (401, String::new(), "");
        }
        let number = if before < 2 { 1 } else { 2 };
        if request.path.contains('?') {
            return (200, String::new(), r#"{"d": {"results": []}}"#);
        }
        if request.method == "GET" {
            assert!(has("x-csrf-token", "Fetch") && request.path == SERVICE, "{request:?}");
            let cookies =
                format!("set-cookie: SAP_SESSION=s{number}; path=/; HttpOnly\r\nset-cookie: usercontext=c\r\n");
            return (200, format!("x-csrf-token: token-{number}\r\n{cookies}"), "");
        }
        let knows = has("x-csrf-token", &format!("token-{number}"))
            && has("cookie", &format!("SAP_SESSION=s{number}; usercontext=c"));
        match (knows, has("if-match", "W/\"1\"")) {
            (false, _) => (403, "x-csrf-token: Required\r\n".to_owned(), "CSRF token validation failed"),
            (true, false) => (412, String::new(), ""),
            (true, true) => (204, String::new(), ""),
        }
    })
    .await;
    let hub = Hub::with_settings(&db, &[], move |name| match name {
        "HUB_SAP_BASE" => Some(base.clone()),
        "HUB_SAP_USER" => Some("hub".to_owned()),
        "HUB_SAP_PASSWORD" => Some("secret".to_owned()),
        _ => None,
    })
    .await;
    let emails = json!({"results": [{"EmailAddress": "ana.silva@example.com"}]});
    let partner = |family: &str| {
        let addresses = json!({"results": [{"to_EmailAddress": emails}]});
        json!({"d": {"results": [{
            "__metadata": {"etag": "W/\"1\""}, "BusinessPartner": "1000017", "BusinessPartnerCategory": "1",
            "FirstName": "Ana", "LastName": family, "to_BusinessPartnerAddress": addresses,
        }]}})
    };
    takes(&hub, "sap-business-partner", partner("Sylva")).await;
    let path = written(&hub, "sap-business-partner").await;
    correct(&hub, "Silva", 10).await;
    eventually("it is written", || async { (lock(&asked).len() >= 2).then_some(()) }).await;
    caught_up(&hub, &path).await;
    takes(&hub, "sap-business-partner", partner("Silva")).await;
    correct(&hub, "Silva-Reis", 11).await;
    eventually("it is written again", || async { (lock(&asked).len() >= 5).then_some(()) }).await;
    let writes = format!("PATCH {SERVICE}A_BusinessPartner('1000017')");
    let expected = [
        format!("200 GET {SERVICE} "),
        format!("204 {writes} {{\"LastName\":\"Silva\"}}"),
        format!("403 {writes} {{\"LastName\":\"Silva-Reis\"}}"),
        format!("200 GET {SERVICE} "),
        format!("204 {writes} {{\"LastName\":\"Silva-Reis\"}}"),
    ];
    assert_eq!(*lock(&asked), expected);
});

/// A system that is written to with forms, by a granted token, and tells errors within its answers.
const BILLING: &str = r#"
name = "billing"
trust = 10
[record]
key = "$.id"
[map]
[[map.names]]
given = "$.given"
family = "$.family"
[[map.emails]]
value = "$.email"
[write_back]
base = "BASE"
auth = { oauth = { env = "HUB_SECRET_FIRST" }, client_id = "hub", token = "/token" }
path = "/people/{key}"
method = "POST"
encoding = "form"
refused = "$.error"
[write_back.fields]
"person.family" = "$.name.family"
[write_back.held]
"person.family" = "$.family"
"#;

both!(a_grant_is_renewed_and_an_error_in_an_answer_is_one, |db| async move {
    let (base, asked) = serve(|request, before| {
        if request.path == "/token" {
            let form = String::from_utf8_lossy(&request.body);
            assert!(form.contains("grant_type=client_credentials") && form.contains(&SECRETS[0].1[..6]), "{form}");
            let first = r#"{"access_token": "one", "expires_in": 3600}"#;
            return (200, String::new(), if before == 0 { first } else { r#"{"access_token": "two"}"# });
        }
        let token = request.headers.get("authorization").map(String::as_str);
        match (before, token) {
            // Obeyed is what the answer says.
            (1, Some("Bearer one")) => (200, String::new(), r#"{"error": {"code": "locked"}}"#),
            (4.., Some("Bearer two")) => (200, String::new(), r#"{"ok": true}"#),
            _ => (401, String::new(), ""),
        }
    })
    .await;
    let hub = Hub::with_manifests(&db, &[&BILLING.replace("BASE", &base)]).await;
    takes(&hub, "billing", json!([{"id": "7", "given": "Ana", "family": "Sylva", "email": "ana.silva@example.com"}]))
        .await;
    let path = written(&hub, "billing").await;
    correct(&hub, "Silva", 10).await;
    let found = eventually("the error is told", || async {
        let found = hub.get(&path).await.json();
        (found["failures"][0]["what"] == "an error in the answer").then_some(found)
    });
    let found = found.await;
    assert!(!found.to_string().contains("locked"), "nothing of the answer is shown: {found}");
    eventually("it is written", || async { (lock(&asked).len() >= 5).then_some(()) }).await;
    caught_up(&hub, &path).await;
    let log: Vec<String> =
        lock(&asked).iter().map(|line| line.split("&client_secret").next().unwrap_or_default().to_owned()).collect();
    let form = "person%5Bfamily%5D=Silva";
    let expected = [
        "200 POST /token grant_type=client_credentials&client_id=hub".to_owned(),
        format!("200 POST /people/7 {form}"),
        format!("401 POST /people/7 {form}"),
        "200 POST /token grant_type=client_credentials&client_id=hub".to_owned(),
        format!("200 POST /people/7 {form}"),
    ];
    assert_eq!(log, expected);
});
