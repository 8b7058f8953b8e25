//! Settings from `hub.toml`, the environment and flags, in that order; checked once, before anything starts.

mod audit;
mod collect;
mod folders;

pub use self::audit::Anchoring;

use self::collect::{RawServer, RawStream};
use self::folders::RawFolder;
use crate::collect::folders::Folder;
use crate::collect::streams::Stream;
use crate::deliver::nats::Server;
use crate::domain::decision::Diligence;
use crate::domain::rules::{RuleSet, RulesError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Settings as somebody wrote them; everything may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    pub data_dir: Option<PathBuf>,
    pub database: Option<String>,
    pub listen: Option<String>,
    pub public_url: Option<String>,
    pub manifests: Option<PathBuf>,
    pub rules: Option<PathBuf>,
    pub allow_targets: Option<Vec<String>>,
    pub secrets: Option<PathBuf>,
    pub drops: Option<PathBuf>,
    /// NATS servers by the names that subscribers and streams give them.
    pub nats: Option<BTreeMap<String, RawServer>>,
    pub streams: Option<Vec<RawStream>>,
    pub folders: Option<Vec<RawFolder>>,
    pub reviews: Option<Diligence>,
    pub audit: Option<Anchoring>,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub database: String,
    pub listen: SocketAddr,
    /// The hub's address as others know it, without a slash at its end; where the hub listens, if nobody says.
    pub public_url: Option<String>,
    /// A folder of manifests beside the shipped ones.
    pub manifests: Option<PathBuf>,
    /// Rules that somebody wrote: in force from the first start on, later only on request.
    pub rules: Option<RulesFile>,
    /// Hosts of webhooks that may have private addresses and may be called without TLS.
    pub allow_targets: Vec<String>,
    /// A folder with a file for each secret.
    pub secrets: Option<PathBuf>,
    /// The folder below which file drops lie.
    pub drops: Option<PathBuf>,
    pub nats: Vec<(String, Server)>,
    pub streams: Vec<Stream>,
    pub folders: Vec<Folder>,
    /// What is asked of stewards.
    pub reviews: Diligence,
    /// Where the head of the audit chain is written down.
    pub audit: Option<Anchoring>,
}

/// A file of survivorship rules.
#[derive(Clone, Debug)]
pub struct RulesFile {
    pub path: PathBuf,
    pub set: RuleSet,
    /// Whether a flag of this call names it, and not a setting that stays.
    pub on_command_line: bool,
}

/// What is wrong with the settings, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{file} cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file} is not a valid configuration; correct the marked place\n{source}")]
    Malformed { file: String, source: Box<toml::de::Error> },
    #[error("{origin}: '{value}' is no address to listen on; write it like 127.0.0.1:8080")]
    Listen { origin: &'static str, value: String },
    #[error("{origin}: '{value}' is no address of the hub; write it like https://hub.example.com")]
    PublicUrl { origin: &'static str, value: String },
    #[error("{origin}: a database is named by sqlite:PATH or postgres://USER@HOST/NAME")]
    Database { origin: &'static str },
    #[error("{file} cannot be used as survivorship rules: {source}")]
    Rules { file: String, source: RulesError },
    #[error("hub.toml: {place}: {remedy}")]
    Entry { place: String, remedy: &'static str },
    #[error("{origin}: the folder {folder} does not exist; create it or leave the setting out")]
    Folder { origin: &'static str, folder: String },
}

/// Where a value came from, for messages.
type Origin = &'static str;

const FILE: Origin = "hub.toml";
const ENVIRONMENT: Origin = "the environment (HUB_…)";
const FLAG: Origin = "the command line";

impl RawConfig {
    /// Reads `hub.toml`; without an explicit path a missing file is an empty one.
    pub fn from_file(path: Option<&Path>) -> Result<RawConfig, ConfigError> {
        let file = path.unwrap_or(Path::new("hub.toml"));
        let name = || file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text)
                .map_err(|source| ConfigError::Malformed { file: name(), source: Box::new(source) }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && path.is_none() => Ok(RawConfig::default()),
            Err(source) => Err(ConfigError::Unreadable { file: name(), source }),
        }
    }

    /// Reads the `HUB_…` variables through `get`.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> RawConfig {
        RawConfig {
            data_dir: get("HUB_DATA_DIR").map(PathBuf::from),
            database: get("HUB_DATABASE"),
            listen: get("HUB_LISTEN"),
            public_url: get("HUB_PUBLIC_URL"),
            manifests: get("HUB_MANIFESTS").map(PathBuf::from),
            rules: get("HUB_RULES").map(PathBuf::from),
            allow_targets: get("HUB_ALLOW_TARGETS").map(|list| list.split(',').map(str::to_owned).collect()),
            secrets: get("HUB_SECRETS").map(PathBuf::from),
            drops: get("HUB_DROPS").map(PathBuf::from),
            // Lists stand in the file alone.
            nats: None,
            streams: None,
            folders: None,
            reviews: None,
            audit: None,
        }
    }
}

impl Config {
    /// Joins the three places and checks the result.
    pub fn checked(file: RawConfig, environment: RawConfig, flags: RawConfig) -> Result<Config, ConfigError> {
        let data_dir = last(file.data_dir, environment.data_dir, flags.data_dir);
        let data_dir = data_dir.map_or_else(|| PathBuf::from("data"), |(dir, _)| dir);
        let database = match last(file.database, environment.database, flags.database) {
            Some((url, origin)) => checked_url(url, origin)?,
            None => format!("sqlite:{}", data_dir.join("hub.db").display()),
        };
        let listen = last(file.listen, environment.listen, flags.listen);
        let (listen, origin) = listen.unwrap_or(("127.0.0.1:8080".to_owned(), FLAG));
        let listen = listen.parse().map_err(|_| ConfigError::Listen { origin, value: listen.clone() })?;
        let public_url = last(file.public_url, environment.public_url, flags.public_url);
        let public_url = public_url.map(|(url, origin)| checked_address(url, origin)).transpose()?;
        let manifests = checked_folder(last(file.manifests, environment.manifests, flags.manifests))?;
        let secrets = checked_folder(last(file.secrets, environment.secrets, flags.secrets))?;
        let drops = checked_folder(last(file.drops, environment.drops, flags.drops))?;
        let allow_targets = last(file.allow_targets, environment.allow_targets, flags.allow_targets);
        let allow_targets = allow_targets.map(|(hosts, _)| hosts).unwrap_or_default();
        let rules = last(file.rules, environment.rules, flags.rules);
        let rules = rules.map(|(path, origin)| read_rules(path, origin)).transpose()?;
        let nats = collect::servers(file.nats.unwrap_or_default())?;
        let streams = collect::streams(file.streams.unwrap_or_default(), &nats)?;
        let folders = folders::folders(file.folders.unwrap_or_default())?;
        Ok(Config {
            data_dir,
            database,
            listen,
            public_url,
            manifests,
            rules,
            allow_targets,
            secrets,
            drops,
            nats,
            streams,
            folders,
            reviews: file.reviews.unwrap_or_default(),
            audit: audit::checked(file.audit)?,
        })
    }
}

/// The last place that says something wins.
fn last<T>(file: Option<T>, environment: Option<T>, flags: Option<T>) -> Option<(T, Origin)> {
    let named = |value: Option<T>, origin| value.map(|value| (value, origin));
    named(flags, FLAG).or(named(environment, ENVIRONMENT)).or(named(file, FILE))
}

fn checked_folder(found: Option<(PathBuf, Origin)>) -> Result<Option<PathBuf>, ConfigError> {
    match found {
        Some((folder, origin)) if !folder.is_dir() => {
            Err(ConfigError::Folder { origin, folder: folder.display().to_string() })
        }
        found => Ok(found.map(|(folder, _)| folder)),
    }
}

fn checked_url(url: String, origin: Origin) -> Result<String, ConfigError> {
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if known.iter().any(|scheme| url.starts_with(scheme)) { Ok(url) } else { Err(ConfigError::Database { origin }) }
}

/// What systems were told to send to, which some of them sign.
fn checked_address(url: String, origin: Origin) -> Result<String, ConfigError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace)) {
        true => Ok(url.trim_end_matches('/').to_owned()),
        false => Err(ConfigError::PublicUrl { origin, value: url }),
    }
}

