//! `xtask prefilter FOLDER..`: holds what is seen of texts before parsing against what parsing finds, and says what it saves.

use crate::Failure;
use crate::bench::{megabytes, rust_files};
use fsrace_analyzer::language::{Tests, acts, may_act};
use fsrace_analyzer::lower_without_tests;
use fsrace_analyzer::source::{LanguageId, SourceFile};
use rayon::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What was seen of one file.
struct Seen {
    path: PathBuf,
    bytes: u64,
    may_act: bool,
    acts: bool,
}

/// Looks at each Rust file below the folders. Fails where a file has an effect and no words of one.
pub fn run(folders: &[&str]) -> Result<ExitCode, Failure> {
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let seen = look(&folders)?;
    let mut out = std::io::stdout().lock();
    let sum = |of: &dyn Fn(&Seen) -> bool| {
        let those = seen.iter().filter(|s| of(s));
        (those.clone().count(), megabytes(those.map(|s| s.bytes).sum()))
    };
    let ((files, all), (may, may_bytes), (act, act_bytes)) =
        (sum(&|_| true), sum(&|s| s.may_act), sum(&|s| s.acts));
    writeln!(
        out,
        "{files} files, {all:.1} MB; may have an effect: {may}, {may_bytes:.1} MB; have one: {act}, {act_bytes:.1} MB"
    )?;
    let missed: Vec<&Seen> = seen.iter().filter(|s| s.acts && !s.may_act).collect();
    for file in &missed {
        writeln!(out, "{}: has an effect, and no words of one", file.path.display())?;
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first file below a folder that has an effect and no words of one.
pub fn missed(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    Ok(look(&[folder.to_path_buf()])?.into_iter().find(|s| s.acts && !s.may_act).map(|s| s.path))
}

fn look(folders: &[PathBuf]) -> Result<Vec<Seen>, Failure> {
    // Lowering follows nested code with a large stack.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build()?;
    let files = rust_files(folders)?;
    Ok(pool.install(|| files.into_par_iter().filter_map(one).collect()))
}

/// What is not UTF-8 is not analysed either.
fn one(path: PathBuf) -> Option<Seen> {
    let text = std::fs::read_to_string(&path).ok()?;
    let bytes = u64::try_from(text.len()).ok()?;
    let name = path.to_string_lossy().into_owned();
    let file = SourceFile { path: name, text, language: LanguageId::Rust, package: None };
    let may_act = may_act(&file, Tests::LeftOut);
    let acts = acts(&lower_without_tests(&file));
    proc_macro2::extra::invalidate_current_thread_spans();
    Some(Seen { path, bytes, may_act, acts })
}
