//! What differs between two short texts, to the character.

/// A stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// The other text does not have it.
    pub differs: bool,
}

/// Longer texts are compared as a whole: the table below grows with the square.
const CHARS_MAX: usize = 200;

/// The text, with what the other one does not have marked: all that is not in their longest common subsequence, whatever
/// the case. A word of which less than half is common is another word, and marked as a whole.
pub fn marked(text: &str, other: &str) -> Vec<Piece> {
    let (own, theirs): (Vec<char>, Vec<char>) = (text.chars().collect(), other.chars().collect());
    if own.len() > CHARS_MAX || theirs.len() > CHARS_MAX {
        return vec![Piece { text: text.to_owned(), differs: text != other }];
    }
    let mut common = common(&own, &theirs);
    let is_blank: Vec<bool> = own.iter().map(|sign| sign.is_whitespace()).collect();
    for word in words(&is_blank) {
        let shared = common[word.clone()].iter().filter(|is_common| **is_common).count();
        if shared * 2 < word.len() {
            common[word].fill(false);
        }
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (sign, is_common) in own.into_iter().zip(common) {
        match pieces.last_mut().filter(|last| last.differs != is_common) {
            Some(last) => last.text.push(sign),
            None => pieces.push(Piece { text: sign.to_string(), differs: !is_common }),
        }
    }
    pieces
}

/// Where the words stand.
fn words(is_blank: &[bool]) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut from = 0;
    for run in is_blank.chunk_by(|a, b| a == b) {
        if !run[0] {
            words.push(from..from + run.len());
        }
        from += run.len();
    }
    words
}

/// For each sign whether it is in the longest common subsequence.
fn common(own: &[char], theirs: &[char]) -> Vec<bool> {
    let alike = |a: &char, b: &char| a == b || a.to_lowercase().eq(b.to_lowercase());
    let width = theirs.len() + 1;
    let mut longest = vec![0_u16; (own.len() + 1) * width];
    for (i, a) in own.iter().enumerate().rev() {
        for (j, b) in theirs.iter().enumerate().rev() {
            longest[i * width + j] = match alike(a, b) {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let mut common = vec![false; own.len()];
    let (mut i, mut j) = (0, 0);
    while i < own.len() && j < theirs.len() {
        if alike(&own[i], &theirs[j]) {
            common[i] = true;
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked_to_the_character() {
        let cases = [
            ("Silva", "Silva", "Silva"),
            ("Sylva", "Silva", "S[y]lva"),
            ("SILVA", "Silva", "SILVA"),
            ("Ana", "", "[Ana]"),
            ("", "Ana", ""),
            ("12 Oak Road", "12 Oak Rd", "12 Oak R[oa]d"),
            ("Zoë", "Zoe", "Zo[ë]"),
            ("ab", "ba", "[a]b"),
            ("Paul Oakfield", "Paul Arnold", "Paul [Oakfield]"),
        ];
        for (text, other, expected) in cases {
            let told: String = marked(text, other)
                .into_iter()
                .map(|piece| if piece.differs { format!("[{}]", piece.text) } else { piece.text })
                .collect();
            assert_eq!(told, expected, "{text} beside {other}");
        }
    }

    #[test]
    fn long_texts_are_compared_as_a_whole() {
        let long = "x".repeat(CHARS_MAX + 1);
        assert_eq!(marked(&long, "x"), [Piece { text: long.clone(), differs: true }]);
    }
}
