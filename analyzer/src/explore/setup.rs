//! What an exploration starts from: initial states, and which steps of one actor the other can notice.

use super::content::{Content, Contents};
use super::filesystem::{Call, Filesystem, Kind, Name, Process};
use super::machine::index;
use super::paths::related;
use super::program::{EffectStep, Instruction, Program};
use super::{Actor, Lane};
use crate::flow::{Check, Domain, KeyOperation, MemoryOperation, Mode, Operation, RemoveKind};

/// Where an attacker's link leads: a file that the function has no business with.
pub fn victim() -> Vec<Name> {
    vec![Name(u16::MAX)]
}

/// What is at the place in the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    Absent,
    File,
    Directory,
}

impl Initial {
    /// In words.
    pub fn describe(self, domain: Domain) -> &'static str {
        match (domain, self) {
            (Domain::Files | Domain::Channels, Initial::Absent) => "absent",
            (Domain::Files | Domain::Channels, Initial::File) => "a file",
            (Domain::Files | Domain::Channels, Initial::Directory) => "a directory",
            (Domain::Environment, Initial::Absent) => "not set",
            (Domain::Environment, _) => "set",
            (Domain::KeyValue | Domain::Memory, Initial::Absent) => "absent",
            (Domain::KeyValue | Domain::Memory, _) => "set",
            (Domain::WorkingDirectory | Domain::Mask, _) => "as in the beginning",
        }
    }
}

/// How the place is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Use {
    /// Some operation takes it for a file.
    pub file: bool,
    /// Some operation takes it for a directory.
    pub directory: bool,
    /// The function creates it as a directory.
    pub creates_directory: bool,
    /// The function reads it before it does anything else to it, but for asking whether it is there or making it: it takes it to be there.
    pub reads_first: bool,
    /// What kind of state it is.
    pub domain: Domain,
}

impl Use {
    /// How the program uses the target.
    pub fn of(program: &Program, domain: Domain, target: &[Name]) -> Self {
        let mut used = Use { domain, ..Use::default() };
        let mut uses = program.effects.iter().filter(|effect| lane_path(&effect.paths, Lane::A) == target);
        let asks = [Check::Exists, Check::IsFile, Check::Metadata].map(Operation::Check);
        let first = uses.find(|effect| !asks.contains(&effect.operation));
        let reads = [Operation::Read, Operation::Key(KeyOperation::Get)];
        used.reads_first = first.is_some_and(|effect| reads.contains(&effect.operation));
        for effect in &program.effects {
            let path = lane_path(&effect.paths, Lane::A);
            used.directory |= path.len() > target.len() && path.starts_with(target);
            if path == target {
                match effect.operation {
                    Operation::CreateDir { .. } | Operation::Populate { .. } => {
                        used.directory = true;
                        used.creates_directory = true;
                    }
                    Operation::ReadDir
                    | Operation::Use
                    | Operation::Update
                    | Operation::Mount
                    | Operation::SetRoot
                    | Operation::Remove(RemoveKind::Dir | RemoveKind::Tree)
                    | Operation::Check(Check::IsDir) => used.directory = true,
                    Operation::Open(_)
                    | Operation::Read
                    | Operation::Write
                    | Operation::Append
                    | Operation::Truncate
                    | Operation::Copy
                    | Operation::HardLink
                    | Operation::Execute
                    | Operation::Remove(RemoveKind::File)
                    | Operation::Check(Check::IsFile) => used.file = true,
                    _ => {}
                }
            }
            if lane_path(&effect.other_paths, Lane::A) == target {
                used.file |= matches!(effect.operation, Operation::Copy | Operation::HardLink);
                used.directory |= effect.operation == Operation::SetCwd;
            }
        }
        used
    }

    /// The same where what is there is updated: though the function may make it first, it mostly finds it made.
    pub fn for_update(self, updates: bool) -> Self {
        Use { reads_first: self.reads_first || (updates && self.file), ..self }
    }

    /// Whether others make it a directory.
    pub fn is_directory(self) -> bool {
        self.creates_directory || (self.directory && !self.file)
    }

    /// The initial states that matter, the most natural first: of two schedules that are as good, the first is told.
    pub fn initials(self) -> Vec<Initial> {
        let mut initials = vec![Initial::Absent];
        match self.domain {
            Domain::Files | Domain::Channels => {}
            Domain::Environment => return vec![Initial::File, Initial::Absent],
            Domain::KeyValue if self.reads_first => return vec![Initial::File, Initial::Absent],
            Domain::KeyValue | Domain::Memory => return vec![Initial::Absent, Initial::File],
            Domain::WorkingDirectory | Domain::Mask => return initials,
        }
        if self.file || !self.directory {
            initials.push(Initial::File);
        }
        if self.directory {
            initials.push(Initial::Directory);
        }
        if self.reads_first {
            initials.rotate_left(1);
        }
        initials
    }
}

