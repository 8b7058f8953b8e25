//! Changes out to subscribers: in order, at least once, whatever the receiver, the network and the hub's host do.

mod faults;
mod guarded;
mod killed;
mod manage;
mod nats;
mod order;
mod readme;
mod support;
mod write_back;
