//! Every limit of the hub in one place, so that they can be compared with each other.

/// Largest record that is taken in, in bytes.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// Largest request body on the intake endpoint, in bytes; a stream of many records.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Largest request body anywhere else, in bytes.
pub const SMALL_BODY_BYTES_MAX: usize = 1 << 20;
/// Deliveries that one pipeline batch takes at the most.
pub const BATCH_RECORDS_MAX: usize = 8192;
/// Deliveries that one inbox transaction stores at the most.
pub const INBOX_RECORDS_MAX: usize = 4096;
/// Values of one multi-valued attribute in one source record.
pub const VALUES_MAX: usize = 50;
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

const _: () = assert!(RECORD_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!(SOURCE_KEY_CHARS_MAX < TEXT_CHARS_MAX);
const _: () = assert!(INBOX_RECORDS_MAX <= BATCH_RECORDS_MAX);
