//! Styles and scripts, written for this hub and part of the program.

/// A file that pages load.
#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    pub media_type: &'static str,
    pub text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// All of them, by the last part of their address.
pub const ASSETS: [Asset; 6] = [
    Asset { name: "style.css", media_type: CSS, text: include_str!("assets/style.css") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", text: include_str!("assets/icon.svg") },
    Asset { name: "workbench.js", media_type: JS, text: include_str!("assets/workbench.js") },
    Asset { name: "review.js", media_type: JS, text: include_str!("assets/review.js") },
    Asset { name: "live.js", media_type: JS, text: include_str!("assets/live.js") },
    Asset { name: "people.js", media_type: JS, text: include_str!("assets/people.js") },
];
