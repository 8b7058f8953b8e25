//! Styles and scripts.

use crate::api::body::Segments;
use crate::api::problem::{Answer, Kind};
use axum::http::header;
use axum::response::IntoResponse;
use web::assets::ASSETS;

pub async fn show(Segments(name): Segments<String>) -> Answer<impl IntoResponse> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Kind::NoSuchRoute.because("No style and no script has this name."))?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, asset.text))
}
