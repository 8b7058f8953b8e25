//! An explanation drawn as a waterfall: each field's bar begins where the one before it ended.

use super::Explanation;
use std::fmt::Write;

const LABEL_WIDTH: f32 = 300.0;
const BARS_WIDTH: f32 = 420.0;
const NUMBER_WIDTH: f32 = 70.0;
const ROW_HEIGHT: f32 = 34.0;
const BAR_HEIGHT: f32 = 16.0;
/// Longer values are shortened; the whole text is in the row's title.
const TEXT_CHARS_MAX: usize = 22;

struct Row {
    label: String,
    detail: String,
    from: f32,
    to: f32,
    /// Stands on its own and begins at zero: the prior and the sum.
    is_sum: bool,
}

impl Explanation {
    /// The explanation as a stand-alone SVG picture. It shows the values of both records, so it is as personal as they.
    pub fn to_svg(&self) -> String {
        let rows = self.rows();
        let scale = Scale::new(&rows);
        let width = LABEL_WIDTH + BARS_WIDTH + NUMBER_WIDTH;
        let height = ROW_HEIGHT * rows.len() as f32 + 12.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"13\"><title>{}</title>\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            escaped(&self.in_words())
        );
        let zero = scale.x(0.0);
        line(&mut svg, zero, 4.0, height - 4.0, "#8a8f98");
        for (place, row) in rows.iter().enumerate() {
            draw(&mut svg, &scale, row, 6.0 + ROW_HEIGHT * place as f32, rows.get(place + 1).is_some());
        }
        svg.push_str("</svg>");
        svg
    }

    fn in_words(&self) -> String {
        format!("Weight {:+.1}, probability {:.4} that both records are one person", self.weight, self.probability)
    }

    fn rows(&self) -> Vec<Row> {
        let sum = |label: &str, to| Row { label: label.to_owned(), detail: String::new(), from: 0.0, to, is_sum: true };
        let mut rows = vec![sum("before any field", self.prior)];
        for line in &self.lines {
            rows.push(Row {
                label: format!("{}: {}", line.field.name(), line.level),
                detail: format!("{} \u{2194} {}", shortened(&line.left), shortened(&line.right)),
                from: line.running_total - line.weight,
                to: line.running_total,
                is_sum: false,
            });
        }
        rows.push(sum("weight", self.weight));
        rows
    }
}

/// From log2 odds to places in the picture.
struct Scale {
    low: f32,
    per_unit: f32,
}

impl Scale {
    fn new(rows: &[Row]) -> Scale {
        let ends = || rows.iter().flat_map(|row| [row.from, row.to, 0.0]).filter(|end| end.is_finite());
        let (low, high) = (ends().fold(0.0, f32::min), ends().fold(0.0, f32::max));
        Scale { low, per_unit: (BARS_WIDTH - 16.0) / (high - low).max(1.0) }
    }

    fn x(&self, value: f32) -> f32 {
        let value = if value.is_finite() { value } else { self.low };
        LABEL_WIDTH + 8.0 + (value - self.low) * self.per_unit
    }
}

fn draw(svg: &mut String, scale: &Scale, row: &Row, top: f32, has_next: bool) {
    let (from, to) = (scale.x(row.from), scale.x(row.to));
    let (left, width) = (from.min(to), (from - to).abs().max(1.0));
    let fill = match (row.is_sum, row.to >= row.from) {
        (true, _) => "#4a5568",
        (false, true) => "#1b7f4d",
        (false, false) => "#b3372f",
    };
    let middle = top + ROW_HEIGHT / 2.0;
    // Writing into a string cannot fail.
    let _ = write!(
        svg,
        "<g><title>{}</title><text x=\"8\" y=\"{:.1}\">{}</text>",
        escaped(&format!("{} {}", row.label, row.detail)),
        if row.detail.is_empty() { middle + 4.0 } else { middle - 3.0 },
        escaped(&row.label)
    );
    if !row.detail.is_empty() {
        let below = middle + 11.0;
        let _ = write!(
            svg,
            "<text x=\"8\" y=\"{below:.1}\" fill=\"#5b6270\" font-size=\"11\">{}</text>",
            escaped(&row.detail)
        );
    }
    let bar_top = middle - BAR_HEIGHT / 2.0;
    let _ = write!(
        svg,
        "<rect x=\"{left:.1}\" y=\"{bar_top:.1}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" rx=\"2\" fill=\"{fill}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:+.1}</text></g>",
        LABEL_WIDTH + BARS_WIDTH + NUMBER_WIDTH - 8.0,
        middle + 4.0,
        if row.is_sum { row.to } else { row.to - row.from }
    );
    if has_next {
        line(svg, to, bar_top + BAR_HEIGHT, bar_top + ROW_HEIGHT, "#b8bdc7");
    }
}

fn line(svg: &mut String, x: f32, top: f32, bottom: f32, stroke: &str) {
    let _ = write!(svg, "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{stroke}\"/>");
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// Values come from strangers: nothing in them may become markup, nor anything that XML has no place for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::{Index, Model, Name, Person, standardise};
    use std::sync::Arc;

    fn picture(given: &str) -> String {
        let person = |given: &str| Person {
            names: vec![Name { given: Some(given.to_owned()), family: Some("Moreau".to_owned()), ..Name::default() }],
            emails: vec!["l.moreau@example.com".to_owned()],
            ..Person::default()
        };
        let index = Index::new(Arc::new(Model::default()));
        index.explain(&standardise(&person(given)), &standardise(&person("Lea"))).to_svg()
    }

    #[test]
    fn every_field_has_a_bar_and_every_tag_an_end() {
        let svg = picture("Lea");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count());
        assert!(svg.matches("<g>").count() >= 4, "prior, two names or more, sum: {svg}");
        assert!(svg.contains("moreau"));
    }

    #[test]
    fn values_do_not_become_markup() {
        let svg = picture("<script>alert(1)</script>&\u{0}");
        assert!(!svg.contains("<script") && !svg.contains('\u{0}'));
    }
}
