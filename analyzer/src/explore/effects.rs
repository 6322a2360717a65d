//! What each operation does to the shared state, one step at a time. A step is as many system calls as nobody comes between.

use super::content::{Content, Half};
use super::filesystem::{Call, Handle, Kind, Name, Process, Reply};
use super::machine::{Context, Datum, Event, Resource, State, Success, effect_bit, index, other};
use super::program::{EffectStep, Slot};
use super::setup::lane_path;
use super::{Actor, Lane, ScriptCall, StepOutcome};
use crate::flow::{
    Check, Domain, ErrorKind, KeyOperation, LockScope, MemoryOperation, Mode, OpenFlags, Operation,
    RemoveKind,
};
use std::rc::Rc;

/// How far an effect is after a step of it.
pub(super) enum Progress {
    /// There is more to do: its next phase.
    More(u8),
    /// It returned.
    Done(Success),
    /// Nothing is known of its handle, so nothing happened.
    Unknown,
}

pub(super) type Stepped = Result<Progress, ErrorKind>;

fn done() -> Stepped {
    Ok(Progress::Done(Success::default()))
}

fn observed(reply: &Reply) -> Stepped {
    let kind = match reply {
        Reply::Status(status) => Some(status.kind),
        _ => None,
    };
    Ok(Progress::Done(Success { contents: vec![reply.content()], kind, ..Success::default() }))
}

fn holding(resource: Resource) -> Stepped {
    Ok(Progress::Done(Success { resources: vec![resource], ..Success::default() }))
}

/// How open(2) is called to write a whole file by path.
pub(super) const REWRITE: OpenFlags = OpenFlags {
    read: false,
    write: true,
    append: false,
    create: true,
    create_new: false,
    truncate: true,
    no_follow: false,
    private: false,
    socket: false,
};

/// How open(2) is called to take a place as a lock.
pub(super) const EXCLUSIVE: OpenFlags =
    OpenFlags { create: false, create_new: true, truncate: false, ..REWRITE };

/// How open(2) is called to read a file.
pub(super) const READ: OpenFlags =
    OpenFlags { read: true, write: false, create: false, truncate: false, ..REWRITE };

fn handle_in(state: &State, lane: Lane, slot: Slot) -> Option<Handle> {
    match state.machine(lane).datum(slot) {
        Datum::Ok(success) => success.resources.iter().find_map(|r| match r {
            Resource::Handle(handle) | Resource::FileLock(handle) | Resource::Record(handle) => Some(*handle),
            Resource::Mutex(_) => None,
        }),
        _ => None,
    }
}

/// Whether the operation is on a name, even where that was asked of an open file, which may be closed by then. That a working directory
/// was open before, changes nothing for those who share it.
fn goes_by_name(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Open(_)
            | Operation::Remove(_)
            | Operation::Rename { .. }
            | Operation::HardLink
            | Operation::Symlink
            | Operation::CreateDir { .. }
            | Operation::SetCwd
    )
}

/// A mutex is named by its place.
fn mutex(path: &[Name]) -> u16 {
    path.last().map_or(0, |name| name.0)
}

/// A variable is named by its place.
fn variable(path: &[Name]) -> Name {
    path.last().copied().unwrap_or(Name::WORKING)
}

