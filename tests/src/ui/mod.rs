//! The workbench: over HTTP as a browser asks, and in a browser.

mod axe;
mod browser;
mod consent;
mod doors;
mod flows;
mod handling;
mod people;
mod pictures;
mod privacy;
mod quality;
mod reviews;
mod rules;
mod users;
pub mod visitor;
mod walk;
