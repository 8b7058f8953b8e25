//! The customer data hub: every system's customer records in, one golden record per person out.

pub mod domain;
pub mod pipeline;
pub mod store;
