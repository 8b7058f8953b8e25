//! Loyalty cards.

/// The number of the card given to a person: thirteen digits, the last one a check digit.
pub fn number(person: u64) -> String {
    // Multiplying by a number prime to the modulus gives each person a card of its own.
    let serial = (person % 10_000_000_000) * 7_368_787 % 10_000_000_000;
    let body = 620_000_000_000u64 / 10_000_000_000 * 10_000_000_000 + serial;
    format!("{body}{}", check_digit(body))
}

/// Luhn's check digit for the digits of a number.
fn check_digit(body: u64) -> u64 {
    let (mut rest, mut sum, mut double) = (body, 0, true);
    while rest > 0 {
        let digit = rest % 10 * if double { 2 } else { 1 };
        sum += digit / 10 + digit % 10;
        (rest, double) = (rest / 10, !double);
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn cards_are_unique_and_check() {
        assert_eq!(check_digit(7_992_739_871), 3);
        let cards: HashSet<String> = (0..50_000).map(number).collect();
        assert_eq!(cards.len(), 50_000);
        assert!(cards.iter().all(|card| card.len() == 13 && card.starts_with("62")));
    }
}