pub fn lane_path(paths: &[Vec<Name>; 2], lane: Lane) -> &[Name] {
    paths.get(index(lane)).map_or(&[], Vec::as_slice)
}

/// Whether the places beside the target are as the function usually finds them, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// Directories above are there; what the function first uses is there, what it first makes is not.
    Usual,
    /// The opposite, for functions that need it to come to the act.
    Unusual,
}

/// What an exploration starts from, and the calls that make it.
#[derive(Clone, Debug)]
pub struct Start {
    pub files: Filesystem,
    pub calls: Vec<Call>,
}

impl Start {
    /// Makes something, unless it cannot be: what is there already stays, and nothing can be below what is absent.
    fn make(&mut self, call: Call, contents: &mut Contents) {
        if self.files.perform(Process::First, &call, contents).is_ok() {
            self.calls.push(call);
        }
    }

    fn put(&mut self, path: &[Name], kind: Kind, content: Content, contents: &mut Contents) {
        self.make(Call::Replace { path: path.to_vec(), kind, content }, contents);
    }
}

/// Builds the filesystem that an exploration starts from.
pub fn start(
    programs: [&Program; 2],
    used: Use,
    target: &[Name],
    initial: Initial,
    surroundings: Surroundings,
    contents: &mut Contents,
) -> Start {
    let mut start = Start { files: Filesystem::default(), calls: Vec::new() };
    let usual = surroundings == Surroundings::Usual;
    let effects = || {
        [Lane::A, Lane::B]
            .into_iter()
            .zip(programs)
            .flat_map(|(lane, program)| program.effects.iter().map(move |effect| (lane, effect)))
    };
    // What the function makes as a directory is not there before, unless it lies above the target.
    let made: Vec<&[Name]> = effects()
        .filter(|(_, e)| matches!(e.operation, Operation::CreateDir { .. } | Operation::Populate { .. }))
        .map(|(lane, e)| lane_path(&e.paths, lane))
        .filter(|path| !usual || !target.starts_with(path))
        .collect();
    let wanted: Vec<&[Name]> = effects()
        .filter(|(_, e)| {
            matches!(
                e.operation,
                Operation::CreateDir { .. } | Operation::Populate { .. } | Operation::ReadDir
            )
        })
        .map(|(lane, e)| lane_path(&e.paths, lane))
        .collect();
    let original = contents.initial(0);
    // The directories above are not what can be lost.
    let around = contents.initial(u16::MAX);
    let above = |start: &mut Start, path: &[Name], contents: &mut Contents| {
        for depth in 1..path.len() {
            let Some(prefix) = path.get(..depth) else { break };
            if prefix.starts_with(target) || made.contains(&prefix) {
                break;
            }
            let make = Call::MakeDirectory { path: prefix.to_vec(), private: false, content: around };
            start.make(make, contents);
        }
    };
    match (used.domain, initial) {
        (Domain::Environment, Initial::File) => {
            let name = target.last().copied().unwrap_or(Name::WORKING);
            start.make(Call::SetVariable(name, original), contents);
        }
        (Domain::Files | Domain::KeyValue | Domain::Memory, _) => {
            above(&mut start, target, contents);
            match initial {
                Initial::Absent => {}
                Initial::File => start.put(target, Kind::File, original, contents),
                Initial::Directory => start.put(target, Kind::Directory, original, contents),
            }
        }
        _ => {}
    }
    let mut known: Vec<&[Name]> = vec![target];
    let mut number = 0;
    for (lane, effect) in effects() {
        let own = lane_path(&effect.paths, lane);
        let other = lane_path(&effect.other_paths, lane);
        let both = match effect.operation.domain() {
            Domain::Files | Domain::Channels => [(own, needs(effect)), (other, None)],
            _ => [(other, Some(Kind::Directory)), (other, None)],
        };
        for (path, needed) in both {
            if path.is_empty() || known.contains(&path) || target.starts_with(path) {
                continue;
            }
            // What one way through the function removes is there for another to use.
            if usual && matches!(effect.operation, Operation::Remove(_)) {
                continue;
            }
            known.push(path);
            above(&mut start, path, contents);
            let moved = matches!(effect.operation, Operation::Rename { .. }) && path == own;
            let kind = match needed {
                // What is moved to where a directory is wanted is one.
                Some(_) if usual && moved && wanted.contains(&other) => Kind::Directory,
                Some(kind) if usual => kind,
                None if !usual && !made.contains(&path) => Kind::File,
                _ => continue,
            };
            number += 1;
            // A file that only one actor knows is that actor's own doing.
            let own = lane_path(&effect.paths, Lane::A) != lane_path(&effect.paths, Lane::B);
            let content = if own {
                contents.text(lane, u16::MAX - number, Vec::new())
            } else {
                contents.initial(number)
            };
            start.put(path, kind, content, contents);
        }
    }
    if programs.iter().any(|p| matches!(p.code.first(), Some(Instruction::Builtin(Actor::Attacker)))) {
        // Whoever looks at it sees that it is not what was there before.
        let content = contents.text(Lane::B, u16::MAX, Vec::new());
        let kind = if used.is_directory() { Kind::Directory } else { Kind::File };
        start.put(&victim(), kind, content, contents);
    }
    start
}

