//! Presentation only: view models in, HTML out. The crate knows neither the hub nor its API.

pub mod api_docs;
mod html;
