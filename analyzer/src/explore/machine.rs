//! The interpreter: one actor's program on the shared state, one visible step at a time.

use super::content::{Content, Contents};
use super::filesystem::{Call, Filesystem, Handle, Inode, Kind, Name};
use super::oracle::{Class, Oracle};
use super::program::{Bound, EffectStep, Instruction, Leave, Program, Rests, Slot, Source, Test};
use super::shared::Shared;
use super::{Actor, Lane, ScriptCall, StepOutcome};
use crate::flow::{Domain, ErrorKind, Operation, Site};
use std::mem;
use std::rc::Rc;

/// A loop that goes round more often is discarded.
const MAX_ROUNDS: u8 = 3;

/// Instructions that one actor may run without a visible step; beyond it the run is discarded.
const MAX_LOCAL: usize = 10_000;

/// Unknowns that are tried both ways at most, on one path through the program.
const MAX_CHOICES: usize = 6;

/// Something held that must be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// An open file, closed on release.
    Handle(Handle),
    /// The advisory lock of an open file.
    FileLock(Handle),
    /// The process' advisory lock on the file.
    Record(Handle),
    /// A mutex in memory, by the number of the place that names it.
    Mutex(u16),
}

/// What a result holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Datum {
    /// A success that nothing is known about.
    #[default]
    Opaque,
    /// A success.
    Ok(Rc<Success>),
    /// A failure, and the effect that raised it.
    Failed(ErrorKind, Option<u16>),
}

/// What is known of a success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Success {
    /// The boolean that it is or carries.
    pub truth: Option<bool>,
    /// What it holds.
    pub resources: Vec<Resource>,
    /// What it read or looked at.
    pub contents: Vec<Content>,
    /// What stat(2) told that to be.
    pub kind: Option<Kind>,
}

/// What the slots hold. Few matter at any time, so only those of which something is known are kept, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slots(Vec<(Slot, Datum)>);

impl Slots {
    fn find(&self, slot: Slot) -> Result<usize, usize> {
        self.0.binary_search_by_key(&slot, |(number, _)| *number)
    }

    /// What a slot holds.
    pub fn get(&self, slot: Slot) -> &Datum {
        let known = self.find(slot).ok().and_then(|at| self.0.get(at));
        known.map_or(&Datum::Opaque, |(_, datum)| datum)
    }

    fn get_mut(&mut self, slot: Slot) -> Option<&mut Datum> {
        let at = self.find(slot).ok()?;
        self.0.get_mut(at).map(|(_, datum)| datum)
    }

    fn set(&mut self, slot: Slot, datum: Datum) {
        match (self.find(slot), datum) {
            (Ok(at), Datum::Opaque) => {
                self.0.remove(at);
            }
            (Ok(at), datum) => {
                if let Some((_, place)) = self.0.get_mut(at) {
                    *place = datum;
                }
            }
            (Err(_), Datum::Opaque) => {}
            (Err(at), datum) => self.0.insert(at, (slot, datum)),
        }
    }

    /// All of which something is known.
    pub fn iter(&self) -> impl Iterator<Item = &(Slot, Datum)> {
        self.0.iter()
    }

    /// Keeps what `keep` leaves of each.
    pub fn retain(&mut self, mut keep: impl FnMut(Slot, &mut Datum) -> bool) {
        self.0.retain_mut(|(slot, datum)| keep(*slot, datum));
    }
}

/// How far an actor is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not started yet.
    Waiting,
    Running,
    Returned,
    Panicked(Option<(ErrorKind, Option<u16>)>),
    /// Beyond the loop bound: this run says nothing.
    Discarded,
}

/// What a reader saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It failed.
    Failure(ErrorKind),
    /// A file, directory or variable, with this content.
    Content(Kind, Content),
    /// The working directory.
    Standing(Inode),
    /// The file mode creation mask.
    Mask { private: bool },
    /// The same as before.
    Steady,
    /// Something else than before.
    Changed,
}

