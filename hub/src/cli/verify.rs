//! `hub verify`: every invariant of the store.

use super::output::number;
use super::{Context, Failure, Verdict};
use crate::store::Store;
use clap::Args;
use indicatif::ProgressBar;
use std::sync::Arc;
use std::time::Duration;

/// Checks every numbered invariant that concerns the store, and lists each breach with ids. Exit code 3 if there is one.
#[derive(Debug, Args)]
pub struct Verify {}

impl Verify {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(200));
        let model = Arc::new(matching::Model::default());
        let step = |stage| spinner.set_message(format!("checking {stage}"));
        let report = crate::verify::verify(&store, &context.config.rules, model, step).await?;
        spinner.finish_and_clear();
        store.close().await;
        if context.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            let (records, goldens) = (number(report.records as i64), number(report.golden_records as i64));
            println!("{records} records, {goldens} golden records, {} events", number(report.events));
            for breach in &report.breaches {
                println!("{breach}");
            }
            println!("{} breaches", report.breaches.len());
        }
        Ok(if report.breaches.is_empty() { Verdict::Fine } else { Verdict::LookAtIt })
    }
}
