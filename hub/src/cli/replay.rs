//! `hub replay`: the same population from its log alone.

use super::output::{number, records_bar};
use super::{Context, Failure, Verdict};
use crate::pipeline::Sources;
use crate::store::Store;
use crate::verify::{compare, replay};
use clap::Args;
use std::sync::Arc;

/// Rebuilds a database from the kept deliveries and decisions alone, and says whether membership and values are
/// identical. Exit code 3 if they are not.
#[derive(Debug, Args)]
pub struct Replay {
    /// The empty database to fill: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    into: String,
}

impl Replay {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        let (target, _) = Store::migrate(&self.into).await?;
        let sources = Arc::new(Sources::load(context.config.manifests.as_deref())?);
        let (done, last) = store.progress().await?;
        let bar = records_bar(last.0 as u64, "replaying");
        let under_way = store.policy_under_way().await?;
        replay(&store, &target, sources, |position| bar.set_position(position as u64)).await?;
        bar.finish_and_clear();
        let difference = compare(&store, &target).await?;
        store.close().await;
        target.close().await;
        if context.json {
            let identical = difference.is_none();
            println!("{}", serde_json::json!({ "deliveries": last, "identical": identical, "difference": difference }));
        } else {
            println!("{} deliveries replayed", number(last.0));
            if done < last {
                println!("{} of them were still waiting in the original", number(last.0 - done.0));
            }
            if let Some(policy) = under_way {
                println!("the original was still being carried over to policy {}; the replay is", policy.number.0);
            }
            match difference.is_none() {
                true => println!("identical: {} golden records", number(difference.golden_records as i64)),
                false => println!(
                    "different: {} by members, {} by values, {} only in the replay",
                    difference.membership.len(),
                    difference.values.len(),
                    difference.only_in_second
                ),
            }
        }
        Ok(if difference.is_none() { Verdict::Fine } else { Verdict::LookAtIt })
    }
}
