//! `hub what-if`: what another model or other rules would change, by name, with nothing changed.

use super::changed::Changed;
use super::output::{number, records_bar};
use super::{Context, Failure, Verdict};
use crate::domain::what_if::{
    Listed, Merge, Named, PermissionChange, Person, Report, ReviewChange, Split, ValueChange,
};
use crate::pipeline::what_if::what_if;
use crate::store::Store;
use clap::Args;

/// Tells what another model or other rules would do to everybody: the merges, splits, changed values and reviews by
/// name, and how many messages receivers would get. Writes nothing; `hub policy activate` takes the same flags.
#[derive(Debug, Args)]
pub struct WhatIf {
    #[command(flatten)]
    changed: Changed,
    /// List so many of each kind; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

impl WhatIf {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let draft = self.changed.draft(context, &store).await?;
        let bar = records_bar(store.record_count().await? as u64 * 2, "trying out");
        let report = what_if(&store, &draft, self.limit, |step| bar.set_position((step.weighed + step.decided) as u64));
        let report = report.await?;
        bar.finish_and_clear();
        store.close().await;
        match context.json {
            true => println!("{}", serde_json::to_string(&report)?),
            false => print(&report),
        }
        Ok(Verdict::Fine)
    }
}

/// Counts first, then the lists.
pub fn print(report: &Report) {
    summary(report);
    list("merges", &report.merges, merge);
    list("splits", &report.splits, split);
    list("changed values", &report.values, value);
    list("permissions lost", &report.permissions_lost, permission);
    list("permissions gained", &report.permissions_gained, permission);
    list("reviews opened", &report.reviews_opened, review);
    list("reviews closed", &report.reviews_closed, review);
}

/// The counts alone.
pub fn summary(report: &Report) {
    let (before, after) = (report.golden_records_before, report.golden_records_after);
    println!("{} records, nothing was changed; the draft would make", number(report.records as i64));
    println!("  {} golden records out of {}", number(after as i64), number(before as i64));
    println!("  {} records the largest, which had {}", report.largest_after, report.largest_before);
    let counts = [
        (report.merges.count, "merges"),
        (report.splits.count, "splits"),
        (report.values.count, "changed values in golden records that stay"),
        (report.permissions_lost.count, "permissions lost: somebody could be reached for a purpose, and no longer"),
        (report.permissions_gained.count, "permissions gained"),
        (report.reviews_opened.count, "reviews more"),
        (report.reviews_closed.count, "reviews fewer"),
        (report.change_events, "messages in the change feed"),
    ];
    for (count, what) in counts {
        println!("  {} {what}", number(count as i64));
    }
}

fn list<T>(title: &str, listed: &Listed<T>, line: impl Fn(&T) -> String) {
    if listed.first.is_empty() {
        return;
    }
    println!("\n{title}");
    for item in &listed.first {
        println!("  {}", line(item));
    }
    let more = listed.count - listed.first.len();
    if more > 0 {
        println!("  and {} more; --limit lists them", number(more as i64));
    }
}

fn merge(merge: &Merge) -> String {
    format!("{}  <-  {}", person(&merge.into), people(&merge.from))
}

fn split(split: &Split) -> String {
    format!("{}  ->  {}", person(&split.from), people(&split.into))
}

fn value(change: &ValueChange) -> String {
    format!("{}  {}: {} -> {}", person(&change.golden), change.attribute, change.old, change.new)
}

fn permission(change: &PermissionChange) -> String {
    let point = change.point.as_deref().unwrap_or_default();
    format!("{}  {} {} {point}", person(&change.golden), change.purpose, change.channel.name())
}

fn review(review: &ReviewChange) -> String {
    let side = |named: &Named| format!("{} ({} {})", named.name, named.key.source, named.key.key);
    format!("{}  ?  {}", side(&review.left), side(&review.right))
}

fn people(people: &[Person]) -> String {
    people.iter().map(person).collect::<Vec<_>>().join(" + ")
}

fn person(person: &Person) -> String {
    format!("{} ({}, {} records)", person.name, person.id, person.records)
}
