//! What came out of the demo, and how to look at it.

use super::honesty::{Honesty, compare_with_truth};
use crate::cli::Failure;
use crate::cli::import::Read;
use crate::cli::output::number;
use crate::domain::ids::GoldenId;
use crate::store::Store;
use crate::store::scan::Counts;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Everything that the summary says.
#[derive(serde::Serialize)]
pub struct Summary {
    #[serde(flatten)]
    counts: Counts,
    /// Absent when an earlier run has imported everything.
    records_per_second: Option<f64>,
    seconds: f64,
    honesty: Option<Honesty>,
    /// A golden record worth looking at.
    example: Option<Example>,
    pub address: Option<SocketAddr>,
}

/// A golden record to begin with.
#[derive(Clone, serde::Serialize)]
struct Example {
    id: GoldenId,
    /// Its family name with a typing error, to search for.
    mistyped: String,
}

/// Whom the printed lines sign in as.
pub const ACCOUNT: &str = "demo";

/// How to get in: shown once, and new with every run.
pub struct Access {
    pub key: String,
    pub password: String,
}

impl Summary {
    pub async fn gather(
        store: &Store,
        exports: &Path,
        read: Option<Read>,
        elapsed: Duration,
    ) -> Result<Summary, Failure> {
        let seconds = elapsed.as_secs_f64();
        Ok(Summary {
            counts: store.counts().await?,
            records_per_second: read.map(|read| read.records as f64 / seconds),
            seconds,
            honesty: compare_with_truth(store, &exports.join("truth.csv")).await?,
            example: example(store).await?,
            address: None,
        })
    }

    pub fn print(&self, json: bool, access: Option<&Access>) -> Result<(), Failure> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let line = |what: &str, value: String| println!("  {what:<26}{value:>12}");
        println!("Four systems' exports are in, one golden record per person is out.\n");
        line("source records", number(self.counts.records));
        line("golden records", number(self.counts.golden_records));
        line("largest cluster", number(self.counts.largest_cluster));
        line("doubtful pairs to review", number(self.counts.open_reviews));
        line("dead letters", number(self.counts.dead_letters));
        match self.records_per_second {
            Some(rate) => line("records a second", number(rate as i64)),
            None => println!("  (imported by an earlier run; --reset starts over)"),
        }
        if let Some(honesty) = &self.honesty {
            println!("\nMeasured against who these people really are:");
            line("pairs rightly joined", format!("{:.1} %", honesty.precision * 100.0));
            line("true pairs found", format!("{:.1} %", honesty.recall * 100.0));
        }
        if let (Some(address), Some(access), Some(example)) = (self.address, access, &self.example) {
            print_lines(address, access, example);
        }
        Ok(())
    }
}

fn print_lines(address: SocketAddr, access: &Access, example: &Example) {
    let Example { id, mistyped } = example;
    let key = format!("-H 'Authorization: Bearer {}'", access.key);
    println!("\nOpen http://{address} and sign in as {ACCOUNT} with {}", access.password);
    println!("The API is described at http://{address}/docs. Try:\n");
    println!("# one person, and why each value won");
    println!("curl -s {key} 'http://{address}/v1/profiles/{id}?explain=true'\n");
    println!("# find somebody, typing errors allowed");
    let body = serde_json::json!({ "text": mistyped, "limit": 3 });
    println!("curl -s {key} -d '{body}' -H 'Content-Type: application/json' http://{address}/v1/search\n");
    println!("# every change, in order");
    println!("curl -s {key} 'http://{address}/v1/changes?after=0&limit=3'\n");
    println!("Ctrl-C ends it; the same command continues from here.");
}

/// The golden record with the most source records among the first thousand, unless it is absurdly large.
async fn example(store: &Store) -> Result<Option<Example>, Failure> {
    let ids = store.golden_ids_after(None, 1_000).await?;
    let mut best: Option<(usize, Example)> = None;
    for (id, body) in store.bodies_of_goldens(&ids).await? {
        let body: Value = serde_json::from_str(&body)?;
        let size = body["records"].as_array().map_or(0, Vec::len);
        let Some(family) = body["name"]["family"]
            .as_str()
            .filter(|name| name.len() > 5 && name.bytes().all(|b| b.is_ascii_alphabetic()))
        else {
            continue;
        };
        if size <= 8 && best.as_ref().is_none_or(|(most, _)| size > *most) {
            // Everybody leaves out a letter now and then.
            let mistyped = format!("{}{}", &family[..2], &family[3..]);
            best = Some((size, Example { id, mistyped }));
        }
    }
    Ok(best.map(|(_, example)| example))
}
