//! `hub keys`: API keys for programs.

use super::{Context, Failure, Verdict, local};
use crate::api::keys;
use crate::pipeline::clock;
use crate::store::keys::KeyRow;
use clap::{Args, Subcommand};
use uuid::Uuid;

/// Creates, lists and revokes API keys. A key is shown once, when it is created; only its hash is kept.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a key and show it once
    Create {
        /// source, source:NAME, channel, subscriber, viewer, steward, lead, engineer, privacy or admin
        #[arg(long)]
        role: String,
        /// Whose key it is, for the list and the audit
        #[arg(long)]
        name: String,
    },
    /// List the keys without their secrets
    List,
    /// End a key at once
    Revoke {
        /// The key's id, as `hub keys list` shows it
        id: Uuid,
    },
}

impl Keys {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = local::open(context).await?;
        match self.what {
            What::Create { role, name } => {
                local::note(&store, "keys create", &format!("{name}, {role}")).await?;
                let (key, secret) = keys::create(&store, &name, &role).await?;
                match context.json {
                    true => println!("{}", serde_json::json!({ "id": key.id, "role": key.role, "key": secret })),
                    false => println!("{secret}\nKeep it now: it is not shown again. Its id is {}.", key.id),
                }
            }
            What::List => list(&store.keys().await?, context.json)?,
            What::Revoke { id } => {
                local::note(&store, "keys revoke", &id.to_string()).await?;
                if !store.revoke_key(id, clock::now_us()).await? {
                    return Err(format!("no key in force has the id {id}; see `hub keys list`").into());
                }
                println!("revoked {id}");
            }
        }
        store.close().await;
        Ok(Verdict::Fine)
    }
}

fn list(keys: &[KeyRow], json: bool) -> Result<(), serde_json::Error> {
    if json {
        println!("{}", serde_json::to_string(keys)?);
        return Ok(());
    }
    for key in keys {
        let state = if key.revoked_us.is_some() { "revoked" } else { "in force" };
        println!("{}  {:<10}  {:<9}  {}", key.id, key.role, state, key.name);
    }
    if keys.is_empty() {
        println!("no keys yet; create one with `hub keys create --role channel --name shop`");
    }
    Ok(())
}
