//! Log lines on standard error; never a person's data.

use tracing_subscriber::EnvFilter;

/// Starts logging; `HUB_LOG` sets the filter, `HUB_LOG_FORMAT=json` the form.
pub fn start() {
    let filter = EnvFilter::try_from_env("HUB_LOG").unwrap_or_else(|_| EnvFilter::new("warn,hub=info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in tests, changes nothing.
    let _ = match std::env::var("HUB_LOG_FORMAT").as_deref() {
        Ok("json") => lines.json().try_init(),
        _ => lines.try_init(),
    };
}
