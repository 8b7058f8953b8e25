//! Manifests and what is wrong with them; the mapping of each shipped one.

mod faults;
mod mapping;
mod shipped;
mod systems;

use super::Manifest;

/// A manifest whose `[map]` begins with these lines.
fn with_map(map: &str) -> Manifest {
    let text = format!("name = \"test\"\n[record]\nkey = \"$.id\"\n[lookup.sex]\nF = \"female\"\n[map]\n{map}");
    match Manifest::parse("test.toml", &text) {
        Ok(manifest) => manifest,
        Err(errors) => panic!("{errors}"),
    }
}
