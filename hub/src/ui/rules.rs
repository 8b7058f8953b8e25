//! The policy in force, readably: from when on records are linked, and which values survive.

use super::page::{self, Query, Wrong};
use super::reviews::percent;
use super::session::Visitor;
use super::values::{instant, label};
use crate::api::AppState;
use crate::api::access::Permission;
use crate::domain::policy::Stage;
use crate::domain::rules::{Attribute, Criterion, Rules, Trust};
use crate::store::policies::PolicyRow;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use web::rules::{Attribute as Shown, Policy, RulesPage, Trust as Believed};
use web::shell::Here;
use web::words::Words;

/// Policies that the page shows, the newest first.
const POLICIES_MAX: usize = 20;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    query: Query,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let row = state.store.policy_in_force().await?;
    let row = row.ok_or_else(|| Wrong::missing(&visitor, words.no_policy))?;
    let policy = state.store.policy(&row).await?;
    let all = state.store.policies().await?;
    let may_try = visitor.caller.may(Permission::TryPolicies);
    let thresholds = policy.model.thresholds;
    let page = RulesPage {
        shell: visitor.shell(words.rules, Here::Rules),
        number: row.number.0,
        model: row.model.name.clone(),
        rules: row.rules.name.clone(),
        by: row.asked.by.clone(),
        reason: row.asked.reason.clone(),
        since: row.in_force_us.map(instant),
        link: percent(thresholds.link),
        review: percent(thresholds.review),
        attributes: attributes(words, &policy.rules),
        sources: sources(words, &policy.rules),
        policies: all.into_iter().take(POLICIES_MAX).map(|other| asked(other, &row)).collect(),
        tried: may_try.then(|| state.what_ifs.get()).flatten().map(|job| format!("/rules/what-if/{}", job.id)),
        may_try,
        may_change: visitor.caller.may(Permission::ChangePolicies),
        notice: query.get("done").map(|_| words.activated),
    };
    Ok(page::show(&page))
}

fn attributes(words: &'static Words, rules: &Rules) -> Vec<Shown> {
    let known = Attribute::ALL.into_iter().filter_map(|attribute| Some((attribute, rules.attribute.get(&attribute)?)));
    let shown = known.map(|(attribute, rule)| Shown {
        label: label(words, attribute),
        criteria: rule.rank.iter().map(|criterion| criterion_words(words, *criterion)).collect(),
        keep_max: rule.keep_max,
    });
    shown.collect()
}

fn criterion_words(words: &'static Words, criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Validated => words.rank_validated,
        Criterion::Trust => words.rank_trust,
        Criterion::Recent => words.rank_recent,
        Criterion::Frequent => words.rank_frequent,
        Criterion::Complete => words.rank_complete,
        Criterion::Longest => words.rank_longest,
    }
}

/// Those with a trust of their own, most believed first, and all others at the end.
fn sources(words: &'static Words, rules: &Rules) -> Vec<Believed> {
    let believed = |source: &str, trust: &Trust| Believed {
        source: source.to_owned(),
        trust: trust.trust.to_string(),
        half_life_days: trust.half_life_days.map(|days| days.to_string()),
    };
    let mut own: Vec<(&String, &Trust)> = rules.source.iter().collect();
    own.sort_by(|a, b| b.1.trust.total_cmp(&a.1.trust));
    let own = own.into_iter().map(|(source, trust)| believed(source, trust));
    own.chain([believed(words.all_others, &rules.default_trust)]).collect()
}

fn asked(row: PolicyRow, in_force: &PolicyRow) -> Policy {
    let is_under_way = matches!(row.stage, Stage::Weighing | Stage::Renewing);
    let differs = row.model != in_force.model || row.rules != in_force.rules;
    Policy {
        progress: is_under_way.then(|| (row.position * 100 / row.total.max(1)).to_string()),
        is_way_back: row.in_force_us.is_some() && differs,
        number: row.number.0,
        stage: row.stage.name(),
        model: row.model.name,
        rules: row.rules.name,
        by: row.asked.by,
        reason: row.asked.reason,
        at: instant(row.asked.at_us),
    }
}
