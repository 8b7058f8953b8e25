//! Check digits of numbers that authorities give out.

/// Whether the number can exist under its scheme; of a scheme without check digits every number can.
///
/// `value` is lower-case letters and digits without marks.
pub(super) fn is_possible(scheme: &str, value: &str) -> bool {
    match scheme {
        "nhs_number" => modulo_11(value, &[10, 9, 8, 7, 6, 5, 4, 3, 2]),
        "dni" | "nie" => spanish(value),
        "nir" => french(value),
        "steuer_id" => german(value),
        _ => true,
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

/// Weighted digits and the check digit after them make a multiple of eleven.
fn modulo_11(value: &str, weights: &[u32]) -> bool {
    digits(value).filter(|all| all.len() == weights.len() + 1).is_some_and(|all| {
        let sum: u32 = all.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        (sum + all[weights.len()]).is_multiple_of(11)
    })
}

/// Eight digits, of which x, y, z stand for 0, 1, 2 at the front, and a letter that their remainder by 23 chooses.
fn spanish(value: &str) -> bool {
    const LETTERS: &[u8; 23] = b"trwagmyfpdxbnjzsqvhlcke";
    let [first, .., last] = value.as_bytes() else { return false };
    let first = match first {
        b'x' => b'0',
        b'y' => b'1',
        b'z' => b'2',
        other => *other,
    };
    let number = value.len().checked_sub(1).and_then(|end| value.get(1..end)).filter(|middle| middle.len() == 7);
    let number = number.and_then(|middle| format!("{}{middle}", char::from(first)).parse::<usize>().ok());
    number.is_some_and(|number| LETTERS[number % 23] == *last)
}

/// Thirteen digits, Corsica's 2a and 2b among them, and 97 less their remainder by 97.
fn french(value: &str) -> bool {
    let Some((number, key)) = value.split_at_checked(13) else { return false };
    let number = number.replace("2a", "19").replace("2b", "18");
    match (number.parse::<u64>(), key.parse::<u64>()) {
        (Ok(number), Ok(key)) if key < 98 && value.len() == 15 => 97 - number % 97 == key,
        _ => false,
    }
}

/// ISO 7064, modulo 11 and 10, over eleven digits.
fn german(value: &str) -> bool {
    digits(value).filter(|all| all.len() == 11 && all[0] > 0).is_some_and(|all| {
        let product = all[..10].iter().fold(10, |product, digit| {
            let sum = (digit + product) % 10;
            if sum == 0 { 20 % 11 } else { sum * 2 % 11 }
        });
        (11 - product) % 10 == all[10]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_numbers_that_cannot_exist() {
        let check = |scheme: &str, possible: &str, others: &[&str]| {
            assert!(is_possible(scheme, possible), "{scheme} {possible}");
            for other in others {
                assert!(!is_possible(scheme, other), "{scheme} {other}");
            }
        };
        check("nhs_number", "9434765919", &["9434765918", "943476591", "", "94347659x9"]);
        check("dni", "12345678z", &["12345678a", "1234567z", "", "ñ"]);
        check("nie", "x1234567l", &["x1234567m", "w1234567l"]);
        check("nir", "255081416802538", &["255081416802539", "25508141680253"]);
        check("steuer_id", "86095742719", &["86095742718", "06095742719"]);
        assert!(is_possible("loyalty", "anything"));
    }
}
