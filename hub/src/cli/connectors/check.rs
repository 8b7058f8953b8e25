//! `hub connectors check`: every mistake of every manifest at once.

use crate::cli::{Context, Failure, Verdict};
use clap::Args;
use connectors::{Manifest, ManifestErrors};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Check {
    /// Manifests to check [default: all in the manifest folder]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Check {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let files = if self.files.is_empty() { in_folder(context)? } else { self.files };
        let mut checked = Vec::new();
        for file in &files {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
            checked.push((name.clone(), Manifest::parse(&name, &text)));
        }
        let is_sound = checked.iter().all(|(_, manifest)| manifest.is_ok());
        match context.json {
            true => println!("{}", json!({ "sound": is_sound, "manifests": rows(&checked) })),
            false => print(&checked),
        }
        Ok(if is_sound { Verdict::Fine } else { Verdict::LookAtIt })
    }
}

type Checked = (String, Result<Manifest, ManifestErrors>);

fn in_folder(context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let folder = context.config.manifests.as_ref();
    let folder = folder.ok_or("name the files to check, or the folder with --manifests or HUB_MANIFESTS")?;
    Ok(crate::pipeline::sources::toml_files(folder)?)
}

fn rows(checked: &[Checked]) -> Vec<Value> {
    let row = |(file, manifest): &Checked| match manifest {
        Ok(manifest) => json!({ "file": file, "name": manifest.name(), "errors": [] }),
        Err(errors) => {
            let error = |e: &connectors::ManifestError| json!({ "line": e.line, "what": e.what, "remedy": e.remedy });
            json!({ "file": file, "errors": errors.0.iter().map(error).collect::<Vec<_>>() })
        }
    };
    checked.iter().map(row).collect()
}

fn print(checked: &[Checked]) {
    for (file, manifest) in checked {
        match manifest {
            Ok(manifest) => println!("{file}: sound, the source is named {}", manifest.name()),
            Err(errors) => println!("{errors}"),
        }
    }
    if checked.is_empty() {
        println!("no manifests in the folder");
    }
}
