//! `hub connectors test`: a manifest against a made-up system that misbehaves.

use crate::cli::{Context, Failure, Verdict};
use crate::conformance::{self, Check, conforms};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Test {
    /// A source, or a manifest's file
    source: String,
}

impl Test {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let manifest = super::manifest(context, &self.source)?;
        let folder = std::env::temp_dir().join(format!("hub-test-{}-{}", manifest.name(), std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut rows = Vec::new();
        let is_sound = conforms(&manifest, &folder, |check, verdict| match context.json {
            true => rows.push(row(check, verdict)),
            false => print(check, verdict),
        })
        .await;
        std::fs::remove_dir_all(&folder)?;
        let is_sound = is_sound?;
        if context.json {
            println!("{}", json!({ "source": manifest.name(), "sound": is_sound, "checks": rows }));
        }
        Ok(if is_sound { Verdict::Fine } else { Verdict::LookAtIt })
    }
}

fn row(check: Check, verdict: &conformance::Verdict) -> Value {
    let (verdict, why) = words(verdict);
    json!({ "check": check.name(), "verdict": verdict, "why": why })
}

fn print(check: Check, verdict: &conformance::Verdict) {
    let (verdict, why) = words(verdict);
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    println!("{verdict:<14}  {}{why}", check.name());
}

fn words(verdict: &conformance::Verdict) -> (&'static str, Option<&str>) {
    match verdict {
        conformance::Verdict::Passed => ("passed", None),
        conformance::Verdict::DoesNotApply(why) => ("does not apply", Some(why)),
        conformance::Verdict::Failed(why) => ("failed", Some(why)),
    }
}
