//! `just bench`: the whole of `fsrace check` on the corpus against the least that any tool on syn must do: read and parse
//! every file, with the same threads. `just bench-folders` does so on folders of Go, Python or Rust.
//!
//! Both run as child processes, in turn, so that neither profits from the other's heap and a busy machine hits both alike. What counts
//! is the median of the ratios by round.

use crate::{Failure, parse, pins};
use fsrace_analyzer::source::LanguageId;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The least that the measured sources must add up to, in bytes: fewer say nothing about a real workspace.
const LEAST_BYTES: u64 = 20_000_000;
/// How many rounds count where nobody says.
pub const ROUNDS: usize = 7;
/// Peak memory that the whole run may take, in KiB.
const MOST_KIB: u64 = 300 * 1024;

/// One run of a child process.
pub struct Run {
    /// Wall time.
    pub time: Duration,
    /// Peak memory.
    pub peak_kib: u64,
}

/// Runs the benchmark on the pinned crates.
pub fn run(rounds: usize) -> Result<ExitCode, Failure> {
    let folders = pins::read()?.crates.iter().map(pins::Pin::fetch).collect::<Result<Vec<PathBuf>, _>>()?;
    compare(LanguageId::Rust, &folders, rounds)
}

/// Runs the benchmark on folders with files of a language.
pub fn run_on(language: LanguageId, folders: &[&str]) -> Result<ExitCode, Failure> {
    // Absolute, so that neither side asks where it runs.
    let folders = folders
        .iter()
        .map(|f| std::fs::canonicalize(f).map_err(|e| format!("{f}: {e}")))
        .collect::<Result<Vec<PathBuf>, _>>()?;
    compare(language, &folders, ROUNDS)
}

/// One round to warm the page cache, then `rounds` that count.
fn compare(language: LanguageId, folders: &[PathBuf], rounds: usize) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let files = parse::files(language, folders)?;
    let bytes = files.iter().map(|f| Ok(std::fs::metadata(f)?.len())).sum::<std::io::Result<u64>>()?;
    if bytes < LEAST_BYTES {
        return Err(format!("{bytes} bytes of sources are too few to measure on").into());
    }
    let fsrace = pins::release_binary()?;
    let own = std::env::current_exe()?;
    writeln!(
        out,
        "{language}: {} files, {:.1} MB, {} threads, {rounds} rounds",
        files.len(),
        megabytes(bytes),
        rayon::current_num_threads()
    )?;
    let (mut checks, mut parses) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let parse = timed(&own, &own, &["parse", parse::name(language)], folders)?;
        let check = timed(&own, &fsrace, &["check", "--quiet"], folders)?;
        if round > 0 {
            writeln!(
                out,
                "  parse {:>8.3} s   check {:>8.3} s   ratio {:.2}",
                parse.time.as_secs_f64(),
                check.time.as_secs_f64(),
                check.time.as_secs_f64() / parse.time.as_secs_f64()
            )?;
            parses.push(parse);
            checks.push(check);
        }
    }
    let (parse, check) = (summary(&parses)?, summary(&checks)?);
    for (name, (time, peak)) in [("parse only", parse), ("fsrace check", check)] {
        let rate = megabytes(bytes) / time;
        writeln!(out, "{name:<13} median {time:>7.3} s, {rate:>5.1} MB/s, peak {:>4} MiB", peak / 1024)?;
    }
    let ratio = median_ratio(&checks, &parses)?;
    let most = most_ratio(language);
    let kept = most.is_none_or(|most| ratio <= most) && check.1 <= MOST_KIB;
    writeln!(
        out,
        "median of the rounds' ratios {ratio:.2} ({}), peak {} MiB (at most {}): {}",
        most.map_or("no aim".to_owned(), |most| format!("at most {most}")),
        check.1 / 1024,
        MOST_KIB / 1024,
        if kept { "kept" } else { "exceeded" }
    )?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The whole run may cost this many times the parsing. Python's parser is far quicker than the others, and other linters are what
/// its runs are held against (`just bench-python`).
fn most_ratio(language: LanguageId) -> Option<f64> {
    match language {
        LanguageId::Rust => Some(1.6),
        LanguageId::Go => Some(1.2),
        LanguageId::Python => None,
    }
}

/// Runs a program and prints its wall time in nanoseconds and its peak memory in KiB. It is a process of its own because the
/// system reports the peak over all children of a process.
pub fn measure(program: &str, arguments: &[&str]) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let status =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let time = start.elapsed();
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("{program}: {status}").into());
    }
    writeln!(std::io::stdout(), "{} {}", time.as_nanos(), peak_of_children()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a program on folders, through [`measure`].
pub fn timed(own: &Path, program: &Path, words: &[&str], folders: &[PathBuf]) -> Result<Run, Failure> {
    let output = Command::new(own).arg("measure").arg(program).args(words).args(folders).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (nanoseconds, peak) = text.trim().split_once(' ').ok_or("measure printed something else")?;
    Ok(Run { time: Duration::from_nanos(nanoseconds.parse()?), peak_kib: peak.parse()? })
}

/// Median time in seconds and highest peak in KiB.
pub fn summary(runs: &[Run]) -> Result<(f64, u64), Failure> {
    let mut times: Vec<Duration> = runs.iter().map(|r| r.time).collect();
    times.sort();
    let median = times.get(times.len() / 2).ok_or("no round was measured")?.as_secs_f64();
    Ok((median, runs.iter().map(|r| r.peak_kib).max().unwrap_or(0)))
}

/// The median of what the runs take of those that ran beside them: what slows both of a round says nothing.
pub fn median_ratio(runs: &[Run], beside: &[Run]) -> Result<f64, Failure> {
    let ratio = |(run, beside): (&Run, &Run)| run.time.as_secs_f64() / beside.time.as_secs_f64();
    let mut ratios: Vec<f64> = runs.iter().zip(beside).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    Ok(*ratios.get(ratios.len() / 2).ok_or("no round was measured")?)
}

/// All Rust files below the folders, sorted.
pub fn rust_files(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    parse::files(LanguageId::Rust, folders)
}

pub fn megabytes(bytes: u64) -> f64 {
    // Exact up to 2^53 bytes.
    bytes as f64 / 1e6
}

#[cfg(unix)]
fn peak_of_children() -> Result<u64, Failure> {
    use nix::sys::resource::{UsageWho, getrusage};
    let peak = u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss())?;
    // Linux and the BSDs count KiB here, macOS counts bytes.
    Ok(if cfg!(target_os = "macos") { peak / 1024 } else { peak })
}

#[cfg(not(unix))]
fn peak_of_children() -> Result<u64, Failure> {
    Ok(0)
}
