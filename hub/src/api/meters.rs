//! Figures for operators, in the Prometheus text format. Labels hold route templates, never ids or people's values.

use super::access;
use super::problem::Answer;
use super::state::AppState;
use crate::domain::ids::{DeliveryId, EventSeq};
use crate::domain::subscriber::Status;
use crate::store::subscribers::Subscriber;
use crate::store::{Store, StoreError};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use foldhash::HashMap;
use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::fmt::Write;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const LATENCY: &str = "hub_http_request_duration_seconds";
const REQUESTS: &str = "hub_http_requests_total";
const WEBHOOKS: &str = "hub_webhook_notices_total";
const META: Metadata<'static> = Metadata::new("hub", Level::INFO, None);
const PROGRESS_MS: u64 = 500;
/// Counting rows takes longer than reading positions and changes less.
const COUNTS_EVERY: u32 = 10;

/// Counts of requests.
pub struct Meters {
    recorder: PrometheusRecorder,
    /// Counters once looked up, by place in the route table, method and status.
    known: RwLock<HashMap<(usize, u16), (Counter, Histogram)>>,
}

impl Meters {
    pub fn new() -> Meters {
        let latency = Matcher::Full(LATENCY.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &BUCKETS);
        // Fails for an empty list of buckets only.
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        recorder.describe_histogram(LATENCY.into(), None, "Time to the answer's head, by route.".into());
        recorder.describe_counter(REQUESTS.into(), None, "Requests answered, by route and status.".into());
        let help = "Notices that webhooks brought, by source and outcome; a refused webhook counts once.";
        recorder.describe_counter(WEBHOOKS.into(), None, help.into());
        Meters { recorder, known: RwLock::default() }
    }

    /// Counts one answered request.
    pub fn answered(&self, method: &Method, template: &str, status: StatusCode, took: Duration) {
        let place = access::ROUTES.iter().position(|(m, path, _)| *path == template && m == method);
        let at = (place.unwrap_or(usize::MAX), status.as_u16());
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&at).cloned();
        let (counter, histogram) = known.unwrap_or_else(|| self.register(at));
        counter.increment(1);
        histogram.record(took.as_secs_f64());
    }

    /// Counts what a webhook brought. The source has a manifest, so that there are few of them.
    pub fn webhooks(&self, source: &str, outcome: &'static str, notices: usize) {
        let labels = vec![Label::new("source", source.to_owned()), Label::from_static_parts("outcome", outcome)];
        self.recorder.register_counter(&Key::from_parts(WEBHOOKS, labels), &META).increment(notices as u64);
    }

    fn register(&self, at: (usize, u16)) -> (Counter, Histogram) {
        let route = access::ROUTES.get(at.0);
        let (method, template) = route.map_or(("other", "other"), |(m, path, _)| (m.as_str(), *path));
        let labels = vec![Label::new("method", method.to_owned()), Label::from_static_parts("route", template)];
        let histogram = self.recorder.register_histogram(&Key::from_parts(LATENCY, labels.clone()), &META);
        let status = Label::new("status", at.1.to_string());
        let counted = Key::from_parts(REQUESTS, labels.into_iter().chain([status]).collect::<Vec<_>>());
        let meters = (self.recorder.register_counter(&counted, &META), histogram);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(at, meters.clone());
        meters
    }
}

/// How far the hub has come, looked up a few times a second for whoever asks.
#[derive(Clone)]
pub struct Progress(watch::Receiver<Figures>);

#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The last delivery that the pipeline is done with, and the newest one.
    pub done: DeliveryId,
    pub newest: DeliveryId,
    pub feed: EventSeq,
    pub dead_letters: i64,
    pub open_reviews: i64,
    /// The policy in force, and the records that a change of policy is not done with.
    pub policy: i32,
    pub policy_left: i64,
    /// Whether the store answered the last time.
    pub reachable: bool,
}

impl Progress {
    pub async fn start(store: Store) -> Result<(Progress, JoinHandle<()>), StoreError> {
        let (sender, receiver) = watch::channel(look(&store, Figures::default(), true).await?);
        let task = tokio::spawn(async move {
            for round in 1u32.. {
                tokio::time::sleep(Duration::from_millis(PROGRESS_MS)).await;
                let before = *sender.borrow();
                let now = look(&store, before, round % COUNTS_EVERY == 0).await;
                sender.send_replace(now.unwrap_or(Figures { reachable: false, ..before }));
            }
        });
        Ok((Progress(receiver), task))
    }

    pub fn now(&self) -> Figures {
        *self.0.borrow()
    }
}

impl Figures {
    /// Deliveries that wait for the pipeline.
    pub fn backlog(&self) -> i64 {
        (self.newest.0 - self.done.0).max(0)
    }
}

async fn look(store: &Store, before: Figures, counts: bool) -> Result<Figures, StoreError> {
    let (done, newest) = store.progress().await?;
    let mut figures = Figures { done, newest, reachable: true, feed: store.last_event().await?, ..before };
    figures.policy = store.policy_in_force().await?.map_or(0, |row| row.number.0);
    figures.policy_left = store.policy_under_way().await?.map_or(0, |row| (row.total - row.position).max(1));
    if counts {
        figures.dead_letters = store.dead_letter_count().await?;
        figures.open_reviews = store.review_count().await?;
    }
    Ok(figures)
}