/// Reads and checks a file of survivorship rules.
fn read_rules(path: PathBuf, origin: Origin) -> Result<RulesFile, ConfigError> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
    let set = RuleSet::parse(&text).map_err(|source| ConfigError::Rules { file, source })?;
    Ok(RulesFile { path, set, on_command_line: origin == FLAG })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(listen: Option<&str>, database: Option<&str>) -> RawConfig {
        RawConfig { listen: listen.map(str::to_owned), database: database.map(str::to_owned), ..RawConfig::default() }
    }

    fn check(file: RawConfig, environment: RawConfig, flags: RawConfig, expected: Result<(&str, &str), &str>) {
        let checked = Config::checked(file, environment, flags);
        match (checked, expected) {
            (Ok(config), Ok((listen, database))) => {
                assert_eq!((config.listen.to_string().as_str(), config.database.as_str()), (listen, database));
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn the_last_place_wins() {
        let empty = RawConfig::default;
        check(empty(), empty(), empty(), Ok(("127.0.0.1:8080", "sqlite:data/hub.db")));
        check(raw(Some("127.0.0.1:1"), None), empty(), empty(), Ok(("127.0.0.1:1", "sqlite:data/hub.db")));
        check(
            raw(Some("127.0.0.1:1"), Some("sqlite:a")),
            raw(Some("127.0.0.1:2"), None),
            raw(Some("127.0.0.1:3"), None),
            Ok(("127.0.0.1:3", "sqlite:a")),
        );
    }

    #[test]
    fn mistakes_name_their_place_and_the_remedy() {
        let empty = RawConfig::default;
        check(empty(), raw(Some("8080"), None), empty(), Err("HUB_…"));
        check(raw(None, Some("mysql://x")), empty(), empty(), Err("hub.toml"));
        let address = RawConfig { public_url: Some("hub.example.com".into()), ..RawConfig::default() };
        check(empty(), address, empty(), Err("https://hub.example.com"));
        let never = RawConfig { audit: Some(Anchoring { anchors: "a".into(), minutes: 0 }), ..RawConfig::default() };
        check(never, empty(), empty(), Err("[audit]"));
        let missing = RawConfig { manifests: Some("no/such/folder".into()), ..RawConfig::default() };
        check(empty(), empty(), missing, Err("create it or leave the setting out"));
    }

    #[test]
    fn an_unknown_setting_is_shown_with_its_line() {
        let error = toml::from_str::<RawConfig>("listen = \"127.0.0.1:1\"\nlissen = 2\n").map_err(|e| e.to_string());
        assert!(error.is_err_and(|text| text.contains("line 2") && text.contains("lissen")));
    }
}