/// One actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    pub pc: usize,
    /// How many steps of the current effect are done.
    pub phase: u8,
    /// The file that an effect by path has open between its steps.
    pub temporary: Option<Handle>,
    /// What the current effect writes, where that is fixed by its first step.
    pub writing: Option<Content>,
    pub slots: Slots,
    pub loops: Vec<u8>,
    pub status: Status,
    /// Whether it came to the act.
    pub reached: bool,
    pub seen: Option<Seen>,
}

impl Machine {
    pub fn new(program: &Program) -> Self {
        Machine {
            pc: 0,
            phase: 0,
            temporary: None,
            writing: None,
            slots: Slots::default(),
            loops: vec![0; program.loops],
            status: Status::Running,
            reached: false,
            seen: None,
        }
    }

    pub fn datum(&self, slot: Slot) -> &Datum {
        self.slots.get(slot)
    }

    pub fn set(&mut self, slot: Slot, datum: Datum) {
        self.slots.set(slot, datum);
    }

    /// What the slot holds; it holds nothing from here on.
    pub fn take_resources(&mut self, slot: Slot) -> Vec<Resource> {
        match self.slots.get_mut(slot) {
            Some(Datum::Ok(success)) => mem::take(&mut Rc::make_mut(success).resources),
            _ => Vec::new(),
        }
    }

    /// What was given up is in no slot any more, nor is a lock of a file that was closed.
    pub fn forget_resource(&mut self, gone: Resource) {
        let is_gone = |resource: &Resource| match (gone, *resource) {
            (Resource::Handle(closed), Resource::FileLock(of) | Resource::Record(of)) => of == closed,
            (gone, resource) => gone == resource,
        };
        for (_, datum) in &mut self.slots.0 {
            if let Datum::Ok(success) = datum
                && success.resources.iter().any(is_gone)
            {
                Rc::make_mut(success).resources.retain(|resource| !is_gone(resource));
            }
        }
    }
}

/// What both actors share, besides the files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub files: Shared<Filesystem>,
    /// Mutexes held: which, by whom, and whether others may hold it too.
    pub mutexes: Vec<(u16, Lane, bool)>,
    pub machines: [Shared<Machine>; 2],
    /// Who believes to own the place.
    pub holds: [bool; 2],
    /// Both believed so at the same time.
    pub double: bool,
    /// One removed what the other believed to own.
    pub stolen: bool,
    /// Which effects of each actor have written something, as bits by number; those above 63 share the last.
    pub wrote: [u64; 2],
    /// Whether each actor has looked at something that the other had written.
    pub saw: [bool; 2],
    /// Whether A has read something that B had made.
    pub misled: bool,
    /// Of tasks, the one that runs and has not given way; of runs that nobody comes between, the one that has looked and not acted yet.
    pub turn: Option<Lane>,
    /// What A has told its caller, as far as it matters.
    pub told: Option<Told>,
}

/// Which of its answers a function gives: where in its code, and whether yes or no, where that is known.
pub type Told = (usize, Option<bool>);

/// The lane's place in a pair.
pub fn index(lane: Lane) -> usize {
    match lane {
        Lane::A => 0,
        Lane::B => 1,
    }
}

/// The other lane.
pub fn other(lane: Lane) -> Lane {
    match lane {
        Lane::A => Lane::B,
        Lane::B => Lane::A,
    }
}

impl State {
    pub fn machine(&self, lane: Lane) -> &Machine {
        let [a, b] = &self.machines;
        match lane {
            Lane::A => a,
            Lane::B => b,
        }
    }

    pub fn machine_mut(&mut self, lane: Lane) -> &mut Machine {
        let [a, b] = &mut self.machines;
        match lane {
            Lane::A => a,
            Lane::B => b,
        }
    }

    pub fn running(&self, lane: Lane) -> bool {
        self.machine(lane).status == Status::Running
    }
}

/// The bit of an effect in [`State::wrote`].
pub fn effect_bit(number: u16) -> u64 {
    1 << number.min(63)
}

