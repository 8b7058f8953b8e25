//! `hub bench forget`: whether forgetting the ten-thousandth person takes longer than forgetting the first.

use crate::cli::demo::exports;
use crate::cli::import::{Read, read_file, settle};
use crate::cli::local::{Local, Worker};
use crate::cli::output::number;
use crate::cli::{Context, Failure, Verdict};
use crate::domain::command::{Command, Mandate};
use crate::domain::ids::GoldenId;
use crate::domain::privacy::Keeps;
use crate::pipeline::{Request, clock};
use crate::store::Store;
use crate::store::scratch::Scratch;
use clap::Args;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Imports the demo's exports into a scratch database and forgets people one after the other. Told for the first tenth and
/// for the last, whose ratio is 1 if the time follows from what each person has alone.
#[derive(Debug, Args)]
pub struct Forget {
    /// About how many records of the demo's fictitious retailer to import
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    records: usize,
    /// How many people to forget
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    people: usize,
}

const TENTHS: usize = 10;

impl Forget {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        std::fs::create_dir_all(&context.config.data_dir)?;
        let folder = context.config.data_dir.join(format!("bench-exports-{}", std::process::id()));
        let files = exports::write(&folder, self.records, 1)?;
        let scratch = Scratch::create(&context.config.database, "forget").await?;
        let (store, _) = Store::migrate(scratch.url()).await?;
        let local = Local::on(store, context).await?;
        let mut read = Read::default();
        for (source, file) in &files {
            let manifest = local.sources.get(source).ok_or_else(|| format!("no manifest is named {source}"))?;
            read_file(&local, manifest, file, &mut read).await?;
        }
        settle(&local, read).await?;
        std::fs::remove_dir_all(folder)?;
        let measured = self.measure(&local).await;
        local.stop().await;
        scratch.remove().await?;
        let (people, tenths) = measured?;
        report(context.json, people, &tenths);
        Ok(Verdict::Fine)
    }

    async fn measure(&self, local: &Local) -> Result<(usize, Vec<Duration>), Failure> {
        let mut people = local.store.golden_ids_after(None, self.people).await?;
        let share = people.len() / TENTHS;
        if share == 0 {
            return Err("there are too few people to forget; ask for more records".into());
        }
        people.truncate(share * TENTHS);
        let mut tenths = Vec::with_capacity(TENTHS);
        for tenth in people.chunks_exact(share) {
            tenths.push(forget(local, tenth).await?);
        }
        Ok((people.len(), tenths))
    }
}

/// Forgets some people; answers how long that took.
async fn forget(local: &Local, people: &[GoldenId]) -> Result<Duration, Failure> {
    let mut last = 0;
    let started = Instant::now();
    for &golden in people {
        let mandate = Mandate { by: "bench".into(), reason: "bench".into(), at_us: clock::now_us() };
        let command = Command::Erase { golden, request: Uuid::now_v7(), keeps: Keeps::default() };
        last = local.store.queue_command(&serde_json::to_string(&Request { command, mandate })?).await?;
        if let Worker::Here(control, _) = &local.worker {
            control.wake();
        }
    }
    while local.store.command_outcome(last).await?.is_none() {
        local.check()?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(started.elapsed())
}

fn report(json: bool, people: usize, tenths: &[Duration]) {
    let seconds: f64 = tenths.iter().map(Duration::as_secs_f64).sum();
    let (first, last) = (tenths[0].as_secs_f64(), tenths[tenths.len() - 1].as_secs_f64());
    let (per_second, ratio) = (people as f64 / seconds, last / first);
    if json {
        let report = serde_json::json!({
            "people": people, "seconds": seconds, "people_per_second": per_second, "last_tenth_to_first": ratio,
        });
        println!("{report}");
        return;
    }
    println!("forgotten       {:>10} people, {per_second:.0} a second", number(people as i64));
    println!("last to first   {ratio:>10.2}");
}
