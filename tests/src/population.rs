//! Small invented populations in canonical form: people who meet, move, mistype and share.

use serde_json::{Value, json};

/// A source of chance that is the same on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

const GIVEN: [&str; 8] = ["Anna", "Bernhard", "Clara", "Dimitri", "Elif", "Farid", "Greta", "Hugo"];
const FAMILY: [&str; 8] = ["Keller", "Okafor", "Lindqvist", "Moreau", "Novak", "Petrov", "Quiroga", "Rossi"];
const STREETS: [&str; 6] = ["Mill Lane", "High Street", "Station Road", "Park Avenue", "Church Row", "Bridge End"];
const SOURCES: [&str; 3] = ["salesforce", "square", "shopify"];

/// One record as `POST /v1/sources/{source}/records` takes it in canonical shape.
#[derive(Clone, Debug)]
pub struct Record {
    pub source: &'static str,
    pub key: String,
    pub payload: Value,
}

/// Invents records of a few hundred people over three sources; some records come in two versions, some are deleted.
pub fn records(seed: u64, count: usize) -> Vec<Record> {
    let mut dice = Dice::new(seed);
    let people = (count as u64 / 2).max(1);
    (0..count).map(|n| record(&mut dice, n, people)).collect()
}

fn record(dice: &mut Dice, n: usize, people: u64) -> Record {
    // A tenth of the records are newer versions of earlier ones.
    let newer = n > 10 && dice.below(10) == 0;
    let number = if newer { dice.below(n as u64) } else { n as u64 };
    let key = format!("r{number}");
    let source = SOURCES[number as usize % 3];
    let version = json!(1_700_000_000_000_000u64 + n as u64 * 1_000_000);
    if newer && dice.below(4) == 0 {
        let payload = json!({"key": key, "version": version, "changed_at": changed_at(n), "deleted": true});
        return Record { source, key, payload };
    }
    let person = dice.below(people);
    let mut traits = Dice::new(person);
    let given = GIVEN[traits.below(8) as usize];
    let family = FAMILY[traits.below(8) as usize];
    let house = 1 + traits.below(60);
    let street = STREETS[traits.below(6) as usize];
    let year = 1940 + traits.below(60);
    let family = if dice.below(12) == 0 { &family[1..] } else { family };
    let mut payload = json!({
        "key": key,
        "version": version,
        "changed_at": changed_at(n),
        "names": [{"given": given, "family": family}],
        "birth_date": format!("{year}-{:02}-{:02}", 1 + traits.below(12), 1 + traits.below(28)),
    });
    if dice.below(3) > 0 {
        payload["emails"] = json!([{"value": format!("{}.{}{person}@example.com", given.to_lowercase(), house)}]);
    }
    if dice.below(2) > 0 {
        payload["phones"] = json!([{"value": format!("+49 30 90182{:04}", person % 10_000)}]);
    }
    if dice.below(2) > 0 {
        let lines = [format!("{house} {street}")];
        payload["addresses"] = json!([{"lines": lines, "city": "Springfield", "postcode": "12045", "country": "US"}]);
    }
    Record { source, key, payload }
}

/// A time of change a minute after the one before, so that recency does not hang on the time of receipt.
fn changed_at(n: usize) -> String {
    format!("2024-{:02}-{:02}T{:02}:{:02}:00Z", 1 + n / 40_320 % 12, 1 + n / 1_440 % 28, n / 60 % 24, n % 60)
}
