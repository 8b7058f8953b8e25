//! Every limit of the hub in one place, so that they can be compared with each other.

/// Largest record that is taken in, in bytes.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// Largest request body on the intake endpoint, in bytes; a stream of many records.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Bytes that such a body may unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Seconds that a request's head may take to arrive, after which an idle connection is closed as well. Load balancers keep
/// theirs for a minute; ending one under a request that they have just sent would lose it.
pub const HEAD_SECS_MAX: u64 = 75;
/// Seconds without a byte after which a long body counts as broken off.
pub const BODY_IDLE_SECS_MAX: u64 = 20;
/// A sender that is slower, all in all, counts as broken off too: it would hold a place that others wait for.
pub const BODY_BYTES_PER_SEC_MIN: u64 = 1024;
/// Largest request body anywhere else, in bytes.
pub const SMALL_BODY_BYTES_MAX: usize = 1 << 20;
/// Entries of the audit chain that one transaction writes.
pub const AUDIT_GROUP_MAX: usize = 512;
/// Characters of an address that the audit chain keeps.
pub const AUDIT_SUBJECT_CHARS_MAX: usize = 300;
/// Privacy requests that are listed at once.
pub const PRIVACY_REQUESTS_SHOWN_MAX: usize = 200;
/// Deliveries that one pipeline batch takes at the most.
pub const BATCH_RECORDS_MAX: usize = 8192;
/// Records that are weighed at once under a model that is to come into force; batches are resolved in between.
pub const WEIGH_RECORDS: usize = 8192;
/// Records that one transaction carries over to another policy, apart from those that belong to the same people.
pub const RENEW_RECORDS: usize = 4096;
/// Seconds that a source's clock may be ahead; a state from further in the future would outlive every true one.
pub const CLOCK_AHEAD_SECS_MAX: i64 = 24 * 3600;
/// Bytes of just stored deliveries that a process keeps at hand for its own pipeline.
pub const TAIL_BYTES_MAX: usize = 64 << 20;
/// Deliveries that one inbox transaction stores at the most.
pub const INBOX_RECORDS_MAX: usize = 4096;
/// Values of one multi-valued attribute in one source record.
pub const VALUES_MAX: usize = 50;
/// Statements of consent in one source record, or in one request.
pub const CONSENTS_MAX: usize = 1000;
/// Characters of one text value in a source record.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Characters of a source's own key.
pub const SOURCE_KEY_CHARS_MAX: usize = 512;
/// Rows on one page of any listing.
pub const PAGE_ROWS_MAX: usize = 1000;
/// Source records that one decision may name.
pub const DECISION_RECORDS_MAX: usize = 1000;
/// Bytes of rendered profiles that a node keeps in memory.
pub const PROFILE_CACHE_BYTES: u64 = 512 << 20;
/// Records that one intake request may carry.
pub const INTAKE_RECORDS_MAX: usize = 100_000;
/// Intake requests that may wait for the inbox's next transaction.
pub const INBOX_QUEUE_MAX: usize = 256;
/// Long intake bodies that are received at the same time; each takes up a thread.
pub const INTAKE_STREAMS_MAX: usize = 32;
/// Largest webhook, in bytes; one notice is a record and fits.
pub const WEBHOOK_BODY_BYTES_MAX: usize = RECORD_BYTES_MAX;
/// Bytes of all webhooks that are on their way in at one time.
pub const WEBHOOK_BYTES_HELD_MAX: usize = 64 << 20;
/// Seconds that a webhook's body may take to arrive.
pub const WEBHOOK_SECS_MAX: u64 = 10;
/// Notices that one webhook may carry.
pub const NOTICES_MAX: usize = 1000;
/// Deliveries that may wait for the pipeline before senders are asked to pause.
pub const BACKLOG_DELIVERIES_MAX: i64 = 500_000;
/// Largest page of a system that is read over HTTP, in bytes.
pub const POLL_PAGE_BYTES_MAX: usize = 64 << 20;
/// Seconds that such a page may take to arrive.
pub const POLL_SECS_MAX: u64 = 120;
/// Thin notices of one source that are followed up between two pages.
pub const FETCHES_MAX: usize = 20;
/// Fields that are remembered of a source's payloads; those beyond have no names but keys.
pub const LAYOUT_FIELDS_MAX: usize = 2000;
/// Kinds of payloads of one source, told by their fields, that are held apart until they are counted field by field.
pub const LAYOUTS_HELD_MAX: usize = if cfg!(test) { 10 } else { 1024 };
/// Characters of an Idempotency-Key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Characters of a search text, and how many of its words count.
pub const SEARCH_CHARS_MAX: usize = 256;
pub const SEARCH_WORDS_MAX: usize = 8;
/// Golden records that one search or match answers with.
pub const HITS_MAX: usize = 100;
/// Characters of a steward's reason.
pub const REASON_CHARS_MAX: usize = 2000;
/// Dead letters that one request retries.
pub const RETRY_LETTERS_MAX: usize = 10_000;
/// Records of each side that a reconciliation holds in memory at once.
pub const RECONCILE_RECORDS_HELD_MAX: usize = 100_000;
/// Change events that a node reads from the feed at once.
pub const FEED_PAGE_ROWS: usize = 2000;
/// Members of a golden record that an explanation lists.
pub const EXPLAIN_RECORDS_MAX: usize = 500;
/// Events that one subscriber may have waiting in memory, and how many are read from the feed at once.
pub const OUTBOX_EVENTS_MAX: usize = 20_000;
pub const OUTBOX_PAGE_ROWS: usize = 256;
/// Subscribers of one hub, and people of one subscriber whose events are on their way at the same time.
pub const SUBSCRIBERS_MAX: usize = 1000;
pub const SUBSCRIBER_PARALLEL_MAX: u32 = 64;
/// Events that one request sends again to a subscriber.
pub const RESEND_EVENTS_MAX: usize = 10_000;
/// Points that one entry of a ledger moves at the most.
pub const POINTS_MAX: i64 = 1_000_000_000_000;
/// Entries of a ledger that one request posts.
pub const ENTRIES_MAX: usize = 1000;
/// Failed attempts that are kept for each subscriber.
pub const SUBSCRIBER_FAILURES_KEPT: i64 = 100;

const _: () = assert!(RECORD_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!((BODY_BYTES_MAX as u64) < UNPACKED_BYTES_MAX);
const _: () = assert!((INTAKE_RECORDS_MAX as i64) < BACKLOG_DELIVERIES_MAX);
const _: () = assert!(WEBHOOK_BODY_BYTES_MAX < WEBHOOK_BYTES_HELD_MAX);
const _: () = assert!(RECORD_BYTES_MAX < POLL_PAGE_BYTES_MAX);
const _: () = assert!(NOTICES_MAX <= INBOX_RECORDS_MAX);
const _: () = assert!(HITS_MAX <= PAGE_ROWS_MAX);
const _: () = assert!(SOURCE_KEY_CHARS_MAX < TEXT_CHARS_MAX);
const _: () = assert!(INBOX_RECORDS_MAX <= BATCH_RECORDS_MAX);
const _: () = assert!(2 * OUTBOX_PAGE_ROWS <= OUTBOX_EVENTS_MAX);
const _: () = assert!(RESEND_EVENTS_MAX <= OUTBOX_EVENTS_MAX - OUTBOX_PAGE_ROWS);
