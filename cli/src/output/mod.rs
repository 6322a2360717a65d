//! Reporters: a [`Report`] as text in one of the formats. Each is a pure function.

pub mod concise;
pub mod human;
pub mod json;
pub mod lanes;
pub mod sarif;
pub mod statistics;

use crate::args::Format;
use crate::report::{Report, RuleInfo};

/// The report in the format that was asked for, `width` columns wide where that matters. Human and concise text carries colours;
/// the writer takes them out where they are not wanted.
///
/// # Errors
/// Where a machine-readable form cannot be built.
pub fn render(report: &Report, rules: &[RuleInfo], format: Format, width: usize) -> anyhow::Result<String> {
    match format {
        Format::Human => Ok(human::render(report, width)),
        Format::Concise => Ok(concise::render(report)),
        Format::Json => json::render(report),
        Format::Sarif => sarif::render(report, rules),
    }
}
