//! `hub dead-letters`: deliveries that could not be processed, seen by group, repaired, and retried.

mod show;

use super::local::{Local, Worker};
use super::output::number;
use super::{Context, Failure, Verdict};
use crate::domain::failure::Fingerprint;
use crate::domain::ids::DeliveryId;
use crate::pipeline::clock;
use crate::pipeline::repair::{again, corrected, round};
use crate::store::dead_letters::{StoredDeadLetter, Which};
use crate::store::inbox::NewDelivery;
use crate::store::{Store, StoreError};
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Deliveries that could not be processed wait here until somebody puts them right. Correct the manifest and retry them,
/// or correct one payload and repair it.
#[derive(Debug, Args)]
pub struct DeadLetters {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what fails: one line for each source, step and kind of reason
    Groups {
        /// Only those of this source
        #[arg(long)]
        source: Option<String>,
    },
    /// List dead letters, oldest first
    List(show::List),
    /// Show one with its payload, which may hold a person's values
    Show {
        /// Its number, as `hub dead-letters list` shows it
        id: i64,
    },
    /// Send dead letters through the pipeline again as they are, after a manifest was corrected. Exit code 3 if some
    /// fail again
    Retry(Retry),
    /// Put a corrected record in one's place
    Repair {
        /// Its number, as `hub dead-letters list` shows it
        id: i64,
        /// A file with the record, one JSON object in the shape that the source uses; - reads standard input
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Retry {
    /// Numbers of dead letters
    ids: Vec<i64>,
    /// Those of one group, by its fingerprint
    #[arg(long, value_parser = group)]
    group: Option<Fingerprint>,
    /// Those of one source
    #[arg(long)]
    source: Option<String>,
    /// Every one
    #[arg(long)]
    all: bool,
}

impl DeadLetters {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self.what {
            What::Groups { source } => show::groups(context, source.as_deref()).await,
            What::List(list) => list.run(context).await,
            What::Show { id } => show::one(context, id).await,
            What::Retry(retry) => retry.run(context).await,
            What::Repair { id, file } => {
                let body = read(&file)?;
                let local = Local::start(context).await?;
                let delivery = corrected(find(&local.store, id).await?, &body)?;
                let mut sent = Sent::default();
                sent.send(&local, vec![delivery]).await?;
                sent.finish(local, context).await
            }
        }
    }
}

impl Retry {
    async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let local = Local::start(context).await?;
        let mut sent = Sent::default();
        for id in &self.ids {
            let delivery = again(find(&local.store, *id).await?).map_err(|e| format!("dead letter {id}: {e}"))?;
            sent.send(&local, vec![delivery]).await?;
        }
        if self.ids.is_empty() {
            let which = Which { source: self.source.as_deref(), fingerprint: self.group.as_ref() };
            let upto = local.store.progress().await?.1;
            let mut next = Some(DeliveryId(0));
            while let Some(after) = next {
                let round = round(&local.store, which, after, upto).await?;
                next = round.next_after;
                sent.unreadable += round.unreadable;
                sent.send(&local, round.deliveries).await?;
            }
        }
        sent.finish(local, context).await
    }
}

/// What was sent through the pipeline again.
#[derive(Default)]
struct Sent {
    count: usize,
    unreadable: usize,
    first: Option<DeliveryId>,
    last: DeliveryId,
}

impl Sent {
    async fn send(&mut self, local: &Local, deliveries: Vec<NewDelivery>) -> Result<(), StoreError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let count = deliveries.len();
        let first = local.store.append(deliveries, clock::now_us(), Vec::new()).await?;
        self.count += count;
        self.first.get_or_insert(first);
        self.last = DeliveryId(first.0 + count as i64 - 1);
        if let Worker::Here(control, _) = &local.worker {
            control.wake();
        }
        Ok(())
    }

    /// Waits for the outcome and tells it.
    async fn finish(self, local: Local, context: &Context) -> Result<Verdict, Failure> {
        let mut failed = 0;
        if let Some(first) = self.first {
            local.reached(self.last, |_| {}).await?;
            failed = local.store.repairs_failed(first, self.last).await?;
        }
        local.stop().await;
        let Sent { count, unreadable, .. } = self;
        if context.json {
            println!("{}", serde_json::json!({ "retried": count, "failed_again": failed, "unreadable": unreadable }));
        } else {
            println!("{} sent again, {} failed again", number(count as i64), number(failed));
            if unreadable > 0 {
                println!("{} cannot be read at all and have to be repaired one by one", number(unreadable as i64));
            }
        }
        Ok(if failed == 0 && unreadable == 0 { Verdict::Fine } else { Verdict::LookAtIt })
    }
}

async fn find(store: &Store, id: i64) -> Result<StoredDeadLetter, Failure> {
    let found = store.dead_letter(DeliveryId(id)).await?;
    found.ok_or_else(|| format!("no dead letter has the number {id}; see `hub dead-letters list`").into())
}

fn group(text: &str) -> Result<Fingerprint, String> {
    let why = "a fingerprint has 16 hexadecimal digits; `hub dead-letters groups` shows them";
    Fingerprint::parse(text).ok_or_else(|| why.to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if file.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        return Ok(body);
    }
    Ok(std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?)
}
