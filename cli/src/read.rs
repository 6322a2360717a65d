//! From files to summaries, in parallel: each file is read and lowered on its own, and what goes wrong costs that file only.
//!
//! Before anything is parsed, the words of the files are looked at, one file after the other until one can have an effect. Where
//! none can, there is nothing to find, and nothing is parsed: its syntax is not checked either.

use crate::discover::Candidate;
use crate::progress::Progress;
use crate::report::{Source, Warning};
use fsrace_analyzer::flow::FileSummary;
use fsrace_analyzer::language::{Tests, is_apart, may_act};
use fsrace_analyzer::source::SourceFile;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Larger files are data in the shape of source, and parsing one would take all the memory that a run may have.
const LARGEST: u64 = 8_000_000;
/// Where a marker of generated code is looked for.
const MARKER_LINES: usize = 10;

/// What reading all files gave.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Summaries, sorted by path.
    pub summaries: Vec<FileSummary>,
    /// The texts of the files in which something can be found.
    pub sources: Vec<Arc<Source>>,
    /// What got in the way, in the order of the files.
    pub warnings: Vec<Warning>,
    /// Bytes read.
    pub bytes: u64,
    /// Files passed over because they say that they are generated.
    pub generated: usize,
    /// Files passed over because they are tests, benchmarks or examples.
    pub tests: usize,
}

/// Which files are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parse {
    /// All.
    All,
    /// All, if code of one of them can have an effect; else none.
    IfAnyActs,
}

/// Reads and lowers the files on the threads of the current pool, code that is there in tests only if that is wanted. Leaving it
/// out costs no finding elsewhere: it is no evidence of what the program does.
pub fn load(candidates: &[Candidate], tests: Tests, parse: Parse, progress: &Progress) -> Loaded {
    progress.reading(candidates.len());
    let parsed = parse == Parse::All || candidates.par_iter().any(|candidate| acts(candidate, tests));
    // Files differ so much that a thread with a large one at the end would keep the others waiting: the largest come first, when there
    // is also most room for them.
    let size = |(at, candidate): (usize, &Candidate)| {
        let size = std::fs::metadata(&candidate.absolute).map_or(0, |metadata| metadata.len());
        (Reverse(size), at)
    };
    let mut order: Vec<(Reverse<u64>, usize)> = candidates.par_iter().enumerate().map(size).collect();
    order.sort_unstable();
    let mut files: Vec<(usize, One)> = order
        .into_iter()
        .par_bridge()
        .filter_map(|(_, at)| {
            let one = load_one(candidates.get(at)?, tests, parsed);
            progress.step();
            Some((at, one))
        })
        .collect();
    files.sort_unstable_by_key(|(at, _)| *at);
    let mut loaded = Loaded::default();
    for (_, file) in files {
        loaded.bytes += file.bytes;
        loaded.generated += usize::from(file.generated);
        loaded.tests += usize::from(file.test);
        loaded.warnings.extend(file.warning);
        loaded.summaries.extend(file.summary);
        loaded.sources.extend(file.source);
    }
    loaded
}

#[derive(Default)]
struct One {
    summary: Option<FileSummary>,
    source: Option<Arc<Source>>,
    warning: Option<Warning>,
    bytes: u64,
    generated: bool,
    test: bool,
}

/// Whether the file will be read and can have an effect. What cannot be read has none.
fn acts(candidate: &Candidate, tests: Tests) -> bool {
    if is_left_out(candidate, tests) {
        return false;
    }
    let Ok(text) = read(&candidate.absolute) else { return false };
    (candidate.is_named() || !is_generated(&text)) && may_act(&source(candidate, text), tests)
}

/// Whether the file is a test and tests are not wanted.
fn is_left_out(candidate: &Candidate, tests: Tests) -> bool {
    let apart = |package| is_apart(&candidate.path, candidate.language, package);
    tests == Tests::LeftOut && candidate.package.as_ref().is_some_and(apart)
}

fn source(candidate: &Candidate, text: String) -> SourceFile {
    SourceFile {
        path: candidate.path.clone(),
        text,
        language: candidate.language,
        package: candidate.package.clone(),
    }
}

