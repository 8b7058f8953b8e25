//! Letters with marks, and what becomes of them on the way through other systems.

/// The plain letter under a marked one, or nothing if there is none.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => "a",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => "o",
        'ú' | 'ù' | 'û' | 'ü' => "u",
        'ç' => "c",
        'ñ' => "n",
        'ÿ' => "y",
        'ß' => "ss",
        'œ' => "oe",
        'Á' | 'À' | 'Â' | 'Ä' | 'Å' => "A",
        'É' | 'È' | 'Ê' | 'Ë' => "E",
        'Í' | 'Î' => "I",
        'Ó' | 'Ô' | 'Ö' => "O",
        'Ú' | 'Û' | 'Ü' => "U",
        'Ç' => "C",
        'Ñ' => "N",
        _ => return None,
    })
}

/// The two letters that German writes for one with a mark.
fn expanded(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'Ä' => "Ae",
        'Ö' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        _ => return None,
    })
}

/// Loses the marks: Müller becomes Muller.
pub fn fold(text: &str) -> String {
    replace(text, plain)
}

/// Writes the marks out: Müller becomes Mueller.
pub fn expand(text: &str) -> String {
    replace(text, |letter| expanded(letter).or_else(|| plain(letter)))
}

/// Reads UTF-8 as Latin-1, the way a badly set up import does: Müller becomes MÃ¼ller.
pub fn mojibake(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// Plain lower-case letters only.
pub fn for_email(name: &str) -> String {
    let mut out = expand(name);
    out.retain(|letter| letter.is_ascii_alphabetic());
    out.make_ascii_lowercase();
    out
}

fn replace(text: &str, by: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        match by(letter) {
            Some(plain) => out.push_str(plain),
            None => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_lost_written_out_or_garbled() {
        assert_eq!(fold("Jördis Weiß"), "Jordis Weiss");
        assert_eq!(expand("Jördis Núñez"), "Joerdis Nunez");
        assert_eq!(mojibake("Müller"), "MÃ¼ller");
        assert_eq!(for_email("de la Peña-O'Hara"), "delapenaohara");
    }

    #[test]
    fn every_listed_name_folds_to_ascii() {
        for text in [
            include_str!("../data/de_surnames.txt"),
            include_str!("../data/fr_female.txt"),
            include_str!("../data/fr_male.txt"),
            include_str!("../data/fr_surnames.txt"),
            include_str!("../data/es_surnames.txt"),
            include_str!("../data/es_male.txt"),
        ] {
            let left: Vec<_> = fold(text).chars().filter(|c| !c.is_ascii()).collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }
}
