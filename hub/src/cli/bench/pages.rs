//! `hub bench pages`: the workbench's pages as a browser asks for them, over the data that is there.

use super::search::caught_up;
use crate::cli::serve::Server;
use crate::cli::{Context, Failure, Verdict};
use crate::pipeline::clock;
use crate::remote::client;
use crate::remote::target::AllowedHosts;
use crate::store::reviews::Wanted;
use crate::ui::accounts;
use clap::Args;
use reqwest::{Client, StatusCode, header};
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Asks for every kind of page, one after another over loopback, with the configured database, such as one that
/// `hub demo --records 1000000 --exit` has filled. Decides nothing; the account that it makes is disabled afterwards.
#[derive(Debug, Args)]
pub struct Pages {
    /// How often each page is asked for
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
}

/// Cases and people that are looked at in turn, so that no cache answers for all of them.
const SPREAD: usize = 200;
const WARM_UP: usize = 3;
const PATIENCE_SECS: u64 = 60;

/// One kind of page: what it is called, and its requests, with a form where one is sent.
struct Page {
    name: &'static str,
    requests: Vec<(String, Option<String>)>,
}

impl Pages {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let server = Server::start(context, any, "search").await?;
        caught_up(&server).await?;
        let store = server.state.store.clone();
        let (name, password) = (format!("bench-{}", Uuid::now_v7()), Uuid::now_v7().to_string());
        accounts::create(&store, &name, "admin", &password).await?;
        let pages = pages(&server).await?;
        let base = format!("http://{}", server.address);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.until(async move { drop(stopped.await) }));
        let measured = self.measure(context, &base, &pages, (&name, &password)).await;
        store.disable_account(&name, clock::now_us()).await?;
        drop(stop);
        serving.await??;
        measured.map(|()| Verdict::Fine)
    }

    async fn measure(
        &self,
        context: &Context,
        base: &str,
        pages: &[Page],
        (name, password): (&str, &str),
    ) -> Result<(), Failure> {
        let client = client(&AllowedHosts::new(["127.0.0.1".to_owned()]), PATIENCE_SECS)?;
        let door = form(&[("name", name), ("password", password)]);
        let answer = ask(&client, format!("{base}/sign-in"), Some(&door), "").await?;
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default();
        for page in pages.iter().filter(|page| !page.requests.is_empty()) {
            let (mut times, mut bytes) = (Vec::new(), 0);
            for round in 0..WARM_UP + self.requests as usize {
                let (path, fields) = &page.requests[round % page.requests.len()];
                let asked = Instant::now();
                let answer = ask(&client, format!("{base}{path}"), fields.as_deref(), cookie).await?;
                let status = answer.status();
                bytes = answer.bytes().await?.len();
                if status != StatusCode::OK {
                    return Err(format!("{} was answered with {status}", page.name).into());
                }
                if round >= WARM_UP {
                    times.push(asked.elapsed());
                }
            }
            report(context, page.name, times, bytes);
        }
        Ok(())
    }
}

async fn ask(client: &Client, url: String, fields: Option<&str>, cookie: &str) -> Result<reqwest::Response, Failure> {
    let request = match fields {
        Some(fields) => {
            let kind = "application/x-www-form-urlencoded";
            client.post(url).header(header::CONTENT_TYPE, kind).body(fields.to_owned())
        }
        None => client.get(url),
    };
    Ok(request.header("sec-fetch-site", "same-origin").header(header::COOKIE, cookie).send().await?)
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn pages(server: &Server) -> Result<Vec<Page>, Failure> {
    let state = &server.state;
    let reviews = state.store.reviews_wanted(&Wanted::default(), 0, SPREAD).await?;
    let cases = reviews.iter().map(|review| format!("/reviews/{}-{}", review.a.0, review.b.0)).collect();
    let records: Vec<_> = reviews.iter().map(|review| review.a).collect();
    let records = state.store.source_records(&records).await?;
    let goldens = records.iter().filter_map(|record| record.golden);
    let people = goldens.map(|golden| format!("/people/{golden}")).collect();
    // A name as somebody types it: without its last letter.
    let names = records.iter().filter_map(|record| {
        let family = record.customer.names.first()?.family.clone()?;
        let most = family.chars().count().saturating_sub(1);
        Some(family.chars().take(most).collect::<String>())
    });
    let typed = names.map(|name| ("/people/found".to_owned(), Some(form(&[("q", &name)])))).collect();
    let source = reviews.first().map_or("", |review| review.left.0.source.as_str());
    let get = |name: &'static str, paths: Vec<String>| Page {
        name,
        requests: paths.into_iter().map(|path| (path, None)).collect(),
    };
    let one = |name: &'static str| get(name, vec![name.to_owned()]);
    Ok(vec![
        one("/reviews"),
        get("/reviews?page=N", (1..SPREAD).map(|page| format!("/reviews?page={page}")).collect()),
        get("/reviews?source=S", vec![format!("/reviews?source={source}")]),
        one("/reviews?assignee=me"),
        one("/reviews?country=FR&reason=uncertain&order=oldest"),
        get("/reviews/{id}", cases),
        Page { name: "/people/found", requests: typed },
        get("/people/{id}", people),
        one("/flows"),
        one("/rules"),
        one("/quality"),
    ])
}

fn report(context: &Context, page: &str, mut times: Vec<Duration>, bytes: usize) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let (p50, p95, longest) = (at(0.5), at(0.95), at(1.0));
    match context.json {
        true => println!(
            "{}",
            json!({"page": page, "requests": times.len(), "p50_ms": p50, "p95_ms": p95, "max_ms": longest, "bytes": bytes})
        ),
        false => println!("{page:<52} p50 {p50:7.1} ms   p95 {p95:7.1} ms   max {longest:7.1} ms   {bytes} bytes"),
    }
}
