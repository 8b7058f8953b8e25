//! The workbench: over HTTP as a browser asks, and in a browser.

mod browser;
mod doors;
mod flows;
mod people;
mod reviews;
mod visitor;
mod walk;
