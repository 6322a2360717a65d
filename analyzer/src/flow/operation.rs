//! What an effect does: an operation on the filesystem, or on other state that actors share, and which state that is.

/// An operation on the filesystem or on other state that actors share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Asks about a place and changes nothing.
    Check(Check),
    /// Opens a file; the result is a handle.
    Open(OpenFlags),
    /// Reads a whole file by path, or through a handle what is left of it; the result carries its data.
    Read,
    /// Writes in place: by path (creating or truncating first), or through a handle. Not one step: others see it half done.
    Write,
    /// Appends in one step.
    Append,
    /// Cuts a file to a length, through a handle or by path.
    Truncate,
    /// Makes a directory; with `all`, its parents too, and an existing one is no failure.
    CreateDir {
        /// `mkdir -p`.
        all: bool,
        /// It is made for its owner alone: nobody else comes to what lies in it.
        private: bool,
    },
    /// Fills a whole tree below the place (unpack, clone, copy a directory, download): not one step.
    Populate {
        /// It begins with making the directory, and fails where that is there.
        fresh: bool,
    },
    /// Removes.
    Remove(RemoveKind),
    /// Renames `place` to `other_place` in one step.
    Rename {
        /// Whether an existing destination is replaced, as rename(2) does.
        replace: bool,
    },
    /// Copies the file `place` to `other_place`: truncates and fills the destination in place, not one step.
    Copy,
    /// Makes `other_place` a further name of the file `place`; fails if it exists.
    HardLink,
    /// Makes `other_place` a symbolic link to `place`; fails if it exists.
    Symlink,
    /// Changes the mode.
    SetPermissions(Mode),
    /// Changes the owner.
    SetOwner {
        /// Of a link itself, lchown(2), and not of what it leads to.
        no_follow: bool,
    },
    /// Changes the times, utime(2).
    SetTimes,
    /// Runs the file, execve(2).
    Execute,
    /// Attaches a filesystem at the directory, mount(2).
    Mount,
    /// Makes the directory the root: chroot(2), pivot_root(2).
    SetRoot,
    /// Lists a directory.
    ReadDir,
    /// Takes a lock; the result is its guard.
    Lock {
        /// Others may hold it too.
        shared: bool,
        /// Waits until it is free; otherwise fails with `WouldBlock`.
        blocking: bool,
        /// Who is kept out.
        scope: LockScope,
    },
    /// Reads an environment variable.
    EnvGet,
    /// Sets or removes an environment variable.
    EnvSet,
    /// Changes the working directory.
    SetCwd,
    /// Changes the file mode creation mask, to what leaves new files with this mode.
    SetUmask(Mode),
    /// Changes a repository, under the lock file `other_place` in it, which is made anew and removed: whoever finds it there fails.
    Update,
    /// Runs a command that is found by its name.
    Run,
    /// Flushes to the disk.
    Sync,
    /// Asks for or changes a key of a store that processes share; the place is the key's name.
    Key(KeyOperation),
    /// Tests or sets a variable, a field or an entry of a mapping, which the tasks of a process share; the place is its name.
    Memory(MemoryOperation),
    /// Waits as a task does: other tasks of the process run in the meantime.
    Suspend,
    /// Makes a channel that started work reports its failures through.
    Channel {
        /// How much it holds.
        room: Room,
        /// Whether who sends waits on where nobody is left who could take. Otherwise the send fails.
        holds: bool,
    },
    /// Sends a failure through a channel. It waits until somebody takes it or there is room, unless there is something else to do.
    Send {
        /// Whether it waits for that and nothing else.
        waits: bool,
    },
    /// Takes the next that was sent through a channel; the result is a failure if that is one.
    Receive {
        /// Whether it waits for that and nothing else.
        waits: bool,
    },
    /// Waits until other work says that it is done, whichever that is: for a group or a handle that is kept, or for what is sent
    /// through a channel that is not followed.
    Wait,
    /// Hands the place, in a structure that says what to work on, to a library, which works below it.
    Use,
    /// Keeps a channel, or hands it to code out of sight: from there on, who sends and who takes is not known.
    HandOver,
}

/// One command of a key-value store: one step each, whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyOperation {
    /// Whether the key is there. The result is a boolean.
    Exists,
    /// Reads the value; fails with `NotFound`, and the result carries the data.
    Get,
    /// Sets the value, whatever was there.
    Set {
        /// The same command says when it is to go by itself.
        expires: bool,
    },
    /// Sets the value if the key is not there. The result is a boolean: whether it was set.
    SetNew {
        /// The same command says when it is to go by itself.
        expires: bool,
    },
    /// Sets the value and reads the one before, in one step; fails, having set it, with `NotFound` if there was none.
    Swap,
    /// Removes the key; that it is not there is no failure.
    Delete,
    /// Says when the key is to go by itself, if it is there.
    Expire,
}

