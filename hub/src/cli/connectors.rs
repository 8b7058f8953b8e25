//! `hub connectors`: manifests checked, listed, tried on a sample, and asked where each value comes from.

mod check;
mod drift;
mod lineage;
mod list;
mod poll;
mod sign;
mod test;
mod trial;

pub use self::poll::access;

use super::{Context, Failure, Verdict};
use crate::pipeline::Sources;
use crate::store::polls::Edit;
use clap::{Args, Subcommand};
use connectors::Manifest;
use std::path::Path;

/// Manifests connect systems: see connectors/MANIFEST.md.
#[derive(Debug, Args)]
pub struct Connectors {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check manifests; every mistake with file, line and remedy. Exit code 3 if there is one
    Check(check::Check),
    /// List the systems that this hub knows
    List(list::List),
    /// Show what would come of a sample: each record, what was not mapped, what failed and why
    Try(trial::Try),
    /// Show which source field feeds which canonical field and golden attribute
    Lineage(lineage::Lineage),
    /// Show which fields of the payloads are new, missing, or hold another kind of value. Exit code 3 if some are
    Drift(drift::Drift),
    /// Read a system over HTTP now, to its end. Exit code 3 if that fails
    Run(poll::Source),
    /// Stop reading a system until it is resumed
    Pause(poll::Source),
    /// Go on where reading a system stood
    Resume(poll::Source),
    /// Try a manifest against a made-up system that misbehaves, a line for each check. Exit code 3 if one fails
    Test(test::Test),
    /// Sign a webhook's body as the system does, to send it by hand; prints the headers
    Sign(sign::Sign),
}

impl Connectors {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self.what {
            What::Check(check) => check.run(context),
            What::List(list) => list.run(context),
            What::Try(trial) => trial.run(context),
            What::Lineage(lineage) => lineage.run(context),
            What::Sign(sign) => sign.run(context),
            What::Test(test) => test.run(context).await,
            What::Drift(drift) => drift.run(context).await,
            What::Run(source) => source.run(context).await,
            What::Pause(source) => source.edit(context, Edit::Pause).await,
            What::Resume(source) => source.edit(context, Edit::Resume).await,
        }
    }
}

/// The manifest of a known source, or of a file that need not be in the manifest folder.
fn manifest(context: &Context, name: &str) -> Result<Manifest, Failure> {
    if name.ends_with(".toml") {
        let text = std::fs::read_to_string(Path::new(name)).map_err(|e| format!("{name}: {e}"))?;
        return Ok(Manifest::parse(name, &text)?);
    }
    let sources = Sources::load(context.config.manifests.as_deref())?;
    let known = || sources.iter().map(Manifest::name).collect::<Vec<_>>().join(", ");
    let found = sources.get(name).cloned();
    found.ok_or_else(|| format!("no source is named {name}; there are {}. A file ends with .toml", known()).into())
}
