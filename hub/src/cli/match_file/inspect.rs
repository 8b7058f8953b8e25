//! What `hub match` tells about its own ways.

use crate::cli::output::number;
use crate::cli::{Context, Failure, Verdict};
use matching::{Explanation, RuleReport};
use std::path::Path;

/// One line per blocking rule.
pub fn print_rules(context: &Context, rules: &[RuleReport], has_truth: bool) -> Result<Verdict, Failure> {
    if context.json {
        println!("{}", serde_json::to_string(rules)?);
        return Ok(Verdict::Fine);
    }
    let count = |value: u64| number(value as i64);
    print!("{:<18}{:>14}{:>14}{:>12}", "rule", "pairs", "alone", "cut");
    println!("{}", if has_truth { format!("{:>14}{:>14}", "true pairs", "true alone") } else { String::new() });
    for rule in rules {
        let name = serde_json::to_value(rule.rule)?;
        let name = name.as_str().unwrap_or_default();
        print!("{name:<18}{:>14}{:>14}{:>12}", count(rule.pairs), count(rule.pairs_alone), count(rule.cut));
        match has_truth {
            true => println!("{:>14}{:>14}", count(rule.true_pairs), count(rule.true_pairs_alone)),
            false => println!(),
        }
    }
    println!("\nalone: found by no other rule; cut: records under a key that too many share");
    Ok(Verdict::Fine)
}

/// The fields of one pair, as text or JSON, and as a picture if one is asked for.
pub fn print_explanation(
    context: &Context,
    explanation: &Explanation,
    waterfall: Option<&Path>,
) -> Result<Verdict, Failure> {
    if let Some(path) = waterfall {
        std::fs::write(path, explanation.to_svg()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    if context.json {
        println!("{}", serde_json::to_string(explanation)?);
        return Ok(Verdict::Fine);
    }
    println!("{:<14}{:<22}{:>8}{:>8}", "", "", "weight", "total");
    println!("{:<36}{:>8}{:>8.1}", "before any field", "", explanation.prior);
    for line in &explanation.lines {
        let decides = if line.decides { "  decides" } else { "" };
        let (name, total) = (line.field.name(), line.running_total);
        println!("{name:<14}{:<22}{:>+8.1}{total:>8.1}{decides}", line.level, line.weight);
        println!("  {} | {}", line.left, line.right);
    }
    println!("\n{:?}, with a probability of {:.4}", explanation.verdict, explanation.probability);
    Ok(Verdict::Fine)
}
