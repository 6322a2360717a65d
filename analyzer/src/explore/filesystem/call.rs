//! System calls, and a few compounds of them that built-in actors make in one go.

use super::{Access, Filesystem, Handle, Kind, Name, Outcome, Process};
use crate::explore::content::{Content, Contents, Half};
use crate::flow::{ErrorKind, OpenFlags};

/// What an actor asks of the kernel. Paths start at the root, or with [`Name::WORKING`] at the process' working directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// stat(2): follows links.
    Stat(Vec<Name>),
    /// lstat(2): does not.
    LinkStat(Vec<Name>),
    /// fstat(2).
    HandleStat(Handle),
    /// open(2).
    Open {
        /// What.
        path: Vec<Name>,
        /// How.
        flags: OpenFlags,
        /// With mode 0600; else 0666. The umask is taken off either.
        private: bool,
    },
    /// close(2).
    Close(Handle),
    /// pread(2) of the whole file.
    Read(Handle),
    /// write(2) of half a text, at the handle's position or, where it appends, at the end.
    Write {
        /// Through which open file.
        handle: Handle,
        /// The text.
        text: Content,
        /// Which of its halves.
        half: Half,
    },
    /// ftruncate(2) to the handle's position.
    Cut(Handle),
    /// truncate(2) to nothing.
    Truncate(Vec<Name>),
    /// mkdir(2).
    MakeDirectory {
        /// Where.
        path: Vec<Name>,
        /// With mode 0700; else 0777.
        private: bool,
        /// Who makes it.
        content: Content,
    },
    /// Writes one of the two files that a filled directory holds, by path.
    Fill {
        /// The directory.
        path: Vec<Name>,
        /// With what.
        text: Content,
        /// Which of the two.
        half: Half,
    },
    /// rmdir(2).
    RemoveDirectory(Vec<Name>),
    /// unlink(2).
    Unlink(Vec<Name>),
    /// Removes all below a directory, which stays.
    Clear(Vec<Name>),
    /// Removes whatever is there, with all below it.
    RemoveAll(Vec<Name>),
    /// Puts a new complete file or directory there in one step, whatever was there: another's rename over it.
    Replace {
        /// Where.
        path: Vec<Name>,
        /// What kind of object.
        kind: Kind,
        /// What it holds.
        content: Content,
    },
    /// rename(2); with `replace: false`, renameat2(2) with RENAME_NOREPLACE.
    Rename {
        /// Old name.
        from: Vec<Name>,
        /// New name.
        to: Vec<Name>,
        /// Whether what is there goes.
        replace: bool,
    },
    /// link(2), of a link itself where the old name is one.
    Link {
        /// Old name.
        from: Vec<Name>,
        /// New name.
        to: Vec<Name>,
    },
    /// symlink(2) to a path from the root.
    Symlink {
        /// Where it leads.
        target: Vec<Name>,
        /// The link.
        at: Vec<Name>,
    },
    /// The names in a directory.
    List(Vec<Name>),
    /// chmod(2) to 0600 or 0644, with the search bits for a directory.
    SetMode {
        /// Of what.
        path: Vec<Name>,
        /// For the owner only.
        private: bool,
    },
    /// fchmod(2).
    SetHandleMode {
        /// Of what.
        handle: Handle,
        /// For the owner only.
        private: bool,
    },
    /// flock(2) with LOCK_NB.
    Lock {
        /// On which open file.
        handle: Handle,
        /// LOCK_SH.
        shared: bool,
    },
    /// flock(2) with LOCK_UN.
    Unlock(Handle),
    /// fcntl(2) with F_SETLK on the whole file.
    LockRecord {
        /// On which open file.
        handle: Handle,
        /// F_RDLCK.
        shared: bool,
    },
    /// fcntl(2) with F_UNLCK.
    UnlockRecord(Handle),
    /// chdir(2).
    ChangeDirectory(Vec<Name>),
    /// umask(2) to 077 or 022.
    SetMask {
        /// For the owner only.
        private: bool,
    },
    /// getenv(3).
    Variable(Name),
    /// setenv(3).
    SetVariable(Name, Content),
}

/// What the kernel answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Done.
    Done,
    /// An open file.
    Opened(Handle),
    /// What is there.
    Status(Status),
    /// What a file or variable holds.
    Content(Content),
    /// What a directory holds: its names, and what it was filled with.
    Names(Vec<Name>, Content),
}

