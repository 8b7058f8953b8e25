//! The whole population, household by household.

use std::{ops::ControlFlow, sync::mpsc, thread};

use crate::{
    calendar::Instant,
    dice::Dice,
    household::Household,
    person::Person,
    record::{Record, Source},
    tags::Tag,
    visit,
};

/// Goes through the households in order.
pub struct Population {
    seed: u64,
    people: f64,
    next: u64,
}

/// Records to a person, on average; the e-mail addresses get their digits by it.
const RECORDS_PER_PERSON: f64 = 2.5;
/// How many in a thousand people have one record, two, and so on.
const VISITS: [u32; 12] = [420, 240, 130, 80, 47, 28, 18, 12, 8, 6, 5, 6];

impl Population {
    /// The population that makes about so many records.
    pub fn new(seed: u64, records: usize) -> Self {
        Self { seed, people: (records as f64 / RECORDS_PER_PERSON).max(1.0), next: 0 }
    }

    /// Fills the batch with the records of the next household. Every one of its people has at
    /// least one.
    fn next_household(&mut self, batch: &mut Batch) {
        batch.used = 0;
        let (household, mut dice) = Household::draw(self.seed, self.next, self.people);
        self.next += 1;
        for person in &household.people {
            let visits = 1 + dice.weighted(&VISITS);
            let mut loyal = false;
            for _ in 0..visits {
                let source = source(person, &mut loyal, &mut dice);
                visit::take_down(batch.add(), &household, person, source, &mut dice);
                // Somebody presses the button twice, or an import runs again.
                if dice.chance(0.02) {
                    batch.repeat(&mut dice);
                }
            }
        }
    }
}

impl Population {
    /// Hands the records of one household after another to `use_records` until it says stop.
    /// The next households are made on a second thread meanwhile; they arrive in order, so the
    /// thread changes nothing but the time. Memory is bounded by the blocks under way.
    pub fn each_household<E>(
        mut self,
        mut use_records: impl FnMut(&[Record]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        thread::scope(|scope| {
            let (full, blocks) = mpsc::sync_channel::<Vec<Batch>>(BLOCKS);
            let (empty, used) = mpsc::sync_channel::<Vec<Batch>>(BLOCKS + 2);
            scope.spawn(move || {
                loop {
                    let mut block = used.try_recv().unwrap_or_default();
                    block.resize_with(BLOCK_HOUSEHOLDS, Batch::default);
                    block.iter_mut().for_each(|batch| self.next_household(batch));
                    // Nobody listens any more: enough records have been written.
                    if full.send(block).is_err() {
                        return;
                    }
                }
            });
            for block in blocks {
                for batch in &block {
                    if use_records(batch.records())?.is_break() {
                        return Ok(());
                    }
                }
                // There are never more blocks than room for them, so this does not wait.
                let _ = empty.send(block);
            }
            Ok(())
        })
    }
}

/// Blocks that may wait for the writer, and households in each.
const BLOCKS: usize = 3;
const BLOCK_HOUSEHOLDS: usize = 24;

/// The records of one household. The room that they take is used again for the next one, which
/// saves most of the allocations.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    used: usize,
}

impl Batch {
    /// The records of the household.
    fn records(&self) -> &[Record] {
        &self.records[..self.used]
    }

    fn add(&mut self) -> &mut Record {
        if self.used == self.records.len() {
            self.records.push(Record::default());
        }
        self.used += 1;
        &mut self.records[self.used - 1]
    }

    /// Adds the last customer once more under another key, a while later.
    fn repeat(&mut self, dice: &mut Dice) {
        let mut copy = self.records[self.used - 1].clone();
        copy.tags.add(Tag::Copy);
        copy.created = Instant(copy.created.0 + i64::from(dice.between(20, 86_000)));
        copy.updated = Instant(copy.updated.0.max(copy.created.0));
        if dice.chance(0.5) {
            copy.card.clear();
        }
        *self.add() = copy;
    }
}

/// Which system takes the customer down. The loyalty programme seldom does so twice.
fn source(person: &Person, loyal: &mut bool, dice: &mut Dice) -> Source {
    let loyalty = match person.card {
        Some(_) if *loyal => 2,
        Some(_) => 30,
        None => 0,
    };
    let source = Source::ALL[dice.weighted(&[26, 38, 24, loyalty])];
    *loyal |= source == Source::Loyalty;
    source
}