/// What has to be at the effect's place for it to succeed.
fn needs(effect: &EffectStep) -> Option<Kind> {
    if effect.handle.is_some() {
        return None;
    }
    match effect.operation {
        Operation::Read
        | Operation::Copy
        | Operation::HardLink
        | Operation::Rename { .. }
        | Operation::SetPermissions(_)
        | Operation::SetOwner { .. }
        | Operation::SetTimes
        | Operation::Execute
        | Operation::Symlink
        | Operation::Truncate => Some(Kind::File),
        Operation::Open(flags) if !flags.create && !flags.create_new => Some(Kind::File),
        Operation::ReadDir | Operation::Update | Operation::Mount | Operation::SetRoot => {
            Some(Kind::Directory)
        }
        _ => None,
    }
}

/// The directory that relative paths start from.
const WORKING: &[Name] = &[Name::WORKING];

/// A path that an effect looks at or changes.
struct Touch<'a> {
    path: &'a [Name],
    changes: bool,
}

fn touches<'a>(
    program: &'a Program,
    effect: &'a EffectStep,
    lane: Lane,
    ancestors_stay: &dyn Fn(&[Name]) -> bool,
) -> Vec<Touch<'a>> {
    let path = lane_path(&effect.paths, lane);
    let to = lane_path(&effect.other_paths, lane);
    let look = |path| Touch { path, changes: false };
    let change = |path| Touch { path, changes: true };
    let mut touched = match effect.operation {
        Operation::Check(_)
        | Operation::Read
        | Operation::ReadDir
        | Operation::EnvGet
        | Operation::Key(KeyOperation::Exists | KeyOperation::Get)
        | Operation::Memory(MemoryOperation::Test)
        | Operation::SetOwner { .. }
        | Operation::SetTimes
        | Operation::Execute
        | Operation::Mount
        | Operation::SetRoot => vec![look(path)],
        Operation::SetPermissions(Mode::Unknown) => vec![look(path)],
        Operation::Suspend => Vec::new(),
        // Every relative path is looked up in it.
        Operation::SetCwd => vec![change(path), change(WORKING), look(to)],
        Operation::Open(flags) if !flags.create && !flags.create_new && !flags.truncate => vec![look(path)],
        Operation::CreateDir { all: true, .. } if ancestors_stay(path) => vec![look(path)],
        // The first that may be missing on the way down is made too.
        Operation::CreateDir { all: true, .. } => {
            let first = (1..path.len()).filter_map(|depth| path.get(..depth)).find(|p| !ancestors_stay(p));
            vec![change(first.unwrap_or(path)), change(path)]
        }
        Operation::Rename { .. } | Operation::Update => vec![change(path), change(to)],
        Operation::Copy | Operation::HardLink => vec![look(path), change(to)],
        Operation::Symlink => vec![change(to)],
        _ => vec![change(path)],
    };
    if effect.handle.is_some() {
        // The file may have other names by now.
        let mut next = 0;
        while let Some(current) = touched.get(next).map(|t| t.path) {
            next += 1;
            for moved in &program.effects {
                let moves = matches!(moved.operation, Operation::Rename { .. });
                let earlier = moved.at < effect.at || program.loops > 0;
                let to = lane_path(&moved.other_paths, lane);
                if moves
                    && earlier
                    && lane_path(&moved.paths, lane) == current
                    && !touched.iter().any(|t| t.path == to)
                {
                    let changes = touched.first().is_some_and(|t| t.changes);
                    touched.push(Touch { path: to, changes });
                }
            }
        }
    }
    touched
}

/// Whether a file is open between the effect's steps, or from an earlier effect on.
fn keeps_open(effect: &EffectStep) -> bool {
    effect.handle.is_some() || matches!(effect.operation, Operation::Write | Operation::Copy)
}

fn conflict(one: &Touch<'_>, other: &Touch<'_>) -> bool {
    match (one.changes, other.changes) {
        (true, true) => related(one.path, other.path),
        // A change below a directory does not show in a look at it.
        (true, false) => other.path.starts_with(one.path),
        (false, true) => one.path.starts_with(other.path),
        (false, false) => false,
    }
}