/// What stat(2) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// File, directory or link.
    pub kind: Kind,
    /// What it holds, or who made it.
    pub content: Content,
    /// Who may look inside.
    pub access: Access,
}

impl Filesystem {
    /// Does what a process asks.
    ///
    /// # Errors
    /// What the kernel would fail with.
    pub fn perform(&mut self, process: Process, call: &Call, contents: &mut Contents) -> Outcome<Reply> {
        let done = |()| Reply::Done;
        match call {
            Call::Open { path, flags, private } => {
                self.open(process, path, *flags, *private).map(Reply::Opened)
            }
            Call::Close(handle) => self.close(*handle).map(done),
            Call::Write { handle, text, half } => self.write(*handle, *text, *half, contents).map(done),
            Call::Cut(handle) => self.cut(*handle, contents).map(done),
            Call::Truncate(path) => self.truncate(process, path).map(done),
            Call::MakeDirectory { path, private, content } => {
                self.mkdir(process, path, *private, *content).map(done)
            }
            Call::Fill { path, text, half } => self.fill(process, path, *text, *half, contents).map(done),
            Call::RemoveDirectory(path) => self.rmdir(process, path).map(done),
            Call::Unlink(path) => self.unlink(process, path).map(done),
            Call::Clear(path) => self.clear(process, path, contents).map(done),
            Call::RemoveAll(path) => self.remove_all(process, path, contents).map(done),
            Call::Replace { path, kind, content } => {
                self.replace(process, path, *kind, *content, contents).map(done)
            }
            Call::Rename { from, to, replace } => self.rename(process, from, to, *replace).map(done),
            Call::Link { from, to } => self.link(process, from, to).map(done),
            Call::Symlink { target, at } => self.symlink(process, target, at).map(done),
            Call::SetMode { path, private } => self.set_mode(process, path, *private).map(done),
            Call::SetHandleMode { handle, private } => self.set_handle_mode(*handle, *private).map(done),
            Call::Lock { handle, shared } => self.lock(*handle, *shared).map(done),
            Call::Unlock(handle) => self.unlock(*handle).map(done),
            Call::LockRecord { handle, shared } => self.lock_record(*handle, *shared).map(done),
            Call::UnlockRecord(handle) => self.unlock_record(*handle).map(done),
            Call::ChangeDirectory(path) => self.change_directory(process, path).map(done),
            Call::SetMask { private } => {
                self.own_mut(process).masks = *private;
                Ok(Reply::Done)
            }
            Call::SetVariable(name, value) => {
                self.set_variable(process, *name, *value);
                Ok(Reply::Done)
            }
            Call::Stat(_)
            | Call::LinkStat(_)
            | Call::HandleStat(_)
            | Call::Read(_)
            | Call::List(_)
            | Call::Variable(_) => self.look(process, call).unwrap_or(Err(ErrorKind::Other)),
        }
    }

    /// Does what a process asks, where that changes nothing: who only looks need not have a copy of all to himself.
    pub fn look(&self, process: Process, call: &Call) -> Option<Outcome<Reply>> {
        Some(match call {
            Call::Stat(path) => self.stat(process, path).map(Reply::Status),
            Call::LinkStat(path) => self.lstat(process, path).map(Reply::Status),
            Call::HandleStat(handle) => self.stat_handle(*handle).map(Reply::Status),
            Call::Read(handle) => self.read(*handle).map(Reply::Content),
            Call::List(path) => self.list(process, path),
            Call::Variable(name) => self.variable(process, *name).map(Reply::Content),
            _ => return None,
        })
    }
}

impl Reply {
    /// The open file that the call returned.
    ///
    /// # Errors
    /// Of another call there is none.
    pub fn handle(self) -> Outcome<Handle> {
        match self {
            Reply::Opened(handle) => Ok(handle),
            _ => Err(ErrorKind::Other),
        }
    }

    /// What the call looked at.
    pub fn content(&self) -> Content {
        match self {
            Reply::Status(status) => status.content,
            Reply::Content(content) | Reply::Names(_, content) => *content,
            Reply::Done | Reply::Opened(_) => Content::EMPTY,
        }
    }
}
