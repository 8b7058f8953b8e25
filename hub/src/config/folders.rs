//! Settings of watched folders.

use super::ConfigError;
use crate::collect::folders::{CutOff, Folder};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Seconds without a change after which a file is complete, if nobody says; longer than any network's hiccup.
const SETTLE_SECS: u64 = 10;

/// A `[[folders]]` as somebody wrote it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFolder {
    source: String,
    path: PathBuf,
    pattern: Option<String>,
    settle_secs: Option<u64>,
    needs_control: Option<bool>,
    cut_off: Option<String>,
    time_zone: Option<String>,
}

pub fn folders(raw: Vec<RawFolder>) -> Result<Vec<Folder>, ConfigError> {
    raw.into_iter().map(checked).collect()
}

fn checked(raw: RawFolder) -> Result<Folder, ConfigError> {
    let place = format!("[[folders]] of {}", raw.source);
    if !raw.path.is_dir() {
        return Err(ConfigError::Entry { place, remedy: "`path` is no folder; create it, or correct it" });
    }
    let cut_off = cut_off(raw.cut_off, raw.time_zone).map_err(|remedy| ConfigError::Entry { place, remedy })?;
    Ok(Folder {
        source: raw.source,
        path: raw.path,
        pattern: raw.pattern.unwrap_or_else(|| "*".to_owned()),
        settle: Duration::from_secs(raw.settle_secs.unwrap_or(SETTLE_SECS)),
        needs_control: raw.needs_control.unwrap_or(false),
        cut_off,
    })
}

fn cut_off(at: Option<String>, zone: Option<String>) -> Result<Option<CutOff>, &'static str> {
    let zone = zone.map_or(Ok(TimeZone::UTC), |name| TimeZone::get(&name));
    let zone = zone.map_err(|_| "`time_zone` is the name of a zone, such as Europe/Berlin; UTC, if left out")?;
    let at = at.map(|at| at.parse().map_err(|_| "`cut_off` is a time of day, such as \"22:00\"")).transpose()?;
    Ok(at.map(|at| CutOff { at, zone }))
}
