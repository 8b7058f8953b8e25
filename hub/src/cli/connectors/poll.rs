//! `hub connectors run`, `pause` and `resume`: systems that are read over HTTP.

use crate::cli::local::{Local, open};
use crate::cli::{Context, Failure, Verdict};
use crate::deliver::target::AllowedHosts;
use crate::domain::polling::{Standing, Status};
use crate::pipeline::Sources;
use crate::poll::{self, Access, Reader, Shared, Turn};
use crate::store::polls::Edit;
use crate::store::{Store, StoreError};
use clap::Args;
use connectors::Manifest;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How often a run in another process is looked at.
const LOOK_MS: u64 = 200;

#[derive(Debug, Args)]
pub struct Source {
    /// A source whose manifest has a [poll]
    source: String,
}

impl Source {
    /// Reads a system to its end: here, or in the process that serves.
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let local = Local::start(context).await?;
        let shared =
            Shared::new(local.store.clone(), local.sources.clone(), access(context)).map_err(|e| e.to_string())?;
        let manifest = configured(&local.sources, &self.source, &shared.access)?;
        poll::add(&local.store, &[manifest]).await?;
        let before = standing(&local.store, &self.source).await?;
        if before.0 == Status::Paused {
            return Err(format!("{0} is paused; `hub connectors resume {0}` first", self.source).into());
        }
        let after = match local.store.read_systems().await {
            Ok(duty) => {
                let after = here(shared.clone(), &self.source, &before.1).await;
                drop(duty);
                after?
            }
            Err(StoreError::LeaderElsewhere) => elsewhere(&local.store, &self.source, &before.1).await?,
            Err(error) => return Err(error.into()),
        };
        let (_, newest) = local.store.progress().await?;
        local.reached(newest, |_| ()).await?;
        local.stop().await;
        Ok(report(context, &self.source, &before.1, &after))
    }

    /// Pauses or resumes; the process that serves notices within a second.
    pub async fn edit(self, context: &Context, edit: Edit) -> Result<Verdict, Failure> {
        let sources = Sources::load(context.config.manifests.as_deref())?;
        let store = open(context).await?;
        let manifest = configured(&sources, &self.source, &access(context))?;
        poll::add(&store, &[manifest]).await?;
        store.edit_poll(&self.source, edit).await?;
        let status = standing(&store, &self.source).await?.0.name();
        match context.json {
            true => println!("{}", json!({ "source": self.source, "state": status })),
            false => println!("{} is {status}", self.source),
        }
        store.close().await;
        Ok(Verdict::Fine)
    }
}

/// What the settings permit.
pub fn access(context: &Context) -> Access {
    Access {
        allowed: AllowedHosts::new(context.config.allow_targets.iter().cloned()),
        environment: Arc::new(|name| std::env::var(name).ok()),
    }
}

fn configured<'s>(sources: &'s Sources, name: &str, access: &Access) -> Result<&'s Manifest, Failure> {
    let manifest =
        sources.get(name).ok_or_else(|| format!("no source is named {name}; `hub connectors list` lists them"))?;
    let poll = manifest.poll().ok_or_else(|| format!("the manifest of {name} has no [poll]; see MANIFEST.md"))?;
    let missing = poll::missing(poll, &access.environment);
    match missing.is_empty() {
        true => Ok(manifest),
        false => Err(format!("{name} cannot be read until these hold something: {}", missing.join(", ")).into()),
    }
}

async fn standing(store: &Store, source: &str) -> Result<(Status, Standing), StoreError> {
    let stored = store.poll(source).await?.ok_or(StoreError::Corrupt { what: "state of a source" })?;
    Ok((stored.status, stored.standing))
}

/// Whether a run has ended, well or not.
fn has_ended(before: &Standing, now: &Standing) -> bool {
    now.finished_us > before.finished_us || now.failed_us > before.failed_us
}

async fn here(shared: Shared, source: &str, before: &Standing) -> Result<Standing, Failure> {
    let store = shared.store.clone();
    let mut reader = Reader::new(shared, source).ok_or("the manifest has no [poll]")?;
    store.edit_poll(source, Edit::Run).await?;
    loop {
        let turn = reader.turn().await?;
        let (_, now) = standing(&store, source).await?;
        if has_ended(before, &now) {
            return Ok(now);
        }
        if let Turn::Rest(rest) = turn {
            tokio::time::sleep(rest).await;
        }
    }
}

async fn elsewhere(store: &Store, source: &str, before: &Standing) -> Result<Standing, Failure> {
    store.edit_poll(source, Edit::Run).await?;
    loop {
        let (_, now) = standing(store, source).await?;
        if has_ended(before, &now) {
            return Ok(now);
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

fn report(context: &Context, source: &str, before: &Standing, after: &Standing) -> Verdict {
    let failure = after.failure.as_deref().filter(|_| after.failed_us > before.failed_us);
    let (pages, records) = (after.pages - before.pages, after.records - before.records);
    let unchanged = after.unchanged - before.unchanged;
    match context.json {
        true => println!(
            "{}",
            json!({ "source": source, "pages": pages, "records": records, "unchanged": unchanged, "failure": failure })
        ),
        false => println!("{source}: {records} records read, {unchanged} said nothing new, {pages} pages"),
    }
    match failure {
        None => Verdict::Fine,
        Some(reason) => {
            if !context.json {
                println!("not read to its end: {reason}");
            }
            Verdict::LookAtIt
        }
    }
}
