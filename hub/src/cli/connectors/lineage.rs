//! `hub connectors lineage`: source field, canonical field, golden attribute.

use crate::cli::{Context, Failure, Verdict, output};
use crate::domain::rules::Attribute;
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Lineage {
    /// A source, or a manifest's file
    source: String,
}

impl Lineage {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let manifest = super::manifest(context, &self.source)?;
        let lines = manifest.lineage();
        if context.json {
            let row = |line: &connectors::Lineage| {
                json!({
                    "sources": line.sources, "transforms": line.transforms, "canonical": line.field,
                    "golden": Attribute::member_fed_by(&line.field),
                })
            };
            let rows: Vec<Value> = lines.iter().map(row).collect();
            println!("{}", json!({ "source": manifest.name(), "lineage": rows }));
            return Ok(Verdict::Fine);
        }
        output::text(&table(&lines))?;
        Ok(Verdict::Fine)
    }
}

/// A row for each source field; values that come from the manifest itself have none.
fn table(lines: &[connectors::Lineage]) -> String {
    let sources = lines.iter().flat_map(|line| &line.sources);
    let width = sources.map(|source| source.chars().count()).max().unwrap_or(0).max("source field".len());
    let mut text = format!("{:<width$}  {:<24} {:<13} by way of\n", "source field", "canonical field", "golden");
    for line in lines {
        let (golden, ways) = (Attribute::member_fed_by(&line.field).unwrap_or("-"), line.transforms.join(", "));
        let none = ["-".to_owned()];
        let sources = if line.sources.is_empty() { &none[..] } else { &line.sources };
        for source in sources {
            let row = format!("{source:<width$}  {:<24} {golden:<13} {ways}", line.field);
            text.push_str(row.trim_end());
            text.push('\n');
        }
    }
    text
}
