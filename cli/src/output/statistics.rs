//! The closing words of a run: the summary line, and the counts of `--statistics`.

use crate::report::{Counts, Report, severity_name};
use fsrace_rules::finding::Severity;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// "3 findings (2 errors, 1 warning) in 40 files; hidden: ...".
pub fn summary(report: &Report) -> String {
    let count = |s: Severity| report.findings.iter().filter(|f| f.severity == s).count();
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter(|s| count(*s) > 0)
        .map(|s| plural(count(s), severity_name(s)))
        .collect();
    let files = plural(report.counts.files, "file");
    let mut text = if report.findings.is_empty() {
        format!("no races found in {files}")
    } else {
        format!("{} ({}) in {files}", plural(report.findings.len(), "finding"), counts.join(", "))
    };
    if let Some(hidden) = hidden(&report.counts) {
        text.push_str("; hidden: ");
        text.push_str(&hidden);
    }
    if report.counts.test_files > 0 {
        let files = plural(report.counts.test_files, "file");
        // Writing to a String cannot fail.
        let _ = write!(text, "; not read: {files} of tests and examples (--include-tests)");
    }
    text.push('\n');
    text
}

fn hidden(counts: &Counts) -> Option<String> {
    let low = match (counts.hidden_confidence, counts.unexplored) {
        (0, 0) => None,
        (found, 0) => Some(format!("{found} of lower confidence (--min-confidence low)")),
        (0, left) => Some(format!(
            "{left} unexplored, for they could be of lower confidence only (--min-confidence low)"
        )),
        (found, left) => Some(format!(
            "{found} of lower confidence, and {left} unexplored that could be no surer (--min-confidence low)"
        )),
    };
    let others = [
        (counts.hidden_tests, "in test code (--include-tests)"),
        (counts.hidden_vendored, "in code that others wrote (name its folder)"),
        (counts.hidden_notes, "notes on redundant checks (--notes)"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"));
    let parts: Vec<String> = low.into_iter().chain(others).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The table of `--statistics`.
pub fn table(report: &Report, elapsed: Duration) -> String {
    let mut by_rule: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in &report.findings {
        *by_rule.entry((finding.rule.id, severity_name(finding.severity))).or_default() += 1;
    }
    let c = &report.counts;
    let mut out = String::new();
    for ((rule, severity), count) in by_rule {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{count:>8}  {severity:<8} {rule}");
    }
    for (n, what) in [
        (c.files, "files analysed"),
        (c.generated, "generated files passed over"),
        (c.test_files, "files of tests and examples passed over (--include-tests)"),
        (c.functions, "functions with effects or calls"),
        (c.found, "races found"),
        (c.hidden_confidence, "hidden for their confidence"),
        (c.unexplored, "candidates unexplored, for they could be of low confidence only"),
        (c.hidden_tests, "hidden in test code"),
        (c.hidden_vendored, "hidden in code that others wrote"),
        (c.hidden_notes, "hidden notes"),
        (report.warnings.len(), "warnings"),
    ] {
        let _ = writeln!(out, "{n:>8}  {what}");
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = c.bytes as f64 / 1e6;
    let _ = writeln!(out, "{megabytes:>8.1}  MB in {:.2} s", elapsed.as_secs_f64());
    out
}
