//! What each operation does to the shared state, one system call at a time.

use super::content::Content;
use super::filesystem::{Filesystem, Handle, Kind, Name};
use super::machine::{Context, Datum, Event, Resource, Seen, State, Success, effect_bit, index, other};
use super::program::{EffectStep, Slot};
use super::{Actor, Lane, StepOutcome};
use crate::flow::{Check, ErrorKind, LockScope, OpenFlags, Operation, RemoveKind};
use std::rc::Rc;

/// How far an effect is after a step of it.
enum Progress {
    /// There is more to do.
    More,
    /// It returned.
    Done(Success),
    /// Nothing is known of its handle, so nothing happened.
    Unknown,
}

type Stepped = Result<Progress, ErrorKind>;

fn done() -> Stepped {
    Ok(Progress::Done(Success::default()))
}

fn observed(content: Content) -> Stepped {
    Ok(Progress::Done(Success { contents: vec![content], ..Success::default() }))
}

/// How open(2) is called to write a whole file by path.
const REWRITE: OpenFlags = OpenFlags {
    read: false,
    write: true,
    append: false,
    create: true,
    create_new: false,
    truncate: true,
    no_follow: false,
};

/// How open(2) is called to take a place as a lock.
const EXCLUSIVE: OpenFlags = OpenFlags { create: false, create_new: true, truncate: false, ..REWRITE };

fn lane_path(paths: &[Vec<Name>; 2], lane: Lane) -> &[Name] {
    let [a, b] = paths;
    match lane {
        Lane::A => a,
        Lane::B => b,
    }
}

fn handle_in(state: &State, lane: Lane, slot: Slot) -> Option<Handle> {
    match state.machine(lane).datum(slot) {
        Datum::Ok(success) => success.resources.iter().find_map(|r| match r {
            Resource::Handle(handle) | Resource::FileLock(handle) => Some(*handle),
            Resource::Mutex(_) => None,
        }),
        _ => None,
    }
}

/// A mutex is named by its place.
fn mutex(path: &[Name]) -> u16 {
    path.last().map_or(0, |name| name.0)
}

