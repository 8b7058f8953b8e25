//! The HTTP interface, driven from outside against a whole hub in this process.

mod abuse;
mod access;
mod audit;
mod changes;
mod clusters;
mod consent;
mod dead_letters;
mod drift;
pub mod fixture;
mod intake;
mod loyalty;
mod operations;
mod people;
mod policies;
mod privacy;
mod reconcile;
mod stewardship;
mod webhooks;
