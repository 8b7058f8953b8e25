//! One integration binary: one module a topic, one link step for all of them.

mod api;
mod bad_input;
mod bench;
mod chaos;
mod collect;
mod conformance;
mod connect;
mod crash;
mod deliver;
mod demo;
mod drift;
mod forgotten;
mod harness;
mod hostile;
mod peer;
mod pipeline;
mod policy;
mod poll;
mod reconcile;
mod repeated;

mod tidy;
mod ui;
