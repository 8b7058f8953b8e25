//! The outbox against a receiver that fails, hangs, forgets to answer, and a hub that is killed.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const PARALLEL: usize = 3;

/// What happens to the oldest event on its way, or to everything.
#[derive(Clone, Copy, Debug)]
enum Step {
    Arrives,
    /// It arrives, but the receiver's answer does not.
    AnswerIsLost,
    Fails,
    AsksToWait,
    Save,
    Killed,
    Passes {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Arrives),
        2 => Just(Step::AnswerIsLost),
        4 => Just(Step::Fails),
        1 => Just(Step::AsksToWait),
        2 => Just(Step::Save),
        1 => Just(Step::Killed),
        3 => (0i64..400).prop_map(|seconds| Step::Passes { seconds }),
    ]
}

struct World {
    feed: Vec<(EventSeq, Option<GoldenId>)>,
    outbox: Outbox,
    saved: Saved,
    now_us: i64,
    on_the_way: VecDeque<(GoldenId, EventSeq)>,
    /// What the receiver holds, in the order of arrival.
    arrived: HashMap<GoldenId, Vec<EventSeq>>,
}

impl World {
    /// `people` names the person of each event; 0 is one that the subscriber does not want.
    fn new(people: &[u8]) -> World {
        let golden = |person: &u8| (*person > 0).then(|| GoldenId(Uuid::from_u128(u128::from(*person))));
        let feed = people.iter().enumerate().map(|(n, person)| (EventSeq(n as i64 + 1), golden(person))).collect();
        let saved = Saved::default();
        let outbox = Outbox::resume(&saved, &HashMap::new(), pace());
        World { feed, outbox, saved, now_us: 1, on_the_way: VecDeque::new(), arrived: HashMap::new() }
    }

    fn wanted(&self, golden: GoldenId) -> Vec<EventSeq> {
        self.feed.iter().filter(|(_, person)| *person == Some(golden)).map(|(seq, _)| *seq).collect()
    }

    /// Reads and sends as much as may be; answers when to come again.
    fn turn(&mut self) -> Next {
        while let Some(after) = self.outbox.wants() {
            let page: Vec<_> = self.feed.iter().filter(|(seq, _)| *seq > after).take(7).copied().collect();
            page.iter().for_each(|(seq, golden)| self.outbox.take(*seq, *golden, self.now_us));
            if page.is_empty() {
                break;
            }
        }
        loop {
            match self.outbox.next(self.now_us) {
                Next::Send { golden, seq, .. } => {
                    assert!(self.on_the_way.iter().all(|(other, _)| *other != golden), "one at a time of one person");
                    self.on_the_way.push_back((golden, seq));
                    assert!(self.on_the_way.len() <= PARALLEL);
                }
                other => return other,
            }
        }
    }

    fn arrives(&mut self, golden: GoldenId, seq: EventSeq) {
        let wanted = self.wanted(golden);
        let before = self.arrived.entry(golden).or_default();
        let known = before.contains(&seq);
        assert!(known || wanted.get(before.len()) == Some(&seq), "{seq:?} after {before:?} of {wanted:?}");
        if !known {
            before.push(seq);
        }
    }

    fn step(&mut self, step: Step) {
        self.turn();
        match step {
            Step::Passes { seconds } => self.now_us += seconds * 1_000_000,
            Step::Save => self.saved = self.outbox.save(),
            Step::Killed => self.restart(),
            _ => {
                let Some((golden, seq)) = self.on_the_way.pop_front() else { return };
                if matches!(step, Step::Arrives | Step::AnswerIsLost) {
                    self.arrives(golden, seq);
                }
                let failure = match step {
                    Step::Arrives => return self.outbox.delivered(golden, self.now_us),
                    Step::AsksToWait => Failure::Asked { wait_us: 60_000_000 },
                    _ => Failure::Plain,
                };
                assert_eq!(self.outbox.failed(golden, failure, self.now_us, 0.5), Verdict::GoOn);
            }
        }
    }

    /// What was not stored is forgotten.
    fn restart(&mut self) {
        let owed = self.saved.owed.iter().map(|(golden, owed)| {
            let all = self.wanted(*golden).into_iter();
            (*golden, all.filter(|seq| *seq >= owed.seq && *seq <= self.saved.cursor).collect())
        });
        self.outbox = Outbox::resume(&self.saved, &owed.collect(), pace());
        self.on_the_way.clear();
    }

