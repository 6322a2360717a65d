//! Chores of this repository, run by the justfile: `corpus`, `bench`, `peers`, `scaling`, `explore`, `prefilter` and `new-rule`.
//!
//! `parse` and `measure` are what `bench` starts as child processes of its own.

mod bench;
mod corpus;
mod explore;
mod new_rule;
mod parse;
mod peers;
mod pins;
mod prefilter;
mod scaling;

use std::error::Error;
use std::process::ExitCode;

/// Any failure, as text for a person.
type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: xtask corpus [--bless] | xtask bench [ROUNDS] | xtask bench --lang LANGUAGE FOLDER.. | xtask peers FOLDER | xtask scaling [FOLDER..] | xtask explore | \
                     xtask prefilter FOLDER.. | xtask new-rule ID LIKE";

/// The same as the measured program has: what is compared is the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["corpus"] => corpus::run(false),
        ["corpus", "--bless"] => corpus::run(true),
        ["bench"] => bench::run(bench::ROUNDS),
        ["bench", "--lang", language, folders @ ..] => bench::run_on(parse::language(language)?, folders),
        ["bench", rounds] => bench::run(rounds.parse()?),
        ["peers", folder] => peers::run(folder),
        ["scaling", folders @ ..] => scaling::run(folders),
        ["prefilter", folders @ ..] => prefilter::run(folders),
        ["explore"] => explore::run(),
        ["new-rule", id, like] => new_rule::run(id, like),
        ["parse", language, roots @ ..] => parse::run(parse::language(language)?, roots),
        ["measure", program, arguments @ ..] => bench::measure(program, arguments),
        _ => Err(USAGE.into()),
    }
}
