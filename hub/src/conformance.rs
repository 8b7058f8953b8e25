//! Manifests tried against made-up systems.

pub mod listen;
