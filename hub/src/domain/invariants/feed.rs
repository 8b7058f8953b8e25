//! I9: every golden version is exactly one event, without gaps, and the feed replayed gives the present state.

use super::{Breach, Invariant};
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::plan::{EventKind, GoldenState};
use foldhash::HashMap;

/// An event as the check needs it.
#[derive(Clone, Copy, Debug)]
pub struct FeedEvent {
    pub seq: EventSeq,
    pub golden: GoldenId,
    pub version: i32,
    pub kind: EventKind,
    /// Where a merged id went.
    pub into: Option<GoldenId>,
}

/// What a consumer knows of one golden id after replaying the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedState {
    pub version: i32,
    pub event: EventSeq,
    pub state: GoldenState,
}

/// Replays the feed event by event.
#[derive(Default)]
pub struct FeedCheck {
    last: EventSeq,
    states: HashMap<GoldenId, FeedState>,
    breaches: Vec<Breach>,
}

impl FeedCheck {
    /// Takes the next event of the feed.
    pub fn take(&mut self, event: FeedEvent) {
        if event.seq.0 != self.last.0 + 1 {
            self.breach("the feed has a gap before this event", event.seq.0.to_string());
        }
        self.last = event.seq;
        let before = self.states.get(&event.golden).copied();
        if event.version != before.map_or(1, |state| state.version + 1) {
            self.breach("a version is missing or doubled at this event", event.seq.0.to_string());
        }
        let was_live = before.map(|state| state.state == GoldenState::Live);
        let fits = match event.kind {
            EventKind::Created => was_live.is_none(),
            EventKind::Updated => was_live == Some(true),
            EventKind::Restored => was_live == Some(false),
            EventKind::Merged | EventKind::Deleted => was_live.is_some(),
        };
        if !fits {
            self.breach("this event does not follow from the one before", event.seq.0.to_string());
        }
        let state = match (event.kind, event.into) {
            (EventKind::Merged, Some(into)) => GoldenState::Retired { into },
            (EventKind::Merged | EventKind::Deleted, _) => GoldenState::Gone,
            _ => GoldenState::Live,
        };
        self.states.insert(event.golden, FeedState { version: event.version, event: event.seq, state });
    }

    /// Compares the replayed feed with the present state of every golden id.
    pub fn finish(mut self, present: impl IntoIterator<Item = (GoldenId, FeedState)>) -> Vec<Breach> {
        for (golden, state) in present {
            if self.states.remove(&golden) != Some(state) {
                self.breach("the feed does not lead to the present state", golden.to_string());
            }
        }
        let orphans: Vec<String> = self.states.keys().map(GoldenId::to_string).collect();
        for orphan in orphans {
            self.breach("the feed names a golden id that does not exist", orphan);
        }
        self.breaches
    }

    fn breach(&mut self, what: &'static str, id: String) {
        self.breaches.push(Breach::new(Invariant::I9, what, [id]));
    }
}
