//! `hub migrate`: create or upgrade the schema.

use super::{Context, Failure, Verdict};
use crate::store::Store;
use clap::Args;

/// Creates or upgrades the database's schema. Safe to repeat; several nodes may do it at once.
#[derive(Debug, Args)]
pub struct Migrate {}

impl Migrate {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if context.config.database.starts_with("sqlite:") {
            std::fs::create_dir_all(&context.config.data_dir)?;
        }
        let (store, ran) = Store::migrate(&context.config.database).await?;
        store.close().await;
        match (context.json, ran.is_empty()) {
            (true, _) => println!("{}", serde_json::json!({ "ran": ran })),
            (false, true) => println!("the schema is up to date"),
            (false, false) => println!("ran {}", ran.join(", ")),
        }
        Ok(Verdict::Fine)
    }
}
