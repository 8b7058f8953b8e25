//! Tells what each blocking rule brings and costs.

use crate::index::Index;
use crate::keys::{self, RULES, Rule};
use rayon::prelude::*;
use serde::Serialize;

/// What one blocking rule brings and costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// Pairs that share a key of the rule.
    pub pairs: u64,
    /// Pairs that no other rule finds.
    pub pairs_alone: u64,
    /// True pairs among them, when the truth is known.
    pub true_pairs: u64,
    /// True pairs that no other rule finds.
    pub true_pairs_alone: u64,
    /// How often a record stands under a key that is too widely shared and therefore cut.
    pub cut: u64,
}

/// Reports on every rule; `same` tells whether two ids are truly one person, where that is known.
pub fn explain_blocking(index: &Index, same: impl Fn(u32, u32) -> bool + Sync) -> Vec<RuleReport> {
    let found: Vec<Vec<RuleReport>> = index.ids().par_chunks(512).map(|ids| of_records(index, ids, &same)).collect();
    found.into_iter().fold(empty(), |mut total, part| {
        for (sum, part) in total.iter_mut().zip(part) {
            sum.pairs += part.pairs;
            sum.pairs_alone += part.pairs_alone;
            sum.true_pairs += part.true_pairs;
            sum.true_pairs_alone += part.true_pairs_alone;
            sum.cut += part.cut;
        }
        total
    })
}

fn empty() -> Vec<RuleReport> {
    let report = |rule| RuleReport { rule, pairs: 0, pairs_alone: 0, true_pairs: 0, true_pairs_alone: 0, cut: 0 };
    RULES.into_iter().map(report).collect()
}

fn of_records(index: &Index, ids: &[u32], same: &impl Fn(u32, u32) -> bool) -> Vec<RuleReport> {
    let mut reports = empty();
    let mut own = Vec::new();
    for &id in ids.iter().filter(|id| index.is_listed(**id)) {
        let Some(features) = index.features(id) else {
            continue;
        };
        keys::keys(features.view(), index.model().reach, &mut own);
        let mut found: Vec<(u32, u64)> = Vec::new();
        for &key in &own {
            let rule = keys::rule_of(key);
            reports[rule as usize].cut += u64::from(index.is_cut(key));
            found.extend(
                index.carriers(key).iter().filter(|other| **other > id).map(|other| (*other, 1u64 << rule as u64)),
            );
        }
        found.sort_unstable();
        for pair in found.chunk_by(|a, b| a.0 == b.0) {
            count(&mut reports, pair.iter().fold(0, |rules, entry| rules | entry.1), same(id, pair[0].0));
        }
    }
    reports
}

fn count(reports: &mut [RuleReport], rules: u64, is_true: bool) {
    for report in reports.iter_mut().filter(|report| rules & (1u64 << report.rule as u64) != 0) {
        let alone = u64::from(rules.count_ones() == 1);
        report.pairs += 1;
        report.pairs_alone += alone;
        report.true_pairs += u64::from(is_true);
        report.true_pairs_alone += alone & u64::from(is_true);
    }
}
