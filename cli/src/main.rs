//! `fsrace`.

use clap::Parser;
use std::process::ExitCode;

/// Half of the work is making and dropping small nodes of syntax and flow, on all threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fsrace::run(fsrace::args::Cli::parse())
}
