//! The explorer: decides whether a candidate is a race, by definition.
//!
//! It runs a function's flow on an abstract filesystem beside another actor, through every interleaving, and compares the
//! outcomes with those of the two serial orders. An outcome that no serial order ends in is a race; its schedule is the witness.

mod ahead;
mod builtin;
mod canonical;
mod compact;
mod compile;
pub mod content;
mod effects;
pub mod filesystem;
mod handoff;
mod live;
mod machine;
mod oracle;
mod paths;
mod program;
mod retry;
mod run;
mod schedule;
mod setup;
mod shared;
mod slice;
#[cfg(test)]
mod tests;
mod verdict;
mod witness;

pub use run::Explorer;

use crate::flow::{Block, ErrorKind, Place, Site};
use content::Contents;
use filesystem::{Call, Name, Reply, Status};
use std::fmt;

/// Who the candidate's function runs beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A second process running the same function.
    Itself,
    /// A second thread of the same process running the same function: in-process locks hold.
    ItselfThread,
    /// A second task of the same process running the same function: only where it waits does a task give way to the other.
    ItselfTask,
    /// Creates the place with content of its own (the kind of object that the function would), if it is absent; replaces nothing.
    Creator,
    /// Removes the place, with all below it.
    Remover,
    /// Replaces the place by another complete object, in one step (rename).
    Replacer,
    /// Updates the file: reads it and replaces it by what derives from it, in one atomic step.
    Updater,
    /// Opens and reads the file; what it read belongs to the outcome.
    Reader,
    /// Comes upon the directory and takes it for complete: looks for all that the function puts there; what it found belongs to the
    /// outcome.
    Visitor,
    /// Takes the place as a lock: create_new, `AlreadyExists` means that somebody else owns it.
    Acquirer,
    /// Another user who swaps the place for a symbolic link; only where others can write the directory.
    Attacker,
    /// Another user who opens the place to read it.
    Stranger,
    /// Another thread of the process that goes by the process' own state (a variable, the working directory, the umask): it looks
    /// twice, and what it does in between takes both for the same. Of files, it sees nothing.
    Bystander,
    /// The end of the process, at any moment: the function goes no further.
    Crash,
    /// The function's own spawned work: the thread or task that holds the check or the act, else the first. Its serial order is
    /// the one in which it runs to its end where it is started.
    Task,
}

/// What a race costs. Ordered from the least to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// The check is dead weight; nothing breaks.
    RedundantCheck,
    /// An operation fails though in every serial order it succeeds.
    SpuriousFailure,
    /// What started work reports as its failure reaches nobody.
    LostError,
    /// Somebody reads, or is left with, a file that is half one thing and half another.
    Corruption,
    /// A change that was read, edited and written back is gone.
    LostUpdate,
    /// Two actors both hold what only one may.
    DoubleOwner,
    /// Content that somebody wrote is gone.
    DataLoss,
    /// Somebody gets at what they must not.
    Security,
}

