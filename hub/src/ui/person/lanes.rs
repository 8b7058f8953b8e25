//! A person's history as lanes: each source record runs along its own line until it joins the person, and after it parts.

use super::history::values_of;
use crate::domain::ids::SourceKey;
use crate::domain::survivorship::alone;
use crate::store::events::StoredEvent;
use crate::store::profiles::SourceRecord;
use crate::ui::values;
use std::collections::{HashMap, HashSet};
use web::person::{Lane, Lanes, Stop};
use web::words::Words;

/// Lanes that one picture holds, and moments.
pub const LANES_MAX: usize = 14;
const STOPS_MAX: usize = 12;

/// Which records were part of the person at one version.
type Members = HashSet<SourceKey>;

fn members(event: &StoredEvent) -> Vec<SourceKey> {
    let records = values_of(event).remove("records");
    records.and_then(|records| serde_json::from_value::<Vec<SourceKey>>(records).ok()).unwrap_or_default()
}

/// Every record that was ever part of the person, in the order in which they came.
pub fn ever(history: &[StoredEvent]) -> Vec<SourceKey> {
    let mut seen = HashSet::new();
    history.iter().flat_map(members).filter(|key| seen.insert(key.clone())).collect()
}

/// Nothing to draw unless records came or went.
pub fn lanes(
    words: &'static Words,
    history: &[StoredEvent],
    known: &HashMap<SourceKey, SourceRecord>,
) -> Option<Lanes> {
    let mut stops: Vec<(&StoredEvent, Members)> = Vec::new();
    for event in history {
        let now: Members = members(event).into_iter().collect();
        if stops.last().is_none_or(|(_, before)| *before != now) {
            stops.push((event, now));
        }
    }
    if stops.len() < 2 {
        return None;
    }
    // The newest are what somebody looks for.
    let stops = &stops[stops.len().saturating_sub(STOPS_MAX)..];
    let all = ever(history);
    let name = |key: &SourceKey| {
        let name = known.get(key).map(|record| values::name(words, &alone(&record.customer)));
        name.unwrap_or_else(|| words.no_name.to_owned())
    };
    let lane = |key: &SourceKey| Lane {
        source: key.source.clone(),
        name: name(key),
        within: stops.iter().map(|(_, members)| members.contains(key)).collect(),
    };
    let stop = |(event, _): &(&StoredEvent, Members)| Stop { version: event.version, at: values::instant(event.at_us) };
    let lanes = all.iter().take(LANES_MAX).map(lane).collect();
    Some(Lanes::new(lanes, stops.iter().map(stop).collect(), all.len().saturating_sub(LANES_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{EventSeq, GoldenId, PolicyNo};
    use crate::domain::plan::EventKind;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn version(version: i32, keys: &[&str]) -> StoredEvent {
        let records: Vec<Value> = keys.iter().map(|key| json!({"source": "shop", "source_key": key})).collect();
        StoredEvent {
            seq: EventSeq(i64::from(version)),
            golden: GoldenId(Uuid::nil()),
            version,
            kind: EventKind::Updated,
            at_us: 0,
            body: json!({ "records": records }).to_string(),
            lineage: String::new(),
            policy: PolicyNo(1),
            cause: None,
            before: None,
        }
    }

    #[test]
    fn only_moments_at_which_records_come_or_go_are_stops() {
        let words = Words::of("en");
        let none = lanes(words, &[version(1, &["a"]), version(2, &["a"])], &HashMap::new());
        assert!(none.is_none());
        let history = [version(1, &["a"]), version(2, &["a", "b"]), version(3, &["a", "b"]), version(4, &["a"])];
        let lanes = lanes(words, &history, &HashMap::new()).expect("records came and went");
        let within: Vec<_> = lanes.lanes.iter().map(|lane| lane.within.clone()).collect();
        assert_eq!(within, [vec![true, true, true], vec![false, true, false]]);
        assert_eq!(lanes.stops.iter().map(|stop| stop.version).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
