//! `hub bench`: this machine's figures, as ratios to a ceiling measured in the same run.

mod client;
mod ingest;
mod matching;
mod read;
mod search;

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
    /// The full pipeline, against a bare bulk insert of the rows that it wrote
    Ingest(ingest::Ingest),
    /// Matching one table, beside another tool
    Match(matching::Match),
    /// Profile reads over loopback, against an empty handler
    Read(read::Read),
    /// One record against a loaded population: in process, and through POST /v1/match at a fixed rate
    Search(search::Search),
}

impl Bench {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self.what {
            What::Ingest(bench) => bench.run(context).await,
            What::Match(bench) => bench.run(context).await,
            What::Read(bench) => bench.run(context).await,
            What::Search(bench) => bench.run(context).await,
        }
    }
}
