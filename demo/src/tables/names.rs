//! Names by frequency.

use crate::{dice::Dice, fold};

/// A list of names, commonest first, drawn after Zipf's law.
pub struct Names {
    words: Vec<String>,
    folded: Vec<String>,
    cumulated: Vec<u64>,
    /// For each slice of the weight, the first name in it: a draw searches one slice only.
    guide: Vec<u16>,
}

const SLICES: u64 = 1024;

impl Names {
    /// Given names. The shift flattens the head: no given name is borne by one in ten today.
    pub(super) fn given(text: &str) -> Self {
        Self::ranked(super::words(text).collect(), 12)
    }

    /// Surnames: the common ones as listed, then a long tail put together from parts, one line
    /// of heads and one of tails.
    pub(super) fn surnames(text: &str, parts: &str) -> Self {
        let mut words: Vec<String> = super::words(text).collect();
        let mut lines = parts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let heads = lines.next().unwrap_or_default();
        let tails = lines.next().unwrap_or_default();
        // Step through the pairs so that neighbours in rank share neither head nor tail.
        for round in 0..tails.len() {
            for (place, head) in heads.iter().enumerate() {
                words.push(format!("{head}{}", tails[(place + round) % tails.len()]));
            }
        }
        Self::ranked(words, 20)
    }

    fn ranked(words: Vec<String>, shift: u64) -> Self {
        let mut total = 0;
        let cumulated: Vec<u64> = (0..words.len() as u64)
            .map(|rank| {
                total += 1_000_000_000 / (rank + shift);
                total
            })
            .collect();
        let folded = words.iter().map(|word| fold::for_email(word)).collect();
        let guide = (0..=SLICES)
            .map(|slice| cumulated.partition_point(|&upto| upto <= total / SLICES * slice) as u16)
            .collect();
        Self { words, folded, cumulated, guide }
    }

    /// How many names there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Draws the index of a name.
    pub fn draw(&self, dice: &mut Dice) -> usize {
        let total = self.cumulated.last().copied().unwrap_or(0);
        let at = dice.below(total as usize) as u64;
        let slice = ((at / (total / SLICES).max(1)) as usize).min(SLICES as usize - 1);
        let start = usize::from(self.guide[slice]);
        let rest = &self.cumulated[start..];
        start + rest.iter().take_while(|&&upto| upto <= at).count()
    }

    /// The name itself.
    pub fn word(&self, index: usize) -> &str {
        &self.words[index]
    }

    /// The name in plain lower-case letters, as in an e-mail address.
    pub fn folded(&self, index: usize) -> &str {
        &self.folded[index]
    }

    /// Which part of the people bears the name.
    pub fn share(&self, index: usize) -> f64 {
        let before = if index == 0 { 0 } else { self.cumulated[index - 1] };
        let total = self.cumulated.last().copied().unwrap_or(1);
        (self.cumulated[index] - before) as f64 / total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_skewed() {
        let names = Names::surnames("Ober Unter Mitter", "Berg Tal Wald\nhofer bauer");
        assert_eq!(names.len(), 9);
        let mut counts = vec![0; names.len()];
        let mut dice = Dice::new(1, 1);
        (0..90_000).for_each(|_| counts[names.draw(&mut dice)] += 1);
        assert!(counts[0] > counts[8], "{counts:?}");
        let shares: f64 = (0..names.len()).map(|index| names.share(index)).sum();
        assert!((shares - 1.0).abs() < 1e-9);
    }
}
