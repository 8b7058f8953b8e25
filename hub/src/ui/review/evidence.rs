//! Why two records weigh what they weigh, as bars.

use crate::ui::values;
use matching::{Explanation, Field};
use web::review::{Bar, Evidence, Line};
use web::words::Words;

/// What adds less than this says nothing.
const NOTHING: f32 = 0.05;
/// A level that so many pairs of strangers reach is nothing worth telling.
const USUAL: f32 = 0.05;

pub fn evidence(words: &'static Words, explanation: &Explanation) -> Evidence {
    let scale = Scale::of(explanation);
    let mut before = explanation.prior;
    let lines = explanation.lines.iter().filter(|line| line.weight.abs() >= NOTHING).map(|line| {
        let bar = scale.bar(before, line.running_total);
        before = line.running_total;
        Line {
            field: field(words, line.field),
            level: words.level(&line.level),
            left: line.left.clone(),
            right: line.right.clone(),
            bar,
            strangers: (line.u > 0.0 && line.u < USUAL).then(|| rounded(1.0 / line.u)),
            decides: line.decides,
        }
    });
    let lines = lines.collect();
    Evidence { lines, prior: scale.bar(0.0, explanation.prior), sum: scale.bar(0.0, explanation.weight) }
}

/// From the lowest sum on the way to the highest.
struct Scale {
    least: f32,
    span: f32,
}

impl Scale {
    fn of(explanation: &Explanation) -> Scale {
        let sums = explanation.lines.iter().map(|line| line.running_total);
        let sums = sums.chain([0.0, explanation.prior, explanation.weight]);
        let (least, most) = sums.fold((0.0_f32, 0.0_f32), |(least, most), sum| (least.min(sum), most.max(sum)));
        Scale { least, span: (most - least).max(1.0) }
    }

    fn bar(&self, from: f32, to: f32) -> Bar {
        let share = |sum: f32| (sum - self.least) / self.span * 100.0;
        let (x, end) = (share(from.min(to)), share(from.max(to)));
        Bar {
            // Never "-0.0".
            weight: format!("{:+.1}", if (to - from).abs() < 0.05 { 0.0 } else { to - from }),
            x: format!("{x:.2}"),
            // What is there can be seen.
            width: format!("{:.2}", (end - x).max(0.5)),
            is_positive: to >= from,
        }
    }
}

/// Two digits say enough.
fn rounded(number: f32) -> String {
    let unit = 10_f32.powf((number.log10().floor() - 1.0).max(0.0));
    values::number(((number / unit).round() * unit) as i64)
}

fn field(words: &'static Words, field: Field) -> &'static str {
    match field {
        Field::Given => words.field_given,
        Field::Family => words.field_family,
        Field::Middle => words.field_middle,
        Field::Birth => words.field_birth,
        Field::Gender => words.field_gender,
        Field::Generation => words.field_generation,
        Field::Email => words.field_email,
        Field::Phone => words.field_phone,
        Field::Address => words.field_address,
        Field::Identifier => words.field_identifier,
        Field::Organisation => words.field_organisation,
        Field::BirthPlace => words.field_birth_place,
        Field::Occupation => words.field_occupation,
        Field::Country => words.field_country,
        Field::Source => words.field_source,
        Field::NameOrder => words.field_name_order,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_digits_that_count() {
        for (number, expected) in [(20.0, "20"), (1234.0, "1\u{202f}200"), (987_654.0, "990\u{202f}000"), (33.4, "33")]
        {
            assert_eq!(rounded(number), expected);
        }
    }

    #[test]
    fn bars_begin_where_the_one_before_ends() {
        let scale = Scale { least: -10.0, span: 20.0 };
        let (up, down) = (scale.bar(-10.0, 5.0), scale.bar(5.0, 0.0));
        assert_eq!(
            (up.x.as_str(), up.width.as_str(), up.weight.as_str(), up.is_positive),
            ("0.00", "75.00", "+15.0", true)
        );
        assert_eq!((down.x.as_str(), down.width.as_str(), down.is_positive), ("50.00", "25.00", false));
    }

    #[test]
    fn every_level_of_the_shipped_model_speaks_german() {
        let (english, german) = (Words::of("en"), Words::of("de"));
        for level in matching::Model::default().fields.iter().flat_map(|field| &field.levels) {
            assert_ne!(german.level(&level.name), english.level(&level.name), "{}", level.name);
        }
    }
}
