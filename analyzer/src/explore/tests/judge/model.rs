//! Two actors beside each other as a model for stateright: a state, whose step may come next, and what it does.

use super::actor::{End, Good, Held, Next, Past, Returned, next};
use super::disk::{Content, Disk, Id, Node, halves, parent, text};
use super::told::{Told, describe, is_torn, spelled, tell_end, tell_node, text_name};
use crate::explore::{Actor, Lane};
use crate::flow::{
    Block, Check, Effect, ErrorKind, LockScope, Mode, OpenFlags, Operation, Place, RemoveKind,
};
use stateright::{Model, Property};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// One actor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Walker {
    past: Vec<Past>,
    /// How many steps of the current effect are done, the open file that it uses, and what it writes.
    phase: u8,
    opened: Option<Id>,
    writes: Content,
    /// How many nodes and open files it has made.
    made: u16,
    seen: Option<String>,
    /// How it ended, if it has.
    ended: Option<End>,
}

/// What both actors work on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct World {
    pub disk: Disk,
    /// By name: who, which take of it, and whether others may have it too.
    mutexes: Vec<(String, Lane, u16, bool)>,
    walkers: [Walker; 2],
}

/// A function beside an actor.
pub struct Beside {
    pub body: Block,
    pub actor: Actor,
    /// The place that they meet at.
    pub place: Place,
    /// Whether the others make the place a directory.
    pub directory: bool,
    pub start: World,
    /// What the serial orders end in.
    pub serial: BTreeSet<Told>,
    /// What the orders end in that were tried so far.
    pub ends: Mutex<BTreeSet<Told>>,
}

pub const SERIAL: &str = "ends as a serial order does";

impl Model for Beside {
    type State = World;
    type Action = Lane;

    fn init_states(&self) -> Vec<World> {
        vec![self.begin()]
    }

    fn actions(&self, world: &World, lanes: &mut Vec<Lane>) {
        lanes.extend([Lane::A, Lane::B].into_iter().filter(|lane| self.can_step(world, *lane)));
    }

    fn next_state(&self, world: &World, lane: Lane) -> Option<World> {
        let mut after = world.clone();
        self.step(&mut after, lane).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            // Holds always, so the checker goes on to the last state though the other is refuted.
            Property::always("is noted", |model, world| {
                if let (Some(told), Ok(mut ends)) = (model.told(world), model.ends.lock()) {
                    ends.insert(told);
                }
                true
            }),
            Property::always(SERIAL, |model: &Beside, world| {
                model.told(world).is_none_or(|told| model.serial.contains(&told))
            }),
        ]
    }
}

fn index(lane: Lane) -> usize {
    usize::from(lane == Lane::B)
}