impl Consequence {
    /// As in reports: `data-loss`.
    pub fn name(self) -> &'static str {
        match self {
            Consequence::RedundantCheck => "redundant-check",
            Consequence::SpuriousFailure => "spurious-failure",
            Consequence::LostError => "lost-error",
            Consequence::Corruption => "corruption",
            Consequence::LostUpdate => "lost-update",
            Consequence::DoubleOwner => "double-owner",
            Consequence::DataLoss => "data-loss",
            Consequence::Security => "security",
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A question for the explorer.
#[derive(Clone, Debug)]
pub struct Scenario<'a> {
    /// The linked body of the function.
    pub body: &'a Block,
    /// The place that the race is about.
    pub place: &'a Place,
    /// The check's site, if there is one.
    pub check: Option<Site>,
    /// The act's site. Opaque decisions on the way to the check and the act are taken so that they are reached; a failure counts
    /// as spurious only if it is raised by one of these two sites.
    pub act: Site,
    /// Who the function runs beside.
    pub actor: Actor,
    /// Whether only that counts which comes of somebody between the check and the act, where these are a look and what rests on it:
    /// what comes of it as well if nobody is there is not the look's fault.
    pub by_gap: bool,
}

/// The explorer's answer to one scenario.
#[derive(Clone, Debug, Default)]
pub struct Exploration {
    /// Per consequence and beginning, the witness with the fewest switches; the worst consequence first, and of each the shortest. Empty:
    /// benign. Once the worst that the actor can bring about from a beginning is shown, lesser ones are not looked for from there.
    pub races: Vec<Race>,
    /// Whether the bound was hit: then an empty `races` proves nothing.
    pub bounded: bool,
    /// States visited.
    pub states: usize,
}

/// A proven race.
#[derive(Clone, Debug)]
pub struct Race {
    /// What it costs.
    pub consequence: Consequence,
    /// Whether the act is done in the schedule. Where it is not, no schedule with it has this consequence.
    pub reached: bool,
    /// The schedule that shows it.
    pub witness: Witness,
}

/// A bad schedule, and what comes of it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Beside whom.
    pub actor: Actor,
    /// The state before, in words: `absent`, `a file`, `a directory`.
    pub initial: String,
    /// The steps in order.
    pub steps: Vec<WitnessStep>,
    /// What is lost, in words: "B's content is gone".
    pub loss: String,
    /// The failures that the two end with, and the steps that they come from.
    pub failures: Vec<(Site, ErrorKind)>,
    /// What both asked of the kernel, for doing it again.
    pub script: Script,
}

impl Witness {
    /// How the step fails that one of the two ends with, whatever it tidies up after it.
    pub fn failure_at(&self, site: Site) -> Option<ErrorKind> {
        self.failures.iter().find(|(failed, _)| *failed == site).map(|(_, kind)| *kind)
    }
}

/// A schedule as system calls, which tell all that the abstract kernel did.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Whether both actors are threads of one process.
    pub same_process: bool,
    /// Where the race is: a path, or the last component a variable's name.
    pub place: Vec<Name>,
    /// What makes the state before.
    pub start: Vec<Call>,
    /// The calls in order.
    pub calls: Vec<ScriptCall>,
    /// What is there in the end: every path below the root.
    pub end: Vec<(Vec<Name>, Status)>,
    /// What the contents in the calls stand for.
    pub contents: Contents,
}

/// A call of a schedule.
#[derive(Clone, Debug)]
pub struct ScriptCall {
    /// Whose.
    pub lane: Lane,
    /// The source that did it; none for what a release does, and for an actor that is not the program's own code.
    pub site: Option<Site>,
    /// What is asked.
    pub call: Call,
    /// What the abstract kernel answered.
    pub reply: Result<Reply, ErrorKind>,
}

/// Which of the two lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The candidate's function.
    A,
    /// The other actor.
    B,
}

/// One step of a witness.
#[derive(Clone, Debug)]
pub struct WitnessStep {
    /// Whose.
    pub lane: Lane,
    /// The source that did it; none for an actor that is not the program's own code.
    pub site: Option<Site>,
    /// The operation in words, without the place: "create", "check", "write (first half)".
    pub operation: String,
    /// On what.
    pub place: Place,
    /// What it returned.
    pub outcome: StepOutcome,
    /// The watched place's state after the step: `absent`, `file ("theirs")`.
    pub state: String,
}

/// What a step returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOutcome {
    /// Done.
    Done,
    /// A check's answer.
    Answer(bool),
    /// Whether it found something there.
    Found(bool),
    /// It failed.
    Failed(ErrorKind),
}

impl fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepOutcome::Done => f.write_str("ok"),
            StepOutcome::Answer(b) => write!(f, "{b}"),
            StepOutcome::Found(true) => f.write_str("set"),
            StepOutcome::Found(false) => f.write_str("empty"),
            StepOutcome::Failed(kind) => write!(f, "{kind}"),
        }
    }
}
