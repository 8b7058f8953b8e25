//! Stable hashes: blocking keys and stored features must mean the same after a restart.

use xxhash_rust::xxh3::xxh3_64;

/// Hash of a text as 32 bits.
pub(crate) fn hash32(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

/// Mixes numbers into one key; a cheap finaliser is enough because the parts are hashes already.
pub(crate) fn mix(seed: u64, a: u64, b: u64) -> u64 {
    let mut x = (a ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 29;
    x = (x ^ b).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 32;
    x.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ (x >> 31)
}
