//! What is tried, one after the other: files, then webhooks, then reading over HTTP. Each check brings its own records.

use super::lab::{BEGIN_US, Broken, Lab, first_states};
use super::listen::Manner;
use connectors::fake::{Record, Reply, Told};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR_US: i64 = 3_600_000_000;
const ID_HEADER: &str = "webhook-id";
/// Records that the system has for each check.
const RECORDS: i64 = 5;

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Duplicates,
    Updates,
    Disorder,
    Deletes,
    SchemaDrift,
    CutRecord,
    WebhookSigned,
    WebhookDuplicates,
    WebhookDisorder,
    WebhookDeletes,
    WebhookBadSignature,
    PollEverything,
    PollDuplicates,
    PollUpdates,
    PollDeletes,
    PollTruncatedPage,
    PollTooManyRequests,
    PollErrors,
    PollSlow,
    PollSchemaDrift,
}

/// Why there is nothing to check, or nothing where all is well.
pub type Outcome = Result<Option<&'static str>, Broken>;

const TABLE: [(Check, &str); 20] = [
    (Check::Duplicates, "records: duplicates change nothing"),
    (Check::Updates, "records: updates replace"),
    (Check::Disorder, "records: an older state never wins"),
    (Check::Deletes, "records: deletions delete"),
    (Check::SchemaDrift, "records: unknown and retyped fields cost nothing else"),
    (Check::CutRecord, "records: a cut record is a dead letter"),
    (Check::WebhookSigned, "webhook: a signed notice is taken in"),
    (Check::WebhookDuplicates, "webhook: a notice that comes twice counts once"),
    (Check::WebhookDisorder, "webhook: an older state never wins"),
    (Check::WebhookDeletes, "webhook: deletions delete"),
    (Check::WebhookBadSignature, "webhook: a bad signature is refused"),
    (Check::PollEverything, "poll: everything is read, page by page"),
    (Check::PollDuplicates, "poll: what is read again is not stored again"),
    (Check::PollUpdates, "poll: updates replace"),
    (Check::PollDeletes, "poll: deletions delete"),
    (Check::PollTruncatedPage, "poll: a truncated page is read again"),
    (Check::PollTooManyRequests, "poll: 429 is obeyed"),
    (Check::PollErrors, "poll: 500 is survived"),
    (Check::PollSlow, "poll: a slow answer is waited for"),
    (Check::PollSchemaDrift, "poll: retyped fields cost nothing else"),
];

impl Check {
    pub fn all() -> impl Iterator<Item = Check> {
        TABLE.iter().map(|(check, _)| *check)
    }

    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    pub async fn run(self, lab: &Lab) -> Outcome {
        let first = 1000 * TABLE.iter().position(|(known, _)| *known == self).unwrap_or(0) as i64 + 1;
        let name = self.name();
        if name.starts_with("webhook") && lab.manifest.webhook().is_none() {
            return Ok(Some("there is no [webhook]"));
        }
        if name.starts_with("poll") && lab.manifest.poll().is_none() {
            return Ok(Some("there is no [poll]"));
        }
        match self {
            Check::Duplicates => duplicates(lab, first).await,
            Check::Updates => updates(lab, first).await,
            Check::Disorder => disorder(lab, first).await,
            Check::Deletes => deletes(lab, first).await,
            Check::SchemaDrift => schema_drift(lab, first).await,
            Check::CutRecord => cut_record(lab, first).await,
            Check::WebhookSigned | Check::WebhookDuplicates | Check::WebhookDisorder => webhook(self, lab, first).await,
            Check::WebhookDeletes => webhook_deletes(lab, first).await,
            Check::WebhookBadSignature => webhook_bad_signature(lab, first).await,
            Check::PollEverything => poll_through(lab, first, |_, well| well).await,
            Check::PollDuplicates => poll_duplicates(lab, first).await,
            Check::PollUpdates => poll_updates(lab, first).await,
            Check::PollDeletes => poll_deletes(lab, first).await,
            Check::PollTruncatedPage => poll_through(lab, first, truncated).await,
            Check::PollTooManyRequests => poll_through(lab, first, |count, well| status(count, well, 429)).await,
            Check::PollErrors => poll_through(lab, first, |count, well| status(count, well, 500)).await,
            Check::PollSlow => poll_through(lab, first, slow).await,
            Check::PollSchemaDrift => poll_schema_drift(lab, first).await,
        }
    }
}

fn payload(record: &Record) -> Vec<u8> {
    record.body.to_string().into_bytes()
}

async fn duplicates(lab: &Lab, first: i64) -> Outcome {
    let records = first_states(&lab.sampler()?, first..first + RECORDS);
    lab.import(records.iter().map(payload).collect()).await?;
    let before = lab.store.last_event().await?;
    lab.import(records.iter().map(payload).collect()).await?;
    for record in &records {
        lab.says(&record.key, &format!("First{}", record.key)).await?;
    }
    if lab.store.last_event().await? != before {
        return Err("records that came again changed golden records".into());
    }
    Ok(None)
}