/// Metrics in the Prometheus text format. Needs no key from this machine, elsewhere one that may read metrics.
#[utoipa::path(get, path = "/metrics", tag = "Operations",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String)))]
pub async fn scrape(State(state): State<AppState>) -> Answer<impl IntoResponse> {
    let handle = state.meters.recorder.handle();
    handle.run_upkeep();
    let mut text = handle.render();
    for (name, kind, help, value) in gauges(&state) {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    subscribers(&state, &mut text).await;
    layouts(&state, &mut text).await;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

/// How each subscriber is doing, by its id; nothing while the database does not answer.
async fn subscribers(state: &AppState, text: &mut String) {
    let Ok(found) = state.store.subscribers().await else { return };
    let newest = state.progress.now().feed.0;
    type Figure = fn(&Subscriber, i64) -> i64;
    let figures: [(&str, &str, &str, Figure); 4] = [
        ("lag", "gauge", "Events after the one up to which a subscriber is served.", |s, newest| newest - s.cursor.0),
        ("active", "gauge", "Whether a subscriber is served.", |s, _| i64::from(s.status == Status::Active)),
        ("delivered_total", "counter", "Events that a subscriber has taken.", |s, _| s.delivered),
        ("failures_total", "counter", "Attempts that failed.", |s, _| s.failed),
    ];
    for (name, kind, help, figure) in figures.into_iter().filter(|_| !found.is_empty()) {
        let _ = writeln!(text, "# HELP hub_subscriber_{name} {help}\n# TYPE hub_subscriber_{name} {kind}");
        for subscriber in &found {
            let value = figure(subscriber, newest).max(0);
            let _ = writeln!(text, "hub_subscriber_{name}{{subscriber=\"{}\"}} {value}", subscriber.id);
        }
    }
}

/// How many fields of each source's payloads are not what they were; nothing while the database does not answer.
async fn layouts(state: &AppState, text: &mut String) {
    let Ok(found) = state.store.layout_changes().await else { return };
    if !found.is_empty() {
        const NAME: &str = "hub_source_changed_fields";
        let help = "Fields of a source's payloads that are new, missing or hold another kind of value.";
        let _ = writeln!(text, "# HELP {NAME} {help}\n# TYPE {NAME} gauge");
        for (source, count) in found {
            let _ = writeln!(text, "{NAME}{{source=\"{source}\"}} {count}");
        }
    }
}

type Gauge = (&'static str, &'static str, &'static str, i64);

fn gauges(state: &AppState) -> Vec<Gauge> {
    let figures = state.progress.now();
    let (held, bytes) = state.reads.profiles.held();
    let mut gauges = vec![
        ("hub_store_reachable", "gauge", "Whether the database answered the last time.", i64::from(figures.reachable)),
        ("hub_pipeline_position", "gauge", "The last delivery that is done with.", figures.done.0),
        ("hub_pipeline_backlog", "gauge", "Deliveries that wait for the pipeline.", figures.backlog()),
        ("hub_dead_letters", "gauge", "Dead letters that wait for repair.", figures.dead_letters),
        ("hub_open_reviews", "gauge", "Doubtful pairs that wait for a steward.", figures.open_reviews),
        ("hub_policy_in_force", "gauge", "The number of the policy in force.", i64::from(figures.policy)),
        ("hub_policy_records_left", "gauge", "Records that a change of policy is not done with.", figures.policy_left),
        ("hub_feed_position", "gauge", "The newest change event.", figures.feed.0),
        ("hub_follower_position", "gauge", "The last event this node has noticed.", state.reads.feed.position().0),
        ("hub_search_position", "gauge", "The last event that searches see.", state.reads.search.position().0),
        ("hub_profile_cache_entries", "gauge", "Profiles in memory.", held as i64),
        ("hub_profile_cache_bytes", "gauge", "Bytes of profiles in memory.", bytes as i64),
    ];
    if let Some(totals) = state.control().map(|control| control.totals()) {
        let count = |n: usize| n as i64;
        gauges.extend([
            ("hub_deliveries_accepted_total", "counter", "Deliveries that changed a record.", count(totals.accepted)),
            ("hub_deliveries_unchanged_total", "counter", "Deliveries that said nothing new.", count(totals.unchanged)),
            ("hub_deliveries_stale_total", "counter", "Deliveries older than what is known.", count(totals.stale)),
            ("hub_deliveries_deleted_total", "counter", "Deliveries that deleted a record.", count(totals.deleted)),
            (
                "hub_deliveries_dead_total",
                "counter",
                "Deliveries that became dead letters.",
                count(totals.dead_letters),
            ),
            ("hub_batches_total", "counter", "Batches resolved.", count(totals.batches)),
            ("hub_commands_total", "counter", "Steward commands carried out.", count(totals.commands)),
        ]);
    }
    gauges
}
