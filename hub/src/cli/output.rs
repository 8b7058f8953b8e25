//! What people and programs see: numbers with separators, progress that vanishes, failures with their causes.

use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// Prints a failure with its causes, each once.
pub fn failure(failure: &(dyn Error + 'static), json: bool) {
    let mut causes = Vec::new();
    let mut next = failure.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if json {
        eprintln!("{}", serde_json::json!({ "error": failure.to_string(), "causes": causes }));
        return;
    }
    eprintln!("error: {failure}");
    for cause in causes {
        eprintln!("  because {cause}");
    }
}

/// Prints a longer text. A reader who has seen enough, such as `head`, is no failure.
pub fn text(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A bar over a known number of bytes.
pub fn bytes_bar(total: u64, what: &str) -> ProgressBar {
    let style = "{msg} {bar:30} {bytes}/{total_bytes} {eta}";
    bar(ProgressBar::new(total), style, what)
}

/// A bar over a known number of records.
pub fn records_bar(total: u64, what: &str) -> ProgressBar {
    let style = "{msg} {bar:30} {human_pos}/{human_len} {per_sec} {eta}";
    bar(ProgressBar::new(total), style, what)
}

fn bar(bar: ProgressBar, template: &str, what: &str) -> ProgressBar {
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A number with thin separators: 1234567 is 1,234,567.
pub fn number(value: impl TryInto<i128>) -> String {
    let value: i128 = value.try_into().unwrap_or_default();
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_separators() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(super::number(value), text);
        }
    }
}
