//! Connects the outside to the hub: manifests say how a system's records become canonical customers, readers take its
//! files apart, webhooks are checked and opened, polling is planned. Nothing here waits or sends: the crate decides, and
//! knows neither the hub nor the matching.

pub mod access;
pub mod contract;
pub mod fake;
mod fields;
mod json;
mod manifest;
mod mapped;
mod mapping;
pub mod poll;
pub mod read;
pub mod signature;
pub mod webhook;
pub mod write_back;

pub use fields::{Field, Kind};
pub use manifest::{Lineage, Manifest, ManifestError, ManifestErrors, Trust};
pub use mapped::{MapError, Mapped, Step, Version};
pub use mapping::Feeds;