const REWRITE: OpenFlags = OpenFlags {
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

/// What one step of an effect came to.
enum Did {
    /// There is more of it.
    Part,
    All(Good),
}

type Stepped = Result<Did, ErrorKind>;

fn all() -> Stepped {
    Ok(Did::All(Good::default()))
}

fn looked(content: Content) -> Stepped {
    Ok(Did::All(Good { contents: vec![content], ..Good::default() }))
}

fn holding(held: Held) -> Stepped {
    Ok(Did::All(Good { held: vec![held], ..Good::default() }))
}

impl World {
    fn walker(&mut self, lane: Lane) -> &mut Walker {
        &mut self.walkers[index(lane)]
    }

    fn fresh(&mut self, lane: Lane) -> Id {
        let walker = self.walker(lane);
        walker.made += 1;
        (Some(lane), walker.made)
    }
}

impl Beside {
    fn is_code(&self, lane: Lane) -> bool {
        lane == Lane::A || matches!(self.actor, Actor::Itself | Actor::ItselfThread)
    }

    fn process(&self, lane: Lane) -> u8 {
        u8::from(lane == Lane::B && self.actor != Actor::ItselfThread)
    }

    /// Where an actor stands.
    fn next<'a>(&'a self, world: &World, lane: Lane) -> Option<Next<'a>> {
        let past = &world.walkers[index(lane)].past;
        if self.is_code(lane) {
            return Some(next(&self.body, past));
        }
        let end = match past.first()? {
            Past::Returned(Err((kind, origin))) => End::Failed(*kind, *origin),
            _ => End::Ok,
        };
        Some(Next::Ended(end))
    }

    /// The start, with those ended that do nothing.
    fn begin(&self) -> World {
        let mut world = self.start.clone();
        for lane in [Lane::A, Lane::B] {
            self.settle(&mut world, lane);
        }
        world
    }

    /// Notes an actor's end; false if it goes beyond the bound.
    fn settle(&self, world: &mut World, lane: Lane) -> bool {
        match self.next(world, lane) {
            Some(Next::Beyond) => false,
            Some(Next::Ended(end)) => {
                world.walker(lane).ended = Some(end);
                true
            }
            _ => true,
        }
    }

    fn can_step(&self, world: &World, lane: Lane) -> bool {
        if world.walkers[index(lane)].ended.is_some() {
            return false;
        }
        match self.next(world, lane) {
            None | Some(Next::Release(_)) => true,
            Some(Next::Do(effect, handle, _)) => !self.waits(world, lane, effect, handle),
            Some(Next::Ended(_) | Next::Beyond) => false,
        }
    }

    /// Whether a blocking lock cannot be had.
    fn waits(&self, world: &World, lane: Lane, effect: &Effect, handle: Option<Id>) -> bool {
        let Operation::Lock { shared, blocking: true, scope } = effect.operation else { return false };
        match (scope, handle) {
            (LockScope::Thread, _) => self.is_taken(world, lane, &spelled(&effect.place, lane), shared),
            // A lock that is held already is given up first.
            (LockScope::Process, Some(handle)) => {
                world.disk.is_locked(handle, shared) && world.disk.lock_of(handle).is_none()
            }
            (LockScope::Record, Some(handle)) => world.disk.is_recorded(handle, shared),
            _ => panic!("a lock by path is not generated"),
        }
    }

    /// Whether a mutex is held by the other thread.
    fn is_taken(&self, world: &World, lane: Lane, name: &str, shared: bool) -> bool {
        self.actor == Actor::ItselfThread
            && world
                .mutexes
                .iter()
                .any(|(taken, by, _, theirs)| *taken == name && *by != lane && !(*theirs && shared))
    }

    /// Takes the actor's next step; false if it goes beyond the bound.
    pub fn step(&self, world: &mut World, lane: Lane) -> bool {
        match self.next(world, lane) {
            Some(Next::Do(effect, handle, data)) => self.effect(world, lane, effect, handle, data),
            Some(Next::Release(held)) => {
                for one in held {
                    match one {
                        Held::Open(id) => world.disk.close(id),
                        Held::Lock(id, _) => world.disk.set_lock(id, None),
                        Held::Record(id, _) => world.disk.forget_record(id),
                        Held::Mutex(name, take) => {
                            world.mutexes.retain(|(n, by, t, _)| !(*n == name && *by == lane && *t == take));
                        }
                    }
                }
                world.walker(lane).past.push(Past::Released);
            }
            None => {
                let returned = self.built_in(world, lane).map_err(|kind| (kind, None));
                world.walker(lane).past.push(Past::Returned(returned.map(|()| Good::default())));
            }
            Some(Next::Ended(_) | Next::Beyond) => {}
        }
        self.settle(world, lane)
    }

    /// Runs both to their ends, one after the other, if neither has to wait for ever.
    pub fn serial(&self, first: Lane) -> Option<Told> {
        let mut world = self.begin();
        let second = if first == Lane::A { Lane::B } else { Lane::A };
        for lane in [first, second] {
            while self.can_step(&world, lane) {
                if !self.step(&mut world, lane) {
                    return None;
                }
            }
        }
        self.told(&world)
    }

    /// What a run came to, once both have ended.
    pub fn told(&self, world: &World) -> Option<Told> {
        let [Some(a), Some(b)] = world.walkers.each_ref().map(|walker| walker.ended.as_ref()) else {
            return None;
        };
        let ended = [a, b].map(tell_end);
        let tree = world
            .disk
            .tree()
            .into_iter()
            .map(|(path, node, content)| {
                let (kind, private) = match node {
                    Node::File { private, .. } => ("file", *private),
                    Node::Directory { private, .. } => ("directory", *private),
                    Node::Link(_) => ("link", false),
                };
                (path.to_owned(), tell_node(kind, private, &describe(&content)))
            })
            .collect();
        Some(Told { ended, seen: world.walkers[1].seen.clone(), tree })
    }

    fn effect(&self, world: &mut World, lane: Lane, effect: &Effect, handle: Option<Id>, data: Vec<Content>) {
        if world.walker(lane).phase == 0 {
            let derived: Vec<(String, bool)> = data.iter().map(|d| (describe(d), is_torn(d))).collect();
            world.walker(lane).writes = text(&text_name(lane, Some(effect.site.0), &derived));
        }
        let did = self.perform(world, lane, effect, handle);
        let returned: Returned = match did {
            Ok(Did::Part) => {
                world.walker(lane).phase += 1;
                return;
            }
            Ok(Did::All(good)) => Ok(good),
            Err(kind) => Err((kind, Some(effect.site.0))),
        };
        let walker = world.walker(lane);
        let opened = walker.opened.take();
        walker.phase = 0;
        walker.writes.clear();
        walker.past.push(Past::Returned(returned));
        if let Some(opened) = opened {
            world.disk.close(opened);
        }
    }

    fn perform(&self, world: &mut World, lane: Lane, effect: &Effect, handle: Option<Id>) -> Stepped {
        let path = spelled(&effect.place, lane);
        let to = effect.other_place.as_ref().map(|place| spelled(place, lane)).unwrap_or_default();
        let process = self.process(lane);
        let Walker { phase, writes, .. } = world.walker(lane).clone();
        let [first, rest] = halves(&writes);
        match effect.operation {
            Operation::Check(check) => self.check(world, check, &path, handle),
            Operation::Open(flags) => {
                let id = world.fresh(lane);
                world.disk.open(id, process, &path, flags)?;
                holding(Held::Open(id))
            }
            Operation::Read => match handle {
                Some(handle) => looked(world.disk.read(handle)?),
                None => looked(read_path(world, lane, process, &path)?),
            },
            Operation::ReadDir => looked(world.disk.list(&path)?),
            Operation::Write => match (handle, phase) {
                (Some(handle), 0) if world.disk.appends(handle) => {
                    world.disk.write(handle, writes)?;
                    all()
                }
                (Some(handle), 0) => {
                    world.disk.write(handle, first)?;
                    Ok(Did::Part)
                }
                (Some(handle), _) => {
                    world.disk.write(handle, rest)?;
                    all()
                }
                (None, _) => write_path(world, lane, process, &path),
            },
            Operation::Copy => {
                if phase == 0 {
                    let source = read_path(world, lane, process, &path)?;
                    world.walker(lane).writes = source;
                }
                write_path(world, lane, process, &to)
            }
            Operation::Append => {
                if let Some(handle) = handle {
                    world.disk.write(handle, writes)?;
                    return all();
                }
                let id = world.fresh(lane);
                let flags = OpenFlags { append: true, truncate: false, ..REWRITE };
                world.disk.open(id, process, &path, flags)?;
                let written = world.disk.write(id, writes);
                world.disk.close(id);
                written.and(all())
            }
            Operation::Truncate => {
                match handle {
                    Some(handle) => world.disk.cut(handle)?,
                    None => world.disk.truncate(&path)?,
                }
                all()
            }
            Operation::Populate { fresh } => match phase {
                0 => {
                    let id = world.fresh(lane);
                    match world.disk.make_directory(id, &path, Content::new()) {
                        Ok(()) => Ok(Did::Part),
                        Err(ErrorKind::AlreadyExists) if !fresh => Ok(Did::Part),
                        Err(kind) => Err(kind),
                    }
                }
                1 => {
                    let id = world.fresh(lane);
                    world.disk.fill(id, &path, &writes, 0)?;
                    Ok(Did::Part)
                }
                _ => {
                    let id = world.fresh(lane);
                    world.disk.fill(id, &path, &writes, 1)?;
                    all()
                }
            },
            Operation::CreateDir { all: false, .. } => {
                let id = world.fresh(lane);
                world.disk.make_directory(id, &path, writes)?;
                all()
            }
            Operation::CreateDir { all: true, .. } => make_all(world, lane, &path, phase, writes),
            Operation::Remove(RemoveKind::File) => world.disk.unlink(&path).and(all()),
            Operation::Remove(RemoveKind::Dir) => world.disk.remove_directory(&path).and(all()),
            Operation::Remove(RemoveKind::Tree) if phase == 0 => match world.disk.stat(&path, false)?.0 {
                Node::Directory { .. } => {
                    world.disk.empty(&path)?;
                    Ok(Did::Part)
                }
                Node::Link(_) => world.disk.unlink(&path).and(all()),
                Node::File { .. } => Err(ErrorKind::NotADirectory),
            },
            Operation::Remove(RemoveKind::Tree) => world.disk.remove_directory(&path).and(all()),
            Operation::Rename { replace } => world.disk.rename(&path, &to, replace).and(all()),
            Operation::HardLink => world.disk.link(&path, &to).and(all()),
            Operation::Symlink => {
                let id = world.fresh(lane);
                world.disk.symlink(id, &path, &to).and(all())
            }
            Operation::SetPermissions(mode) => {
                let private = mode == Mode::Private;
                match handle {
                    Some(handle) => world.disk.set_open_mode(handle, private),
                    None => world.disk.set_mode(&path, private)?,
                }
                all()
            }
            Operation::Lock { shared, blocking, scope } => {
                self.lock(world, lane, &path, handle, (shared, blocking, scope))
            }
            other => panic!("{other:?} is not generated"),
        }
    }

    fn check(&self, world: &World, check: Check, path: &str, handle: Option<Id>) -> Stepped {
        let follow = !matches!(check, Check::IsSymlink | Check::SymlinkMetadata | Check::Listed);
        let found = match handle {
            Some(handle) => Ok(world.disk.stat_open(handle)),
            None => world.disk.stat(path, follow),
        };
        let truth = match check {
            Check::Exists | Check::Listed => found.is_ok(),
            Check::IsFile => matches!(found, Ok((Node::File { .. }, _))),
            Check::IsDir => matches!(found, Ok((Node::Directory { .. }, _))),
            Check::IsSymlink => matches!(found, Ok((Node::Link(_), _))),
            Check::Metadata | Check::SymlinkMetadata | Check::Owner | Check::Access => {
                return looked(found?.1);
            }
        };
        let contents = found.map(|(_, content)| vec![content]).unwrap_or_default();
        Ok(Did::All(Good { truth: Some(truth), contents, held: Vec::new() }))
    }

    fn lock(
        &self,
        world: &mut World,
        lane: Lane,
        path: &str,
        handle: Option<Id>,
        (shared, blocking, scope): (bool, bool, LockScope),
    ) -> Stepped {
        match (scope, handle) {
            (LockScope::Thread, _) => {
                if self.is_taken(world, lane, path, shared) {
                    return Err(ErrorKind::WouldBlock);
                }
                let (_, take) = world.fresh(lane);
                world.mutexes.push((path.to_owned(), lane, take, shared));
                world.mutexes.sort();
                holding(Held::Mutex(path.to_owned(), take))
            }
            (LockScope::Process, Some(handle)) => {
                // Converting a lock is giving it up and taking the other.
                let taken = world.disk.is_locked(handle, shared);
                world.disk.set_lock(handle, (!taken).then_some(shared));
                match (taken, blocking) {
                    (false, _) => holding(Held::Lock(handle, world.fresh(lane).1)),
                    (true, true) => Ok(Did::Part),
                    (true, false) => Err(ErrorKind::WouldBlock),
                }
            }
            (LockScope::Record, Some(handle)) => {
                if world.disk.is_recorded(handle, shared) {
                    return Err(ErrorKind::WouldBlock);
                }
                world.disk.record(handle, shared)?;
                holding(Held::Record(handle, world.fresh(lane).1))
            }
            _ => panic!("a lock by path is not generated"),
        }
    }

    /// The single step of an actor that is no code of the program.
    fn built_in(&self, world: &mut World, lane: Lane) -> Result<(), ErrorKind> {
        let path = spelled(&self.place, Lane::A);
        let content = text(&text_name(lane, None, &[]));
        let id = world.fresh(lane);
        let made = |directory| match directory {
            true => Node::Directory { maker: content.clone(), private: false },
            false => Node::File { content: content.clone(), private: false },
        };
        let there = world.disk.stat(&path, false).map(|(node, _)| matches!(node, Node::Directory { .. }));
        let fill = |world: &mut World, directory: bool| match directory {
            true => (0..2).try_for_each(|half| {
                let id = world.fresh(lane);
                world.disk.fill(id, &path, &content, half)
            }),
            false => Ok(()),
        };
        match self.actor {
            Actor::Creator => match there {
                Ok(_) => Err(ErrorKind::AlreadyExists),
                Err(ErrorKind::NotFound) => {
                    world.disk.replace(id, &path, made(self.directory))?;
                    fill(world, self.directory)
                }
                Err(kind) => Err(kind),
            },
            Actor::Remover => world.disk.remove_all(&path),
            Actor::Replacer => world.disk.replace(id, &path, made(there.unwrap_or(self.directory))),
            Actor::Updater => {
                let old = match world.disk.stat(&path, true)? {
                    (Node::File { .. }, old) => old,
                    _ => return Err(ErrorKind::IsADirectory),
                };
                if is_torn(&old) {
                    return Err(ErrorKind::Other);
                }
                let content = text(&text_name(lane, None, &[(describe(&old), false)]));
                write_whole(world, self.process(lane), id, &path, REWRITE, content)
            }
            Actor::Reader => {
                let seen = match world.disk.stat(&path, true) {
                    Ok((Node::Directory { .. }, content)) => Ok(format!("directory {}", describe(&content))),
                    Ok((_, content)) => Ok(format!("file {}", describe(&content))),
                    Err(kind) => Err(kind),
                };
                world.walker(lane).seen =
                    Some(seen.as_ref().map_or_else(|kind| format!("failure {kind}"), Clone::clone));
                seen.map(|_| ())
            }
            Actor::Acquirer if self.directory => world.disk.make_directory(id, &path, content.clone()),
            Actor::Acquirer => {
                let flags = OpenFlags { create: false, create_new: true, truncate: false, ..REWRITE };
                write_whole(world, self.process(lane), id, &path, flags, content.clone())
            }
            other => panic!("{other:?} is not asked"),
        }
    }
}

