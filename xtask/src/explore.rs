//! `just explore-times`: what exploring costs on the candidates of the corpus, and its share of a whole cold run.
//!
//! All runs on one thread, so that times add up. Every crate is a program of its own, as a user would check it.

use crate::bench::{megabytes, rust_files};
use crate::{Failure, pins};
use fsrace_analyzer::explore::Explorer;
use fsrace_analyzer::language::is_apart;
use fsrace_analyzer::link::FunctionId;
use fsrace_analyzer::source::{LanguageId, Package, SourceFile};
use fsrace_analyzer::{link, lower_without_tests};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The median exploration may take this long.
const MOST_MEDIAN: Duration = Duration::from_micros(100);
/// No exploration may take longer.
const MOST: Duration = Duration::from_millis(50);
/// Exploring may take this part of a cold run.
const MOST_SHARE: f64 = 0.1;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Measures, and says whether the bounds are kept.
pub fn run() -> Result<ExitCode, Failure> {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut times: Vec<Duration> = Vec::new();
    let mut bytes = 0;
    let begin = Instant::now();
    for pin in pins::read()?.crates {
        let folder = pin.fetch()?;
        let explorer = Explorer::timed(|| u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX));
        bytes += single.install(|| check(&pin, &folder, &explorer))?;
        times.extend(explorer.times().into_iter().map(Duration::from_nanos));
    }
    let whole = begin.elapsed();
    times.sort();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len() - 1)).copied();
    let (median, ninety, worst) = (at(50), at(90), at(100));
    let (Some(median), Some(ninety), Some(worst)) = (median, ninety, worst) else {
        return Err("the corpus holds no candidate".into());
    };
    let exploring: Duration = times.iter().sum();
    let share = exploring.as_secs_f64() / whole.as_secs_f64();
    let kept = median <= MOST_MEDIAN && worst <= MOST && share <= MOST_SHARE;
    writeln!(
        std::io::stdout(),
        "{} explorations on {:.1} MB: median {median:?}, nine in ten within {ninety:?}, worst {worst:?}\n\
         {exploring:.2?} of {whole:.2?} in all: {:.1}%\n\
         at most {MOST_MEDIAN:?}, {MOST:?} and {:.0}%: {}",
        times.len(),
        megabytes(bytes),
        share * 100.0,
        MOST_SHARE * 100.0,
        if kept { "kept" } else { "exceeded" }
    )?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks one crate, and says how many bytes it has.
fn check(pin: &pins::Pin, folder: &Path, explorer: &Explorer) -> Result<u64, Failure> {
    let mut summaries = Vec::new();
    let package =
        Package { name: pin.name.clone(), root: String::new(), programs: std::sync::Arc::default() };
    let mut bytes = 0;
    for path in rust_files(&[folder.to_path_buf()])? {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        bytes += u64::try_from(text.len())?;
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        // As the tool itself: what is there in tests only is not read.
        let language = LanguageId::Rust;
        if is_apart(&name, language, &package) {
            continue;
        }
        let file = SourceFile { path: name, text, language, package: Some(package.clone()) };
        summaries.push(lower_without_tests(&file));
        proc_macro2::extra::invalidate_current_thread_spans();
    }
    let program = link(summaries);
    let uncalled = |_: &[FunctionId]| Default::default();
    let request =
        fsrace_rules::Request { selected: &|_| true, thorough: true, explorer, uncalled: &uncalled };
    fsrace_rules::check_with(&program, &request);
    Ok(bytes)
}
