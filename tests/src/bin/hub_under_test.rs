//! The program `hub`, built beside the tests, so that they can start and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hub::cli::main()
}
