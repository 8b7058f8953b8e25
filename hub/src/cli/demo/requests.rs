//! What people of the fictitious retailer have asked for: a copy of their data, too long ago; to be forgotten, which is ready
//! to be done; and to be forgotten, which is done.

use crate::cli::Failure;
use crate::cli::local::{Local, Worker};
use crate::domain::command::{Command, Mandate};
use crate::domain::ids::GoldenId;
use crate::domain::privacy::{Keeps, Kind};
use crate::pipeline::{Request, clock};
use crate::store::privacy::{Step, StoredRequest};
use std::time::Duration;
use uuid::Uuid;

const BY: &str = "demo";
const DAY_US: i64 = 24 * 3600 * 1_000_000;
const CHECK_MS: u64 = 20;

/// Records the requests, each as far as it has come.
pub async fn record(local: &Local) -> Result<(), Failure> {
    let people = local.store.golden_ids_after(None, 3).await?;
    let [access, ready, done] = people[..] else { return Ok(()) };
    ask(local, Kind::Access, access, 40).await?;
    verify(local, ask(local, Kind::Erasure, ready, 12).await?).await?;
    let request = ask(local, Kind::Erasure, done, 20).await?;
    verify(local, request).await?;
    erase(local, request, done).await
}

async fn ask(local: &Local, kind: Kind, golden: GoldenId, days_ago: i64) -> Result<Uuid, Failure> {
    let received_us = clock::now_us() - days_ago * DAY_US;
    let request = StoredRequest::new(kind, golden, received_us, Keeps::default(), BY);
    local.store.add_request(&request).await?;
    Ok(request.id)
}

async fn verify(local: &Local, request: Uuid) -> Result<(), Failure> {
    let step = Step::Verify { how: "signed in to the customer account".to_owned() };
    local.store.step_request(request, &step, BY, clock::now_us()).await?;
    Ok(())
}

async fn erase(local: &Local, request: Uuid, golden: GoldenId) -> Result<(), Failure> {
    let mandate = Mandate { by: BY.to_owned(), reason: "privacy request".to_owned(), at_us: clock::now_us() };
    let command = Command::Erase { golden, request, keeps: Keeps::default() };
    let queued = local.store.queue_command(&serde_json::to_string(&Request { command, mandate })?).await?;
    if let Worker::Here(control, _) = &local.worker {
        control.wake();
    }
    while local.store.command_outcome(queued).await?.is_none() {
        local.check()?;
        tokio::time::sleep(Duration::from_millis(CHECK_MS)).await;
    }
    Ok(())
}
