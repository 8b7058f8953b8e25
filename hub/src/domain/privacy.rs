//! What people may ask for: to see what is held about them, and to be forgotten.
//!
//! Forgetting is one plan and one transaction: the person's records leave their golden record as if their sources had
//! deleted them, everything that they ever said is taken out of the log and the history, and *tombstones* stay, by which
//! the person is refused when a source sends them again.

mod erasure;
mod request;
mod tombstone;

pub use self::erasure::{ERASED_BODY, Erasure, HistoryEvent, Needles, Scrubbed, erased_key, scrub, without};
pub use self::request::{Keeps, Kind, State, due_us};
pub use self::tombstone::{Seen, Tombstone, Tombstones, Writing};
