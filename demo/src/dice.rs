//! The one source of chance.
//!
//! The generator promises the same bytes for the same seed for ever, so it must not lean on a
//! library whose stream may change between versions: SplitMix64 is ten lines and quick enough.

/// A seeded stream of random numbers. Streams of different keys are independent, which lets
/// any household be made without making the ones before it.
pub struct Dice(u64);

impl Dice {
    /// The stream `key` of the seed.
    pub fn new(seed: u64, key: u64) -> Self {
        let mut dice = Self(seed ^ 0x5851_f42d_4c95_7f2d);
        let base = dice.bits();
        let mut dice = Self(base ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.bits();
        dice
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number from 0 to `bound` less one; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        ((self.bits() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// One of the items, each as likely as the others.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// An index drawn with the given weights.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut rest = self.below(total as usize) as u32;
        for (index, &weight) in weights.iter().enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        weights.len() - 1
    }
}

/// Mixes the bits of a number so that neighbours have nothing in common.
pub fn scramble(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, key| {
            let mut dice = Dice::new(seed, key);
            [dice.bits(), dice.bits()]
        };
        assert_eq!(draw(1, 7), draw(1, 7));
        assert_ne!(draw(1, 7), draw(1, 8));
        assert_ne!(draw(1, 7), draw(2, 7));
    }

    #[test]
    fn chances_come_out() {
        let mut dice = Dice::new(3, 0);
        let hits = (0..100_000).filter(|_| dice.chance(0.05)).count();
        assert!((4_700..5_300).contains(&hits), "{hits}");
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        let mut counts = [0; 3];
        (0..10_000).for_each(|_| counts[dice.weighted(&[0, 1, 3])] += 1);
        assert_eq!(counts[0], 0);
        assert!(counts[2] > 2 * counts[1]);
    }
}