async fn updates(lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    lab.import(vec![payload(&sampler.record(&key, BEGIN_US, "Before"))]).await?;
    lab.import(vec![payload(&sampler.record(&key, BEGIN_US + HOUR_US, "Later"))]).await?;
    lab.says(&key, "Later").await.map(|()| None)
}

async fn disorder(lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    if !sampler.is_versioned() {
        return Ok(Some("records have no version, so that the last one to come counts"));
    }
    lab.import(vec![payload(&sampler.record(&key, BEGIN_US + HOUR_US, "Later"))]).await?;
    lab.import(vec![payload(&sampler.record(&key, BEGIN_US, "Before"))]).await?;
    lab.says(&key, "Later").await.map(|()| None)
}

async fn deletes(lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    let Some(gone) = sampler.gone(&key, BEGIN_US + HOUR_US) else {
        return Ok(Some("records do not say that they are gone"));
    };
    lab.import(vec![payload(&sampler.record(&key, BEGIN_US, "Before"))]).await?;
    lab.import(vec![payload(&gone)]).await?;
    is_deleted(lab, &key).await
}

async fn is_deleted(lab: &Lab, key: &str) -> Outcome {
    match lab.held(key).await? {
        Some((false, _)) => Ok(None),
        Some((true, _)) => Err("a deleted record is still there".into()),
        None => Err("a record is missing".into()),
    }
}

/// An unknown member in one record, a retyped one in another, and a third as it should be.
fn drifted(records: &mut [Record]) {
    for (place, record) in records.iter_mut().enumerate() {
        let Some(members) = record.body.as_object_mut() else { continue };
        match place {
            0 => drop(members.insert("made_up_field".to_owned(), json!({ "deep": [1, null, "x"] }))),
            1 => members.values_mut().for_each(|value| *value = json!([[{ "retyped": true }]])),
            _ => {}
        }
    }
}

async fn schema_drift(lab: &Lab, first: i64) -> Outcome {
    let mut records = first_states(&lab.sampler()?, first..first + 3);
    drifted(&mut records);
    let before = lab.dead_letters().await?;
    lab.import(records.iter().map(payload).collect()).await?;
    after_drift(lab, &records, before).await
}

async fn after_drift(lab: &Lab, records: &[Record], dead_letters_before: i64) -> Outcome {
    for record in [&records[0], &records[2]] {
        lab.says(&record.key, &format!("First{}", record.key)).await?;
    }
    if lab.dead_letters().await? == dead_letters_before && lab.held(&records[1].key).await?.is_none() {
        return Err("a record with retyped fields is neither held nor a dead letter".into());
    }
    Ok(None)
}

async fn cut_record(lab: &Lab, first: i64) -> Outcome {
    let records = first_states(&lab.sampler()?, first..first + 2);
    let mut cut = payload(&records[0]);
    cut.truncate(cut.len() / 2);
    let before = lab.dead_letters().await?;
    lab.import(vec![cut, payload(&records[1])]).await?;
    lab.says(&records[1].key, &format!("First{}", records[1].key)).await?;
    match lab.dead_letters().await? - before {
        1 => Ok(None),
        count => Err(format!("{count} dead letters for one cut record").into()),
    }
}

/// Sends a notice; answers the status, and how many notices were accepted.
async fn send(lab: &Lab, told: &Told, spoil: bool) -> Result<(u16, u64), Broken> {
    let url = format!("{}{}", lab.hub, lab.webhook_path());
    let mut posted = lab.client.post(url);
    // What was signed is not what is sent.
    let signed = if spoil { format!("{} ", told.body) } else { told.body.clone() };
    let mut headers = told.headers.clone();
    // Some schemes sign the sender's id, whether or not the manifest reads it.
    if !headers.iter().any(|(name, _)| name == ID_HEADER) {
        headers.push((ID_HEADER.to_owned(), format!("made-up-{}", told.body.len())));
    }
    for (name, value) in lab.signed(&headers, &signed)? {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        headers.push((name, value));
    }
    for (name, value) in headers {
        posted = posted.header(name, value);
    }
    let answer = posted.body(told.body.clone()).send().await.map_err(|_| "the hub does not answer")?;
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap_or_default());
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    lab.settle().await?;
    Ok((status, body["accepted"].as_u64().unwrap_or(0)))
}

async fn webhook(check: Check, lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    let (old, new) = (sampler.record(&key, BEGIN_US, "Before"), sampler.record(&key, BEGIN_US + HOUR_US, "Later"));
    let ids = (format!("old{first}"), format!("new{first}"));
    let told = sampler.notice(&old, &ids.0).zip(sampler.notice(&new, &ids.1));
    let Some((before, later)) = told else { return Ok(Some("no notice holds a customer's state")) };
    if check == Check::WebhookDisorder && !sampler.are_ordered(&before, &later) {
        return Ok(Some("notices have no version, so that the last one to come counts"));
    }
    let order = if check == Check::WebhookDisorder { [&later, &before] } else { [&before, &later] };
    for told in order {
        match send(lab, told, false).await? {
            (200, 1) => {}
            (status, accepted) => return Err(format!("status {status}, {accepted} notices accepted").into()),
        }
    }
    if check == Check::WebhookDuplicates {
        let deliveries = lab.deliveries().await?;
        let again = send(lab, &before, false).await?;
        if again.0 != 200 || (is_known_again(lab) && lab.deliveries().await? != deliveries) {
            return Err(format!("a notice that came again was answered with {} and stored again", again.0).into());
        }
        if !sampler.are_ordered(&before, &later) && !is_known_again(lab) {
            return Ok(Some("notices have neither an id nor a version"));
        }
    }
    lab.says(&key, "Later").await.map(|()| None)
}

