//! The customer data hub: every system's customer records in, one golden record per person out.

pub mod api;
pub mod cli;
pub mod collect;
pub mod config;
pub mod conformance;
pub mod deliver;
pub mod domain;
mod logging;
pub mod pipeline;
pub mod poll;
pub mod read;
pub mod remote;
pub mod store;
pub mod ui;
pub mod verify;
