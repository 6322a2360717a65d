//! The pipeline from a scope to a report, and from a report to an exit code.

use crate::args::CheckOptions;
use crate::discover::{Candidate, Scope, discover};
use crate::explain::unknown_rule;
use crate::output::{self, statistics};
use crate::progress::Progress;
use crate::read::{Loaded, Parse, load};
use crate::report::{Counts, Report, Reported, Warning, rules};
use crate::resolve::{self, Sources};
use crate::vendored::Vendored;
use crate::{fingerprint, save, terminal, uncalled};
use anstream::ColorChoice;
use anyhow::{Context, Result, bail};
use fsrace_analyzer::explore::Explorer;
use fsrace_analyzer::language::Tests;
use fsrace_analyzer::link::{FunctionId, Program};
use fsrace_rules::finding::{Confidence, Finding, Severity};
use fsrace_rules::rule::Rule;
use fsrace_rules::{Checked, Request};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

/// Stack of each working thread. Frontends bound how deep they follow nested code; this is room for all that they follow.
const STACK: usize = 64 << 20;

/// Checks a scope and prints what was asked for. Exit code 0: nothing shown; 1: findings shown.
///
/// # Errors
/// Where the work cannot be done: exit code 2.
pub fn check(
    scope: &Scope,
    warnings: Vec<Warning>,
    options: &CheckOptions,
    color: ColorChoice,
) -> Result<ExitCode> {
    let started = Instant::now();
    let report = report(scope, warnings, options, color)?;
    let width = if options.output.is_some() { 100 } else { terminal::width() };
    let text = output::render(&report, &rules(), options.format, width)?;
    match &options.output {
        Some(path) => save::save(path, &uncolored(&text, color))?,
        None => terminal::write_stdout(&text, color).context("cannot write to standard output")?,
    }
    if options.statistics {
        terminal::write_stderr(&statistics::table(&report, started.elapsed()), color);
    }
    if !options.reading.quiet {
        terminal::write_stderr(&statistics::summary(&report), color);
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Checks a scope, and prints nothing but warnings.
///
/// # Errors
/// Where the work cannot be done.
pub fn report(
    scope: &Scope,
    mut warnings: Vec<Warning>,
    options: &CheckOptions,
    color: ColorChoice,
) -> Result<Report> {
    let selection = RuleSelection::new(options)?;
    if options.reading.threads != Some(1) {
        // Beside the walk, on a thread of its own. Where there is none, whoever needs the tables first reads them.
        let _ = std::thread::Builder::new().spawn(fsrace_analyzer::language::prepare);
    }
    let (candidates, found) = discover(scope, options.reading.threads);
    warnings.extend(found);
    let quiet = options.reading.quiet;
    let pool = pool(options.reading.threads)?;
    let analysed = catch_unwind(AssertUnwindSafe(|| {
        Progress::during(!quiet, |progress| {
            pool.install(|| {
                let tests = if options.filter.include_tests { Tests::Read } else { Tests::LeftOut };
                let parse = if options.reading.parse_all { Parse::All } else { Parse::IfAnyActs };
                let loaded = load(&candidates, tests, parse, progress);
                progress.checking(loaded.summaries.iter().map(|f| f.functions.len()).sum());
                analyse(scope, &candidates, loaded, options, &selection)
            })
        })
    }));
    let Ok(mut report) = analysed else {
        bail!("internal error of fsrace: please report it with the sources that were checked");
    };
    report.warnings.extend(warnings);
    report.warnings.sort();
    if !quiet {
        terminal::write_stderr(&warning_lines(&report.warnings), color);
    }
    if report.counts.files + report.counts.test_files == 0 {
        bail!("{}", nothing_to_check(&candidates, &report.counts));
    }
    Ok(report)
}

/// Prints the flow summaries of a scope.
///
/// # Errors
/// Where the work cannot be done.
pub fn summaries(scope: &Scope, options: &crate::args::ReadOptions, color: ColorChoice) -> Result<ExitCode> {
    let (candidates, mut warnings) = discover(scope, options.threads);
    let pool = pool(options.threads)?;
    let loaded = Progress::during(!options.quiet, |progress| {
        pool.install(|| load(&candidates, Tests::Read, Parse::All, progress))
    });
    warnings.extend(loaded.warnings);
    if !options.quiet {
        terminal::write_stderr(&warning_lines(&warnings), color);
    }
    if loaded.summaries.is_empty() {
        let counts = Counts { generated: loaded.generated, ..Counts::default() };
        bail!("{}", nothing_to_check(&candidates, &counts));
    }
    let mut out = String::new();
    for file in loaded.summaries.iter().filter(|f| !f.functions.is_empty()) {
        out.push_str(&terminal::paint(terminal::STRONG, &format!("# {}", terminal::line(&file.path))));
        out.push('\n');
        for function in &file.functions {
            out.push_str(&terminal::lines(&function.to_string()));
        }
        out.push('\n');
    }
    terminal::write_stdout(&out, color).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// The findings whose fingerprint starts so.
///
/// # Errors
/// Where there is none.
pub fn named<'a>(findings: &'a [Reported], fingerprint: &str) -> Result<Vec<&'a Reported>> {
    let named: Vec<&Reported> = findings.iter().filter(|f| f.fingerprint.starts_with(fingerprint)).collect();
    if named.is_empty() {
        bail!(
            "no finding has a fingerprint that starts with {fingerprint}: `fsrace check --format json` names them"
        );
    }
    Ok(named)
}

fn pool(threads: Option<u16>) -> Result<rayon::ThreadPool> {
    // Zero leaves the number to rayon: RAYON_NUM_THREADS, or one per core.
    let threads = threads.map_or(0, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build()
        .context("cannot start threads: try a lower --threads")
}

/// A file shows colours only where they were asked for outright.
fn uncolored(text: &str, color: ColorChoice) -> String {
    match color {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => text.to_owned(),
        _ => anstream::adapter::strip_str(text).to_string(),
    }
}

fn warning_lines(warnings: &[Warning]) -> String {
    let word = terminal::paint(terminal::WARNING, "warning:");
    let line = |w: &Warning| {
        let path = if w.path.is_empty() { String::new() } else { format!("{}: ", w.path) };
        format!("{word} {}\n", terminal::line(&format!("{path}{}", w.message)))
    };
    warnings.iter().map(line).collect()
}

fn nothing_to_check(candidates: &[Candidate], counts: &Counts) -> String {
    match (candidates.len(), counts.generated) {
        (0, _) => {
            "nothing to check: no file of a language that fsrace reads (.go, .py, .rs) there that is not ignored; \
             name a folder that holds some, or the files themselves"
                .to_owned()
        }
        (all, generated) if all == generated => format!(
            "nothing to check: all {all} files say that they are generated; name a file to check it all the same"
        ),
        (all, _) => format!("nothing could be checked: none of {all} files could be read"),
    }
}

/// Which rules run.
struct RuleSelection<'a> {
    select: &'a [String],
    ignore: &'a [String],
    notes: bool,
}

impl<'a> RuleSelection<'a> {
    fn new(options: &'a CheckOptions) -> Result<Self> {
        for id in options.filter.select.iter().chain(&options.filter.ignore) {
            if fsrace_rules::rule(id).is_none() {
                bail!("{}", unknown_rule(id, &rules()));
            }
        }
        let (select, ignore) = (&options.filter.select, &options.filter.ignore);
        Ok(RuleSelection { select, ignore, notes: options.notes })
    }

    fn runs(&self, rule: &Rule) -> bool {
        let selected = match self.select {
            [] => rule.default || (self.notes && rule.is_note()),
            ids => ids.iter().any(|id| id == rule.id),
        };
        selected && !self.ignore.iter().any(|id| id == rule.id)
    }
}

fn analyse(
    scope: &Scope,
    candidates: &[Candidate],
    loaded: Loaded,
    options: &CheckOptions,
    selection: &RuleSelection<'_>,
) -> Report {
    let mut counts = Counts {
        files: loaded.summaries.len(),
        bytes: loaded.bytes,
        generated: loaded.generated,
        test_files: loaded.tests,
        functions: loaded.summaries.iter().map(|f| f.functions.len()).sum(),
        ..Counts::default()
    };
    let mut warnings = loaded.warnings;
    let program = fsrace_analyzer::link(loaded.summaries);
    let sources = Sources::new(&program, loaded.sources);
    let searched = uncalled::Checked { scope, program: &program, sources: &sources };
    let uncalled = |functions: &[FunctionId]| uncalled::among(searched, functions, options.reading.threads);
    let explorer = Explorer::default();
    let request = Request {
        selected: &|rule| selection.runs(rule),
        thorough: Confidence::from(options.filter.min_confidence) < Confidence::Medium,
        explorer: &explorer,
        uncalled: &uncalled,
    };
    let Checked { findings: mut shown, unexplored, remains } = fsrace_rules::check_with(&program, &request);
    counts.unexplored = unexplored;
    shown.retain(|f| is_reported_on(scope, candidates, &program, f));
    counts.found = shown.len();
    let mut others = Vendored::new(&scope.base);
    shown.retain(|f| {
        let vendored = candidate(candidates, &program, f).is_some_and(|file| others.holds(file));
        is_shown(f, vendored, options, &mut counts)
    });
    let resolved: Vec<(Option<Reported>, Option<Warning>)> =
        shown.into_par_iter().map(|f| with_fix(f, &program, &sources)).collect();
    let mut findings = Vec::with_capacity(resolved.len());
    for (finding, warning) in resolved {
        findings.extend(finding);
        warnings.extend(warning);
    }
    findings.sort_by(resolve::order);
    fingerprint::assign(&mut findings);
    // All that is left to do is to print: the end of the process gives it back at once.
    std::mem::forget(remains);
    std::mem::forget((program, sources));
    Report { findings, warnings, counts }
}

/// Whether the finding lies in a package that was selected.
fn is_reported_on(scope: &Scope, candidates: &[Candidate], program: &Program, finding: &Finding) -> bool {
    let Some(selection) = &scope.selection else { return true };
    let package = candidate(candidates, program, finding).and_then(|c| c.package.as_ref());
    package.is_some_and(|p| selection.shown.contains(&p.root))
}

/// The file that the finding lies in.
fn candidate<'c>(candidates: &'c [Candidate], program: &Program, finding: &Finding) -> Option<&'c Candidate> {
    let file = program.files().get(finding.act.file.0 as usize)?;
    candidates.get(candidates.binary_search_by(|c| c.path.cmp(&file.path)).ok()?)
}

