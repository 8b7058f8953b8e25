//! Records and notices of a made-up system, found by trying: a value is put where a path of the mapping leads, in the ways
//! that systems write such values, and stays if mapping the record gives back what was meant.

use serde_json::{Map, Value, json};

use super::Record;
use crate::Manifest;
use crate::mapped::Mapped;
use crate::mapping::{Expr, Part, Path, VersionRule};
use crate::webhook::{Opened, Place, Purpose, Received};

/// Makes records of one system.
#[derive(Debug, Clone)]
pub struct Sampler<'m> {
    manifest: &'m Manifest,
    key: Put,
    /// Where the times of change stand: that of the version, and that of the change.
    clocks: Vec<Put>,
    mark: Put,
    deleted: Option<(Vec<Part>, Value)>,
}

/// Where a value is put, and how it is written.
#[derive(Debug, Clone)]
struct Put {
    parts: Vec<Part>,
    write: fn(&str) -> Value,
}

/// A notice as its sender would send it.
#[derive(Debug, Clone)]
pub struct Told {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

const SECOND_US: i64 = 1_000_000;

/// How systems write a number or a text.
const PLAIN: [fn(&str) -> Value; 2] =
    [|text| json!(text), |text| text.parse().map_or_else(|_| json!(text), Value::Number)];

/// How systems write a time, which is handed over as microseconds since 1970.
const TIMES: [fn(&str) -> Value; 6] = [
    |us| json!(format!("{:.0}", instant(us))),
    |us| json!(number(us) / SECOND_US),
    |us| json!(number(us) / 1000),
    |us| json!(format!("{}.{:06}", number(us) / SECOND_US, number(us) % SECOND_US)),
    |us| json!(format!("/Date({}+0000)/", number(us) / 1000)),
    |us| json!(instant(us).strftime("%d/%m/%Y %H:%M").to_string()),
];

impl<'m> Sampler<'m> {
    /// Nothing if no record can be found that the mapping takes.
    pub fn new(manifest: &'m Manifest) -> Option<Sampler<'m>> {
        let mapping = &manifest.mapping;
        let key = find(&mapping.key.paths(), &PLAIN, |put| {
            manifest.map(&text(&put.on(Value::Null, "7001"))).is_ok_and(|mapped| mapped.key == "7001")
        })?;
        let with_key = key.on(Value::Null, "7001");
        let rules = [mapping.version.as_ref(), mapping.changed_at.as_ref()];
        let mut clocks = Vec::new();
        for (place, rule) in rules.into_iter().enumerate() {
            let Some(rule) = rule else { continue };
            let read = |mapped: &Mapped| if place == 0 { mapped.version.map(|it| it.0) } else { mapped.changed_at_us };
            clocks.push(clock(rule, |put, us| {
                let set = clocks.iter().fold(with_key.clone(), |record, other: &Put| other.on(record, us));
                read(&manifest.map(&text(&put.on(set, us))).ok()?)
            })?);
        }
        let mark = mark(manifest, &with_key)?;
        let mut sampler = Sampler { manifest, key, clocks, mark, deleted: None };
        sampler.deleted = sampler.deletion();
        Some(sampler)
    }

    /// A record in the state of a time, which says so with the mark.
    pub fn record(&self, key: &str, changed_us: i64, mark: &str) -> Record {
        let us = changed_us.to_string();
        let body = self.clocks.iter().fold(self.key.on(Value::Null, key), |body, clock| clock.on(body, &us));
        Record { key: key.to_owned(), changed_us, body: self.mark.on(body, mark) }
    }

    /// The same, gone; nothing if records do not say so themselves.
    pub fn gone(&self, key: &str, changed_us: i64) -> Option<Record> {
        let (parts, value) = self.deleted.as_ref()?;
        let record = self.record(key, changed_us, "gone");
        Some(Record { body: set(record.body, parts, value.clone()), ..record })
    }

    /// Whether records say themselves which of two states is newer.
    pub fn is_versioned(&self) -> bool {
        self.manifest.mapping.version.is_some()
    }

    /// A notice of a record's state; nothing if the system sends none, or they cannot be made up.
    pub fn notice(&self, record: &Record, id: &str) -> Option<Told> {
        let told = self.tell(Purpose::Customer, record, id)?;
        Some(told).filter(|told| self.is_heard(told, record, false))
    }

    /// A notice that a record is gone.
    pub fn farewell(&self, record: &Record, id: &str) -> Option<Told> {
        let told = self.tell(Purpose::Delete, record, id)?;
        Some(told).filter(|told| self.is_heard(told, record, true))
    }

    /// Whether the second of two notices tells the later version.
    pub fn are_ordered(&self, before: &Told, later: &Told) -> bool {
        let version = |told: &Told| match self.heard(told) {
            Some(Opened::Record(mapped)) => mapped.version,
            Some(Opened::Kept { .. }) | None => None,
        };
        version(before) < version(later)
    }

    fn deletion(&self) -> Option<(Vec<Part>, Value)> {
        let condition = self.manifest.mapping.deleted.as_ref()?;
        let record = self.record("7001", SECOND_US, "gone").body;
        let values = [json!(true), json!(false), json!("true"), json!("X"), json!("deleted")];
        let tried = condition.paths().into_iter().flat_map(|path| values.iter().map(move |value| (path, value)));
        tried.map(|(path, value)| (path.parts(), value.clone())).find(|(parts, value)| {
            let gone = set(record.clone(), parts, value.clone());
            self.manifest.map(&text(&gone)).is_ok_and(|mapped| mapped.deleted)
        })
    }

    fn tell(&self, purpose: Purpose, record: &Record, id: &str) -> Option<Told> {
        let webhook = self.manifest.webhook().filter(|webhook| webhook.form.is_none())?;
        let topic = webhook.topics.iter().find(|topic| topic.purpose == purpose)?;
        let name = topic.pattern.replace('*', "made-up");
        let place = topic.record.as_ref().or(webhook.record.as_ref()).map(Path::parts).unwrap_or_default();
        let mut body = set(Value::Null, &place, record.body.clone());
        for path in topic.key.iter().flat_map(Expr::paths) {
            body = set(body, &path.parts(), json!(record.key));
        }
        let mut headers = Vec::new();
        for (place, value) in [(&webhook.topic, name.as_str()), (&webhook.delivery_id, id)] {
            match place {
                Some(Place::Header(header)) => headers.push((header.clone(), value.to_owned())),
                // Of an id that is put together from several members, one is free to tell notices apart.
                Some(Place::Value(expr)) if value == id => {
                    let free = expr.paths().into_iter().map(Path::parts).find(|parts| is_free(&body, parts));
                    body = free.into_iter().fold(body, |body, parts| set(body, &parts, json!(id)));
                }
                Some(Place::Value(expr)) => body = spell(body, expr, value),
                None => {}
            }
        }
        let us = record.changed_us.to_string();
        if let Some(rule) = &webhook.version {
            let put = clock(rule, |put, us| self.version_of(&name, &put.on(body.clone(), us)))?;
            body = put.on(body, &us);
        }
        Some(Told { headers, body: body.to_string() })
    }

    fn version_of(&self, topic: &str, body: &Value) -> Option<i64> {
        match self.manifest.open(topic, &text(body)).ok()? {
            Opened::Record(mapped) => mapped.version.map(|version| version.0),
            Opened::Kept { .. } => None,
        }
    }

    /// Whether the manifest understands what the system was made to say.
    fn is_heard(&self, told: &Told, record: &Record, deleted: bool) -> bool {
        let heard = self.heard(told);
        matches!(heard, Some(Opened::Record(mapped)) if mapped.key == record.key && mapped.deleted == deleted)
    }

    fn heard(&self, told: &Told) -> Option<Opened> {
        let header = |name: &str| {
            let found = told.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let received = self.manifest.webhook()?.notices(&header, told.body.as_bytes());
        let [Received::Notice(notice)] = &received[..] else { return None };
        self.manifest.open(&notice.topic, &notice.payload).ok()
    }
}

impl Put {
    fn on(&self, body: Value, value: &str) -> Value {
        set(body, &self.parts, (self.write)(value))
    }
}

/// Where a text comes through that tells one state from another.
fn mark(manifest: &Manifest, with_key: &Value) -> Option<Put> {
    const MARK: &str = "Markham";
    let mapping = &manifest.mapping;
    let entries = mapping.lists.iter().flat_map(|list| &list.entries);
    let in_lists = entries.flat_map(|entry| {
        let each = entry.each.as_ref().map(Path::parts).unwrap_or_default();
        let paths = entry.fields.iter().flat_map(|(_, _, expr)| expr.paths());
        paths.map(
            move |path| if path.begins_at_element() { [each.clone(), path.parts()].concat() } else { path.parts() },
        )
    });
    let in_fields = mapping.fields.iter().flat_map(|(_, expr)| expr.paths()).map(Path::parts);
    let comes_through = |put: &Put| {
        let mapped = manifest.map(&text(&put.on(with_key.clone(), MARK)));
        mapped.is_ok_and(|mapped| mapped.key == "7001" && mapped.record.to_string().contains(MARK))
    };
    in_lists.chain(in_fields).map(|parts| Put { parts, write: PLAIN[0] }).find(comes_through)
}

/// Where a rule reads a time, and how it wants it written: so that it reads the very time, or where it only counts, so
/// that later times give higher values.
fn clock(rule: &VersionRule, read: impl Fn(&Put, &str) -> Option<i64>) -> Option<Put> {
    const TWO: [i64; 2] = [1_767_225_600_000_000, 1_767_312_000_000_000];
    let both = |put: &Put| TWO.map(|us| read(put, &us.to_string()));
    let is_exact = |put: &Put| both(put) == TWO.map(Some);
    let rises = |put: &Put| matches!(both(put), [Some(first), Some(second)] if first < second);
    let paths = rule.from.paths();
    find(&paths, &TIMES, is_exact).or_else(|| find(&paths, &TIMES, rises))
}

fn find(paths: &[&Path], writes: &[fn(&str) -> Value], fits: impl Fn(&Put) -> bool) -> Option<Put> {
    let tried = paths.iter().flat_map(|path| writes.iter().map(|write| Put { parts: path.parts(), write: *write }));
    tried.into_iter().find(|put| fits(put))
}

/// Puts a text where an expression reads it; where it joins several parts, one after the other.
fn spell(body: Value, expr: &Expr, value: &str) -> Value {
    let paths = expr.paths();
    let words: Vec<&str> = if paths.len() == 1 { vec![value] } else { value.splitn(paths.len(), '.').collect() };
    paths.iter().zip(words).fold(body, |body, (path, word)| set(body, &path.parts(), json!(word)))
}

/// The value with another one at a place below it; what is missing on the way there is made.
fn set(at: Value, parts: &[Part], value: Value) -> Value {
    let Some((part, rest)) = parts.split_first() else {
        return match (at, value) {
            // Where a notice is the record itself, what is known of both stays.
            (Value::Object(mut members), Value::Object(more)) => {
                members.extend(more);
                Value::Object(members)
            }
            (_, value) => value,
        };
    };
    match part {
        Part::Member(name) => {
            let mut members = match at {
                Value::Object(members) => members,
                _ => Map::new(),
            };
            let inner = members.remove(name).unwrap_or_default();
            members.insert(name.clone(), set(inner, rest, value));
            Value::Object(members)
        }
        Part::Element => {
            let inner = match at {
                Value::Array(mut elements) if !elements.is_empty() => elements.swap_remove(0),
                _ => Value::Null,
            };
            Value::Array(vec![set(inner, rest, value)])
        }
    }
}

/// Whether nothing has been said at a place.
fn is_free(body: &Value, parts: &[Part]) -> bool {
    let step = |at: &'_ Value, part: &Part| match part {
        Part::Member(name) => at.get(name).cloned(),
        Part::Element => at.get(0).cloned(),
    };
    parts.iter().try_fold(body.clone(), |at, part| step(&at, part)).is_none()
}

fn text(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn number(us: &str) -> i64 {
    us.parse().unwrap_or_default()
}

fn instant(us: &str) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(number(us)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_system_can_be_made_up() {
        for manifest in Manifest::shipped() {
            let sampler = Sampler::new(&manifest).unwrap_or_else(|| panic!("{}", manifest.name()));
            let (early, late) = (
                sampler.record("41", 1_767_225_600_000_000, "Early"),
                sampler.record("41", 1_767_312_000_000_000, "Late"),
            );
            let (early, late) = (manifest.map(&text(&early.body)).unwrap(), manifest.map(&text(&late.body)).unwrap());
            assert_eq!((early.key.as_str(), late.key.as_str()), ("41", "41"), "{}", manifest.name());
            assert!(early.version <= late.version && early.changed_at_us <= late.changed_at_us);
            assert!(early.record.to_string().contains("Early") && late.record.to_string().contains("Late"));
            assert_eq!(sampler.is_versioned(), early.version < late.version, "{}", manifest.name());
            assert_eq!(sampler.gone("41", 1).is_some(), manifest.mapping.deleted.is_some(), "{}", manifest.name());
        }
    }

    #[test]
    fn every_shipped_webhook_can_be_made_to_speak() {
        let speak: Vec<(String, bool, bool)> = Manifest::shipped()
            .iter()
            .filter(|manifest| manifest.webhook().is_some())
            .filter_map(|manifest| {
                let sampler = Sampler::new(manifest)?;
                let record = sampler.record("41", 1_767_225_600_000_000, "Early");
                let (notice, farewell) = (sampler.notice(&record, "e1"), sampler.farewell(&record, "e2"));
                Some((manifest.name().to_owned(), notice.is_some(), farewell.is_some()))
            })
            .collect();
        let expected = [
            ("salesforce", true, false),
            ("shopify", true, true),
            ("square", true, true),
            ("woocommerce", true, true),
            ("hubspot", true, true),
            ("stripe", true, true),
            ("loyalty", true, true),
        ];
        assert_eq!(speak, expected.map(|(name, notice, farewell)| (name.to_owned(), notice, farewell)));
    }
}
