//! The customer data hub: every system's customer records in, one golden record per person out.

pub mod api;
pub mod cli;
pub mod collect;
pub mod config;
pub mod deliver;
pub mod domain;
mod logging;
pub mod pipeline;
pub mod read;
pub mod store;
pub mod verify;
