//! What the hub fetches of its own accord.

mod folders;
mod streams;