/// What one step of an effect did, for witnesses.
#[derive(Clone, Debug)]
pub struct Event {
    pub lane: Lane,
    /// The effect; none for a built-in actor.
    pub effect: Option<u16>,
    /// The step's number within the effect.
    pub phase: u8,
    pub outcome: StepOutcome,
    /// The filesystem after it.
    pub files: Shared<Filesystem>,
}

/// Everything that stays the same during one exploration.
pub struct Context<'a> {
    pub programs: [&'a Program; 2],
    pub target: &'a [Name],
    pub actor: Actor,
    /// What kind of state the target is.
    pub domain: Domain,
    /// Whether both actors run in one process.
    pub same_process: bool,
    /// The kind of object that a creator makes.
    pub directory: bool,
    pub contents: Contents,
    /// What the unknowns are; it grows by an answer whenever one is met that is open.
    pub oracle: Oracle,
    /// What it would be had those answers been the others.
    pub forks: Vec<Oracle>,
    /// Whether there were more unknowns than are tried both ways.
    pub cut: bool,
    /// Where steps are noted, if they are.
    pub events: Option<Vec<Event>>,
    /// What was asked of the kernel so far, where steps are noted.
    pub calls: Vec<ScriptCall>,
    /// The source of the effect under way.
    pub site: Option<Site>,
    /// Whether nobody comes between a check and its act, see [`Rests::Act`].
    pub joined: bool,
}

