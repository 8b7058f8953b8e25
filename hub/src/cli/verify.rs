//! `hub verify`: every invariant of the store.

use super::output::number;
use super::{Context, Failure, Verdict};
use crate::store::Store;
use clap::Args;
use indicatif::ProgressBar;
use std::time::Duration;

/// Checks every numbered invariant that concerns the store, and lists each breach with ids. Exit code 3 if there is one.
#[derive(Debug, Args)]
pub struct Verify {}

impl Verify {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(200));
        let step = |stage| spinner.set_message(format!("checking {stage}"));
        let report = crate::verify::verify(&store, step).await?;
        spinner.finish_and_clear();
        store.close().await;
        if context.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            let (records, goldens) = (number(report.records as i64), number(report.golden_records as i64));
            println!("{records} records, {goldens} golden records, {} events", number(report.events));
            if let Some(renewing) = report.renewing {
                let (done, of) = (number(renewing.records), number(renewing.of));
                println!(
                    "policy {} is being carried through, {done} of {of} records are done: clusters and values (I4) \
                     were not checked; run this again when `hub policy list` says settled",
                    report.policy.0
                );
            }
            for breach in &report.breaches {
                println!("{breach}");
            }
            println!("{} breaches", report.breaches.len());
        }
        Ok(if report.breaches.is_empty() { Verdict::Fine } else { Verdict::LookAtIt })
    }
}