fn load_one(candidate: &Candidate, tests: Tests, parsed: bool) -> One {
    if is_left_out(candidate, tests) {
        return One { test: true, ..One::default() };
    }
    let warn = |message: String| One {
        warning: Some(Warning { path: candidate.path.clone(), message }),
        ..One::default()
    };
    let text = match read(&candidate.absolute) {
        Ok(text) => text,
        Err(message) => return warn(message),
    };
    if !candidate.is_named() && is_generated(&text) {
        return One { generated: true, ..One::default() };
    }
    let bytes = text.len() as u64;
    let file = source(candidate, text);
    if !parsed {
        let summary = FileSummary { path: file.path, ..FileSummary::default() };
        return One { summary: Some(summary), bytes, ..One::default() };
    }
    // The last resort: lowering must not panic, but if it does, the other files are still worth checking.
    let lower = match tests {
        Tests::Read => fsrace_analyzer::lower,
        Tests::LeftOut => fsrace_analyzer::lower_without_tests,
    };
    let Ok(summary) = catch_unwind(AssertUnwindSafe(|| lower(&file))) else {
        return warn("internal error of fsrace, skipped: please report this file".to_owned());
    };
    let mut one = One { bytes, ..One::default() };
    if !summary.errors.is_empty() || !summary.functions.is_empty() {
        let source = Arc::new(Source::new(file.path, file.text));
        one.warning = syntax_warning(&summary, &source);
        // Only where there is a function can there be a finding, and only then is the text needed again. It is kept, for reading
        // it again could give another text.
        one.source = (!summary.functions.is_empty()).then_some(source);
    }
    one.summary = Some(summary);
    one
}

fn syntax_warning(summary: &FileSummary, source: &Source) -> Option<Warning> {
    let first = summary.errors.first()?;
    let at = source.lines().line_column(&source.text, first.span.start);
    let more = match summary.errors.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let lost = if summary.functions.is_empty() { "skipped" } else { "that part is skipped" };
    Some(Warning {
        path: source.path.clone(),
        message: format!(
            "cannot be parsed at {}:{}: {}{more}, {lost}: correct it, or ignore it if it is meant to be so",
            at.line,
            at.column,
            shortened(&first.message),
        ),
    })
}

/// Parsers like to list all that they would have taken.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 80;
    let short: String = message.chars().take(LONGEST).collect();
    match short.rsplit_once([' ', ',']) {
        Some((words, _)) if short.len() < message.len() => format!("{} ..", words.trim_end_matches(',')),
        _ => short,
    }
}

/// The whole text, or a sentence on why not.
fn read(path: &Path) -> Result<String, String> {
    let explain = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => "vanished before it could be read, skipped: run again".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "no permission to read it, skipped: make it readable or ignore it".to_owned()
        }
        _ => format!("cannot be read, skipped: {e}"),
    };
    let file = File::open(path).map_err(explain)?;
    let expected = file.metadata().map_or(0, |m| m.len().min(LARGEST));
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(explain)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!(
            "larger than {} MB, skipped: split it, or ignore it if it is data",
            LARGEST / 1_000_000
        ));
    }
    String::from_utf8(bytes)
        .map_err(|e| format!("not UTF-8 at byte {}, skipped: save it as UTF-8", e.utf8_error().valid_up_to()))
}

/// Whether the first lines say that a tool wrote the file.
fn is_generated(text: &str) -> bool {
    text.lines().take(MARKER_LINES).any(|line| {
        let line = line.trim();
        let comment = line.starts_with("//") || line.starts_with("/*") || line.starts_with('*');
        comment
            && (line.contains("@generated")
                || line.contains("automatically generated by")
                || (line.contains("Code generated") && line.contains("DO NOT EDIT")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_say_so() {
        assert!(is_generated("// @generated by x\nfn f() {}"));
        assert!(is_generated("\n// Code generated by y. DO NOT EDIT.\n"));
        assert!(is_generated("/* automatically generated by rust-bindgen 0.71 */"));
        assert!(!is_generated("fn f() { println!(\"// @generated\"); }"));
        assert!(!is_generated(&format!("{}// @generated", "\n".repeat(20))));
    }
}
