//! What waits for repair: as groups, as a list, and one in full.

use super::{find, group};
use crate::cli::output::{self, number};
use crate::cli::{Context, Failure, Verdict, local};
use crate::domain::failure::{Fingerprint, kind};
use crate::domain::ids::DeliveryId;
use crate::domain::limits::PAGE_ROWS_MAX;
use crate::read::profiles::rfc3339;
use crate::store::dead_letters::{Group, StoredDeadLetter, Which};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct List {
    /// Only those of this source
    #[arg(long)]
    source: Option<String>,
    /// Only those of this group, by its fingerprint
    #[arg(long, value_parser = group)]
    group: Option<Fingerprint>,
    /// Those after this number
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// How many, up to 1000
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl List {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = local::open(context).await?;
        let which = Which { source: self.source.as_deref(), fingerprint: self.group.as_ref() };
        let rows = self.limit.clamp(1, PAGE_ROWS_MAX);
        let letters = store.dead_letters_after(DeliveryId(self.after), which, rows).await?;
        store.close().await;
        if context.json {
            let letters: Vec<Value> = letters.iter().map(described).collect();
            println!("{}", Value::from(letters));
            return Ok(Verdict::Fine);
        }
        let line = |l: &StoredDeadLetter| {
            format!(
                "{:>8}  {}  {}  {}  {}: {}\n",
                l.delivery.0,
                rfc3339(l.at_us),
                l.fingerprint,
                l.source,
                l.step,
                l.reason
            )
        };
        output::text(&letters.iter().map(line).collect::<String>())?;
        match letters.last().filter(|_| letters.len() == rows) {
            Some(last) => println!("more with --after {}", last.delivery.0),
            None if letters.is_empty() => println!("no dead letters"),
            None => {}
        }
        Ok(Verdict::Fine)
    }
}

pub async fn groups(context: &Context, source: Option<&str>) -> Result<Verdict, Failure> {
    let store = local::open(context).await?;
    let groups = store.dead_letter_groups(source, PAGE_ROWS_MAX).await?;
    store.close().await;
    if context.json {
        let groups: Vec<Value> = groups.iter().map(grouped).collect();
        println!("{}", Value::from(groups));
        return Ok(Verdict::Fine);
    }
    let line = |g: &Group| {
        let (many, reason) = (number(g.count), kind(&g.reason));
        format!("{}  {many:>9}  {}  {}: {reason} (such as {})\n", g.fingerprint, g.source, g.step, g.example.0)
    };
    output::text(&groups.iter().map(line).collect::<String>())?;
    if groups.is_empty() {
        println!("no dead letters");
    }
    Ok(Verdict::Fine)
}

pub async fn one(context: &Context, id: i64) -> Result<Verdict, Failure> {
    let store = local::open(context).await?;
    let letter = find(&store, id).await;
    store.close().await;
    let letter = letter?;
    let payload = String::from_utf8_lossy(&letter.payload);
    if context.json {
        let mut described = described(&letter);
        described["payload"] = json!(payload);
        println!("{described}");
    } else {
        println!(
            "{} of {}, {}\n{}: {}\n",
            letter.delivery.0,
            letter.source,
            rfc3339(letter.at_us),
            letter.step,
            letter.reason
        );
        output::text(&format!("{payload}\n"))?;
    }
    Ok(Verdict::Fine)
}

fn described(letter: &StoredDeadLetter) -> Value {
    json!({
        "id": letter.delivery.0, "source": letter.source, "step": letter.step, "reason": letter.reason,
        "fingerprint": letter.fingerprint, "at": rfc3339(letter.at_us), "shape": letter.shape.name(),
        "repaired_by": letter.repaired_by.map(|by| by.0),
    })
}

fn grouped(group: &Group) -> Value {
    json!({
        "fingerprint": group.fingerprint, "source": group.source, "step": group.step, "reason": kind(&group.reason),
        "count": group.count, "first_at": rfc3339(group.first_us), "last_at": rfc3339(group.last_us),
        "example": group.example.0,
    })
}
