//! Real systems, installed as anybody would, and read by their shipped manifests.

mod install;
mod tryton;
