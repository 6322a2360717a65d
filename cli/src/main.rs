//! `fsrace`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    fsrace::run(fsrace::args::Cli::parse())
}
