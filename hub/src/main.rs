//! The program `hub`.

use std::process::ExitCode;

/// Ingest makes many small allocations on several threads; the system's allocator costs a tenth of its rate.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hub::cli::main()
}
