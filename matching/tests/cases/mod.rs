//! How many cases of a property are tried.

use proptest::test_runner::Config;

/// So many cases unless `PROPTEST_CASES` asks for another number.
pub fn cases(usual: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked { Config::default() } else { Config::with_cases(usual) }
}