/// The last position from which the program may come back to an earlier one: a loop's end, for what stands in a loop.
pub fn last_position(program: &Program, at: usize) -> usize {
    let ends = program.code.iter().enumerate().filter_map(|(end, instruction)| match instruction {
        Instruction::LoopBack(_, start) if *start <= at && at <= end => Some(end),
        _ => None,
    });
    ends.max().unwrap_or(at)
}

/// For each effect of the lane's program, up to which position of the other's its moment matters to the other; none if never.
pub fn visibility(
    programs: [&Program; 2],
    lane: Lane,
    target: &[Name],
    actor: Actor,
    usual: bool,
) -> Vec<Option<usize>> {
    let [a, b] = programs;
    let (own, theirs, their_lane) = match lane {
        Lane::A => (a, b, Lane::B),
        Lane::B => (b, a, Lane::A),
    };
    // Spawned work and the rest are parts of one program.
    let mine = |e: &EffectStep| actor != Actor::Task || e.spawned == (lane == Lane::B);
    let others = |e: &&EffectStep| actor != Actor::Task || e.spawned != (lane == Lane::B);
    let removed = |path: &[Name]| {
        [(Lane::A, a), (Lane::B, b)].into_iter().any(|(lane, program)| {
            program.effects.iter().any(|e| {
                matches!(e.operation, Operation::Remove(_) | Operation::Rename { .. })
                    && path.starts_with(lane_path(&e.paths, lane))
            })
        })
    };
    let stays =
        |path: &[Name]| usual && path.len() < target.len() && target.starts_with(path) && !removed(path);
    let looks = matches!(actor, Actor::Reader | Actor::Bystander | Actor::Stranger | Actor::Visitor);
    let mut built_in = vec![Touch { path: target, changes: !looks }];
    if actor == Actor::Visitor {
        let below = own.puts_below(target, lane);
        built_in.extend(below.into_iter().map(|path| Touch { path, changes: false }));
    }
    let always = Some(usize::MAX);
    let is_lock = |e: &EffectStep| matches!(e.operation, Operation::Lock { .. });
    let moves = |e: &&EffectStep| matches!(e.operation, Operation::Rename { .. });
    // Where a link leads one path to what another names, paths do not tell what a step touches.
    let links = [a, b].into_iter().any(|program| {
        program.effects.iter().any(|e| matches!(e.operation, Operation::HardLink | Operation::Symlink))
    });
    let their_locks = theirs.effects.iter().filter(others).any(is_lock);
    let their_touches: Vec<(usize, Vec<Touch<'_>>)> = theirs
        .effects
        .iter()
        .filter(others)
        .map(|e| (last_position(theirs, e.at), touches(theirs, e, their_lane, &stays)))
        .collect();
    // Where the actor's own moves lead what the other has open.
    let mut carried: Vec<&[Name]> = Vec::new();
    let opened: Vec<Touch<'_>> = theirs
        .effects
        .iter()
        .filter(others)
        .filter(|e| keeps_open(e))
        .flat_map(|e| touches(theirs, e, their_lane, &stays))
        .collect();
    let leads_on = |m: &&EffectStep, carried: &[&[Name]]| {
        let (from, to) = (lane_path(&m.paths, lane), lane_path(&m.other_paths, lane));
        let open = opened.iter().map(|t| t.path).chain(carried.iter().copied());
        !carried.contains(&to) && open.into_iter().any(|path| related(path, from))
    };
    while let Some(m) = own.effects.iter().filter(moves).find(|m| leads_on(m, &carried)) {
        carried.push(lane_path(&m.other_paths, lane));
    }
    let visible_until = |effect: &EffectStep| {
        if !mine(effect) {
            return None;
        }
        if actor == Actor::Attacker || links || effect.operation == Operation::Suspend {
            return always;
        }
        if is_lock(effect) && effect.handle.is_some() {
            return if their_locks { always } else { None };
        }
        let touched = touches(own, effect, lane, &stays);
        if theirs.effects.is_empty() {
            let noticed = touched.iter().any(|t| built_in.iter().any(|b| conflict(t, b)));
            return noticed.then_some(usize::MAX);
        }
        // The file that is open here may be given another name by the other actor, and the other way round.
        let moved_by_them = keeps_open(effect)
            && theirs
                .effects
                .iter()
                .filter(others)
                .filter(moves)
                .any(|e| touched.iter().any(|t| related(t.path, lane_path(&e.paths, their_lane))));
        let open_there = || touched.iter().any(|t| carried.iter().any(|path| related(t.path, path)));
        if moved_by_them || (is_lock(effect) && their_locks) || open_there() {
            return always;
        }
        let conflicts = |theirs: &[Touch<'_>]| touched.iter().any(|t| theirs.iter().any(|u| conflict(t, u)));
        their_touches.iter().filter(|(_, theirs)| conflicts(theirs)).map(|(until, _)| *until).max()
    };
    own.effects.iter().map(visible_until).collect()
}
