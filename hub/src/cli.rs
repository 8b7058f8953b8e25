//! The command line: one file per command.

mod audit;
mod backup;
mod bench;
mod changed;
mod connectors;
mod dead_letters;
mod demo;
mod export;
mod import;
mod keys;
mod local;
mod match_file;
mod migrate;
mod output;
mod policy;
mod reconcile;
mod replay;
mod serve;
mod train;
mod users;
mod verify;
mod what_if;

use crate::config::{Config, ConfigError, RawConfig};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The customer data hub: every system's customer records in, one golden record per person out.
///
/// Settings come from hub.toml, the environment (HUB_…) and flags, in that order; the last one wins.
///
/// Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but with something to look at (rejected records, breaches of
/// an invariant, a replay that differs).
#[derive(Debug, Parser)]
#[command(name = "hub", version, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Settings that every command takes.
#[derive(Debug, Args)]
struct Settings {
    /// Configuration file [default: hub.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the embedded database and the search index [env: HUB_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER@HOST/NAME [env: HUB_DATABASE] [default: sqlite:DATA_DIR/hub.db]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Folder of manifests beside the shipped ones [env: HUB_MANIFESTS]
    #[arg(long, global = true, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Survivorship rules that a new database begins with; later they are a draft, see `hub policy` [env: HUB_RULES]
    #[arg(long, global = true, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a fictitious retailer's exports, import them, show what came out, and serve it
    Demo(demo::Demo),
    /// Serve the API and resolve what comes in
    Serve(serve::Serve),
    /// Read a source's export (CSV, JSON array, NDJSON; plain or gzip) by its manifest
    Import(import::Import),
    /// Check, list and try the manifests that connect systems
    Connectors(connectors::Connectors),
    /// See what could not be processed, repair it, retry it
    DeadLetters(dead_letters::DeadLetters),
    /// Find the duplicates in one file, without a database
    Match(match_file::MatchFile),
    /// Write the golden records as NDJSON
    Export(export::Export),
    /// Compare a source's full export with what the hub holds of it, and heal
    Reconcile(reconcile::Reconcile),
    /// Check every invariant of the store and list each breach
    Verify(verify::Verify),
    /// Rebuild a database from the kept deliveries and decisions alone, and compare
    Replay(replay::Replay),
    /// Tell what another model or other rules would change, by name, and change nothing
    WhatIf(what_if::WhatIf),
    /// Fit a matching model to the hub's own records and show it beside the one in force
    Train(train::Train),
    /// List policies (a matching model and survivorship rules), bring one into force, go back to one
    Policy(policy::Policies),
    /// Create or upgrade the database's schema
    Migrate(migrate::Migrate),
    /// Write everything into one portable file, while the hub runs
    Backup(backup::Backup),
    /// Fill an empty database from a backup
    Restore(backup::Restore),
    /// Create, list and revoke API keys
    Keys(keys::Keys),
    /// Create, list and end the accounts of people
    Users(users::Users),
    /// Check that nobody has touched the audit chain; write down its head
    Audit(audit::Audit),
    /// Measure this machine: ingest or reads against their ceilings
    Bench(bench::Bench),
}

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// Done, but somebody should look: exit code 3.
    LookAtIt,
}

/// Anything that ends a command early; shown with its causes.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What commands share: the checked settings and the form of the answer.
struct Context {
    config: Config,
    json: bool,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::logging::start();
    let json = cli.settings.json;
    match run(cli) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::LookAtIt) => ExitCode::from(3),
        Err(failure) => {
            output::failure(failure.as_ref(), json);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<Verdict, Failure> {
    let json = cli.settings.json;
    let context = Context { config: cli.settings.checked()?, json };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match cli.command {
            Command::Demo(command) => command.run(&context).await,
            Command::Serve(command) => command.run(&context).await,
            Command::Import(command) => command.run(&context).await,
            Command::Connectors(command) => command.run(&context).await,
            Command::DeadLetters(command) => command.run(&context).await,
            Command::Match(command) => command.run(&context),
            Command::Export(command) => command.run(&context).await,
            Command::Reconcile(command) => command.run(&context).await,
            Command::Verify(command) => command.run(&context).await,
            Command::Replay(command) => command.run(&context).await,
            Command::WhatIf(command) => command.run(&context).await,
            Command::Train(command) => command.run(&context).await,
            Command::Policy(command) => command.run(&context).await,
            Command::Migrate(command) => command.run(&context).await,
            Command::Backup(command) => command.run(&context).await,
            Command::Restore(command) => command.run(&context).await,
            Command::Keys(command) => command.run(&context).await,
            Command::Users(command) => command.run(&context).await,
            Command::Audit(command) => command.run(&context).await,
            Command::Bench(command) => command.run(&context).await,
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

impl Settings {
    fn checked(&self) -> Result<Config, ConfigError> {
        let file = RawConfig::from_file(self.config.as_deref())?;
        let environment = RawConfig::from_environment(|name| std::env::var(name).ok());
        let flags = RawConfig {
            data_dir: self.data_dir.clone(),
            database: self.database.clone(),
            listen: None,
            public_url: None,
            manifests: self.manifests.clone(),
            rules: self.rules.clone(),
            ..RawConfig::default()
        };
        Config::checked(file, environment, flags)
    }
}
