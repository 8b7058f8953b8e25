//! The way of a person's last change: what came in, when it was decided, and who has been told.

use crate::api::AppState;
use crate::api::body::Segments;
use crate::domain::ids::{EventSeq, GoldenId, SourceKey};
use crate::domain::outbox::Circuit;
use crate::domain::plan::GoldenState;
use crate::domain::subscriber::Status;
use crate::read::profiles::member_keys;
use crate::store::subscribers::Subscriber;
use crate::ui::page::{self, Wrong};
use crate::ui::session::Visitor;
use crate::ui::values;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use web::person::{Arrival, Told, TrailPage};
use web::shell::Here;
use web::words::Words;

/// Records whose last delivery is looked up.
const RECORDS_MAX: usize = 50;

pub async fn show(
    State(state): State<AppState>,
    Extension(visitor): Extension<Arc<Visitor>>,
    Segments(id): Segments<GoldenId>,
) -> Result<Response, Wrong> {
    let words = visitor.words;
    let profile = state.store.profile(id).await?;
    let profile = profile.ok_or_else(|| Wrong::missing(&visitor, words.unknown_person))?;
    if profile.state != GoldenState::Live {
        return Ok(Redirect::to(&format!("/people/{id}")).into_response());
    }
    let keys: Vec<SourceKey> = member_keys(&profile)?.into_iter().take(RECORDS_MAX).collect();
    let mut arrivals = state.store.arrivals(&keys).await?;
    arrivals.sort_by_key(|arrival| std::cmp::Reverse(arrival.received_us));
    let newest = arrivals.first().map(|arrival| arrival.received_us);
    let body = serde_json::from_str(&profile.body).unwrap_or_default();
    let subscribers = state.store.subscribers().await?;
    let page = TrailPage {
        shell: visitor.shell(words.people, Here::People),
        name: values::name(words, &body),
        id: id.to_string(),
        arrivals: arrivals
            .into_iter()
            .map(|arrival| Arrival {
                source: arrival.key.source,
                key: arrival.key.key,
                delivery: arrival.delivery.0,
                at: values::instant(arrival.received_us),
                topic: arrival.topic,
            })
            .collect(),
        version: profile.version,
        event: profile.event.0,
        decided: values::instant(profile.changed_us),
        took: newest.map(|received_us| took(profile.changed_us - received_us)).unwrap_or_default(),
        told: subscribers.iter().map(|subscriber| told(words, subscriber, profile.event)).collect(),
    };
    Ok(page::show(&page))
}

fn told(words: &'static Words, subscriber: &Subscriber, event: EventSeq) -> Told {
    let behind = event.0 - subscriber.cursor.0;
    let (state, mood) = match (&subscriber.status, &subscriber.circuit) {
        _ if behind <= 0 => (words.trail_told, "fine"),
        (Status::Active, Circuit::Open { .. }) => (words.held, "bad"),
        (Status::Active, _) => (words.trail_waits, "warn"),
        (Status::Paused, _) => (words.paused, "warn"),
        (Status::Disabled { .. }, _) => (words.disabled, "bad"),
    };
    Told {
        name: subscriber.name.clone(),
        state,
        mood,
        before: behind.max(0),
        last: subscriber.delivered_us.map(values::instant),
    }
}

/// A time span as people read it; nothing if it is none, as after a decision of a steward on old records.
fn took(span_us: i64) -> String {
    const HOUR_US: i64 = 3_600_000_000;
    match span_us {
        0..1_000_000 => format!("{} ms", span_us / 1000),
        1_000_000..HOUR_US => format!("{:.1} s", span_us as f64 / 1e6),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_while_they_tell_something() {
        assert_eq!([12_345, 2_500_000, -1, 7_200_000_000].map(took), ["12 ms", "2.5 s", "", ""]);
    }
}
