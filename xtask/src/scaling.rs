//! `just bench-scaling`: time and memory of the whole run on growing sets of sources, against linear growth and against parsing.
//!
//! The sources are the pinned crates, and the folders that are named on the command line: those of other crates or whole
//! repositories. Without enough of them for a size, they are taken again as crates of other names, which the table says: copies of
//! a crate are not other code, but they are as many more files, functions and names to resolve.

use crate::bench::{self, megabytes, rust_files};
use crate::{Failure, pins};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The sizes that are measured, in bytes of Rust.
const SIZES: [u64; 4] = [2_000_000, 20_000_000, 60_000_000, 200_000_000];
/// What ten times the sources may cost at most: so many times the time, and so many times the memory.
const MOST_TIME: f64 = 11.0;
const MOST_MEMORY: f64 = 10.0;
/// Runs of each size; the fastest counts, for all that disturbs a run makes it slower.
const RUNS: usize = 3;

/// A folder of sources and its size.
struct Unit {
    folder: PathBuf,
    bytes: u64,
}

/// Measures all sizes that the sources are enough for, and says whether growth is linear.
pub fn run(folders: &[&str]) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let mut units = Vec::new();
    for pin in pins::read()?.crates {
        units.push(Unit::of(pin.fetch()?)?);
    }
    for folder in folders {
        // The parts of a folder are projects of their own.
        for entry in std::fs::read_dir(folder).map_err(|e| format!("{folder}: {e}"))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                units.push(Unit::of(entry.path())?);
            }
        }
    }
    // Small ones first, so that each set is part of the next, and all are many projects.
    units.retain(|unit| unit.bytes > 0);
    units.sort_by_key(|unit| unit.bytes);
    let fsrace = pins::release_binary()?;
    let own = std::env::current_exe()?;
    let copies = tempfile::tempdir()?;
    let total: u64 = units.iter().map(|unit| unit.bytes).sum();
    let mut rows: Vec<(f64, f64, f64)> = Vec::new();
    writeln!(out, "   sources  copied  projects      check  per MB      peak  per MB   against parsing")?;
    for size in SIZES {
        let (chosen, copied) = choose(&units, total, size, copies.path())?;
        let bytes: u64 = rust_files(&chosen)?
            .iter()
            .map(|file| Ok(std::fs::metadata(file)?.len()))
            .sum::<std::io::Result<u64>>()?;
        let best = |program: &Path, words: &[&str]| -> Result<(f64, u64), Failure> {
            let runs: Vec<bench::Run> =
                (0..RUNS).map(|_| bench::timed(&own, program, words, &chosen)).collect::<Result<_, _>>()?;
            let time = runs.iter().map(|r| r.time).min().ok_or("no run was measured")?;
            Ok((time.as_secs_f64(), runs.iter().map(|r| r.peak_kib).max().unwrap_or(0)))
        };
        let (parse, _) = best(&own, &["parse", "rust"])?;
        let (time, peak) = best(&fsrace, &["check", "--quiet"])?;
        let (megabytes, mebibytes) = (megabytes(bytes), peak as f64 / 1024.0);
        writeln!(
            out,
            "{megabytes:>7.1} MB {:>6.0}% {:>9} {time:>8.3} s {:>5.1} ms {mebibytes:>6.0} MiB {:>7.2} {:>12.2} times",
            100.0 * copied as f64 / bytes.max(1) as f64,
            chosen.len(),
            1000.0 * time / megabytes,
            mebibytes / megabytes,
            time / parse,
        )?;
        rows.push((megabytes, time, mebibytes));
    }
    let mut kept = true;
    for pair in rows.windows(2) {
        let [(small, time, memory), (large, more_time, more_memory)] = pair else { continue };
        // What ten times would cost, if it goes on as between the two.
        let decade = |from: f64, to: f64| 10f64.powf((to / from).ln() / (large / small).ln());
        let (time, memory) = (decade(*time, *more_time), decade(*memory, *more_memory));
        let linear = time <= MOST_TIME && memory <= MOST_MEMORY;
        kept &= linear;
        writeln!(
            out,
            "{small:.0} to {large:.0} MB: ten times the sources cost {time:.1} times the time (at most {MOST_TIME}), {memory:.1} \
             times the memory (at most {MOST_MEMORY}): {}",
            if linear { "kept" } else { "exceeded" }
        )?;
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Unit {
    fn of(folder: PathBuf) -> Result<Self, Failure> {
        let files = rust_files(std::slice::from_ref(&folder))?;
        let bytes = files.iter().map(|f| Ok(std::fs::metadata(f)?.len())).sum::<std::io::Result<u64>>()?;
        Ok(Unit { folder, bytes })
    }
}

/// Folders of about so many bytes, spread over small and large ones, and how many bytes of them are copies.
fn choose(units: &[Unit], total: u64, size: u64, copies: &Path) -> Result<(Vec<PathBuf>, u64), Failure> {
    let (mut chosen, mut bytes, mut copied) = (Vec::new(), 0, 0);
    // A part of each stretch of the sorted units, so that all sets are of one kind.
    let mut due = 0.0;
    for unit in units {
        due += unit.bytes as f64 * (size as f64 / total.max(1) as f64).min(1.0);
        if (bytes + unit.bytes / 2) as f64 <= due {
            chosen.push(unit.folder.clone());
            bytes += unit.bytes;
        }
    }
    for round in 1.. {
        for (number, unit) in units.iter().enumerate() {
            if bytes + unit.bytes / 2 > size || (bytes * 100 >= size * 95) {
                continue;
            }
            let copy = copies.join(format!("copy-{round}-{number}"));
            copy_sources(&unit.folder, &copy, &format!("-copy-{round}"))?;
            chosen.push(copy);
            bytes += unit.bytes;
            copied += unit.bytes;
        }
        if bytes * 100 >= size * 90 || units.is_empty() || round > 1_000 {
            break;
        }
    }
    Ok((chosen, copied))
}

/// Copies Rust files and manifests, with another name for each package. Copies that are there from a smaller size stay.
fn copy_sources(from: &Path, to: &Path, suffix: &str) -> Result<(), Failure> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if !entry.file_type().is_file() || !(name.ends_with(".rs") || name == "Cargo.toml") {
            continue;
        }
        let target = to.join(entry.path().strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut made = match File::create_new(&target) {
            Ok(made) => made,
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(format!("{}: {e}", target.display()).into()),
        };
        if name == "Cargo.toml" {
            let text = std::fs::read_to_string(entry.path())?;
            let mut manifest: toml::Table = text.parse()?;
            if let Some(toml::Value::String(name)) = manifest
                .get_mut("package")
                .and_then(|package| package.as_table_mut())
                .and_then(|package| package.get_mut("name"))
            {
                name.push_str(suffix);
            }
            made.write_all(toml::to_string(&manifest)?.as_bytes())?;
        } else {
            std::io::copy(&mut File::open(entry.path())?, &mut made)?;
        }
    }
    Ok(())
}
