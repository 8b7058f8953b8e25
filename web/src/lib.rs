//! Presentation only: view models in, HTML out. The crate knows neither the hub nor its API.

pub mod api_docs;
pub mod assets;
pub mod audit;
pub mod consent;
mod diff;
pub mod flows;
mod html;
pub mod people;
pub mod person;
pub mod privacy;
pub mod quality;
pub mod review;
pub mod reviews;
pub mod rules;
pub mod shell;
pub mod sign_in;
pub mod source;
pub mod words;

pub use askama::Template;
pub use diff::{Piece, marked};
