//! The form that the explorer runs: a sliced function as flat code over numbered slots.

use super::Actor;
use super::Lane;
use super::filesystem::{Kind, Name};
use super::live::Live;
use super::setup::lane_path;
use crate::flow::{Kinds, Operation, Place, ResultId, Site};
use rustc_hash::FxHashMap;
use std::hash::{Hash, Hasher};

/// Where a result is kept while a program runs.
pub type Slot = u16;

/// One instruction. Jump targets are positions in [`Program::code`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Runs an effect, by its number in [`Program::effects`].
    Effect(u16),
    /// Starts the other actor behind this instruction, and goes on at the position.
    Spawn(usize),
    /// Waits for the other actor's end.
    Join,
    /// Runs a built-in actor's single step.
    Builtin(Actor),
    /// Goes on if the condition holds, else jumps.
    Test {
        condition: Test,
        otherwise: usize,
        /// In a loop, and one of the two ways leaves it.
        leave: Option<Leave>,
    },
    /// Jumps.
    Goto(usize),
    /// Jumps unless the slot holds a failure.
    UnlessFailed(Slot, usize),
    /// Puts a value into a slot.
    Bind(Slot, Bound),
    /// Releases the locks, guards and handles that the slot holds.
    Release(Slot),
    /// Enters a loop.
    LoopStart(u16),
    /// Starts the next round of a loop, up to the bound.
    LoopBack(u16, usize),
    /// Unwinds, because of the failure in the slot if there is one.
    Panic(Option<Slot>),
    /// Ends; the first slot holds what is returned.
    Return,
}

/// How a test leaves a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leave {
    /// The loop.
    pub of: u16,
    /// The truth value that leaves it.
    pub on: bool,
    /// For how many rounds what is unknown may hold the loop; otherwise it would never end.
    pub rounds: u8,
}

/// A condition over slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    Constant(bool),
    True(Slot, Source),
    Ok(Slot, Source),
    Failed(Slot, Kinds, Source),
    Opaque(Source, Vec<Slot>),
    Kind(Slot, Kind, Source),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
}

/// A value over slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    Opaque,
    Slot(Slot),
    Derived(Vec<Slot>),
    Condition(Test),
    Failure(Option<Slot>),
    Success(Box<Bound>),
    /// A success that holds something where it might have held nothing.
    Held(Box<Bound>),
    Structure(Vec<Bound>),
}

/// An unknown that the oracle decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    pub kind: SourceKind,
    /// Which of its kind.
    pub number: u32,
}

/// What is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// An opaque condition.
    Condition,
    /// The truth of a result that nothing is known about.
    True,
    /// The success of a result that nothing is known about.
    Ok,
}

impl Source {
    /// An opaque condition by its number.
    pub fn condition(number: u32) -> Self {
        Source { kind: SourceKind::Condition, number }
    }

    /// The truth of a result.
    pub fn truth(of: ResultId) -> Self {
        Source { kind: SourceKind::True, number: of.0 }
    }

    /// The success of a result.
    pub fn success(of: ResultId) -> Self {
        Source { kind: SourceKind::Ok, number: of.0 }
    }
}

/// An effect that the slice kept. Two are equal if they do the same, whatever their places are called and wherever they stand.
#[derive(Clone, Debug)]
pub struct EffectStep {
    pub operation: Operation,
    pub place: Place,
    pub other: Option<Place>,
    /// The paths of both places by lane.
    pub paths: [Vec<Name>; 2],
    pub other_paths: [Vec<Name>; 2],
    pub handle: Option<Slot>,
    pub data: Vec<Slot>,
    pub result: Slot,
    pub site: Site,
    /// The frame that it stands in, by number.
    pub frame: u16,
    /// Whether it is the scenario's act, or inside a call that is.
    pub is_act: bool,
    /// Whether it is done by the spawned work that the question is about.
    pub spawned: bool,
    /// Whether it is the scenario's check, or inside a call that is.
    pub is_check: bool,
    /// Whether its failure counts as the race's.
    pub counts: bool,
    /// Its position in the code.
    pub at: usize,
    /// By lane: up to which position in its code the other actor may still tell when this happens; none if never.
    pub visible_until: [Option<usize>; 2],
}

/// What rests on a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rests {
    /// Nothing, or not all of the check is a look.
    #[default]
    Nothing,
    /// An act that is over at this position of the code.
    Act(usize),
    /// A file that is made, and filled after that.
    Filling,
}

/// Answers to unknowns; none where there are reasons for both.
pub type Answers = FxHashMap<Source, Option<bool>>;

/// A program for one lane. Two are equal if they run alike.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub code: Vec<Instruction>,
    pub effects: Vec<EffectStep>,
    pub slots: usize,
    pub loops: usize,
    /// What the unknowns have to be so that the check and the act are reached.
    pub wants: Answers,
    /// Which answer to a test of what was observed makes the program act on it.
    pub acts: Answers,
    /// Whether such a test only decides on leaving, with no effect in either of its arms.
    pub leaves: Answers,
    /// Up to which position it may notice who holds a lock: it tries for one without waiting, or removes the file of one; none if
    /// it never does.
    pub notices_until: Option<usize>,
    /// What rests on the look, where the question is about that.
    pub rests: Rests,
    /// Whether a part was too deep to be taken in.
    pub cut: bool,
    /// What of a machine's memory matters where.
    pub live: Live,
}

impl Program {
    /// A built-in actor.
    pub fn builtin(actor: Actor) -> Self {
        let steps = if actor == Actor::Bystander { 2 } else { 1 };
        let mut code = vec![Instruction::Builtin(actor); steps];
        code.push(Instruction::Return);
        let mut program = Program { code, slots: 1, ..Program::default() };
        program.live = Live::of(&program);
        program
    }

    /// What the lane puts below the directory, each once.
    pub fn puts_below(&self, directory: &[Name], lane: Lane) -> Vec<&[Name]> {
        let mut found: Vec<&[Name]> = Vec::new();
        for effect in &self.effects {
            let put = match effect.operation {
                _ if effect.handle.is_some() => continue,
                Operation::Write
                | Operation::Append
                | Operation::CreateDir { .. }
                | Operation::Populate { .. } => &effect.paths,
                Operation::Open(flags) if flags.create || flags.create_new => &effect.paths,
                Operation::Copy | Operation::Rename { .. } | Operation::HardLink | Operation::Symlink => {
                    &effect.other_paths
                }
                _ => continue,
            };
            let path = lane_path(put, lane);
            if path.len() > directory.len() && path.starts_with(directory) && !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }

    pub fn effect(&self, number: u16) -> Option<&EffectStep> {
        self.effects.get(number as usize)
    }
}

impl EffectStep {
    /// All that bears on what it does.
    fn meaning(&self) -> impl PartialEq + Hash + '_ {
        (
            (self.operation, &self.paths, &self.other_paths, self.handle, &self.data, self.result),
            (self.frame, self.is_act, self.is_check, self.spawned, self.counts, self.at),
        )
    }
}

impl PartialEq for EffectStep {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Eq for EffectStep {}

impl Hash for EffectStep {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
            && self.effects == other.effects
            && self.cut == other.cut
            && self.rests == other.rests
            && [&self.wants, &self.acts, &self.leaves] == [&other.wants, &other.acts, &other.leaves]
    }
}

impl Eq for Program {}

impl Hash for Program {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code.hash(state);
        self.effects.hash(state);
    }
}
