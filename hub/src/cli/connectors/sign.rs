//! `hub connectors sign`: a webhook to send by hand.

use crate::api::Doors;
use crate::cli::{Context, Failure, Verdict};
use crate::pipeline::{Sources, clock};
use clap::Args;
use connectors::signature::Request;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Sign {
    /// The source that the webhook is for; its secret has to be in force
    source: String,
    /// The body
    #[arg(value_name = "FILE")]
    body: PathBuf,
}

/// Names the delivery where the scheme signs that too.
const ID: &str = "webhook-id";

impl Sign {
    pub fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let sources = Sources::load(context.config.manifests.as_deref())?;
        let doors = Doors::load(&sources, |name| std::env::var(name).ok())?;
        let source = self.source.as_str();
        let webhook = sources.get(source).and_then(|manifest| manifest.webhook());
        let webhook = webhook.ok_or_else(|| format!("{source} has no manifest with a [webhook]"))?;
        let key = doors.keys(source).and_then(<[_]>::first);
        let key = key.ok_or("the source's secret is nowhere; `hub connectors list` says where it is looked for")?;
        let body = std::fs::read(&self.body).map_err(|e| format!("{}: {e}", self.body.display()))?;
        let by_hub = || {
            let origin = context.config.public_url.clone();
            let origin = origin.unwrap_or_else(|| format!("http://{}", context.config.listen));
            format!("{origin}/v1/sources/{source}/webhook")
        };
        let url = webhook.url().map_or_else(by_hub, str::to_owned);
        let id = uuid::Uuid::now_v7().to_string();
        let header = |name: &str| (name == ID).then_some(id.as_str());
        let request = Request { method: "POST", url: &url, header: &header, body: &body };
        let headers = webhook.scheme().sign(&request, key, clock::now_us() / 1_000_000)?;
        if webhook.scheme().name() == "standard-webhooks" {
            println!("{ID}: {id}");
        }
        for (name, value) in headers {
            println!("{name}: {value}");
        }
        Ok(Verdict::Fine)
    }
}
