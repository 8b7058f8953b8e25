//! Matches a table from the command line, for measuring: `match_csv FILE [--output FILE] [--truth FILE] [--json] [--as-shipped] [--compare-all]`.

use matching::{TableOptions, run_table};
use std::process::ExitCode;

/// The allocator that the hub runs with, so that figures compare.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut options = TableOptions::default();
    let mut json = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--output" => options.output = arguments.next().map(Into::into),
            "--truth" => options.truth = arguments.next().map(Into::into),
            "--as-shipped" => options.as_shipped = true,
            "--json" => json = true,
            "--compare-all" => options.compare_all = true,
            file => options.input = file.into(),
        }
    }
    match run_table(&options, |_, _| {}) {
        Ok(report) => show(&report, json),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn show(report: &matching::Report, json: bool) {
    if json {
        println!("{}", serde_json::to_string_pretty(report).unwrap_or_default());
        return;
    }
    println!(
        "{} records, {} clusters, largest {}, {:.1} pairs a record, {} edges, {} doubts, read {:.2} s, all {:.2} s",
        report.records,
        report.clusters,
        report.largest_cluster,
        report.pairs_per_record,
        report.edges,
        report.doubts,
        report.stages.reading + report.stages.standardising,
        report.seconds
    );
    println!("{:?}", report.fit);
    if let Some(e) = &report.evaluation {
        println!(
            "P {:.4} R {:.4} F1 {:.4} B3 {:.4} (P {:.4} R {:.4}) exact {:.3}",
            e.precision, e.recall, e.f1, e.b3_f1, e.b3_precision, e.b3_recall, e.clusters_exact
        );
    }
    for row in &report.reliability {
        print!("{:.1}: {} {:.2}/{:.2}  ", row.probability_min, row.pairs, row.expected, row.observed);
    }
    println!();
    let mut tags: Vec<_> = report.tags.iter().filter(|tag| tag.pairs > 0).collect();
    tags.sort_by(|a, b| a.recall.total_cmp(&b.recall));
    let shown: Vec<String> = tags.iter().map(|tag| format!("{} {:.2} ({})", tag.tag, tag.recall, tag.pairs)).collect();
    println!("{}", shown.join(", "));
}
