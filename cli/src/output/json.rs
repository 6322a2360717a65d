//! For programs: one JSON document, described by the types below. A field may be added at any time; a change of meaning raises
//! `schema_version`.

use crate::report::{
    Region, Report, Reported, actor_name, applicability_name, confidence_name, severity_name,
};
use crate::terminal;
use fsrace_analyzer::explore::{Lane, StepOutcome};
use serde::Serialize;
use std::collections::BTreeMap;

/// Raised when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool,
    findings: Vec<Finding<'a>>,
    statistics: Statistics<'a>,
    warnings: Vec<Warning<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    /// `error`, `warning` or `note`.
    severity: &'a str,
    consequence: &'a str,
    /// `low`, `medium` or `high`.
    confidence: &'a str,
    reasons: &'a [String],
    cwe: &'a [u16],
    function: &'a str,
    message: &'a str,
    help: &'a str,
    place: &'a str,
    location: Location<'a>,
    related: Vec<Related<'a>>,
    witness: Witness<'a>,
    fix: Option<Fix<'a>>,
    /// Whether the search was cut off at its bound.
    bounded: bool,
    fingerprint: &'a str,
}

/// Lines and columns start at 1, columns count characters, the end is exclusive; bytes start at 0.
#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    byte_start: u32,
    byte_end: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Witness<'a> {
    /// Who process B is: `itself`, `itself-thread`, `creator`, `remover`, `replacer`, `updater`, `reader`, `bystander`, `acquirer`, `attacker`.
    actor: &'a str,
    initial: &'a str,
    /// In order of execution.
    steps: Vec<Step<'a>>,
    loss: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    /// `A` or `B`.
    lane: &'a str,
    /// Null for an actor that is not the program's own code.
    location: Option<Location<'a>>,
    operation: &'a str,
    place: &'a str,
    /// `ok`, `true`, `false`, or the kind of failure.
    outcome: String,
    /// Whether the operation failed.
    failed: bool,
    state: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    /// `safe`, `unsafe` or `display-only`.
    applicability: &'a str,
    edits: Vec<Edit<'a>>,
    needs: &'a [String],
    diff: &'a str,
}

#[derive(Serialize)]
struct Edit<'a> {
    location: Location<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Statistics<'a> {
    files: usize,
    bytes: u64,
    generated_files: usize,
    test_files: usize,
    functions: usize,
    found: usize,
    shown: usize,
    hidden_for_confidence: usize,
    unexplored: usize,
    hidden_in_tests: usize,
    hidden_in_vendored: usize,
    hidden_notes: usize,
    by_rule: BTreeMap<&'a str, usize>,
    by_severity: BTreeMap<&'a str, usize>,
}

#[derive(Serialize)]
struct Warning<'a> {
    file: &'a str,
    message: &'a str,
}

/// The report.
///
/// # Errors
/// Where serialising fails, which it has no reason to.
pub fn render(report: &Report) -> anyhow::Result<String> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "fsrace", version: env!("CARGO_PKG_VERSION") },
        findings: report.findings.iter().map(finding).collect(),
        statistics: statistics(report),
        warnings: report.warnings.iter().map(|w| Warning { file: &w.path, message: &w.message }).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(terminal::json(text))
}

fn finding(f: &Reported) -> Finding<'_> {
    Finding {
        rule: f.rule.id,
        severity: severity_name(f.severity),
        consequence: f.consequence.name(),
        confidence: confidence_name(f.confidence),
        reasons: &f.reasons,
        cwe: f.rule.cwe,
        function: &f.function,
        message: &f.message,
        help: &f.help,
        place: &f.place,
        location: location(&f.act),
        related: f
            .related
            .iter()
            .map(|r| Related { message: &r.message, location: location(&r.region) })
            .collect(),
        witness: Witness {
            actor: actor_name(f.witness.actor),
            initial: &f.witness.initial,
            steps: f.witness.steps.iter().map(step).collect(),
            loss: &f.witness.loss,
        },
        fix: f.fix.as_ref().map(|fix| Fix {
            title: &fix.title,
            applicability: applicability_name(fix.applicability),
            edits: fix
                .edits
                .iter()
                .map(|e| Edit { location: location(&e.region), replacement: &e.replacement })
                .collect(),
            needs: &fix.needs,
            diff: &fix.diff,
        }),
        bounded: f.bounded,
        fingerprint: &f.fingerprint,
    }
}

fn step(s: &crate::report::Step) -> Step<'_> {
    Step {
        lane: match s.lane {
            Lane::A => "A",
            Lane::B => "B",
        },
        location: s.region.as_ref().map(location),
        operation: &s.operation,
        place: &s.place,
        outcome: s.outcome.to_string(),
        failed: matches!(s.outcome, StepOutcome::Failed(_)),
        state: &s.state,
    }
}

fn location(region: &Region) -> Location<'_> {
    let (start, end) = (region.start(), region.end());
    Location {
        file: region.path(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_start: region.span.start,
        byte_end: region.span.end,
    }
}

fn statistics(report: &Report) -> Statistics<'_> {
    let c = &report.counts;
    let mut by_rule = BTreeMap::new();
    let mut by_severity = BTreeMap::new();
    for f in &report.findings {
        *by_rule.entry(f.rule.id).or_default() += 1;
        *by_severity.entry(severity_name(f.severity)).or_default() += 1;
    }
    Statistics {
        files: c.files,
        bytes: c.bytes,
        generated_files: c.generated,
        test_files: c.test_files,
        functions: c.functions,
        found: c.found,
        shown: report.findings.len(),
        hidden_for_confidence: c.hidden_confidence,
        unexplored: c.unexplored,
        hidden_in_tests: c.hidden_tests,
        hidden_in_vendored: c.hidden_vendored,
        hidden_notes: c.hidden_notes,
        by_rule,
        by_severity,
    }
}
