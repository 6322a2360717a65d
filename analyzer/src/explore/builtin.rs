//! The actors that are no code of the program: each does one thing to the place, in one step; a bystander looks twice.

use super::content::{Content, Half};
use super::effects::{EXCLUSIVE, READ, REWRITE, hold, note_written};
use super::filesystem::{Call, Kind, Name, Reply};
use super::machine::{Context, Datum, Seen, State, Status, other};
use super::setup::victim;
use super::{Actor, Lane, StepOutcome};
use crate::flow::{Domain, ErrorKind, OpenFlags};

impl Context<'_> {
    /// Runs the single step of a built-in actor.
    pub(super) fn run_builtin(&mut self, state: &mut State, lane: Lane, actor: Actor) {
        let stepped = self.builtin_step(state, lane, actor);
        let outcome = stepped.map_or_else(StepOutcome::Failed, |()| StepOutcome::Done);
        self.note(state, lane, None, 0, outcome);
        match stepped {
            Ok(()) => note_written(state, lane, 0),
            Err(kind) => state.machine_mut(lane).set(0, Datum::Failed(kind, None)),
        }
    }

    fn builtin_step(&mut self, state: &mut State, lane: Lane, actor: Actor) -> Result<(), ErrorKind> {
        let path = self.target;
        let own = || path.to_vec();
        let content = self.contents.text(lane, 0, Vec::new());
        let kind = if self.directory { Kind::Directory } else { Kind::File };
        match actor {
            Actor::Creator => match self.call(state, lane, Call::LinkStat(own())) {
                Ok(_) => Err(ErrorKind::AlreadyExists),
                Err(ErrorKind::NotFound) => self.put(state, lane, kind, content),
                Err(failure) => Err(failure),
            },
            Actor::Remover => self.call(state, lane, Call::RemoveAll(own())).map(|_| ()),
            Actor::Replacer => {
                let there = self.call(state, lane, Call::LinkStat(own()));
                let kind = match there {
                    Ok(Reply::Status(status)) => status.kind,
                    _ => kind,
                };
                self.call(state, lane, Call::Replace { path: own(), kind, content }).map(|_| ())
            }
            Actor::Updater => match self.call(state, lane, Call::Stat(own()))? {
                Reply::Status(status) if status.kind != Kind::File => Err(ErrorKind::IsADirectory),
                // Meeting a file that is being written is the reader's case.
                reply if self.contents.is_torn(reply.content()) => Err(ErrorKind::Other),
                reply => {
                    let content = self.contents.text(lane, 0, vec![reply.content()]);
                    // In place, so that who has the file open meets the update too: whoever updates by a rename is met by fewer.
                    if self.domain == Domain::Files {
                        return self.write_at_once(state, lane, REWRITE, content);
                    }
                    let replace = Call::Replace { path: own(), kind: Kind::File, content };
                    self.call(state, lane, replace).map(|_| ())
                }
            },
            Actor::Reader => {
                let seen = self.look(state, lane, path);
                state.machine_mut(lane).seen = Some(seen);
                match seen {
                    Seen::Failure(kind) => Err(kind),
                    _ => Ok(()),
                }
            }
            Actor::Bystander => {
                let seen = self.look(state, lane, path);
                let before = state.machine(lane).seen;
                state.machine_mut(lane).seen = Some(match before {
                    None => seen,
                    Some(before) if before == seen => Seen::Steady,
                    Some(_) => Seen::Changed,
                });
                Ok(())
            }
            Actor::Visitor => {
                let seen = self.visit(state, lane, path);
                state.machine_mut(lane).seen = Some(seen);
                match seen {
                    Seen::Failure(kind) => Err(kind),
                    _ => Ok(()),
                }
            }
            Actor::Stranger => {
                let opened = self.call(state, lane, Call::Open { path: own(), flags: READ, private: false });
                state.machine_mut(lane).seen = Some(match opened {
                    Ok(_) => Seen::Content(Kind::File, content),
                    Err(kind) => Seen::Failure(kind),
                });
                // It stays open: what is written later can be read through it.
                opened.map(|_| ())
            }
            // A lock in a store goes by itself when its time is over, and the next one takes it.
            Actor::Acquirer if self.domain == Domain::KeyValue => {
                self.call(state, lane, Call::Replace { path: own(), kind: Kind::File, content })?;
                state.holds = [false; 2];
                hold(state, lane);
                Ok(())
            }
            Actor::Acquirer if self.directory => {
                self.call(state, lane, Call::MakeDirectory { path: own(), private: false, content })?;
                hold(state, lane);
                Ok(())
            }
            Actor::Acquirer => {
                self.write_at_once(state, lane, EXCLUSIVE, content)?;
                hold(state, lane);
                Ok(())
            }
            Actor::Attacker => {
                if self.call(state, lane, Call::LinkStat(own())).is_ok() {
                    self.call(state, lane, Call::RemoveAll(own()))?;
                }
                self.call(state, lane, Call::Symlink { target: victim(), at: own() }).map(|_| ())
            }
            Actor::Crash => {
                let ended = state.machine_mut(other(lane));
                if ended.status == Status::Running {
                    ended.status = Status::Returned;
                }
                Ok(())
            }
            // These run the function itself.
            Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task => Ok(()),
        }
    }

    /// Opens the file, writes all of it and closes it, with nobody between.
    fn write_at_once(
        &mut self,
        state: &mut State,
        lane: Lane,
        flags: OpenFlags,
        text: Content,
    ) -> Result<(), ErrorKind> {
        let open = Call::Open { path: self.target.to_vec(), flags, private: false };
        let handle = self.call(state, lane, open)?.handle()?;
        for half in [Half::First, Half::Rest] {
            self.call(state, lane, Call::Write { handle, text, half })?;
        }
        self.call(state, lane, Call::Close(handle)).map(|_| ())
    }

    /// Makes a complete object of one's own in one step: a file with its content, a directory with what is in it.
    fn put(&mut self, state: &mut State, lane: Lane, kind: Kind, content: Content) -> Result<(), ErrorKind> {
        let path = self.target.to_vec();
        self.call(state, lane, Call::Replace { path: path.clone(), kind, content })?;
        if kind == Kind::Directory {
            for half in [Half::First, Half::Rest] {
                self.call(state, lane, Call::Fill { path: path.clone(), text: content, half })?;
            }
        }
        Ok(())
    }

    /// What somebody finds in a directory, of what the function puts there.
    fn visit(&mut self, state: &mut State, lane: Lane, path: &[Name]) -> Seen {
        let seen = self.look(state, lane, path);
        let Seen::Content(Kind::Directory, own) = seen else { return seen };
        let program = self.program(other(lane));
        let mut found = vec![own];
        for below in program.puts_below(path, other(lane)) {
            found.push(match self.call(state, lane, Call::Stat(below.to_vec())) {
                Ok(reply) => reply.content(),
                Err(_) => self.contents.absent(),
            });
        }
        Seen::Content(Kind::Directory, self.contents.text(lane, u16::MAX, found))
    }

    /// What a reader sees.
    fn look(&mut self, state: &mut State, lane: Lane, path: &[Name]) -> Seen {
        let process = self.process(lane);
        let looked = match self.domain {
            Domain::Files | Domain::KeyValue | Domain::Memory | Domain::Channels => {
                self.call(state, lane, Call::Stat(path.to_vec()))
            }
            Domain::Environment => {
                let name = path.last().copied().unwrap_or(Name::WORKING);
                self.call(state, lane, Call::Variable(name))
            }
            Domain::WorkingDirectory => return Seen::Standing(state.files.working(process)),
            Domain::Mask => return Seen::Mask { private: state.files.masks(process) },
        };
        match looked {
            Ok(Reply::Status(status)) => Seen::Content(status.kind, status.content),
            Ok(reply) => Seen::Content(Kind::File, reply.content()),
            Err(failure) => Seen::Failure(failure),
        }
    }
}
