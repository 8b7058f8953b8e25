//! Real systems, installed as anybody would, and read and written by their shipped manifests.

pub mod install;
mod oscar;
mod reading;
mod tryton;
