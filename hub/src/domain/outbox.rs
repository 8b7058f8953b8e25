//! What one subscriber is sent next: a cursor over the feed, and a lane for each person whose events are on their way.
//!
//! Events of one person leave one after the other, those of different people side by side. A person who cannot be
//! delivered waits in a lane while the cursor moves on past; such a lane is *owed* and stored beside the cursor, so that
//! cursor and owed lanes together say what is still to be sent, however the process ends. Pure: time and chance are
//! handed in.

mod circuit;
mod schedule;
#[cfg(test)]
mod tests;

pub use self::circuit::Circuit;
pub use self::schedule::Schedule;

use super::ids::{EventSeq, GoldenId};
use super::limits::{OUTBOX_EVENTS_MAX, OUTBOX_PAGE_ROWS};
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The state of one subscriber's deliveries.
#[derive(Debug)]
pub struct Outbox {
    pace: Pace,
    /// As stored the last time; everything at or before it is delivered, unwanted, or owed.
    cursor: EventSeq,
    /// The last event taken from the feed.
    read: EventSeq,
    lanes: HashMap<GoldenId, Lane>,
    /// Lanes that nothing is on its way from, by when they are due.
    ready: BTreeSet<(i64, EventSeq, GoldenId)>,
    circuit: Circuit,
    busy: usize,
    /// Events in all lanes, and those in lanes with trouble.
    waiting: usize,
    troubled: usize,
    /// No sooner than this may the next event leave.
    free_us: i64,
}

/// How quickly a subscriber wants its events.
#[derive(Clone, Debug)]
pub struct Pace {
    /// People that may be on their way at the same time.
    pub parallel: usize,
    /// Events a second; as fast as it goes, if not said.
    pub rate: Option<u32>,
    pub schedule: Arc<Schedule>,
}

/// What has to be stored so that nothing is skipped after a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    pub cursor: EventSeq,
    pub circuit: Circuit,
    pub owed: BTreeMap<GoldenId, Owed>,
}

/// A person whose events from `seq` up to the cursor are still to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    pub seq: EventSeq,
    /// Failed attempts at this event, the time of the first, and when to try again; zeros if there was none.
    pub attempts: u32,
    pub since_us: i64,
    pub due_us: i64,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Send {
        golden: GoldenId,
        seq: EventSeq,
        attempt: u32,
    },
    /// Ask again at this time.
    Later {
        at_us: i64,
    },
    /// Ask again once something was settled or taken.
    Nothing,
}

/// Why an attempt failed, as far as it matters to when the next one is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Plain,
    /// The receiver says when to come back.
    Asked {
        wait_us: i64,
    },
    /// It is too early for this person: something else has to happen first. Says nothing about the receiver.
    Early,
}

/// Whether to go on after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    GoOn,
    /// The same event has failed for as long as the hub tries.
    Exhausted,
}

#[derive(Debug, Default)]
struct Lane {
    events: VecDeque<EventSeq>,
    busy: bool,
    /// Of the first event in the lane.
    attempts: u32,
    since_us: i64,
    due_us: i64,
}

impl Lane {
    fn has_trouble(&self) -> bool {
        self.since_us > 0
    }

    fn head(&self) -> EventSeq {
        // A lane is removed with its last event.
        self.events.front().copied().unwrap_or_default()
    }
}

impl Outbox {
    /// Goes on from what was stored; `events` holds, in order, what each owed person is owed.
    pub fn resume(saved: &Saved, events: &HashMap<GoldenId, Vec<EventSeq>>, pace: Pace) -> Outbox {
        let mut outbox = Outbox {
            pace,
            cursor: saved.cursor,
            read: saved.cursor,
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            circuit: saved.circuit,
            busy: 0,
            waiting: 0,
            troubled: 0,
            free_us: 0,
        };
        for (golden, owed) in &saved.owed {
            let Some(events) = events.get(golden).filter(|events| !events.is_empty()) else { continue };
            // A filter that has changed since may have taken the event that failed out of the lane.
            let same = events[0] == owed.seq;
            let (attempts, since_us) = if same { (owed.attempts, owed.since_us) } else { (0, 0) };
            let due_us = if same { owed.due_us } else { 0 };
            let lane = Lane { events: events.iter().copied().collect(), busy: false, attempts, since_us, due_us };
            outbox.waiting += lane.events.len();
            outbox.troubled += if lane.has_trouble() { lane.events.len() } else { 0 };
            outbox.ready.insert((due_us, lane.head(), *golden));
            outbox.lanes.insert(*golden, lane);
        }
        outbox
    }

    /// Where to read on in the feed, if there is room for another page.
    pub fn wants(&self) -> Option<EventSeq> {
        let fresh = self.waiting - self.troubled;
        let has_room = self.waiting + OUTBOX_PAGE_ROWS <= OUTBOX_EVENTS_MAX && fresh < OUTBOX_PAGE_ROWS;
        has_room.then_some(self.read)
    }

