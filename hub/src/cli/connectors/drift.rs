//! `hub connectors drift`: which fields of a source's payloads are not what they were.

use crate::api::drift::{Changed, SchemaDrift};
use crate::cli::local::open;
use crate::cli::{Context, Failure, Verdict};
use crate::domain::layout::{FieldChange, Layout};
use crate::pipeline::Sources;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub struct Drift {
    /// Only this source
    source: Option<String>,
    /// Take what its payloads are made of now for what they are to be
    #[arg(long, requires = "source")]
    accept: bool,
}

impl Drift {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let sources = Sources::load(context.config.manifests.as_deref())?;
        if let Some(source) = self.source.as_deref().filter(|source| sources.get(source).is_none()) {
            return Err(format!("no source is named {source}; `hub connectors list` lists them").into());
        }
        let store = open(context).await?;
        let verdict = match self.source.as_deref().filter(|_| self.accept) {
            Some(source) => {
                let accepted = store.accept_layouts(source).await?;
                match context.json {
                    true => println!("{}", json!({ "accepted": accepted })),
                    false => println!("{accepted} changes accepted"),
                }
                Verdict::Fine
            }
            None => show(context, &sources, store.layouts(self.source.as_deref()).await?),
        };
        store.close().await;
        Ok(verdict)
    }
}

fn show(context: &Context, sources: &Sources, mut known: Vec<(Layout, Vec<FieldChange>)>) -> Verdict {
    let mut found = Vec::new();
    for manifest in sources.iter() {
        let own: Vec<_> = known.extract_if(.., |(layout, _)| layout.origin.source == manifest.name()).collect();
        if !own.is_empty() {
            found.push(SchemaDrift::new(manifest, own));
        }
    }
    match context.json {
        true => println!("{}", json!({ "sources": found })),
        false => print(&found),
    }
    let mut payloads = found.iter().flat_map(|drift| &drift.payloads);
    if payloads.any(|payloads| !payloads.changes.is_empty()) { Verdict::LookAtIt } else { Verdict::Fine }
}

fn print(found: &[SchemaDrift]) {
    if found.is_empty() {
        println!("no payload has been seen yet");
    }
    for drift in found {
        for payloads in &drift.payloads {
            let what = match &payloads.topic {
                None => "records".to_owned(),
                Some(topic) => format!("notices of {topic}"),
            };
            println!("{}: {} {what}, {} fields changed", drift.source, payloads.records, payloads.changes.len());
            payloads.changes.iter().for_each(|changed| println!("  {}", line(changed)));
        }
    }
}

fn line(changed: &Changed) -> String {
    let Changed { path, change, kind, was, records, of, feeds, .. } = changed;
    let happened = match (was, *change) {
        (Some(was), _) => format!("was {was}, is {kind} in {records} of the last {of}"),
        (None, "missing") => format!("is missing: {records} had it, the last {of} do not"),
        (None, _) => format!("is new: {kind} in {records} of the last {of}"),
    };
    let fed = if feeds.is_empty() { String::new() } else { format!("; feeds {}", feeds.join(", ")) };
    format!("{path} {happened}{fed}")
}
