//! `just corpus`: today's findings on real crates against those that `corpus.toml` expects, per rule.

use crate::Failure;
use crate::pins::{self, Corpus};
use crate::prefilter;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

/// How `corpus.toml` starts; the rest is written by `--bless`.
const HEADER: &str = "\
# Published crates that keep caches, state or locks, at exact versions, and how many findings each rule has in them at default
# settings. `just corpus` compares; `just corpus --bless` rewrites the counts: read each finding that is new before you do.
";

/// Compares, or with `bless` writes the counts down.
pub fn run(bless: bool) -> Result<ExitCode, Failure> {
    // From before the read until after the write, so that of two runs neither undoes the other's counts. `corpus.toml` itself is
    // replaced by the write, and a lock would stay with the old file.
    let turn = File::open(pins::workspace().join("xtask/Cargo.toml"))?;
    turn.lock()?;
    let mut corpus = pins::read()?;
    let binary = pins::release_binary()?;
    let mut out = std::io::stdout().lock();
    let mut differences = 0;
    for pin in &mut corpus.crates {
        let folder = pin.fetch()?;
        let found = count(&binary, &folder).map_err(|e| format!("{} {}: {e}", pin.name, pin.version))?;
        let total: usize = found.values().sum();
        writeln!(out, "{:<16} {:<10} {total:>4} findings", pin.name, pin.version)?;
        let rules: BTreeSet<&String> = pin.findings.keys().chain(found.keys()).collect();
        for rule in rules {
            let of = |counts: &BTreeMap<String, usize>| counts.get(rule).copied().unwrap_or(0);
            let (expected, today) = (of(&pin.findings), of(&found));
            if expected != today {
                differences += 1;
                writeln!(out, "    {rule}: expected {expected}, found {today}")?;
            }
        }
        pin.findings = found;
    }
    if bless {
        write(&corpus)?;
        writeln!(out, "{differences} counts written")?;
    } else {
        writeln!(out, "{differences} counts differ")?;
    }
    Ok(if bless || differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Findings by rule in one crate. SARIF is read because its shape is fixed by a standard. They must be the same to the byte whether
/// or not files are parsed that can have no effect, and no file that can have none may have one.
fn count(binary: &Path, folder: &Path) -> Result<BTreeMap<String, usize>, Failure> {
    let log = sarif(binary, folder, &[])?;
    if log != sarif(binary, folder, &["--parse-all"])? {
        return Err("the prefilter changes what is found".into());
    }
    if let Some(path) = prefilter::missed(folder)? {
        return Err(format!("{}: has an effect, and no words of one", path.display()).into());
    }
    let log: serde_json::Value = serde_json::from_slice(&log)?;
    let results =
        log.pointer("/runs/0/results").and_then(|r| r.as_array()).ok_or("no results in the SARIF log")?;
    let mut counts = BTreeMap::new();
    for result in results {
        let rule = result.get("ruleId").and_then(|r| r.as_str()).ok_or("a result without a rule")?;
        *counts.entry(rule.to_owned()).or_insert(0) += 1;
    }
    Ok(counts)
}

/// The report on a folder.
fn sarif(binary: &Path, folder: &Path, flags: &[&str]) -> Result<Vec<u8>, Failure> {
    let output =
        Command::new(binary).args(["check", "--format", "sarif"]).args(flags).arg(folder).output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(output.stdout)
}

fn text(corpus: &Corpus) -> Result<String, Failure> {
    Ok(format!("{HEADER}\n{}", toml::to_string(corpus)?))
}

fn write(corpus: &Corpus) -> Result<(), Failure> {
    let mut file = tempfile::NamedTempFile::new_in(pins::workspace())?;
    file.write_all(text(corpus)?.as_bytes())?;
    file.persist(pins::path())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_exact_and_written_as_bless_writes_them() {
        let corpus = pins::read().unwrap();
        assert!(corpus.crates.len() >= 10);
        for pin in &corpus.crates {
            assert!(pin.version.split('.').count() >= 3, "{} is not pinned exactly", pin.name);
        }
        assert_eq!(std::fs::read_to_string(pins::path()).unwrap(), text(&corpus).unwrap());
    }
}
