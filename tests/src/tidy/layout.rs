//! Which crate may depend on which: the leaves never see each other or the hub.

use toml::{Table, Value};

use super::Breach;
use super::limits::Limits;
use super::tree::Tree;

pub fn rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (directory, manifest) in tree.manifests() {
        let path = format!("{directory}/Cargo.toml");
        let Some(allowed) = limits.crates.get(directory) else {
            let remedy = "Add it to [crates] in tests/tidy.toml with what it may depend on";
            breaches.push(Breach::new(&path, 0, format!("the crate `{directory}` has no place in the layout"), remedy));
            continue;
        };
        for name in dependencies(manifest) {
            if limits.crates.contains_key(&name) && !allowed.contains(&name) && name != directory {
                let line = line_of(manifest, &name);
                let problem = format!("`{directory}` depends on `{name}`");
                breaches.push(Breach::new(&path, line, problem, "Let the hub join them; see ARCHITECTURE.md"));
            }
        }
    }
    breaches
}

fn dependencies(manifest: &str) -> Vec<String> {
    let table: Table = manifest.parse().unwrap_or_default();
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let found = tables.iter().filter_map(|name| table.get(*name).and_then(Value::as_table));
    found.flat_map(|table| table.keys().cloned()).collect()
}

fn line_of(manifest: &str, name: &str) -> usize {
    manifest.lines().position(|line| line.starts_with(name)).map_or(0, |index| index + 1)
}

#[test]
fn a_leaf_that_knows_another_is_found() {
    let limits = "[crates]\nweb = []\nmatching = []\nhub = [\"web\"]\n";
    let files = [
        ("web/Cargo.toml", "[dependencies]\nserde = \"1\"\n[dev-dependencies]\nmatching.workspace = true\n"),
        ("hub/Cargo.toml", "[dependencies]\nweb.workspace = true\n"),
        ("new/Cargo.toml", ""),
    ];
    let expected =
        ["new/Cargo.toml:0 the crate `new` has no place in the layout", "web/Cargo.toml:4 `web` depends on `matching`"];
    super::expect(rule, limits, &files, &expected);
}
