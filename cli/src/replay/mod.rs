//! `fsrace replay`: the schedules of findings, performed on the real kernel.
//!
//! Two processes, or two threads of one where the schedule says so, work in a private temporary folder. They do nothing but the file
//! operations of the schedule, in its order; no code of the checked project runs. What the kernel answers is compared with what the
//! abstract kernel said, which the finding rests on.

pub mod kernel;
pub mod lane;
pub mod perform;
pub mod protocol;
pub mod remote;
mod tell;

use crate::args::{CheckOptions, ReplayOptions};
use crate::discover::Scope;
use crate::explain;
use crate::{check, terminal};
use anstream::ColorChoice;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::ExitCode;

/// This very program, also where another user may not look up its path, and after it was replaced by a newer one.
const SELF: &str = "/proc/self/exe";

/// Replays the findings of a scope. Exit code 0: the kernel agreed on all; 1: not on all.
///
/// # Errors
/// Where the work cannot be done.
pub fn replay(scope: &Scope, options: ReplayOptions, color: ColorChoice) -> Result<ExitCode> {
    let quiet = options.reading.quiet;
    let mut check_options = CheckOptions::everything(options.reading);
    if options.finding.is_none() {
        (check_options.filter, check_options.notes) = (options.filter, false);
    }
    let report = check::report(scope, Vec::new(), &check_options, color)?;
    let findings = match &options.finding {
        Some(wanted) => check::named(&report.findings, wanted)?,
        None => report.findings.iter().collect(),
    };
    let (mut agreed, mut differed, mut undecided) = (0, 0, 0);
    for finding in findings {
        let script = &finding.witness.script;
        let text = if script.calls.is_empty() {
            undecided += 1;
            format!(
                "{}  there is no schedule to replay: {}\n",
                explain::heading(finding),
                finding.witness.loss
            )
        } else {
            let setting = perform::setting(finding.witness.actor, script);
            let performance = perform::perform(Path::new(SELF), script, setting).with_context(|| {
                format!("cannot replay {}:{}", finding.act.path(), finding.act.start().line)
            })?;
            *if performance.agrees() { &mut agreed } else { &mut differed } += 1;
            tell::tell(finding, &performance)
        };
        terminal::write_stdout(&format!("{text}\n"), color).context("cannot write to standard output")?;
    }
    if !quiet {
        let mut parts = vec![format!("{agreed} as foreseen")];
        parts.extend((differed > 0).then(|| format!("{differed} otherwise")));
        parts.extend((undecided > 0).then(|| format!("{undecided} without a schedule")));
        let total = agreed + differed + undecided;
        let noun = if total == 1 { "finding" } else { "findings" };
        terminal::write_stderr(&format!("replayed {total} {noun}: {}\n", parts.join(", ")), color);
    }
    Ok(if differed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
