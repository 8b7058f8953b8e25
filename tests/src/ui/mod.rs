//! The workbench: over HTTP as a browser asks, and in a browser.

mod browser;
mod doors;
mod people;
mod reviews;
mod visitor;
mod walk;