/// Opens, writes and closes, with nobody between.
fn write_whole(
    world: &mut World,
    process: u8,
    id: Id,
    path: &str,
    flags: OpenFlags,
    content: Content,
) -> Result<(), ErrorKind> {
    world.disk.open(id, process, path, flags)?;
    let written = world.disk.write(id, content);
    world.disk.close(id);
    written
}

/// Opens, reads and closes, with nobody between.
fn read_path(world: &mut World, lane: Lane, process: u8, path: &str) -> Result<Content, ErrorKind> {
    let id = world.fresh(lane);
    let flags = OpenFlags { read: true, ..OpenFlags::default() };
    world.disk.open(id, process, path, flags)?;
    let read = world.disk.read(id);
    world.disk.close(id);
    read
}

/// Opens and empties; writes the first half; writes the rest.
fn write_path(world: &mut World, lane: Lane, process: u8, path: &str) -> Stepped {
    let Walker { phase, writes, opened, .. } = world.walker(lane).clone();
    let [first, rest] = halves(&writes);
    let Some(opened) = opened else {
        let id = world.fresh(lane);
        world.disk.open(id, process, path, REWRITE)?;
        world.walker(lane).opened = Some(id);
        return Ok(Did::Part);
    };
    match phase {
        1 => world.disk.write(opened, first).map(|()| Did::Part),
        _ => world.disk.write(opened, rest).and(all()),
    }
}

/// Makes what is missing, each level a step of its own; the looks before the first are part of it.
fn make_all(world: &mut World, lane: Lane, path: &str, phase: u8, maker: Content) -> Stepped {
    let mut levels: Vec<&str> = std::iter::successors(Some(path), |path| Some(parent(path)))
        .take_while(|path| !path.is_empty())
        .collect();
    levels.reverse();
    let missing = |at: usize| world.disk.stat(levels[at], true).err() == Some(ErrorKind::NotFound);
    let at = if phase == 0 {
        let mut at = levels.len() - 1;
        while at > 0 && missing(at) && missing(at - 1) {
            at -= 1;
        }
        at
    } else {
        usize::from(world.walker(lane).phase) - 1
    };
    let id = world.fresh(lane);
    if let Err(kind) = world.disk.make_directory(id, levels[at], maker)
        && !matches!(world.disk.stat(levels[at], true), Ok((Node::Directory { .. }, _)))
    {
        return Err(kind);
    }
    if at + 1 == levels.len() {
        return all();
    }
    // The level that comes next; the caller counts one up.
    world.walker(lane).phase = u8::try_from(at + 1).unwrap_or(u8::MAX);
    Ok(Did::Part)
}