impl Context<'_> {
    /// The process that the lane runs in.
    pub(super) fn process(&self, lane: Lane) -> Process {
        match lane {
            Lane::B if !self.same_process => Process::Second,
            _ => Process::First,
        }
    }

    /// Does a system call, and notes it where a witness is told.
    pub(super) fn call(&mut self, state: &mut State, lane: Lane, call: Call) -> Result<Reply, ErrorKind> {
        let process = self.process(lane);
        let looked = state.files.look(process, &call);
        let reply = looked.unwrap_or_else(|| state.files.perform(process, &call, &mut self.contents));
        if self.events.is_some() {
            self.calls.push(ScriptCall { lane, site: self.site, call, reply: reply.clone() });
        }
        reply
    }

    /// Whether the lane has to wait before the effect can run.
    pub(super) fn must_wait(&self, state: &State, lane: Lane, effect: &EffectStep) -> bool {
        let Operation::Lock { shared, blocking: true, scope } = effect.operation else { return false };
        let path = lane_path(&effect.paths, lane);
        let handle = effect.handle.and_then(|slot| handle_in(state, lane, slot));
        match (scope, effect.handle) {
            (LockScope::Thread, _) => self.mutex_taken(state, lane, mutex(path), shared),
            // Who holds it already gives it up first, flock(2).
            (LockScope::Process, Some(_)) => {
                handle.is_some_and(|h| state.files.would_block(h, shared) && !state.files.is_locked_by(h))
            }
            (LockScope::Process, None) => state.files.path_would_block(self.process(lane), path, shared),
            (LockScope::Record, Some(_)) => handle.is_some_and(|h| state.files.record_would_block(h, shared)),
            // By path, the lock would go with the handle that took it.
            (LockScope::Record, None) => false,
        }
    }

    fn mutex_taken(&self, state: &State, lane: Lane, number: u16, shared: bool) -> bool {
        self.same_process
            && state
                .mutexes
                .iter()
                .any(|(n, holder, theirs)| *n == number && *holder == other(lane) && !(shared && *theirs))
    }

    /// Runs one step of the effect that the lane stands at.
    pub(super) fn run_effect(&mut self, state: &mut State, lane: Lane, number: u16) {
        let Some(effect) = self.program(lane).effect(number) else { return };
        let phase = state.machine(lane).phase;
        state.machine_mut(lane).reached |= effect.is_act;
        self.site = Some(effect.site);
        let stepped = self.effect_step(state, lane, number, effect, phase);
        let outcome = match &stepped {
            Ok(Progress::Done(success)) => success.truth.map_or(StepOutcome::Done, StepOutcome::Answer),
            Ok(Progress::More(_) | Progress::Unknown) => StepOutcome::Done,
            Err(kind) => StepOutcome::Failed(*kind),
        };
        if let Ok(Progress::Done(success)) = &stepped
            && success.contents.iter().any(|c| self.contents.writer(*c) == Some(other(lane)))
        {
            let changes = matches!(
                effect.operation,
                Operation::SetOwner { .. }
                    | Operation::SetPermissions(_)
                    | Operation::SetTimes
                    | Operation::Mount
                    | Operation::SetCwd
                    | Operation::SetRoot
            );
            // Who changes only its owner, mode or times, or goes there, has not looked at what is in it.
            if let Some(saw) = state.saw.get_mut(index(lane)).filter(|_| !changes) {
                *saw = true;
            }
            let takes =
                changes || matches!(effect.operation, Operation::Read | Operation::Copy | Operation::Execute);
            state.misled |= lane == Lane::A && takes;
        }
        if lane == Lane::A && self.takes_over(state, effect, &stepped) {
            state.misled = true;
        }
        if stepped.is_ok() {
            self.track_ownership(state, lane, number, effect, phase);
            if self.wrote(state, lane, number, effect) {
                note_written(state, lane, number);
            }
        }
        let datum = match stepped {
            Ok(Progress::More(next)) => {
                state.machine_mut(lane).phase = next;
                self.note(state, lane, Some(number), phase, outcome);
                return;
            }
            Ok(Progress::Done(success)) => Datum::Ok(Rc::new(success)),
            Ok(Progress::Unknown) => Datum::Opaque,
            Err(kind) => Datum::Failed(kind, Some(number)),
        };
        if let Some(handle) = state.machine_mut(lane).temporary.take() {
            let _ = self.call(state, lane, Call::Close(handle));
        }
        self.note(state, lane, Some(number), phase, outcome);
        let machine = state.machine_mut(lane);
        machine.phase = 0;
        machine.writing = None;
        machine.pc += 1;
        machine.set(effect.result, datum);
    }

    /// Whether the act of the question was to make a directory, and takes another's for it.
    fn takes_over(&self, state: &State, effect: &EffectStep, stepped: &Stepped) -> bool {
        let makes = matches!(effect.operation, Operation::CreateDir { all: true, .. }) && effect.is_act;
        let there = state.files.stat(self.process(Lane::A), lane_path(&effect.paths, Lane::A));
        makes
            && matches!(stepped, Ok(Progress::Done(_)))
            && there.is_ok_and(|status| self.contents.writer(status.content) == Some(Lane::B))
    }

    /// Notes a step for the witness.
    pub(super) fn note(
        &mut self,
        state: &State,
        lane: Lane,
        effect: Option<u16>,
        phase: u8,
        outcome: StepOutcome,
    ) {
        self.site = None;
        if let Some(events) = &mut self.events {
            events.push(Event { lane, effect, phase, outcome, files: state.files.clone() });
        }
    }

    /// What the effect writes: a text of its own, derived from what its data had read.
    fn text(&mut self, state: &State, lane: Lane, number: u16, effect: &EffectStep) -> Content {
        let mut derived = Vec::new();
        for slot in &effect.data {
            match state.machine(lane).datum(*slot) {
                Datum::Ok(success) => derived.extend_from_slice(&success.contents),
                Datum::Failed(ErrorKind::NotFound, _) => derived.push(self.contents.absent()),
                Datum::Failed(..) | Datum::Opaque => {}
            }
        }
        self.contents.text(lane, number, derived)
    }

    fn open(
        &mut self,
        state: &mut State,
        lane: Lane,
        path: &[Name],
        flags: OpenFlags,
    ) -> Result<Handle, ErrorKind> {
        self.call(state, lane, Call::Open { path: path.to_vec(), flags, private: flags.private })?.handle()
    }

    /// Writes a whole text in one step.
    fn write_whole(
        &mut self,
        state: &mut State,
        lane: Lane,
        handle: Handle,
        text: Content,
    ) -> Result<(), ErrorKind> {
        for half in [Half::First, Half::Rest] {
            self.call(state, lane, Call::Write { handle, text, half })?;
        }
        Ok(())
    }

    /// Reads a file by path.
    fn read_path(&mut self, state: &mut State, lane: Lane, path: &[Name]) -> Result<Reply, ErrorKind> {
        let opened = self.open(state, lane, path, READ)?;
        let read = self.call(state, lane, Call::Read(opened));
        self.call(state, lane, Call::Close(opened))?;
        read
    }

    /// What is at a path that has to be a directory.
    fn directory(&mut self, state: &mut State, lane: Lane, path: &[Name]) -> Result<Reply, ErrorKind> {
        match self.call(state, lane, Call::Stat(path.to_vec()))? {
            Reply::Status(status) if status.kind != Kind::Directory => Err(ErrorKind::NotADirectory),
            there => Ok(there),
        }
    }

    fn effect_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        number: u16,
        effect: &EffectStep,
        phase: u8,
    ) -> Stepped {
        let path = lane_path(&effect.paths, lane);
        let to = lane_path(&effect.other_paths, lane);
        let owned = || path.to_vec();
        let handle = match effect.handle.filter(|_| !goes_by_name(effect.operation)) {
            None => None,
            Some(slot) => match handle_in(state, lane, slot) {
                Some(handle) => Some(handle),
                None => return Ok(Progress::Unknown),
            },
        };
        match effect.operation {
            Operation::Check(check) => self.check_step(state, lane, check, path, handle),
            Operation::Open(flags) => {
                self.open(state, lane, path, flags).and_then(|h| holding(Resource::Handle(h)))
            }
            Operation::Read => {
                let read = match handle {
                    Some(handle) => self.call(state, lane, Call::Read(handle)),
                    None => self.read_path(state, lane, path),
                };
                observed(&read?)
            }
            Operation::ReadDir | Operation::Use => observed(&self.call(state, lane, Call::List(owned()))?),
            Operation::Write => {
                let text = self.text(state, lane, number, effect);
                self.write_step(state, lane, (path, REWRITE), handle, text, phase)
            }
            Operation::Copy => {
                if phase == 0 {
                    let source = match handle {
                        Some(handle) => self.call(state, lane, Call::Read(handle)),
                        None => self.read_path(state, lane, path),
                    };
                    state.machine_mut(lane).writing = Some(source?.content());
                }
                let content = state.machine(lane).writing.unwrap_or(Content::EMPTY);
                self.write_step(state, lane, (to, REWRITE), None, content, phase)
            }
            Operation::Populate { fresh } => {
                let text = self.text(state, lane, number, effect);
                let half = match phase {
                    0 => {
                        let make =
                            Call::MakeDirectory { path: owned(), private: false, content: Content::EMPTY };
                        match self.call(state, lane, make) {
                            Ok(_) => return Ok(Progress::More(1)),
                            Err(ErrorKind::AlreadyExists) if !fresh => return Ok(Progress::More(1)),
                            Err(kind) => return Err(kind),
                        }
                    }
                    1 => Half::First,
                    _ => Half::Rest,
                };
                self.call(state, lane, Call::Fill { path: owned(), text, half })?;
                if half == Half::First { Ok(Progress::More(2)) } else { done() }
            }
            Operation::Append => {
                let text = self.text(state, lane, number, effect);
                match handle {
                    Some(handle) if !state.files.writes(handle) => return Ok(Progress::Unknown),
                    Some(handle) => self.write_whole(state, lane, handle, text)?,
                    None => {
                        let flags = OpenFlags { append: true, truncate: false, ..REWRITE };
                        let opened = self.open(state, lane, path, flags)?;
                        let appended = self.write_whole(state, lane, opened, text);
                        self.call(state, lane, Call::Close(opened))?;
                        appended?;
                    }
                }
                done()
            }
            Operation::Truncate => {
                match handle {
                    Some(handle) if !state.files.writes(handle) => return Ok(Progress::Unknown),
                    Some(handle) => self.call(state, lane, Call::Cut(handle))?,
                    None => self.call(state, lane, Call::Truncate(owned()))?,
                };
                done()
            }
            Operation::CreateDir { all, .. } => {
                let content = self.text(state, lane, number, effect);
                if all {
                    return self.make_all(state, lane, path, content, phase);
                }
                self.call(state, lane, Call::MakeDirectory { path: owned(), private: false, content })?;
                done()
            }
            Operation::Remove(kind) => self.remove_step(state, lane, path, kind, phase),
            Operation::Rename { replace } => {
                self.call(state, lane, Call::Rename { from: owned(), to: to.to_vec(), replace })?;
                done()
            }
            Operation::HardLink => {
                self.call(state, lane, Call::Link { from: owned(), to: to.to_vec() })?;
                done()
            }
            Operation::Symlink => {
                self.call(state, lane, Call::Symlink { target: owned(), at: to.to_vec() })?;
                done()
            }
            Operation::SetPermissions(mode) => {
                let private = mode == Mode::Private;
                let Some(handle) = handle else {
                    let there = self.call(state, lane, Call::Stat(owned()))?;
                    if mode != Mode::Unknown {
                        self.call(state, lane, Call::SetMode { path: owned(), private })?;
                    }
                    return observed(&there);
                };
                if mode != Mode::Unknown {
                    self.call(state, lane, Call::SetHandleMode { handle, private })?;
                }
                done()
            }
            // Of owners, times, mounts and roots the abstract kernel knows that the path must lead somewhere.
            Operation::SetOwner { .. } | Operation::SetTimes if handle.is_some() => done(),
            // Nothing depends on the times of something else.
            Operation::SetTimes if path != self.target => done(),
            Operation::SetOwner { .. } | Operation::SetTimes | Operation::Execute => {
                observed(&self.call(state, lane, Call::Stat(owned()))?)
            }
            Operation::Mount | Operation::SetRoot => observed(&self.directory(state, lane, path)?),
            Operation::Lock { shared, scope, blocking } => {
                self.lock_step(state, lane, path, handle, (shared, blocking), scope)
            }
            Operation::EnvGet => observed(&self.call(state, lane, Call::Variable(variable(path)))?),
            Operation::EnvSet => {
                let text = self.text(state, lane, number, effect);
                self.call(state, lane, Call::SetVariable(variable(path), text))?;
                done()
            }
            Operation::SetCwd => {
                let there = self.directory(state, lane, to)?;
                self.call(state, lane, Call::ChangeDirectory(to.to_vec()))?;
                observed(&there)
            }
            Operation::SetUmask(mode) => {
                // Where the question is whether it changes, one that is computed is another than before.
                let computed = mode == Mode::Unknown && self.domain == Domain::Mask;
                self.call(state, lane, Call::SetMask { private: mode == Mode::Private || computed })?;
                done()
            }
            Operation::Update if phase == 0 => {
                let lock = self.open(state, lane, to, EXCLUSIVE)?;
                self.call(state, lane, Call::Close(lock))?;
                Ok(Progress::More(1))
            }
            Operation::Update => {
                self.call(state, lane, Call::Unlink(to.to_vec()))?;
                done()
            }
            Operation::Run
            | Operation::Sync
            | Operation::Suspend
            | Operation::Channel { .. }
            | Operation::Send { .. }
            | Operation::Receive { .. }
            | Operation::Wait
            | Operation::HandOver => done(),
            Operation::Key(operation) => {
                let text = self.text(state, lane, number, effect);
                self.key_step(state, lane, operation, path, (number, text))
            }
            Operation::Memory(operation) => {
                let text = self.text(state, lane, number, effect);
                let alike = match operation {
                    MemoryOperation::Test => KeyOperation::Exists,
                    MemoryOperation::Set => KeyOperation::Set { expires: false },
                    MemoryOperation::Clear => KeyOperation::Delete,
                };
                self.key_step(state, lane, alike, path, (number, text))
            }
        }
    }

    /// A command of a store, as what it does to a file that is only ever replaced.
    fn key_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        operation: KeyOperation,
        path: &[Name],
        (number, text): (u16, Content),
    ) -> Stepped {
        let set = |content| Call::Replace { path: path.to_vec(), kind: Kind::File, content };
        let answer = |truth| Ok(Progress::Done(Success { truth: Some(truth), ..Success::default() }));
        match operation {
            KeyOperation::Exists => self.check_step(state, lane, Check::Exists, path, None),
            KeyOperation::Get => observed(&self.read_path(state, lane, path)?),
            KeyOperation::Set { .. } => {
                self.call(state, lane, set(text))?;
                done()
            }
            KeyOperation::SetNew { .. } => match self.open(state, lane, path, EXCLUSIVE) {
                Ok(handle) => {
                    self.write_whole(state, lane, handle, text)?;
                    self.call(state, lane, Call::Close(handle))?;
                    answer(true)
                }
                Err(ErrorKind::AlreadyExists) => answer(false),
                Err(kind) => Err(kind),
            },
            KeyOperation::Swap => {
                let before = self.read_path(state, lane, path);
                self.call(state, lane, set(text))?;
                observed(&before?)
            }
            KeyOperation::Delete => match self.call(state, lane, Call::Unlink(path.to_vec())) {
                Ok(_) => answer(true),
                Err(ErrorKind::NotFound) => answer(false),
                Err(kind) => Err(kind),
            },
            // What expires is the same value, and yet another state of it.
            KeyOperation::Expire => match self.read_path(state, lane, path) {
                Ok(there) => {
                    let expiring = self.contents.text(lane, number, vec![there.content()]);
                    self.call(state, lane, set(expiring))?;
                    answer(true)
                }
                Err(ErrorKind::NotFound) => answer(false),
                Err(kind) => Err(kind),
            },
        }
    }

    fn check_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        check: Check,
        path: &[Name],
        handle: Option<Handle>,
    ) -> Stepped {
        let call = match (handle, check) {
            (Some(handle), _) => Call::HandleStat(handle),
            (None, Check::IsSymlink | Check::SymlinkMetadata | Check::Listed) => {
                Call::LinkStat(path.to_vec())
            }
            (None, _) => Call::Stat(path.to_vec()),
        };
        let looked = self.call(state, lane, call);
        let kind = match &looked {
            Ok(Reply::Status(status)) => Some(status.kind),
            _ => None,
        };
        let truth = match check {
            Check::Exists | Check::Listed => kind.is_some(),
            Check::IsFile => kind == Some(Kind::File),
            Check::IsDir => kind == Some(Kind::Directory),
            Check::IsSymlink => kind == Some(Kind::Symlink),
            // What the attacker leads to is what whoever is asked about must not touch.
            Check::Access if self.actor == Actor::Attacker => {
                let reply = looked?;
                let led = self.contents.writer(reply.content()) == Some(other(lane));
                return if led { Err(ErrorKind::PermissionDenied) } else { observed(&reply) };
            }
            Check::Metadata | Check::SymlinkMetadata | Check::Owner | Check::Access => {
                return observed(&looked?);
            }
        };
        let contents = looked.map(|reply| vec![reply.content()]).unwrap_or_default();
        Ok(Progress::Done(Success { truth: Some(truth), contents, ..Success::default() }))
    }

    fn lock_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        path: &[Name],
        handle: Option<Handle>,
        (shared, blocking): (bool, bool),
        scope: LockScope,
    ) -> Stepped {
        match (scope, handle) {
            (LockScope::Thread, _) => {
                let key = mutex(path);
                if self.mutex_taken(state, lane, key, shared) {
                    return Err(ErrorKind::WouldBlock);
                }
                state.mutexes.push((key, lane, shared));
                holding(Resource::Mutex(key))
            }
            (LockScope::Process, Some(handle)) => {
                match self.call(state, lane, Call::Lock { handle, shared }) {
                    Ok(_) => {
                        self.note_nameless(state, lane, path, handle);
                        holding(Resource::FileLock(handle))
                    }
                    // The lock that was to be converted is gone, and now it waits.
                    Err(ErrorKind::WouldBlock) if blocking => Ok(Progress::More(1)),
                    Err(kind) => Err(kind),
                }
            }
            (LockScope::Record, Some(handle)) => {
                self.call(state, lane, Call::LockRecord { handle, shared })?;
                self.note_nameless(state, lane, path, handle);
                holding(Resource::Record(handle))
            }
            // A library that locks by path opens the lock file, creating it where it is missing, and keeps it open.
            (LockScope::Process | LockScope::Record, None) => {
                let opened =
                    self.open(state, lane, path, OpenFlags { read: true, truncate: false, ..REWRITE })?;
                let lock = match scope {
                    LockScope::Record => Call::LockRecord { handle: opened, shared },
                    _ => Call::Lock { handle: opened, shared },
                };
                if let Err(kind) = self.call(state, lane, lock) {
                    self.call(state, lane, Call::Close(opened))?;
                    return Err(kind);
                }
                holding(Resource::Handle(opened))
            }
        }
    }

    /// A lock that is taken on a file which has lost its name meanwhile keeps nobody out: whoever comes next makes another file.
    fn note_nameless(&self, state: &mut State, lane: Lane, path: &[Name], handle: Handle) {
        state.stolen |= self.actor == Actor::Itself
            && *path == *self.target
            && state.files.has_lost_its_name(self.process(lane), handle, path);
    }

    /// mkdir -p as std::fs::create_dir_all does it: each missing level is a step of its own, and none is made twice.
    fn make_all(
        &mut self,
        state: &mut State,
        lane: Lane,
        path: &[Name],
        content: Content,
        phase: u8,
    ) -> Stepped {
        let at = |depth: usize| path.get(..depth).unwrap_or(path).to_vec();
        let mut depth = usize::from(phase);
        if depth == 0 {
            // Nobody comes between the looks on the way up.
            depth = path.len();
            while depth > 1
                && state.files.stat(self.process(lane), &at(depth)).err() == Some(ErrorKind::NotFound)
                && state.files.stat(self.process(lane), &at(depth - 1)).err() == Some(ErrorKind::NotFound)
            {
                depth -= 1;
            }
        }
        let made = self.call(state, lane, Call::MakeDirectory { path: at(depth), private: false, content });
        if let Err(kind) = made {
            let there = self.call(state, lane, Call::Stat(at(depth)));
            if !matches!(there, Ok(Reply::Status(status)) if status.kind == Kind::Directory) {
                return Err(kind);
            }
        }
        match u8::try_from(depth + 1) {
            Ok(next) if depth < path.len() => Ok(Progress::More(next)),
            _ => done(),
        }
    }

    /// By path: open, first half, rest. Through a handle: first half, rest; or at once where it appends.
    fn write_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        (path, flags): (&[Name], OpenFlags),
        handle: Option<Handle>,
        text: Content,
        phase: u8,
    ) -> Stepped {
        if let Some(handle) = handle {
            if !state.files.writes(handle) {
                return Ok(Progress::Unknown);
            }
            if state.files.appends(handle) {
                self.write_whole(state, lane, handle, text)?;
                return done();
            }
            let half = if phase == 0 { Half::First } else { Half::Rest };
            self.call(state, lane, Call::Write { handle, text, half })?;
            return if phase == 0 { Ok(Progress::More(1)) } else { done() };
        }
        match (phase, state.machine(lane).temporary) {
            (0, _) => {
                let opened = self.open(state, lane, path, flags)?;
                state.machine_mut(lane).temporary = Some(opened);
                Ok(Progress::More(1))
            }
            (1, Some(handle)) => {
                self.call(state, lane, Call::Write { handle, text, half: Half::First })?;
                Ok(Progress::More(2))
            }
            (_, Some(handle)) => {
                self.call(state, lane, Call::Write { handle, text, half: Half::Rest })?;
                done()
            }
            (_, None) => done(),
        }
    }

    fn remove_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        path: &[Name],
        kind: RemoveKind,
        phase: u8,
    ) -> Stepped {
        let owned = path.to_vec();
        let call = match (kind, phase) {
            (RemoveKind::File, _) => Call::Unlink(owned),
            (RemoveKind::Dir, _) => Call::RemoveDirectory(owned),
            (RemoveKind::Tree, 0) => match self.call(state, lane, Call::LinkStat(owned.clone()))? {
                Reply::Status(status) if status.kind == Kind::Directory => {
                    let locked = *path == *self.target
                        && state.files.holds_locked_by_another(self.process(lane), path);
                    self.call(state, lane, Call::Clear(owned))?;
                    state.stolen |= locked;
                    return Ok(Progress::More(1));
                }
                Reply::Status(status) if status.kind == Kind::Symlink => Call::Unlink(owned),
                _ => return Err(ErrorKind::NotADirectory),
            },
            (RemoveKind::Tree, _) => Call::RemoveDirectory(owned),
        };
        // Who waits for a lock on a file that has no name any more holds what nobody else comes to.
        let locked = *path == *self.target && state.files.is_locked_by_another(self.process(lane), path);
        self.call(state, lane, call)?;
        state.stolen |= locked;
        done()
    }

    /// Whether the effect, having done a step, has left content of its own.
    fn wrote(&self, state: &State, lane: Lane, number: u16, effect: &EffectStep) -> bool {
        match effect.operation {
            Operation::Write | Operation::Append | Operation::Populate { .. } | Operation::EnvSet => true,
            // An existing directory stays the other's, and so does a key.
            Operation::CreateDir { .. }
            | Operation::Key(KeyOperation::Set { .. } | KeyOperation::SetNew { .. } | KeyOperation::Swap)
            | Operation::Memory(MemoryOperation::Set) => {
                let at = state.files.stat(self.process(lane), lane_path(&effect.paths, lane));
                at.is_ok_and(|status| self.contents.is_written_by(status.content, lane, number))
            }
            _ => false,
        }
    }

    /// Notes who believes to own the place after a successful step.
    fn track_ownership(&self, state: &mut State, lane: Lane, number: u16, effect: &EffectStep, phase: u8) {
        let at = |paths| lane_path(paths, lane) == self.target;
        let takes = match effect.operation {
            Operation::Open(flags) if flags.create_new => at(&effect.paths),
            Operation::Key(KeyOperation::SetNew { .. }) => {
                at(&effect.paths) && self.wrote(state, lane, number, effect)
            }
            // As `create_new`, a link is refused by what is there.
            Operation::HardLink => phase == 0 && at(&effect.other_paths),
            // Beside somebody who takes the place as a lock, whoever creates or overwrites it takes it.
            _ if self.actor != Actor::Acquirer => false,
            Operation::Open(flags) => (flags.create || flags.truncate) && at(&effect.paths),
            Operation::Write => effect.handle.is_none() && phase == 0 && at(&effect.paths),
            Operation::Key(KeyOperation::Set { .. } | KeyOperation::Swap) => at(&effect.paths),
            Operation::CreateDir { all: false, .. } | Operation::Populate { .. } => {
                phase == 0 && at(&effect.paths)
            }
            Operation::Rename { .. } | Operation::Copy | Operation::Symlink => {
                phase == 0 && at(&effect.other_paths)
            }
            _ => false,
        };
        let leaves = match effect.operation {
            Operation::Key(KeyOperation::Delete) => at(&effect.paths),
            Operation::Remove(RemoveKind::Tree) => phase > 0 && at(&effect.paths),
            Operation::Remove(_) | Operation::Rename { .. } => at(&effect.paths),
            _ => false,
        };
        if takes {
            hold(state, lane);
        }
        if leaves {
            let_go(state, lane);
        }
    }

    /// Gives up what the slot holds.
    pub(super) fn release(&mut self, state: &mut State, lane: Lane, slot: Slot) {
        match state.machine(lane).datum(slot) {
            Datum::Ok(success) if !success.resources.is_empty() => {}
            _ => return,
        }
        for resource in state.machine_mut(lane).take_resources(slot) {
            // What a call returned stands in two slots, and another's handle may get the number next.
            state.machine_mut(lane).forget_resource(resource);
            let (handle, call) = match resource {
                Resource::Handle(handle) => (handle, Call::Close(handle)),
                Resource::FileLock(handle) => (handle, Call::Unlock(handle)),
                Resource::Record(handle) => (handle, Call::UnlockRecord(handle)),
                Resource::Mutex(number) => {
                    if let Some(at) = state.mutexes.iter().position(|(n, l, _)| *n == number && *l == lane) {
                        state.mutexes.remove(at);
                    }
                    continue;
                }
            };
            // A handle that is closed already has nothing to give up, and its number may be another's by now.
            if state.files.is_open(self.process(lane), handle) {
                let _ = self.call(state, lane, call);
            }
        }
    }
}

pub(super) fn note_written(state: &mut State, lane: Lane, number: u16) {
    if let Some(bits) = state.wrote.get_mut(index(lane)) {
        *bits |= effect_bit(number);
    }
}

pub(super) fn hold(state: &mut State, lane: Lane) {
    if let Some(own) = state.holds.get_mut(index(lane)) {
        *own = true;
    }
    state.double |= state.holds == [true, true];
}

fn let_go(state: &mut State, lane: Lane) {
    let theirs = state.holds.get(index(other(lane))).copied().unwrap_or(false);
    let own = state.holds.get(index(lane)).copied().unwrap_or(false);
    state.stolen |= theirs && !own;
    if let Some(own) = state.holds.get_mut(index(lane)) {
        *own = false;
    }
}