impl<'a> Context<'a> {
    pub fn program(&self, lane: Lane) -> &'a Program {
        let [a, b] = self.programs;
        match lane {
            Lane::A => a,
            Lane::B => b,
        }
    }

    /// Runs the lane up to its next visible step, not including it.
    pub fn settle(&mut self, state: &mut State, lane: Lane) {
        self.advance(state, lane);
        if state.running(lane) {
            self.program(lane).live.forget_dead(state.machine_mut(lane));
        }
    }

    fn advance(&mut self, state: &mut State, lane: Lane) {
        let program = self.program(lane);
        for _ in 0..MAX_LOCAL {
            if !state.running(lane) {
                return;
            }
            match program.code.get(state.machine(lane).pc) {
                Some(Instruction::Builtin(_)) => return,
                Some(Instruction::Join) if state.running(other(lane)) => return,
                Some(instruction) if self.is_release_noticed(state, lane, instruction) => return,
                Some(Instruction::Effect(number)) => {
                    let Some(effect) = program.effect(*number) else { return };
                    if is_visible(state, lane, effect) || self.must_wait(state, lane, effect) {
                        return;
                    }
                    self.run_effect(state, lane, *number);
                }
                Some(instruction) => self.run(state, lane, instruction),
                None => state.machine_mut(lane).status = Status::Returned,
            }
        }
        state.machine_mut(lane).status = Status::Discarded;
    }

    /// Whether the lane, settled at a visible step, has to wait.
    pub fn blocked(&self, state: &State, lane: Lane) -> bool {
        let program = self.program(lane);
        match program.code.get(state.machine(lane).pc) {
            Some(Instruction::Effect(number)) => {
                program.effect(*number).is_some_and(|effect| self.must_wait(state, lane, effect))
            }
            Some(Instruction::Join) => state.running(other(lane)),
            _ => false,
        }
    }

    /// Takes the lane's visible step, and settles it.
    pub fn step(&mut self, state: &mut State, lane: Lane) {
        let looks = self.joined && self.is_at_check(state, lane);
        match self.program(lane).code.get(state.machine(lane).pc) {
            Some(Instruction::Effect(number)) => self.run_effect(state, lane, *number),
            Some(Instruction::Builtin(actor)) => {
                self.run_builtin(state, lane, *actor);
                state.machine_mut(lane).pc += 1;
            }
            Some(instruction @ (Instruction::Release(_) | Instruction::Panic(_))) => {
                self.run(state, lane, instruction);
            }
            _ => {}
        }
        self.settle(state, lane);
        // Of all others, anybody's step may come next.
        if !self.joined && self.actor != Actor::ItselfTask {
            return;
        }
        let keeps_on = self.actor == Actor::ItselfTask && !self.gives_way(state, lane);
        let has_looked = looks || (self.joined && state.turn == Some(lane));
        let acts_until = match self.program(lane).rests {
            Rests::Act(until) => Some(until),
            _ => None,
        };
        let is_between = has_looked && acts_until.is_some_and(|until| state.machine(lane).pc <= until);
        let goes_on = state.running(lane) && !self.blocked(state, lane);
        state.turn = (goes_on && (keeps_on || is_between)).then_some(lane);
    }

    /// Whether the lane, settled at a visible step, is at the check.
    fn is_at_check(&self, state: &State, lane: Lane) -> bool {
        let program = self.program(lane);
        match program.code.get(state.machine(lane).pc) {
            Some(Instruction::Effect(number)) => {
                program.effect(*number).is_some_and(|effect| effect.is_check)
            }
            _ => false,
        }
    }

    /// Whether the lane, settled at a visible step, lets other tasks run first.
    fn gives_way(&self, state: &State, lane: Lane) -> bool {
        let program = self.program(lane);
        match program.code.get(state.machine(lane).pc) {
            Some(Instruction::Effect(number)) => {
                program.effect(*number).is_some_and(|effect| effect.operation == Operation::Suspend)
            }
            _ => false,
        }
    }

    /// Whether the other may find a lock held that this instruction gives up. Who waits for it cannot tell; who tries can, and who removes its file.
    fn is_release_noticed(&self, state: &State, lane: Lane, instruction: &Instruction) -> bool {
        let theirs = state.machine(other(lane));
        let notices = self.program(other(lane)).notices_until;
        if theirs.status != Status::Running || notices.is_none_or(|until| theirs.pc > until) {
            return false;
        }
        let machine = state.machine(lane);
        let locks = |datum: &Datum| {
            let Datum::Ok(success) = datum else { return false };
            success.resources.iter().any(|resource| match resource {
                Resource::Handle(handle) => state.files.holds_lock(*handle),
                Resource::FileLock(_) | Resource::Record(_) | Resource::Mutex(_) => true,
            })
        };
        match instruction {
            Instruction::Release(slot) => locks(machine.datum(*slot)),
            Instruction::Panic(_) => machine.slots.iter().any(|(_, datum)| locks(datum)),
            _ => false,
        }
    }

    fn run(&mut self, state: &mut State, lane: Lane, instruction: &Instruction) {
        let machine = state.machine_mut(lane);
        machine.pc += 1;
        match instruction {
            Instruction::Effect(_) | Instruction::Builtin(_) | Instruction::Join => {}
            Instruction::Spawn(after) => {
                let (entry, slots) = (machine.pc, machine.slots.clone());
                machine.pc = *after;
                // Of work that is started in a loop, the first is followed.
                let theirs = state.machine_mut(other(lane));
                if theirs.status == Status::Waiting {
                    theirs.status = Status::Running;
                    theirs.pc = entry;
                    theirs.slots = slots;
                    self.settle(state, other(lane));
                }
            }
            Instruction::Test { condition, otherwise, leave } => {
                let machine = state.machine(lane);
                let held = |leave: &&Leave| {
                    machine.loops.get(leave.of as usize).is_some_and(|rounds| *rounds >= leave.rounds)
                };
                let truth = match leave.as_ref().filter(held) {
                    Some(leave) if has_unknown(condition, machine) => leave.on,
                    _ => self.truth(condition, machine),
                };
                if !truth {
                    state.machine_mut(lane).pc = *otherwise;
                }
            }
            Instruction::Goto(to) => machine.pc = *to,
            Instruction::UnlessFailed(slot, to) => {
                if !matches!(machine.datum(*slot), Datum::Failed(..)) {
                    machine.pc = *to;
                }
            }
            Instruction::Bind(slot, value) => {
                let from = machine.pc;
                let datum = self.value(value, state.machine(lane));
                if *slot == 0 && lane == Lane::A && self.actor == Actor::Acquirer {
                    let truth = if let Datum::Ok(success) = &datum { success.truth } else { None };
                    state.told = Some((from, truth));
                }
                state.machine_mut(lane).set(*slot, datum);
            }
            Instruction::Release(slot) => self.release(state, lane, *slot),
            Instruction::LoopStart(id) => {
                if let Some(rounds) = machine.loops.get_mut(*id as usize) {
                    *rounds = 0;
                }
            }
            Instruction::LoopBack(id, start) => {
                machine.pc = *start;
                if let Some(rounds) = machine.loops.get_mut(*id as usize) {
                    *rounds += 1;
                    if *rounds >= MAX_ROUNDS {
                        machine.status = Status::Discarded;
                    }
                }
            }
            Instruction::Panic(slot) => {
                let cause = slot.and_then(|s| match machine.datum(s) {
                    Datum::Failed(kind, origin) => Some((*kind, *origin)),
                    _ => None,
                });
                machine.status = Status::Panicked(cause);
                let held: Vec<Slot> = machine.slots.iter().map(|(slot, _)| *slot).collect();
                for slot in held {
                    self.release(state, lane, slot);
                }
                forget(state.machine_mut(lane), false);
            }
            Instruction::Return => {
                machine.status = Status::Returned;
                // A lock that the function returns stays held; any other open file means nothing from here on.
                let slots = mem::take(&mut machine.slots);
                machine.slots.set(0, slots.get(0).clone());
                forget(machine, true);
                // What spawned work was given is in use yet.
                let slots = if self.actor == Actor::Task { Slots::default() } else { slots };
                for (_, datum) in slots.iter() {
                    let Datum::Ok(success) = datum else { continue };
                    for resource in &success.resources {
                        if let Resource::Handle(handle) = resource
                            && !state.files.holds_lock(*handle)
                        {
                            let _ = self.call(state, lane, Call::Close(*handle));
                        }
                    }
                }
            }
        }
    }

    /// The answer to an unknown; where it is open, it is yes from now on, and the opposite is tried later.
    fn ask(&mut self, source: Source, class: Class) -> bool {
        if let Some(answer) = self.oracle.ask(source, class) {
            return answer;
        }
        let open = Oracle::open(class);
        if self.oracle.choices() < MAX_CHOICES {
            self.forks.push(self.oracle.with(source, open, false));
        } else {
            self.cut = true;
        }
        self.oracle = self.oracle.with(source, open, true);
        self.oracle.ask(source, class).unwrap_or(true)
    }

    /// What kind of thing was looked at.
    fn class(&self, looked: &[Content]) -> Class {
        if looked.is_empty() {
            Class::Plain
        } else if looked.iter().all(|content| self.contents.is_initial(*content)) {
            Class::Initial
        } else {
            Class::Written
        }
    }

    /// Evaluates left to right.
    fn truth(&mut self, test: &Test, machine: &Machine) -> bool {
        match test {
            Test::Constant(b) => *b,
            Test::True(slot, source) => match machine.datum(*slot) {
                Datum::Opaque => self.ask(*source, Class::Plain),
                Datum::Ok(success) => match success.truth {
                    Some(truth) => truth,
                    None if success.contents.is_empty() => true,
                    // A boolean that a helper computed from what it had read.
                    None => self.ask(*source, self.class(&success.contents)),
                },
                Datum::Failed(..) => false,
            },
            Test::Ok(slot, source) => match machine.datum(*slot) {
                Datum::Opaque => self.ask(*source, Class::Plain),
                Datum::Ok(_) => true,
                Datum::Failed(..) => false,
            },
            Test::Failed(slot, kinds, source) => match machine.datum(*slot) {
                Datum::Opaque => !self.ask(*source, Class::Plain),
                Datum::Ok(_) => false,
                Datum::Failed(kind, _) => kinds.contains(*kind),
            },
            Test::Kind(slot, kind, source) => match machine.datum(*slot) {
                Datum::Ok(success) => match success.kind {
                    Some(found) => found == *kind,
                    None => self.ask(*source, self.class(&success.contents)),
                },
                Datum::Failed(..) => self.ask(*source, Class::Absent),
                Datum::Opaque => self.ask(*source, Class::Plain),
            },
            Test::Opaque(source, observed) => {
                let mut looked = Vec::new();
                for slot in observed {
                    match machine.datum(*slot) {
                        Datum::Failed(..) => return self.ask(*source, Class::Absent),
                        Datum::Ok(success) if success.truth == Some(false) && success.contents.is_empty() => {
                            return self.ask(*source, Class::Absent);
                        }
                        Datum::Ok(success) => looked.extend_from_slice(&success.contents),
                        Datum::Opaque => {}
                    }
                }
                self.ask(*source, self.class(&looked))
            }
            Test::Not(inner) => !self.truth(inner, machine),
            Test::All(parts) => {
                for part in parts {
                    if !self.truth(part, machine) {
                        return false;
                    }
                }
                true
            }
            Test::Any(parts) => {
                for part in parts {
                    if self.truth(part, machine) {
                        return true;
                    }
                }
                false
            }
        }
    }

    fn value(&mut self, value: &Bound, machine: &Machine) -> Datum {
        match value {
            Bound::Opaque => Datum::Opaque,
            Bound::Slot(slot) => machine.datum(*slot).clone(),
            Bound::Derived(slots) => {
                let mut success = Success::default();
                for slot in slots {
                    if let Datum::Ok(part) = machine.datum(*slot) {
                        success.contents.extend_from_slice(&part.contents);
                    }
                }
                Datum::Ok(Rc::new(success))
            }
            Bound::Condition(test) => {
                let truth = Some(self.truth(test, machine));
                Datum::Ok(Rc::new(Success { truth, ..Success::default() }))
            }
            Bound::Failure(Some(slot)) => match machine.datum(*slot) {
                Datum::Failed(kind, origin) => Datum::Failed(*kind, *origin),
                _ => Datum::Failed(ErrorKind::Other, None),
            },
            Bound::Failure(None) => Datum::Failed(ErrorKind::Other, None),
            Bound::Success(inner) => match self.value(inner, machine) {
                Datum::Failed(..) => Datum::Opaque,
                other => other,
            },
            Bound::Held(inner) => {
                let mut held = match self.value(inner, machine) {
                    Datum::Ok(held) => Success::clone(&held),
                    Datum::Opaque | Datum::Failed(..) => Success::default(),
                };
                held.truth.get_or_insert(true);
                Datum::Ok(Rc::new(held))
            }
            Bound::Structure(fields) => {
                let mut all = Success::default();
                for field in fields {
                    if let Datum::Ok(part) = self.value(field, machine) {
                        all.resources.extend_from_slice(&part.resources);
                        all.contents.extend_from_slice(&part.contents);
                    }
                }
                if all == Success::default() { Datum::Opaque } else { Datum::Ok(Rc::new(all)) }
            }
        }
    }
}