/// Whether the sender's own id is told.
fn is_known_again(lab: &Lab) -> bool {
    lab.manifest.webhook().is_some_and(connectors::webhook::Webhook::names_deliveries)
}

async fn webhook_deletes(lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    // Where a record has no version, its receipt stands in, and the notice has to be later than that.
    let later_us = (crate::pipeline::clock::now_us() + HOUR_US) / 1_000_000 * 1_000_000;
    let (there, gone) = (sampler.record(&key, BEGIN_US, "Before"), sampler.record(&key, later_us, "gone"));
    let Some(farewell) = sampler.farewell(&gone, &format!("gone{first}")) else {
        return Ok(Some("no notice tells that a record is gone"));
    };
    lab.import(vec![payload(&there)]).await?;
    match send(lab, &farewell, false).await? {
        (200, 1) => is_deleted(lab, &key).await,
        (status, accepted) => Err(format!("status {status}, {accepted} notices accepted").into()),
    }
}

async fn webhook_bad_signature(lab: &Lab, first: i64) -> Outcome {
    let (sampler, key) = (lab.sampler()?, first.to_string());
    let record = sampler.record(&key, BEGIN_US, "Forged");
    let made_up = || Told { headers: Vec::new(), body: record.body.to_string() };
    let told = sampler.notice(&record, &format!("forged{first}")).unwrap_or_else(made_up);
    let before = lab.deliveries().await?;
    match send(lab, &told, true).await? {
        (401, 0) if lab.deliveries().await? == before => Ok(None),
        (status, _) => Err(format!("a forged notice was answered with {status}").into()),
    }
}

/// Puts records into the system; their times of change stand after those of all others.
fn put(lab: &Lab, records: &[Record]) {
    let mut fake = lab.fake();
    fake.records.retain(|known| records.iter().all(|record| record.key != known.key));
    fake.records.extend(records.iter().cloned());
}

/// Reads records while the system answers in some manner, and sees that all are held in the end.
async fn poll_through(lab: &Lab, first: i64, manner: impl FnMut(usize, Manner) -> Manner + Send + 'static) -> Outcome {
    let records = first_states(&lab.sampler()?, first..first + RECORDS);
    put(lab, &records);
    lab.fail(manner);
    let run = lab.run().await;
    lab.answer_well();
    run?;
    for record in &records {
        lab.says(&record.key, &format!("First{}", record.key)).await?;
    }
    Ok(None)
}

async fn poll_duplicates(lab: &Lab, first: i64) -> Outcome {
    poll_through(lab, first, |_, well| well).await?;
    let before = lab.deliveries().await?;
    lab.run().await?;
    if lab.deliveries().await? != before {
        return Err("records that had not changed were stored again".into());
    }
    Ok(None)
}

async fn poll_updates(lab: &Lab, first: i64) -> Outcome {
    poll_through(lab, first, |_, well| well).await?;
    let key = first.to_string();
    put(lab, &[lab.sampler()?.record(&key, BEGIN_US + first * 1_000_000 + 10_000_000, "Later")]);
    lab.run().await?;
    lab.says(&key, "Later").await.map(|()| None)
}

async fn poll_deletes(lab: &Lab, first: i64) -> Outcome {
    let key = first.to_string();
    let Some(gone) = lab.sampler()?.gone(&key, BEGIN_US + first * 1_000_000 + 10_000_000) else {
        return Ok(Some("records do not say that they are gone"));
    };
    poll_through(lab, first, |_, well| well).await?;
    put(lab, &[gone]);
    lab.run().await?;
    is_deleted(lab, &key).await
}

async fn poll_schema_drift(lab: &Lab, first: i64) -> Outcome {
    let mut records = first_states(&lab.sampler()?, first..first + 3);
    drifted(&mut records);
    let before = lab.dead_letters().await?;
    put(lab, &records);
    lab.run().await?;
    let outcome = after_drift(lab, &records, before).await;
    lab.fake().records.retain(|record| record.key != records[1].key);
    outcome
}

fn truncated(count: usize, well: Manner) -> Manner {
    match well {
        Manner::Whole(reply) if count == 1 => {
            let half = reply.body.len() / 2;
            Manner::Cut(reply, half)
        }
        other => other,
    }
}

fn status(count: usize, well: Manner, status: u16) -> Manner {
    let headers = vec![("Retry-After".to_owned(), "0".to_owned())];
    if count == 1 { Manner::Whole(Reply { status, headers, body: String::new() }) } else { well }
}

fn slow(count: usize, well: Manner) -> Manner {
    match well {
        Manner::Whole(reply) if count == 1 => Manner::Slow(reply, Duration::from_millis(300)),
        other => other,
    }
}
