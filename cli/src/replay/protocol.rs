//! What the driver asks of a lane, and what the lane answers: one line of JSON each.

use serde::{Deserialize, Serialize};

/// A request to a lane's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which of the process' threads does it.
    pub thread: usize,
    /// What.
    pub order: Order,
}

/// One thing to do. Paths are as the kernel gets them: relative to the process' working directory, or absolute. Open files go by
/// numbers that the driver chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the system calls' own")]
pub enum Order {
    /// Closes all files, forgets all variables, takes the usual umask, and enters a directory.
    Enter(String),
    /// stat(2), or lstat(2).
    Stat { path: String, follow: bool },
    /// fstat(2).
    HandleStat(u32),
    /// open(2).
    Open { path: String, flags: u32, mode: u32, file: u32 },
    /// close(2).
    Close(u32),
    /// pread(2) of all.
    Read(u32),
    /// write(2).
    Write { file: u32, bytes: Vec<u8> },
    /// ftruncate(2) to the position.
    Cut(u32),
    /// truncate(2) to nothing.
    Truncate(String),
    /// mkdir(2), and a look at what was made.
    MakeDirectory { path: String, mode: u32 },
    /// rmdir(2).
    RemoveDirectory(String),
    /// unlink(2).
    Unlink(String),
    /// Removes all below a directory.
    Clear(String),
    /// rename(2), or renameat2(2).
    Rename { from: String, to: String, over: Over },
    /// link(2).
    Link { from: String, to: String },
    /// symlink(2).
    Symlink { target: String, at: String },
    /// The names in a directory.
    List(String),
    /// chmod(2), after a look at what it is.
    SetMode { path: String, private: bool },
    /// fchmod(2), likewise.
    SetHandleMode { file: u32, private: bool },
    /// flock(2) with LOCK_NB.
    Lock { file: u32, shared: bool },
    /// flock(2) with LOCK_UN.
    Unlock(u32),
    /// fcntl(2) with F_SETLK.
    LockRecord { file: u32, shared: bool },
    /// fcntl(2) with F_UNLCK.
    UnlockRecord(u32),
    /// chdir(2).
    ChangeDirectory(String),
    /// umask(2).
    SetMask(u32),
    /// Looks a variable up.
    Variable(u16),
    /// Sets it.
    SetVariable { name: u16, value: Vec<u8> },
}

/// What becomes of what has the new name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// It goes.
    Replace,
    /// It stays, and the rename fails: RENAME_NOREPLACE.
    Keep,
    /// It gets the old name: RENAME_EXCHANGE.
    Exchange,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// An open file, with the kernel's number for it.
    Opened(i32),
    /// What stat(2) tells.
    Status(Stat),
    /// The inode of the directory that was made or cleared.
    Inode(u64),
    /// What a file or variable holds.
    Bytes(Vec<u8>),
    /// The names in a directory, sorted, and the directory's inode.
    Names(Vec<String>, u64),
    /// It failed with this `errno`.
    Failed(i32),
}

/// What stat(2) tells, as far as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// `st_mode`: type and permissions.
    pub mode: u32,
    /// `st_ino`.
    pub inode: u64,
    /// `st_uid`.
    pub owner: u32,
}
