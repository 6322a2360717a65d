//! `just bench-python`: the whole of `fsrace check` on a folder of Python, such as its standard library, beside `ruff check` and `bandit`,
//! which are to be on the PATH. They run in turn, so that a busy machine hits all alike.

use crate::bench::{Run, summary, timed};
use crate::{Failure, pins};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The whole run may cost this many times that of ruff with the rules that come nearest.
const MOST_OF_RUFF: f64 = 2.0;
/// And it has to be this many times faster than bandit.
const LEAST_OF_BANDIT: f64 = 20.0;
/// How often each of the two quick ones runs after the round that warms the page cache; bandit takes too long for more than once.
const ROUNDS: usize = 5;

/// Runs the benchmark on one folder.
pub fn run(folder: &str) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let own = std::env::current_exe()?;
    let fsrace = pins::release_binary()?;
    let folders = [PathBuf::from(folder)];
    let time = |program: &Path, words: &[&str]| -> Result<Run, Failure> {
        timed(&own, program, words, &folders)
            .map_err(|e| format!("{} on {folder}: {e}; is it on the PATH?", program.display()).into())
    };
    let ruff_words = ["check", "--no-cache", "--isolated", "--quiet", "--select", "S,PTH,SIM,B"];
    let (mut checks, mut ruffs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let ruff = time(Path::new("ruff"), &ruff_words)?;
        let check = time(&fsrace, &["check", "--quiet"])?;
        if round > 0 {
            ruffs.push(ruff);
            checks.push(check);
        }
    }
    let bandit = summary(&[time(Path::new("bandit"), &["-r", "-q"])?])?.0;
    let (check, ruff) = (summary(&checks)?.0, summary(&ruffs)?.0);
    for (name, seconds) in [("fsrace check", check), ("ruff", ruff), ("bandit", bandit)] {
        writeln!(out, "{name:<13} {seconds:>7.3} s")?;
    }
    let (of_ruff, of_bandit) = (check / ruff, bandit / check);
    let kept = of_ruff <= MOST_OF_RUFF && of_bandit >= LEAST_OF_BANDIT;
    writeln!(
        out,
        "{of_ruff:.2} times ruff (at most {MOST_OF_RUFF}), bandit takes {of_bandit:.1} times as long (at least \
         {LEAST_OF_BANDIT}): {}",
        if kept { "kept" } else { "missed" }
    )?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