/// Whether the other actor can still tell when the lane runs this effect.
fn is_visible(state: &State, lane: Lane, effect: &EffectStep) -> bool {
    let theirs = state.machine(other(lane));
    let until = effect.visible_until.get(index(lane)).copied().flatten();
    theirs.status == Status::Running && until.is_some_and(|until| theirs.pc <= until)
}

/// Drops what an ended actor no longer needs, so that equal endings are equal states.
fn forget(machine: &mut Machine, keep_result: bool) {
    let failure = match machine.slots.get(0) {
        Datum::Failed(kind, origin) if keep_result => Datum::Failed(*kind, *origin),
        _ => Datum::Opaque,
    };
    machine.slots = Slots::default();
    machine.slots.set(0, failure);
    machine.loops.clear();
    machine.pc = 0;
}

fn has_unknown(test: &Test, machine: &Machine) -> bool {
    match test {
        Test::Constant(_) => false,
        Test::True(slot, _) | Test::Ok(slot, _) | Test::Failed(slot, ..) | Test::Kind(slot, ..) => {
            *machine.datum(*slot) == Datum::Opaque
        }
        Test::Opaque(_, observed) => observed.is_empty(),
        Test::Not(inner) => has_unknown(inner, machine),
        Test::All(parts) | Test::Any(parts) => parts.iter().any(|p| has_unknown(p, machine)),
    }
}
