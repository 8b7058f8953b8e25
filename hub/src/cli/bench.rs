//! `hub bench`: this machine's figures, as ratios to a ceiling measured in the same run.

mod client;
mod deliver;
mod forget;
mod ingest;
mod matching;
mod pages;
mod read;
mod search;
mod stage;
mod webhook;

use super::{Context, Failure, Verdict};
use clap::{Args, Subcommand};

/// Measures this machine. Figures are ratios to a ceiling measured in the same run, because machines differ.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// From an acknowledged delivery to a subscriber's webhook, alone and beside subscribers that fail; and a backlog
    Deliver(deliver::Deliver),
    /// Forgetting people one after the other: the last ones beside the first
    Forget(forget::Forget),
    /// The full pipeline, against a bare bulk insert of the rows that it wrote
    Ingest(ingest::Ingest),
    /// Matching one table, beside another tool
    Match(matching::Match),
    /// The workbench's pages, over the data that is there
    Pages(pages::Pages),
    /// Profile reads over loopback, against an empty handler
    Read(read::Read),
    /// One record against a loaded population: in process, and through POST /v1/match at a fixed rate
    Search(search::Search),
    /// Signed webhooks made durable, against the same endpoint that keeps nothing
    Webhook(webhook::Webhook),
}

impl Bench {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self.what {
            What::Deliver(bench) => bench.run(context).await,
            What::Forget(bench) => bench.run(context).await,
            What::Ingest(bench) => bench.run(context).await,
            What::Match(bench) => bench.run(context).await,
            What::Pages(bench) => bench.run(context).await,
            What::Read(bench) => bench.run(context).await,
            What::Search(bench) => bench.run(context).await,
            What::Webhook(bench) => bench.run(context).await,
        }
    }
}
