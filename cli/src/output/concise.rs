//! One line per finding: `path:line:column: level[rule] message`.

use crate::report::{Report, severity_name};
use crate::terminal;
use fsrace_rules::finding::Severity;
use std::fmt::Write;

/// The report.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let start = finding.act.start();
        let style = match finding.severity {
            Severity::Error => terminal::ERROR,
            Severity::Warning => terminal::WARNING,
            Severity::Note => terminal::NOTE,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{}:{}:{}: {} {}",
            terminal::line(finding.act.path()),
            start.line,
            start.column,
            terminal::paint(style, &format!("{}[{}]", severity_name(finding.severity), finding.rule.id)),
            terminal::line(&finding.message),
        );
    }
    out
}
