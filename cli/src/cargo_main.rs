//! `cargo fsrace`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    fsrace::run_cargo(fsrace::args::CargoCli::parse())
}
