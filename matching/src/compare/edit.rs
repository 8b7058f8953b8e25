//! Edit distances between short texts.

/// Optimal string alignment: insertions, deletions, substitutions and exchanges of neighbours.
pub(crate) fn distance(a: &[u8], b: &[u8]) -> usize {
    rapidfuzz::distance::osa::distance(a.iter().copied(), b.iter().copied())
}

/// The same as far as it matters: nothing where the distance is greater.
pub(crate) fn distance_within(a: &[u8], b: &[u8], edits: usize) -> Option<usize> {
    let args = rapidfuzz::distance::osa::Args::default().score_cutoff(edits);
    rapidfuzz::distance::osa::distance_with_args(a.iter().copied(), b.iter().copied(), &args)
}

/// A cheap test that refuses most pairs that are further apart: one edit changes at most two kinds of characters.
pub(crate) fn may_be_within(a: &[u8], b: &[u8], edits: usize) -> bool {
    a.len().abs_diff(b.len()) <= edits && (kinds(a) ^ kinds(b)).count_ones() as usize <= 2 * edits
}

/// The kinds of characters in a text, as a set.
pub(crate) fn kinds(text: &[u8]) -> u64 {
    text.iter().fold(0, |set, byte| set | 1 << (byte & 63))
}

/// Whether one edit at most parts the two; needs no table, because all around that edit they agree.
pub(crate) fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - tail], &b[..b.len() - tail]) {
        ([], []) | ([_], []) | ([], [_]) | ([_], [_]) => true,
        ([w, x], [y, z]) => w == z && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_agrees_with_the_distance() {
        let words = ["", "a", "ab", "ba", "abc", "acb", "abcd", "bacd", "abd", "xbcd", "abxcd", "aab", "aabb"];
        for a in words.map(str::as_bytes) {
            for b in words.map(str::as_bytes) {
                assert_eq!(is_one_slip(a, b), distance(a, b) <= 1, "{a:?} {b:?}");
                assert!(may_be_within(a, b, distance(a, b)));
            }
        }
    }
}
