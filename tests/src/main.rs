//! One integration binary: one module a topic, one link step for all of them.

mod crash;
mod harness;
mod pipeline;

mod tidy;
