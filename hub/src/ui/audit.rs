//! Who did what, to be looked through.

use super::page::{self, Query, Wrong};
use super::session::Visitor;
use super::values;
use crate::api::AppState;
use crate::domain::audit::{self, Outcome};
use crate::store::audit::Sought;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use web::audit::{AuditPage, Entry};
use web::shell::Here;

const PAGE_ROWS: usize = 50;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    query: Query,
) -> Result<Response, Wrong> {
    let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let before = query.get("before").and_then(|before| before.parse().ok());
    let sought = Sought { actor: text("actor"), action: text("action"), subject: text("subject"), before };
    let found = state.store.audit_found(&sought, PAGE_ROWS).await?;
    let older = found.last().filter(|_| found.len() == PAGE_ROWS).map(|last| {
        let mut address = form_urlencoded::Serializer::new(String::from("/audit?"));
        let fields = [("actor", &sought.actor), ("action", &sought.action), ("subject", &sought.subject)];
        address.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        address.append_pair("before", &last.seq.to_string()).finish()
    });
    let words = visitor.words.privacy();
    Ok(page::show(&AuditPage {
        shell: visitor.shell(words.audit, Here::Privacy),
        words,
        actor: sought.actor,
        action: sought.action,
        subject: sought.subject,
        entries: found.into_iter().map(one).collect(),
        older,
    }))
}

fn one(entry: audit::Entry) -> Entry {
    Entry {
        seq: values::number(entry.seq),
        at: values::instant(entry.at_us),
        actor: entry.deed.actor,
        role: entry.deed.role,
        action: entry.deed.action,
        subject: entry.deed.subject,
        denied: entry.deed.outcome == Outcome::Denied,
        hash: entry.hash[..4].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
    }
}