    /// From now on everything arrives.
    fn recover(&mut self) {
        for _ in 0..10_000 {
            match (self.turn(), self.on_the_way.front()) {
                (_, Some(_)) => self.step(Step::Arrives),
                (Next::Later { at_us }, None) => self.now_us = at_us,
                (_, None) => return,
            }
        }
        panic!("it does not come to an end");
    }
}

fn pace() -> Pace {
    Pace { parallel: PARALLEL, rate: None, schedule: Arc::default() }
}

proptest! {
    #[test]
    fn everything_arrives_in_order_whatever_happens(
        people in prop::collection::vec(0u8..6, 0..80),
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new(&people);
        // Short enough that nobody gives up: steps of some minutes do not make three days.
        steps.into_iter().for_each(|step| world.step(step));
        world.recover();
        for person in 1..6u8 {
            let golden = GoldenId(Uuid::from_u128(u128::from(person)));
            let arrived = world.arrived.get(&golden).cloned().unwrap_or_default();
            prop_assert_eq!(arrived, world.wanted(golden));
        }
        let end = world.outbox.save();
        prop_assert_eq!(end.cursor, EventSeq(people.len() as i64));
        prop_assert!(end.owed.is_empty() && world.outbox.waiting == 0 && world.outbox.troubled == 0);
    }
}

/// Sends what may be sent and lets each person's event arrive or fail; answers who was tried.
fn attempt(world: &mut World, fails: impl Fn(u8) -> bool) -> Vec<u8> {
    world.turn();
    let mut tried = Vec::new();
    while let Some((golden, seq)) = world.on_the_way.front().copied() {
        let person = golden.0.as_u128() as u8;
        tried.push(person);
        world.step(if fails(person) { Step::Fails } else { Step::Arrives });
        world.turn();
        assert_ne!(world.on_the_way.front(), Some(&(golden, seq)));
    }
    tried
}

#[test]
fn one_person_that_fails_holds_up_nobody_else() {
    let mut world = World::new(&[1, 2, 1, 3, 2]);
    let tried = attempt(&mut world, |person| person == 1);
    assert_eq!(tried, [1, 2, 3, 2]);
    let saved = world.outbox.save();
    assert_eq!(saved.cursor, EventSeq(5), "the cursor passes whoever fails");
    assert_eq!(saved.owed.values().map(|owed| (owed.seq, owed.attempts)).collect::<Vec<_>>(), [(EventSeq(1), 1)]);
}

#[test]
fn an_open_circuit_holds_and_then_tries_one() {
    let mut world = World::new(&[1, 2, 3, 4, 5, 6, 7]);
    let tried = attempt(&mut world, |_| true);
    assert!((5..=7).contains(&tried.len()), "{tried:?}");
    let Next::Later { at_us } = world.turn() else { panic!("the circuit is open") };
    world.now_us = at_us;
    assert_eq!(attempt(&mut world, |_| true).len(), 1, "one probe");
    let Next::Later { at_us } = world.turn() else { panic!("the circuit is still open") };
    assert!(at_us > world.now_us + 10_000_000, "and longer each time");
    world.now_us = at_us;
    let mut tried = attempt(&mut world, |_| false);
    tried.sort_unstable();
    assert_eq!(tried, [1, 2, 3, 4, 5, 6, 7], "once the receiver is back nobody waits for a later attempt");
}

#[test]
fn it_gives_up_after_three_days() {
    let mut world = World::new(&[1]);
    let mut attempts = 0;
    let hours = loop {
        if let Next::Later { at_us } = world.turn() {
            world.now_us = at_us;
            continue;
        }
        let Some((golden, _)) = world.on_the_way.pop_front() else { panic!("there is something to send") };
        attempts += 1;
        if world.outbox.failed(golden, Failure::Plain, world.now_us, 0.5) == Verdict::Exhausted {
            break world.now_us / 3_600_000_000;
        }
    };
    assert!((72..84).contains(&hours) && (10..16).contains(&attempts), "{hours} hours, {attempts} attempts");
}

#[test]
fn a_rate_spaces_events_out() {
    let mut world = World::new(&[1, 2]);
    world.outbox = Outbox::resume(&Saved::default(), &HashMap::new(), Pace { parallel: 8, rate: Some(10), ..pace() });
    assert_eq!(world.turn(), Next::Later { at_us: 1 + 100_000 });
    assert_eq!(world.on_the_way.len(), 1);
}