    /// Takes the next event of the feed; one that the subscriber does not want has no person here.
    pub fn take(&mut self, seq: EventSeq, golden: Option<GoldenId>, now_us: i64) {
        debug_assert!(seq > self.read, "the feed is read in order");
        self.read = seq;
        let Some(golden) = golden else { return };
        let lane = self.lanes.entry(golden).or_default();
        lane.events.push_back(seq);
        self.waiting += 1;
        self.troubled += usize::from(lane.has_trouble());
        if lane.events.len() == 1 {
            lane.due_us = now_us;
            self.ready.insert((now_us, seq, golden));
        }
    }

    /// The next event to send, if one may leave now.
    pub fn next(&mut self, now_us: i64) -> Next {
        if self.busy >= self.pace.parallel {
            return Next::Nothing;
        }
        let Some(&(due_us, seq, golden)) = self.ready.first() else { return Next::Nothing };
        let at_us = match self.circuit {
            Circuit::Closed { .. } => due_us,
            // One at a time, and whoever is first: the question is whether the receiver is back.
            Circuit::Open { .. } if self.busy > 0 => return Next::Nothing,
            Circuit::Open { until_us, .. } => until_us,
        };
        let at_us = at_us.max(self.free_us);
        if at_us > now_us {
            return Next::Later { at_us };
        }
        self.ready.pop_first();
        self.busy += 1;
        if let Some(rate) = self.pace.rate {
            self.free_us = now_us + 1_000_000 / i64::from(rate.max(1));
        }
        let Some(lane) = self.lanes.get_mut(&golden) else { return Next::Nothing };
        lane.busy = true;
        Next::Send { golden, seq, attempt: lane.attempts + 1 }
    }

    /// The person's event on its way has arrived.
    pub fn delivered(&mut self, golden: GoldenId, now_us: i64) {
        let Some(lane) = self.lanes.get_mut(&golden).filter(|lane| lane.busy) else { return };
        self.busy -= 1;
        self.waiting -= 1;
        self.troubled -= if lane.has_trouble() { lane.events.len() } else { 0 };
        lane.events.pop_front();
        (lane.busy, lane.attempts, lane.since_us, lane.due_us) = (false, 0, 0, now_us);
        if lane.events.is_empty() {
            self.lanes.remove(&golden);
        } else {
            self.ready.insert((now_us, lane.head(), golden));
        }
        if self.circuit.succeeded() {
            self.hurry(now_us);
        }
    }

    /// The person's event on its way has not arrived, or nobody knows. `chance` lies from 0 to 1.
    pub fn failed(&mut self, golden: GoldenId, failure: Failure, now_us: i64, chance: f64) -> Verdict {
        let Some(lane) = self.lanes.get_mut(&golden).filter(|lane| lane.busy) else { return Verdict::GoOn };
        self.busy -= 1;
        lane.busy = false;
        let is_first = !lane.has_trouble();
        if is_first {
            lane.since_us = now_us.max(1);
            self.troubled += lane.events.len();
        }
        match failure {
            Failure::Plain => {
                lane.due_us = now_us + self.pace.schedule.delay_us(lane.attempts, chance);
                lane.attempts += 1;
                self.circuit.failed(is_first, now_us, |holds| self.pace.schedule.hold_us(holds, chance));
            }
            Failure::Early => {
                lane.due_us = now_us + schedule::early_us(lane.attempts, chance);
                lane.attempts += 1;
                // A receiver that is held back is not asked about this person sooner either.
                if matches!(self.circuit, Circuit::Open { .. }) {
                    self.circuit.asked(lane.due_us);
                }
            }
            Failure::Asked { wait_us } => {
                let wait_us = schedule::asked_us(wait_us, chance);
                lane.due_us = now_us + wait_us;
                self.circuit.asked(now_us + wait_us);
            }
        }
        self.ready.insert((lane.due_us, lane.head(), golden));
        if self.pace.schedule.gives_up(now_us - lane.since_us) { Verdict::Exhausted } else { Verdict::GoOn }
    }

    /// What to store now. The cursor goes up to the first event that is neither delivered nor in trouble.
    pub fn save(&mut self) -> Saved {
        let cursor = self.cursor;
        let fresh = self.lanes.values().filter(|lane| !lane.has_trouble() && lane.head() > cursor);
        self.cursor = fresh.map(|lane| EventSeq(lane.head().0 - 1)).min().unwrap_or(self.read);
        let owed = self.lanes.iter().filter(|(_, lane)| lane.head() <= self.cursor);
        let owed = owed.map(|(golden, lane)| (*golden, lane.owed())).collect();
        Saved { cursor: self.cursor, circuit: self.circuit, owed }
    }

    /// The receiver is back: whoever waits for a later attempt need not.
    fn hurry(&mut self, now_us: i64) {
        let lanes = &mut self.lanes;
        let hurried = std::mem::take(&mut self.ready).into_iter().map(|(due_us, seq, golden)| {
            let due_us = due_us.min(now_us);
            if let Some(lane) = lanes.get_mut(&golden) {
                lane.due_us = due_us;
            }
            (due_us, seq, golden)
        });
        self.ready = hurried.collect();
    }
}

impl Lane {
    fn owed(&self) -> Owed {
        Owed { seq: self.head(), attempts: self.attempts, since_us: self.since_us, due_us: self.due_us }
    }
}
