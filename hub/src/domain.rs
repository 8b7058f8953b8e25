//! The rules of the house, free of any I/O: no database, no network, no clock, no chance.

pub mod audit;
pub mod cause;
pub mod command;
pub mod consent;
pub mod customer;
pub mod decision;
pub mod failure;
pub mod ids;
pub mod invariants;
pub mod layout;
pub mod limits;
pub mod loyalty;
pub mod outbox;
pub mod plan;
pub mod policy;
pub mod polling;
pub mod privacy;
pub mod quality;
pub mod reconcile;
pub mod resolver;
pub mod rules;
pub mod subscriber;
pub mod survivorship;
pub mod training;
pub mod what_if;
pub mod write_back;
