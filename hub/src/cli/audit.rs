//! `hub audit`: whether anybody has touched the audit chain, and its head to keep elsewhere.

use super::output::number;
use super::{Context, Failure, Verdict};
use crate::config::Anchoring;
use crate::domain::audit::{Anchor, GENESIS};
use crate::store::Store;
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Follow the chain from its beginning and name every entry that is missing, changed or out of order
    ///
    /// Exit code 3 if there is one. What was cut off at the end, or written anew from some entry on, only anchors tell.
    Verify {
        /// A file of anchors as `hub audit anchor` writes them, kept where whoever can write to the database cannot
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Print the head of the chain, or add it to a file; `hub serve` does so from time to time by [audit] of hub.toml
    Anchor {
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

impl Audit {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let verdict = match self.what {
            What::Verify { anchors } => verify(&store, anchors, context.json).await?,
            What::Anchor { to } => {
                let anchor = store.audit_head().await?;
                match to {
                    Some(path) => append(&path, anchor)?,
                    None => println!("{anchor}"),
                }
                Verdict::Fine
            }
        };
        store.close().await;
        Ok(verdict)
    }
}

async fn verify(store: &Store, anchors: Option<PathBuf>, json: bool) -> Result<Verdict, Failure> {
    let anchors = match anchors {
        Some(path) => read(&path)?,
        None => Vec::new(),
    };
    let held_to = anchors.len();
    let (head, broken) = crate::verify::audit(store, anchors).await?;
    let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
    match json {
        true => println!("{}", serde_json::json!({ "entries": head.seq, "anchors": held_to, "broken": broken })),
        false => {
            broken.iter().for_each(|line| println!("{line}"));
            println!("{} entries, {held_to} anchors, {} faults", number(head.seq), broken.len());
        }
    }
    Ok(if broken.is_empty() { Verdict::Fine } else { Verdict::LookAtIt })
}

fn read(path: &PathBuf) -> Result<Vec<Anchor>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let anchor = |(at, line): (usize, &str)| {
        let what =
            || format!("{}:{}: an anchor is a number, a space and 64 hexadecimal digits", path.display(), at + 1);
        Anchor::parse(line).ok_or_else(|| what().into())
    };
    lines.map(anchor).collect()
}

/// Writes the head of the chain down from time to time, whenever it has moved.
pub async fn keep_anchoring(store: Store, anchoring: Anchoring) {
    let mut written = Anchor { seq: 0, hash: GENESIS };
    loop {
        tokio::time::sleep(Duration::from_secs(60 * anchoring.minutes)).await;
        let anchored = match store.audit_head().await {
            Ok(head) if head == written => Ok(head),
            Ok(head) => append(&anchoring.anchors, head).map(|()| head),
            Err(error) => Err(error.into()),
        };
        match anchored {
            Ok(head) => written = head,
            Err(error) => tracing::error!(%error, "the head of the audit chain could not be written down"),
        }
    }
}

fn append(path: &PathBuf, anchor: Anchor) -> Result<(), Failure> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|e| format!("{}: {e}", path.display()))?;
    writeln!(file, "{anchor}")?;
    Ok(())
}
