//! `hub export`: the golden records as NDJSON.

use super::{Context, Failure, Verdict, local};
use crate::store::Store;
use clap::Args;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Writes every live golden record as one line of JSON, in the order of the golden ids.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const PAGE_ROWS: usize = 5_000;

impl Export {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = Store::open(&context.config.database).await?;
        local::note(&store, "export", "").await?;
        let target: Box<dyn Write> = match &self.output {
            Some(path) => Box::new(File::create(path).map_err(|e| format!("{}: {e}", path.display()))?),
            None => Box::new(std::io::stdout()),
        };
        let mut output = BufWriter::new(target);
        let mut after = None;
        loop {
            let page = store.golden_ids_after(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            let mut rows = store.bodies_of_goldens(&page).await?;
            rows.sort_by_key(|(id, _)| *id);
            for (id, body) in rows {
                // The body is an object, so its id can go first without parsing it.
                let rest = body.strip_prefix('{').unwrap_or(&body);
                writeln!(output, "{{\"id\":\"{id}\",{rest}")?;
            }
        }
        output.flush()?;
        store.close().await;
        Ok(Verdict::Fine)
    }
}