/// What is done to a variable, field or entry; one step each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoryOperation {
    /// Whether anything is there. The result is a boolean.
    Test,
    /// Puts something there, whatever was there.
    Set,
    /// Takes away what is there; that nothing is there is no failure.
    Clear,
}

/// How much a channel holds that nobody has taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// So many; with 0, who sends waits for who takes.
    Limited(u32),
    /// As much as there is, or nobody knows how much.
    Unknown,
}

/// What a check asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Whether anything is there. The result is a boolean, or a `Result` of one (`try_exists`): `True` in conditions.
    Exists,
    /// Whether a file is there, links followed. A boolean.
    IsFile,
    /// Whether a directory is there, links followed. A boolean.
    IsDir,
    /// Whether a symbolic link is there. A boolean.
    IsSymlink,
    /// stat(2), links followed: fails with `NotFound`; the result carries what it observed.
    Metadata,
    /// lstat(2).
    SymlinkMetadata,
    /// stat(2) whose answer is asked for owner or mode.
    Owner,
    /// access(2): fails like stat, or with `PermissionDenied`.
    Access,
    /// Whether it was there when the directory was listed that it lies in. A boolean.
    Listed,
}

/// What a removal removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemoveKind {
    /// unlink(2).
    File,
    /// rmdir(2): an empty directory.
    Dir,
    /// A directory with all below it: not one step.
    Tree,
}

/// Who may look into a file, as far as its mode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Computed.
    Unknown,
    /// Only its owner: 0600, 0700.
    Private,
    /// Its owner and a group, who may run it or look in: 0750.
    Grouped,
    /// Others too.
    Public,
    /// Others too, who may run it: 0755.
    Executable,
    /// Others may write too, and no sticky bit keeps what they put into a directory theirs: 0777, 0666.
    Shared,
}

/// Whom a lock keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockScope {
    /// flock, or a library on top of it: other processes and other opens of the file.
    Process,
    /// fcntl and lockf: other processes. It belongs to the process, whose threads it does not keep apart, and goes as soon as the
    /// process closes any of its handles on the file (fcntl_locking(2)).
    Record,
    /// A mutex in memory: other threads of this process only.
    Thread,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenFlags {
    /// O_RDONLY or O_RDWR.
    pub read: bool,
    /// O_WRONLY or O_RDWR.
    pub write: bool,
    /// O_APPEND.
    pub append: bool,
    /// O_CREAT.
    pub create: bool,
    /// O_CREAT | O_EXCL: fails with `AlreadyExists`, follows no link.
    pub create_new: bool,
    /// O_TRUNC.
    pub truncate: bool,
    /// O_NOFOLLOW.
    pub no_follow: bool,
    /// Created for the owner only: no mode bits for group and others.
    pub private: bool,
    /// No open(2): bind(2) makes a socket there.
    pub socket: bool,
}

impl OpenFlags {
    /// Both sets of flags together.
    #[must_use]
    pub const fn union(self, other: OpenFlags) -> Self {
        OpenFlags {
            read: self.read || other.read,
            write: self.write || other.write,
            append: self.append || other.append,
            create: self.create || other.create,
            create_new: self.create_new || other.create_new,
            truncate: self.truncate || other.truncate,
            no_follow: self.no_follow || other.no_follow,
            private: self.private || other.private,
            socket: self.socket || other.socket,
        }
    }
}

/// What kind of state an operation is about. A place means another thing in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// Files and directories, which processes share.
    #[default]
    Files,
    /// A process' environment, which its threads share; the place is the variable's name.
    Environment,
    /// A process' working directory.
    WorkingDirectory,
    /// A process' file mode creation mask.
    Mask,
    /// The keys of a store that processes share.
    KeyValue,
    /// Variables, fields and entries of mappings, which the tasks of a process share.
    Memory,
    /// What the threads of a process hand to one another; the place is the channel.
    Channels,
}

impl Operation {
    /// What kind of state the operation is about.
    pub fn domain(self) -> Domain {
        match self {
            Operation::EnvGet | Operation::EnvSet => Domain::Environment,
            Operation::SetCwd => Domain::WorkingDirectory,
            Operation::SetUmask(_) => Domain::Mask,
            Operation::Key(_) => Domain::KeyValue,
            Operation::Memory(_) | Operation::Suspend => Domain::Memory,
            Operation::Channel { .. }
            | Operation::Send { .. }
            | Operation::Receive { .. }
            | Operation::Wait
            | Operation::HandOver => Domain::Channels,
            _ => Domain::Files,
        }
    }

    /// Whether the operation only looks.
    pub fn is_check(self) -> bool {
        matches!(self, Operation::Check(_))
    }
}
