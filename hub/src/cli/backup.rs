//! `hub backup` and `hub restore`: one portable file, for either engine.

use super::output::number;
use super::{Context, Failure, Verdict, local};
use crate::domain::subscriber::Status;
use crate::store::Store;
use clap::Args;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Writes everything into one portable file (a SQLite database), in one snapshot, while the hub runs.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write; it must not exist
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Fills an empty database from a backup, whichever engine the backup was made on.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup to read
    #[arg(value_name = "FILE")]
    from: PathBuf,
}

impl Backup {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if self.to.exists() {
            return Err(format!("{} exists already; a backup overwrites nothing", self.to.display()).into());
        }
        let store = Store::open(&context.config.database).await?;
        local::note(&store, "backup", "").await?;
        let (target, _) = Store::migrate(&format!("sqlite:{}", self.to.display())).await?;
        let verdict = copy(&store, &target, context.json).await?;
        target.close().await;
        Ok(verdict)
    }
}

impl Restore {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if !self.from.exists() {
            return Err(format!("there is no file {}", self.from.display()).into());
        }
        let backup = Store::open(&format!("sqlite:{}", self.from.display())).await?;
        let store = local::open(context).await?;
        let verdict = copy(&backup, &store, context.json).await?;
        // The chain goes on from what the backup holds.
        local::note(&store, "restore", "").await?;
        store.close().await;
        Ok(verdict)
    }
}

async fn copy(from: &Store, to: &Store, json: bool) -> Result<Verdict, Failure> {
    let started = Instant::now();
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(200));
    let copied = from.copy_into(to, |rows| spinner.set_message(format!("{} rows", number(rows)))).await?;
    spinner.finish_and_clear();
    let paused = to.subscribers().await?.iter().filter(|subscriber| subscriber.status == Status::Paused).count();
    from.close().await;
    let seconds = started.elapsed().as_secs_f64();
    if json {
        println!("{}", serde_json::json!({ "rows": copied.rows, "seconds": seconds, "paused_subscribers": paused }));
    } else {
        println!("{} rows in {seconds:.1} s", number(copied.rows));
        if paused > 0 {
            println!(
                "{paused} subscribers of the copy are paused; POST /v1/subscribers/{{id}}/resume goes on with one"
            );
        }
    }
    Ok(Verdict::Fine)
}
