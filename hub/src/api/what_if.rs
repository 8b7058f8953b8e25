//! What-if as a job: asked for, watched, and read; one at a time, because each loads the population once more.

use super::body::{Body, Segments};
use super::policies::Change;
use super::problem::{Answer, Kind, Problem};
use super::state::AppState;
use crate::domain::ids::PolicyNo;
use crate::domain::limits::PAGE_ROWS_MAX;
use crate::domain::policy::Draft;
use crate::domain::what_if::Report;
use crate::pipeline::what_if::{Step, what_if};
use crate::store::{Store, StoreError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;
use uuid::Uuid;

/// How many of each kind of change are listed unless more are asked for.
const LISTED: usize = 100;

/// The newest job of this node.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<Option<Job>>>);

/// A what-if with the draft that it tries.
#[derive(Clone)]
pub struct Job {
    pub id: Uuid,
    pub draft: Arc<Draft>,
    /// What was in force when it began.
    pub against: PolicyNo,
    pub state: JobState,
}

#[derive(Clone)]
pub enum JobState {
    Running(Step),
    Done(Arc<Report>),
    Failed(&'static str),
}

/// A change that is to be tried out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    change: Change,
    /// How many merges, splits, values and reviews are listed by name; 100 if left out, 1000 at the most.
    listed_max: Option<usize>,
}

/// A what-if and how far it is. It is kept on the node that runs it until the next one begins.
#[derive(Serialize, ToSchema)]
pub struct WhatIf {
    id: Uuid,
    /// `running`, `done` or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    progress: Option<Step>,
    /// What went wrong and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    /// What would change: everything counted, and the first of each kind by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Arc<Report>>,
}

/// Begins to try out a change of policy on the whole population. Nothing is changed.
#[utoipa::path(post, path = "/v1/what-if", tag = "Policies", request_body = Asking,
    responses((status = 202, description = "Begun; GET /v1/what-if/{id} tells how far it is", body = WhatIf),
              (status = 409, description = "Another one is running on this node"),
              (status = 422, description = "The draft cannot be used")))]
pub async fn begin(State(state): State<AppState>, Body(asking): Body<Asking>) -> Answer<(StatusCode, Json<WhatIf>)> {
    let draft = asking.change.draft(&state).await?;
    let listed_max = asking.listed_max.unwrap_or(LISTED).min(PAGE_ROWS_MAX);
    let job = start(&state, draft, listed_max).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

/// Begins to try out a draft.
pub async fn start(state: &AppState, draft: Draft, listed_max: usize) -> Answer<Job> {
    let against = state.store.policy_in_force().await?.map_or(PolicyNo(0), |row| row.number);
    let job = state.what_ifs.begin(Arc::new(draft), against)?;
    tokio::spawn(run(state.what_ifs.clone(), job.clone(), state.store.clone(), listed_max));
    Ok(job)
}

/// Tells how far a what-if is, and what it found.
#[utoipa::path(get, path = "/v1/what-if/{id}", tag = "Policies", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The what-if", body = WhatIf),
              (status = 404, description = "This node does not hold it")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<Uuid>) -> Answer<Json<WhatIf>> {
    let job = state.what_ifs.get().filter(|job| job.id == id);
    job.map(|job| Json(job.into())).ok_or_else(|| {
        Kind::UnknownWhatIf
            .because("This node holds no what-if of that id; it keeps the last one until the next begins.")
    })
}

async fn run(jobs: Jobs, job: Job, store: Store, listed_max: usize) {
    let (watching, watched, draft) = (jobs.clone(), job.clone(), job.draft.clone());
    let step = move |step| watching.put(&watched, JobState::Running(step));
    let told = tokio::spawn(async move { what_if(&store, &draft, listed_max, step).await }).await;
    jobs.put(
        &job,
        match told {
            Ok(Ok(report)) => JobState::Done(Arc::new(report)),
            Ok(Err(StoreError::Renewing { .. })) => JobState::Failed(
                "A change of policy is being carried through; try again when GET /v1/policies says settled.",
            ),
            Ok(Err(error)) => {
                tracing::error!(%error, cause = error.cause(), "a what-if failed");
                JobState::Failed("The database did not answer as expected; the log says why. Try again.")
            }
            Err(_) => JobState::Failed("The what-if broke off; the log says why."),
        },
    );
}

impl Jobs {
    fn begin(&self, draft: Arc<Draft>, against: PolicyNo) -> Result<Job, Problem> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Job { id, state: JobState::Running(_), .. }) = slot.as_ref() {
            let busy = Kind::Conflict.because("A what-if is running on this node; wait for it, or ask another node.");
            return Err(busy.with("running", id.to_string()));
        }
        let job = Job { id: Uuid::now_v7(), draft, against, state: JobState::Running(Step::default()) };
        *slot = Some(job.clone());
        Ok(job)
    }

    fn put(&self, job: &Job, state: JobState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Job { state, ..job.clone() });
    }

    /// The newest one.
    pub fn get(&self) -> Option<Job> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl From<Job> for WhatIf {
    fn from(job: Job) -> WhatIf {
        let mut answer = WhatIf { id: job.id, status: "running", progress: None, failure: None, report: None };
        match job.state {
            JobState::Running(step) => answer.progress = Some(step),
            JobState::Done(report) => (answer.status, answer.report) = ("done", Some(report)),
            JobState::Failed(why) => (answer.status, answer.failure) = ("failed", Some(why)),
        }
        answer
    }
}
