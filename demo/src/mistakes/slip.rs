//! Slips of the finger.

use crate::dice::Dice;

/// Neighbours on the keyboard, by letter.
const NEIGHBOURS: [&str; 26] = [
    "sqz", "vng", "xvd", "sfe", "wrd", "dgr", "fht", "gjz", "uok", "hku", "jlo", "kop", "nk", "bmh", "ipl", "ol", "wa",
    "etf", "adw", "ryg", "yij", "cbg", "qes", "zcs", "tux", "xas",
];

/// One slip in a word: a letter replaced, dropped, doubled, or two swapped. The first letter is
/// spared more often than not, because people look at it. Says whether the word changed.
pub fn letter(word: &mut String, dice: &mut Dice) -> bool {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return false;
    }
    let low = usize::from(dice.chance(0.85));
    let at = low + dice.below(letters.len() - low);
    match dice.weighted(&[35, 25, 20, 20]) {
        0 => letters[at] = neighbour(letters[at], dice),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.swap(at - 1, at),
    }
    let changed: String = letters.into_iter().collect();
    let differs = changed != *word;
    *word = changed;
    differs
}

fn neighbour(letter: char, dice: &mut Dice) -> char {
    let lower = letter.to_ascii_lowercase();
    if lower.is_ascii_digit() {
        return char::from(b'0' + ((lower as u8 - b'0') + 1 + dice.below(9) as u8) % 10);
    }
    if !lower.is_ascii_lowercase() {
        return 'e';
    }
    let near = NEIGHBOURS[(lower as u8 - b'a') as usize].as_bytes();
    let found = char::from(near[dice.below(near.len())]);
    if letter.is_ascii_uppercase() { found.to_ascii_uppercase() } else { found }
}

/// One wrong digit. Says whether the text changed.
pub fn digit(text: &mut String, dice: &mut Dice) -> bool {
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    if count == 0 {
        return false;
    }
    let target = dice.below(count);
    let step = 1 + dice.below(9) as u8;
    let mut seen = 0;
    *text = text
        .chars()
        .map(|symbol| {
            let hit = symbol.is_ascii_digit() && seen == target;
            seen += usize::from(symbol.is_ascii_digit());
            if hit { char::from(b'0' + (symbol as u8 - b'0' + step) % 10) } else { symbol }
        })
        .collect();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_small() {
        let mut dice = Dice::new(2, 9);
        for _ in 0..2_000 {
            let mut word = "Schäfer".to_owned();
            let changed = letter(&mut word, &mut dice);
            assert_eq!(changed, word != "Schäfer");
            assert!((6..=8).contains(&word.chars().count()), "{word}");
        }
        let mut short = "Li".to_owned();
        assert!(!letter(&mut short, &mut dice) && short == "Li");
    }

    #[test]
    fn one_digit_changes() {
        let mut dice = Dice::new(2, 10);
        for _ in 0..500 {
            let mut code = "LS12 4AB".to_owned();
            assert!(digit(&mut code, &mut dice));
            let different = code.bytes().zip("LS12 4AB".bytes()).filter(|(a, b)| a != b).count();
            assert_eq!(different, 1, "{code}");
        }
        assert!(!digit(&mut "none".to_owned(), &mut dice));
    }
}
