//! `hub train`: a matching model fitted to the hub's own records, beside the one in force.

use super::output::number;
use super::policy::{Why, activate};
use super::what_if::summary;
use super::{Context, Failure, Verdict};
use crate::domain::policy::Draft;
use crate::domain::training::{LevelChange, Trained, differences};
use crate::domain::what_if::Report;
use crate::pipeline::train::train;
use crate::pipeline::what_if::what_if;
use crate::store::Store;
use clap::Args;
use indicatif::ProgressBar;
use matching::Model;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Fits name frequencies, m and u to the records of the hub, shows each comparison level in the model in force and in
/// the fitted one, and what the fitted one would change. Nothing comes into force without --activate.
#[derive(Debug, Args)]
pub struct Train {
    /// Learn from what stewards have decided, too
    #[arg(long)]
    labels: bool,
    /// Write the fitted model as JSON
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Bring the fitted model into force and carry everybody over
    #[arg(long)]
    activate: bool,
    /// Activate an estimate that has not settled
    #[arg(long, requires = "activate")]
    force: bool,
}

impl Train {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(200));
        spinner.set_message("fitting");
        let (in_force, trained) = train(&store, self.labels).await?;
        // One that has not settled may still be looked at.
        trained.check(true)?;
        let levels = differences(&in_force.model, &trained.model);
        spinner.set_message("trying out");
        let draft = Draft { model: Arc::new(trained.model.clone()), rules: in_force.rules };
        let report = what_if(&store, &draft, 0, |_| {}).await?;
        spinner.finish_and_clear();
        match context.json {
            true => println!("{}", json(&trained, &levels, &report)),
            false => print(&trained, &levels, &report, self.labels),
        }
        if let Some(path) = &self.output {
            write(path, &trained.model)?;
        }
        if !self.activate {
            store.close().await;
            return Ok(Verdict::Fine);
        }
        trained.check(self.force)?;
        let reason = format!("fitted to {} records", number(report.records as i64));
        activate(context, store, &draft, false, Why::because(reason)).await
    }
}

fn write(path: &Path, model: &Model) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(model)?;
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()).into())
}

fn json(trained: &Trained, levels: &[LevelChange], report: &Report) -> serde_json::Value {
    serde_json::json!({
        "model": trained.model.version, "fit": trained.fit, "labels_same": trained.labels_same,
        "labels_different": trained.labels_different, "levels": levels, "what_if": report,
    })
}

fn print(trained: &Trained, levels: &[LevelChange], report: &Report, labels_asked: bool) {
    println!("weights: log2 for one person against strangers, and for one household against strangers; then u\n");
    let header = ["", "one person", "household", "u (strangers)"];
    println!("{:<44} {:>17} {:>17} {:>25}", header[0], header[1], header[2], header[3]);
    let mut field = "";
    for change in levels {
        if change.field != field {
            field = change.field;
            println!("{field}");
        }
        let (old, new) = (change.old, change.new);
        println!(
            "  {:<42} {:>7.2} -> {:>6.2} {:>7.2} -> {:>6.2} {:>11.3e} -> {:>10.3e}",
            change.level,
            old.weight,
            new.weight,
            old.household_weight,
            new.household_weight,
            old.stranger,
            new.stranger
        );
    }
    let fit = &trained.fit;
    println!("\n{} candidate pairs, {} random pairs", number(fit.pair_sides as i128), number(fit.random_pairs as i128));
    if labels_asked {
        let (same, different) = (number(trained.labels_same as i64), number(trained.labels_different as i64));
        println!("{same} pairs that stewards hold to be one person, {different} that they keep apart");
    }
    match fit.converged {
        true => println!("the estimate settled after {} rounds", fit.rounds),
        false => println!("THE ESTIMATE DID NOT SETTLE in {} rounds; do not rely on it", fit.rounds),
    }
    println!();
    summary(report);
}