impl Context<'_> {
    /// Whether the lane has to wait before the effect can run.
    pub(super) fn must_wait(&self, state: &State, lane: Lane, effect: &EffectStep) -> bool {
        let Operation::Lock { shared, blocking: true, scope } = effect.operation else { return false };
        let path = lane_path(&effect.paths, lane);
        match (scope, effect.handle) {
            (LockScope::Thread, _) => self.mutex_taken(state, lane, mutex(path), shared),
            (LockScope::Process, Some(slot)) => {
                handle_in(state, lane, slot).is_some_and(|h| state.files.would_block(h, shared))
            }
            (LockScope::Process, None) => state.files.path_would_block(path, shared),
        }
    }

    fn mutex_taken(&self, state: &State, lane: Lane, number: u16, shared: bool) -> bool {
        self.actor == Actor::ItselfThread
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
        let stepped = self.effect_step(state, lane, number, effect, phase);
        let outcome = match &stepped {
            Ok(Progress::Done(success)) => success.truth.map_or(StepOutcome::Done, StepOutcome::Answer),
            Ok(Progress::More) => StepOutcome::Done,
            Ok(Progress::Unknown) => StepOutcome::Done,
            Err(kind) => StepOutcome::Failed(*kind),
        };
        if let Ok(Progress::Done(success)) = &stepped
            && success.contents.iter().any(|c| self.contents.writer(*c) == Some(other(lane)))
            && let Some(saw) = state.saw.get_mut(index(lane))
        {
            *saw = true;
        }
        if stepped.is_ok() {
            self.track_ownership(state, lane, effect, phase);
            if self.wrote(state, lane, number, effect) {
                note_written(state, lane, number);
            }
        }
        if let Some(events) = &mut self.events {
            events.push(Event { lane, effect: Some(number), phase, outcome, files: state.files.clone() });
        }
        let datum = match stepped {
            Ok(Progress::More) => {
                state.machine_mut(lane).phase = phase.saturating_add(1);
                return;
            }
            Ok(Progress::Done(success)) => Datum::Ok(Rc::new(success)),
            Ok(Progress::Unknown) => Datum::Opaque,
            Err(kind) => Datum::Failed(kind, Some(number)),
        };
        if let Some(handle) = state.machine_mut(lane).temporary.take() {
            state.files.close(handle);
        }
        let machine = state.machine_mut(lane);
        machine.phase = 0;
        machine.writing = None;
        machine.pc += 1;
        machine.set(effect.result, datum);
    }

    /// What the effect writes: a text of its own, derived from what its data had read.
    fn text(&mut self, state: &State, lane: Lane, number: u16, effect: &EffectStep) -> Content {
        let mut derived = Vec::new();
        for slot in &effect.data {
            if let Datum::Ok(success) = state.machine(lane).datum(*slot) {
                derived.extend_from_slice(&success.contents);
            }
        }
        self.contents.text(lane, number, derived)
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
        let handle = match effect.handle {
            None => None,
            Some(slot) => match handle_in(state, lane, slot) {
                Some(handle) => Some(handle),
                None => return Ok(Progress::Unknown),
            },
        };
        match effect.operation {
            Operation::Check(check) => check_step(&state.files, check, path, handle),
            Operation::Open(flags) => {
                let opened = state.files.open(path, flags)?;
                let resources = vec![Resource::Handle(opened)];
                Ok(Progress::Done(Success { resources, ..Success::default() }))
            }
            Operation::Read => match handle {
                Some(handle) => observed(state.files.read(handle)?),
                None => match state.files.stat(path)? {
                    (Kind::Directory, _) => Err(ErrorKind::IsADirectory),
                    (_, content) => observed(content),
                },
            },
            Operation::ReadDir => observed(state.files.read_dir(path)?.0),
            Operation::Write => {
                let text = self.text(state, lane, number, effect);
                self.write_step(state, lane, (path, REWRITE), handle, text, phase)
            }
            Operation::Copy => {
                if phase == 0 {
                    let content = match (handle, state.files.stat(path)) {
                        (Some(handle), _) => state.files.read(handle)?,
                        (None, Ok((Kind::File, content))) => content,
                        (None, Ok(_)) => return Err(ErrorKind::IsADirectory),
                        (None, Err(kind)) => return Err(kind),
                    };
                    state.machine_mut(lane).writing = Some(content);
                }
                let content = state.machine(lane).writing.unwrap_or(Content::EMPTY);
                self.write_step(state, lane, (to, REWRITE), None, content, phase)
            }
            Operation::Populate => {
                let text = self.text(state, lane, number, effect);
                if phase == 0 {
                    match state.files.mkdir(path, Content::EMPTY) {
                        Ok(()) | Err(ErrorKind::AlreadyExists) => {}
                        Err(kind) => return Err(kind),
                    }
                    let opened = state.files.open_directory(path)?;
                    state.machine_mut(lane).temporary = Some(opened);
                    return Ok(Progress::More);
                }
                self.write_step(state, lane, (path, REWRITE), None, text, phase)
            }
            Operation::Append => {
                let text = self.text(state, lane, number, effect);
                match handle {
                    Some(handle) => state.files.append(handle, text, &mut self.contents)?,
                    None => {
                        let flags = OpenFlags { append: true, truncate: false, ..REWRITE };
                        let opened = state.files.open(path, flags)?;
                        let appended = state.files.append(opened, text, &mut self.contents);
                        state.files.close(opened);
                        appended?;
                    }
                }
                done()
            }
            Operation::Truncate => {
                match handle {
                    Some(handle) => state.files.truncate_handle(handle)?,
                    None => state.files.truncate(path)?,
                }
                done()
            }
            Operation::CreateDir { all } => {
                let content = self.text(state, lane, number, effect);
                if all {
                    state.files.mkdir_all(path, content)?;
                } else {
                    state.files.mkdir(path, content)?;
                }
                done()
            }
            Operation::Remove(kind) => self.remove_step(state, path, kind, phase),
            Operation::Rename { replace } => state.files.rename(path, to, replace).and_then(|()| done()),
            Operation::HardLink => state.files.link(path, to).and_then(|()| done()),
            Operation::Symlink => state.files.symlink(path, to).and_then(|()| done()),
            Operation::SetPermissions | Operation::SetOwner => {
                if handle.is_none() {
                    state.files.stat(path)?;
                }
                done()
            }
            Operation::Lock { shared, scope: LockScope::Thread, .. } => {
                let key = mutex(path);
                if self.mutex_taken(state, lane, key, shared) {
                    return Err(ErrorKind::WouldBlock);
                }
                state.mutexes.push((key, lane, shared));
                let resources = vec![Resource::Mutex(key)];
                Ok(Progress::Done(Success { resources, ..Success::default() }))
            }
            Operation::Lock { shared, scope: LockScope::Process, .. } => {
                if let Some(handle) = handle {
                    state.files.lock(handle, shared)?;
                    let resources = vec![Resource::FileLock(handle)];
                    return Ok(Progress::Done(Success { resources, ..Success::default() }));
                }
                // A library that locks by path opens the lock file, creating it where it is missing.
                let opened = state.files.open(path, OpenFlags { truncate: false, ..REWRITE })?;
                if let Err(kind) = state.files.lock(opened, shared) {
                    state.files.close(opened);
                    return Err(kind);
                }
                let resources = vec![Resource::Handle(opened)];
                Ok(Progress::Done(Success { resources, ..Success::default() }))
            }
            Operation::EnvGet
            | Operation::EnvSet
            | Operation::SetCwd
            | Operation::SetUmask
            | Operation::Run
            | Operation::Sync => done(),
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
            if state.files.appends(handle) {
                state.files.append(handle, text, &mut self.contents)?;
                return done();
            }
            if phase == 0 {
                state.files.write_first(handle, text, &mut self.contents)?;
                return Ok(Progress::More);
            }
            state.files.write_rest(handle, text, &mut self.contents)?;
            return done();
        }
        match (phase, state.machine(lane).temporary) {
            (0, _) => {
                let opened = state.files.open(path, flags)?;
                state.machine_mut(lane).temporary = Some(opened);
                Ok(Progress::More)
            }
            (1, Some(opened)) => {
                state.files.write_first(opened, text, &mut self.contents)?;
                Ok(Progress::More)
            }
            (_, Some(opened)) => {
                state.files.write_rest(opened, text, &mut self.contents)?;
                done()
            }
            (_, None) => done(),
        }
    }

    fn remove_step(&mut self, state: &mut State, path: &[Name], kind: RemoveKind, phase: u8) -> Stepped {
        match (kind, phase) {
            (RemoveKind::File, _) => state.files.unlink(path)?,
            (RemoveKind::Dir, _) => state.files.rmdir(path)?,
            (RemoveKind::Tree, 0) => match state.files.lstat(path)?.0 {
                Kind::Directory => {
                    state.files.empty_directory(path, &mut self.contents)?;
                    return Ok(Progress::More);
                }
                Kind::Symlink => state.files.unlink(path)?,
                Kind::File => return Err(ErrorKind::NotADirectory),
            },
            (RemoveKind::Tree, _) => state.files.rmdir(path)?,
        }
        done()
    }

    /// Whether the effect, having done a step, has left content of its own.
    fn wrote(&self, state: &State, lane: Lane, number: u16, effect: &EffectStep) -> bool {
        match effect.operation {
            Operation::Write | Operation::Append | Operation::Populate => true,
            // An existing directory stays the other's.
            Operation::CreateDir { .. } => {
                let at = state.files.stat(lane_path(&effect.paths, lane));
                at.is_ok_and(|(_, content)| self.contents.is_written_by(content, lane, number))
            }
            _ => false,
        }
    }

    /// Notes who believes to own the place after a successful step.
    fn track_ownership(&self, state: &mut State, lane: Lane, effect: &EffectStep, phase: u8) {
        let at = |paths| lane_path(paths, lane) == self.target;
        let takes = match effect.operation {
            Operation::Open(flags) if flags.create_new => at(&effect.paths),
            // Beside somebody who takes the place as a lock, whoever creates or overwrites it takes it.
            _ if self.actor != Actor::Acquirer => false,
            Operation::Open(flags) => (flags.create || flags.truncate) && at(&effect.paths),
            Operation::Write => effect.handle.is_none() && phase == 0 && at(&effect.paths),
            Operation::CreateDir { all: false } | Operation::Populate => phase == 0 && at(&effect.paths),
            Operation::Rename { .. } | Operation::Copy | Operation::HardLink | Operation::Symlink => {
                phase == 0 && at(&effect.other_paths)
            }
            _ => false,
        };
        let leaves = match effect.operation {
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

    /// Runs the single step of a built-in actor.
    pub(super) fn run_builtin(&mut self, state: &mut State, lane: Lane, actor: Actor) {
        let path = self.target;
        let stepped = self.builtin_step(state, lane, actor, path);
        if let Some(events) = &mut self.events {
            let outcome = stepped.map_or_else(StepOutcome::Failed, |()| StepOutcome::Done);
            events.push(Event { lane, effect: None, phase: 0, outcome, files: state.files.clone() });
        }
        match stepped {
            Ok(()) => note_written(state, lane, 0),
            Err(kind) => state.machine_mut(lane).set(0, Datum::Failed(kind, None)),
        }
    }

    fn builtin_step(
        &mut self,
        state: &mut State,
        lane: Lane,
        actor: Actor,
        path: &[Name],
    ) -> Result<(), ErrorKind> {
        let files = &mut state.files;
        let content = self.contents.text(lane, 0, Vec::new());
        let kind = if self.directory { Kind::Directory } else { Kind::File };
        match actor {
            Actor::Creator => match files.lstat(path) {
                Ok(_) => Err(ErrorKind::AlreadyExists),
                Err(ErrorKind::NotFound) => files.replace(path, kind, content),
                Err(failure) => Err(failure),
            },
            Actor::Remover => files.remove(path),
            Actor::Replacer => {
                let kind = files.lstat(path).map_or(kind, |(kind, _)| kind);
                files.replace(path, kind, content)
            }
            Actor::Updater => match files.stat(path)? {
                // Meeting a file that is being written is the reader's case.
                (Kind::File, old) if self.contents.is_torn(old) => Err(ErrorKind::Other),
                (Kind::File, old) => {
                    let content = self.contents.text(lane, 0, vec![old]);
                    files.replace(path, Kind::File, content)
                }
                _ => Err(ErrorKind::IsADirectory),
            },
            Actor::Reader => {
                let seen = match files.stat(path) {
                    Ok((kind, content)) => Seen::Content(kind, content),
                    Err(failure) => Seen::Failure(failure),
                };
                state.machine_mut(lane).seen = Some(seen);
                files_result(seen)
            }
            Actor::Acquirer if self.directory => {
                files.mkdir(path, content)?;
                hold(state, lane);
                Ok(())
            }
            Actor::Acquirer => {
                let opened = files.open(path, EXCLUSIVE)?;
                files.write_first(opened, content, &mut self.contents)?;
                files.write_rest(opened, content, &mut self.contents)?;
                files.close(opened);
                hold(state, lane);
                Ok(())
            }
            Actor::Attacker => {
                if files.lstat(path).is_ok() {
                    files.remove(path)?;
                }
                files.symlink(&super::setup::victim(), path)
            }
            // These run the function itself.
            Actor::Itself | Actor::ItselfThread => Ok(()),
        }
    }
}

fn files_result(seen: Seen) -> Result<(), ErrorKind> {
    match seen {
        Seen::Failure(kind) => Err(kind),
        Seen::Content(..) => Ok(()),
    }
}

fn note_written(state: &mut State, lane: Lane, number: u16) {
    if let Some(bits) = state.wrote.get_mut(index(lane)) {
        *bits |= effect_bit(number);
    }
}

fn hold(state: &mut State, lane: Lane) {
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

fn check_step(files: &Filesystem, check: Check, path: &[Name], handle: Option<Handle>) -> Stepped {
    let looked = match (handle, check) {
        (Some(handle), _) => files.stat_handle(handle),
        (None, Check::IsSymlink | Check::SymlinkMetadata) => files.lstat(path),
        (None, _) => files.stat(path),
    };
    let answer = |value: bool| {
        let contents = looked.map(|(_, content)| vec![content]).unwrap_or_default();
        Ok(Progress::Done(Success { truth: Some(value), contents, resources: Vec::new() }))
    };
    match check {
        Check::Exists => answer(looked.is_ok()),
        Check::IsFile => answer(matches!(looked, Ok((Kind::File, _)))),
        Check::IsDir => answer(matches!(looked, Ok((Kind::Directory, _)))),
        Check::IsSymlink => answer(matches!(looked, Ok((Kind::Symlink, _)))),
        Check::Metadata | Check::SymlinkMetadata | Check::Access => observed(looked?.1),
    }
}
