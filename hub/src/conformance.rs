//! Manifests tried against made-up systems: duplicates, disorder, forgeries, broken pages, whatever real ones do one day.

mod checks;
mod lab;
pub mod listen;

pub use self::checks::Check;

use self::lab::{Broken, Lab};
use connectors::Manifest;
use std::path::Path;

/// How one check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// There is nothing to check, and why.
    DoesNotApply(&'static str),
    Failed(String),
}

/// Tries a manifest on a scratch database in a folder; tells how each check ended.
pub async fn conforms(
    manifest: &Manifest,
    folder: &Path,
    mut told: impl FnMut(Check, &Verdict),
) -> Result<bool, Broken> {
    let lab = Lab::open(manifest, folder).await?;
    let mut is_sound = true;
    for check in Check::all() {
        let verdict = match check.run(&lab).await {
            Ok(None) => Verdict::Passed,
            Ok(Some(why)) => Verdict::DoesNotApply(why),
            Err(error) => Verdict::Failed(error.to_string()),
        };
        is_sound &= !matches!(verdict, Verdict::Failed(_));
        told(check, &verdict);
    }
    lab.close().await;
    Ok(is_sound)
}
