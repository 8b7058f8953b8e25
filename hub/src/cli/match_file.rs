//! `hub match`: the duplicates of one file, without a database.

mod inspect;

use super::output::number;
use super::{Context, Failure, Verdict};
use clap::Args;
use indicatif::ProgressBar;
use matching::{Report, Stage, TableOptions, explain_table_blocking, explain_table_pair, run_table};
use std::path::PathBuf;
use std::time::Duration;

/// Reads a table (CSV, plain or gzip) with any of the columns record_id, source, given_name, middle_name, surname,
/// full_name, dob, gender, phone, email, address, city, region, postcode, country, national_id, loyalty_id, and writes
/// record_id,cluster_id,score. No labels, no settings, no database.
#[derive(Debug, Args)]
pub struct MatchFile {
    /// The table to match
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// Where record_id,cluster_id,score goes
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// record_id,cluster_id as it really is; adds precision, recall, F1 and B-cubed to the report
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Use the shipped model as it is instead of fitting it to the table
    #[arg(long)]
    as_shipped: bool,
    /// As how many missed duplicates one wrong merge counts: the higher, the surer a link has to be
    #[arg(long, value_name = "NUMBER", value_parser = cost)]
    wrong_merge_cost: Option<f32>,
    /// Match nothing; tell per blocking rule its pairs, those that it alone finds, and how often its keys were cut
    #[arg(long, conflicts_with_all = ["output", "explain"])]
    explain_blocking: bool,
    /// Match nothing; tell field by field why two records weigh what they weigh
    #[arg(long, value_names = ["RECORD_ID", "RECORD_ID"], num_args = 2, conflicts_with = "output")]
    explain: Option<Vec<String>>,
    /// Draw the explanation as a waterfall into an SVG file
    #[arg(long, value_name = "FILE", requires = "explain")]
    waterfall: Option<PathBuf>,
}

impl MatchFile {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if self.explain_blocking {
            let rules = explain_table_blocking(&self.input, self.truth.as_deref())?;
            return inspect::print_rules(context, &rules, self.truth.is_some());
        }
        if let Some([left, right]) = self.explain.as_deref() {
            let options = TableOptions { input: self.input, as_shipped: self.as_shipped, ..TableOptions::default() };
            let explanation = explain_table_pair(&options, left, right)?;
            return inspect::print_explanation(context, &explanation, self.waterfall.as_deref());
        }
        let options = TableOptions {
            input: self.input,
            output: self.output,
            truth: self.truth,
            as_shipped: self.as_shipped,
            wrong_merge_cost: self.wrong_merge_cost,
            ..TableOptions::default()
        };
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(200));
        let report = run_table(&options, |stage, done| spinner.set_message(message(stage, done)))?;
        spinner.finish_and_clear();
        if context.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print(&report);
        }
        Ok(Verdict::Fine)
    }
}

fn cost(text: &str) -> Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|cost| (0.001..=1_000_000.0).contains(cost));
    number.ok_or_else(|| "give a number from 0.001 to 1000000, such as 10".to_owned())
}

fn message(stage: Stage, done: usize) -> String {
    let what = match stage {
        Stage::Read => "reading",
        Stage::Index => "finding candidates",
        Stage::Compare => "comparing",
        Stage::Cluster => "clustering",
    };
    format!("{what} {}", number(done as i64))
}

fn print(report: &Report) {
    let line = |what: &str, value: String| println!("{what:<18}{value:>14}");
    line("records", number(report.records as i64));
    line("clusters", number(report.clusters as i64));
    line("largest cluster", number(report.largest_cluster as i64));
    line("pairs compared", number(report.pairs_compared as i64));
    line("doubtful pairs", number(report.doubts as i64));
    line("seconds", format!("{:.2}", report.seconds));
    if let Some(measured) = &report.evaluation {
        line("precision", format!("{:.4}", measured.precision));
        line("recall", format!("{:.4}", measured.recall));
        line("F1", format!("{:.4}", measured.f1));
        line("B-cubed F1", format!("{:.4}", measured.b3_f1));
    }
}
