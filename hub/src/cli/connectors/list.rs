//! `hub connectors list`: the systems that this hub knows.

use crate::api::Doors;
use crate::cli::{Context, Failure, Verdict};
use crate::pipeline::Sources;
use clap::Args;
use connectors::Manifest;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let sources = Sources::load(context.config.manifests.as_deref())?;
        let doors = Doors::load(&sources, |name| std::env::var(name).ok())?;
        if context.json {
            let rows: Vec<Value> = sources.iter().map(|manifest| row(manifest, &doors)).collect();
            println!("{}", json!({ "sources": rows }));
            return Ok(Verdict::Fine);
        }
        println!("{:<22} {:>5}  {:<40} webhooks", "source", "trust", "title");
        for manifest in sources.iter() {
            let (name, title) = (manifest.name(), manifest.title());
            println!("{name:<22} {:>5}  {title:<40} {}", manifest.trust().value, webhooks(manifest, &doors));
        }
        Ok(Verdict::Fine)
    }
}

fn row(manifest: &Manifest, doors: &Doors) -> Value {
    let webhook = manifest.webhook().map(|webhook| {
        let topics = webhook.topics().map(|(topic, purpose)| (topic.to_owned(), json!(purpose.name())));
        json!({
            "path": format!("/v1/sources/{}/webhook", manifest.name()),
            "signature": webhook.scheme().name(),
            "secrets": doors.keys(manifest.name()).map_or(0, <[_]>::len),
            "topics": topics.collect::<serde_json::Map<_, _>>(),
        })
    });
    json!({
        "name": manifest.name(), "title": manifest.title(), "version": manifest.version(), "owner": manifest.owner(),
        "trust": manifest.trust().value, "webhook": webhook,
    })
}

fn webhooks(manifest: &Manifest, doors: &Doors) -> String {
    let Some(webhook) = manifest.webhook() else { return "-".to_owned() };
    match doors.keys(manifest.name()) {
        Some(_) => format!("signed by {}", webhook.scheme().name()),
        None => {
            let places: Vec<String> = webhook.secrets().iter().map(ToString::to_string).collect();
            format!("closed until {} holds the secret", places.join(" or "))
        }
    }
}
