//! `hub policy`: which model and which rules are in force, since when and why; others, and back again.

use super::changed::{Changed, watch};
use super::local::Local;
use super::output::number;
use super::{Context, Failure, Verdict, local};
use crate::domain::command::Mandate;
use crate::domain::ids::PolicyNo;
use crate::domain::policy::{Draft, Stage};
use crate::pipeline::clock;
use crate::pipeline::policies::{Asked, ask, ask_back};
use crate::store::policies::PolicyRow;
use crate::store::{Store, StoreError};
use clap::{Args, Subcommand, ValueEnum};

/// Lists policies, brings one into force, or goes back to an earlier one. A policy is a matching model and survivorship
/// rules; each decision of the hub keeps the number of the policy that it was made under.
#[derive(Debug, Args)]
pub struct Policies {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List all policies, newest first
    List,
    /// Print the model or the rules of a policy, as they were written
    Show {
        number: i32,
        #[arg(long, value_enum)]
        part: Part,
    },
    /// Bring another model or other rules into force and carry everybody over
    Activate {
        #[command(flatten)]
        changed: Changed,
        /// Weigh and decide everything again, even under the policy in force: after an upgrade that compares otherwise
        #[arg(long)]
        again: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Go back to an earlier policy: without a number to the one before the one in force
    Rollback {
        /// The policy whose model and rules are wanted
        #[arg(long, value_name = "NUMBER")]
        to: Option<i32>,
        #[command(flatten)]
        why: Why,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    Model,
    Rules,
}

/// What history keeps of a request, and whether to wait for it.
#[derive(Debug, Args)]
pub struct Why {
    /// Why, for whoever looks later
    #[arg(long)]
    reason: String,
    /// Who asks
    #[arg(long, default_value = "the command line")]
    by: String,
    /// Do not wait until everybody is carried over
    #[arg(long)]
    no_wait: bool,
}

impl Policies {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = local::open(context).await?;
        match self.what {
            What::List => list(&store.policies().await?, context.json)?,
            What::Show { number, part } => println!("{}", shown(&store, number, part).await?.trim_end()),
            What::Activate { changed, again, why } => {
                let draft = match again {
                    true => changed.draft_or_same(context, &store).await?,
                    false => changed.draft(context, &store).await?,
                };
                return activate(context, store, &draft, again, why).await;
            }
            What::Rollback { to, why } => {
                local::note(&store, "policy rollback", &to.map(|to| to.to_string()).unwrap_or_default()).await?;
                let asked = ask_back(&store, to.map(PolicyNo), &why.mandate()).await?;
                return carry_out(context, store, asked, why.no_wait).await;
            }
        }
        store.close().await;
        Ok(Verdict::Fine)
    }
}

impl Why {
    fn mandate(&self) -> Mandate {
        Mandate { by: self.by.clone(), reason: self.reason.clone(), at_us: clock::now_us() }
    }

    /// A reason that a command gives itself.
    pub fn because(reason: String) -> Why {
        Why { reason, by: "the command line".to_owned(), no_wait: false }
    }
}

/// Asks for a policy and waits for it.
pub async fn activate(
    context: &Context,
    store: Store,
    draft: &Draft,
    again: bool,
    why: Why,
) -> Result<Verdict, Failure> {
    local::note(&store, "policy activate", "").await?;
    let asked = ask(&store, draft, &why.mandate(), again).await?;
    carry_out(context, store, asked, why.no_wait).await
}

async fn carry_out(context: &Context, store: Store, asked: Asked, no_wait: bool) -> Result<Verdict, Failure> {
    let number = match asked {
        Asked::For(number) => number,
        Asked::Withdrawn => {
            println!("what was to come into force will not; the policy in force stays");
            return Ok(Verdict::Fine);
        }
        Asked::InForce => {
            return Err("this model and these rules are in force already; --again carries everybody over anew".into());
        }
        Asked::NoneBefore => return Err("no such policy was in force before; see `hub policy list`".into()),
    };
    if no_wait {
        println!("policy {} was asked for; `hub policy list` tells how far it is", number.0);
        return Ok(Verdict::Fine);
    }
    let local = Local::on(store, context).await?;
    let row = watch(&local, number).await?;
    match context.json {
        true => println!("{}", json(&row)),
        false => println!("policy {}: {}", row.number.0, row.stage.name()),
    }
    local.stop().await;
    Ok(if row.stage == Stage::Settled { Verdict::Fine } else { Verdict::LookAtIt })
}

async fn shown(store: &Store, number: i32, part: Part) -> Result<String, Failure> {
    let row = store.policies().await?.into_iter().find(|row| row.number.0 == number);
    let row = row.ok_or_else(|| format!("there is no policy {number}; see `hub policy list`"))?;
    Ok(match part {
        Part::Model => store.model_text(&row).await?,
        Part::Rules => store.rule_set_of(&row).await?.text,
    })
}

fn list(rows: &[PolicyRow], as_json: bool) -> Result<(), StoreError> {
    if as_json {
        println!("{}", serde_json::Value::Array(rows.iter().map(json).collect()));
        return Ok(());
    }
    for row in rows {
        let at = crate::read::profiles::rfc3339(row.asked.at_us);
        println!("{:>3}  {:<10}  {at}  {}: {}", row.number.0, row.stage.name(), row.asked.by, row.asked.reason);
        println!("     model {} (#{}), rules {} (#{})", row.model.name, row.model.id, row.rules.name, row.rules.id);
        if row.stage.is_under_way() {
            println!("     {} of {} records", number(row.position), number(row.total));
        }
    }
    if rows.is_empty() {
        println!("no policy yet; the first `hub serve` or `hub import` brings one");
    }
    Ok(())
}

fn json(row: &PolicyRow) -> serde_json::Value {
    serde_json::json!({
        "number": row.number, "stage": row.stage, "model": row.model, "rules": row.rules, "by": row.asked.by,
        "reason": row.asked.reason, "asked_us": row.asked.at_us, "in_force_us": row.in_force_us,
        "settled_us": row.settled_us, "records_done": row.position, "records": row.total,
    })
}