/// Whether the finding is printed. Code that others wrote its users will not mend.
fn is_shown(finding: &Finding, vendored: bool, options: &CheckOptions, counts: &mut Counts) -> bool {
    if vendored {
        counts.hidden_vendored += 1;
        return false;
    }
    if finding.in_test && !options.filter.include_tests {
        counts.hidden_tests += 1;
        return false;
    }
    let asked_for = options.notes || options.filter.select.iter().any(|id| id == finding.rule.id);
    if finding.severity() == Severity::Note && !asked_for {
        counts.hidden_notes += 1;
        return false;
    }
    if finding.confidence < Confidence::from(options.filter.min_confidence) {
        counts.hidden_confidence += 1;
        return false;
    }
    true
}

/// Resolves the finding, with the suggested rewrite if making one succeeds.
fn with_fix(
    mut finding: Finding,
    program: &Program,
    sources: &Sources,
) -> (Option<Reported>, Option<Warning>) {
    let Some(act) = sources.region(finding.act) else { return (None, None) };
    let mut warning = None;
    let suggest = AssertUnwindSafe(|| {
        let mut finding = finding.clone();
        fsrace_rules::suggest(program, &mut finding, &act.source.text);
        finding
    });
    match catch_unwind(suggest) {
        Ok(with_fix) => finding = with_fix,
        // The finding stands without its rewrite.
        Err(_) => {
            warning = Some(Warning {
                path: act.path().to_owned(),
                message: format!(
                    "internal error of fsrace on the rewrite for line {}: please report this file",
                    act.start().line
                ),
            });
        }
    }
    (resolve::resolve(&finding, program, sources), warning)
}
