//! A witness' script on the real kernel, in the witness' order.

use super::kernel::{Kernel, Real, Setting, Stranger, Tree, agrees, expected_tree};
use anyhow::{Result, bail};
use fsrace_analyzer::explore::{Actor, Lane, Script};
use std::path::Path;

/// What came of a script.
#[derive(Debug)]
pub struct Performance {
    /// How the lanes ran.
    pub setting: Setting,
    /// What each call of the script came to.
    pub replies: Vec<Real>,
    /// For each, whether the abstract kernel had said so.
    pub foreseen: Vec<bool>,
    /// What was there in the end.
    pub end: Tree,
    /// Whether the abstract kernel had said that.
    pub end_foreseen: bool,
}

impl Performance {
    /// Whether the real kernel did all that the abstract one had.
    pub fn agrees(&self) -> bool {
        self.end_foreseen && self.foreseen.iter().all(|foreseen| *foreseen)
    }
}

/// How the lanes of a witness run. Another user is only to be had by root.
pub fn setting(actor: Actor, script: &Script) -> Setting {
    let stranger = match actor {
        Actor::Attacker | Actor::Stranger if rustix::process::geteuid().is_root() => Stranger::Real,
        Actor::Attacker | Actor::Stranger => Stranger::Simulated,
        _ => Stranger::No,
    };
    Setting { same_process: script.same_process, stranger }
}

/// Performs a script. `program` is `fsrace`, which the lanes' processes run.
///
/// # Errors
/// Where the lanes cannot be started, one of them dies or hangs, or the state before cannot be made.
pub fn perform(program: &Path, script: &Script, setting: Setting) -> Result<Performance> {
    let mut kernel = Kernel::processes(program, setting)?;
    for call in &script.start {
        if let Err(failure) = kernel.perform(Lane::A, call, &script.contents, None)? {
            bail!("the state before cannot be made: {call:?}: {}", failure.0);
        }
    }
    if setting.stranger != Stranger::No {
        kernel.open_to_others()?;
    }
    let (mut replies, mut foreseen) = (Vec::new(), Vec::new());
    for step in &script.calls {
        let opened = step.reply.clone().and_then(|reply| reply.handle()).ok();
        let real = kernel.perform(step.lane, &step.call, &script.contents, opened)?;
        foreseen.push(agrees(&real, &step.reply, &script.contents));
        replies.push(real);
    }
    let end = kernel.tree()?;
    let end_foreseen = end == expected_tree(&script.end, &script.contents);
    Ok(Performance { setting, replies, foreseen, end, end_foreseen })
}
