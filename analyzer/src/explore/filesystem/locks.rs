//! Advisory locks: on open files as flock(2) takes them, and on files by process as fcntl(2) does.

use super::{Filesystem, Handle, Inode, Name, Node, Outcome, Process};
use crate::flow::ErrorKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lock {
    Shared,
    Exclusive,
}

impl Lock {
    fn of(shared: bool) -> Self {
        if shared { Lock::Shared } else { Lock::Exclusive }
    }

    fn keeps_out(self, shared: bool) -> bool {
        !(shared && self == Lock::Shared)
    }
}

/// A lock of a process on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Record {
    inode: Inode,
    process: Process,
    lock: Lock,
}

impl Filesystem {
    /// flock(2) on an open file, without waiting. A lock that is already held is converted, which is not one step: where the new
    /// one cannot be had, the old one is gone.
    pub(super) fn lock(&mut self, handle: Handle, shared: bool) -> Outcome<()> {
        let inode = self.opened(handle)?.inode;
        let taken = self.is_locked(inode, Some(handle), shared);
        self.opened_mut(handle)?.lock = (!taken).then(|| Lock::of(shared));
        if taken { Err(ErrorKind::WouldBlock) } else { Ok(()) }
    }

    /// Whether flock(2) on the handle would have to wait.
    pub fn would_block(&self, handle: Handle, shared: bool) -> bool {
        self.opened(handle).is_ok_and(|open| self.is_locked(open.inode, Some(handle), shared))
    }

    /// Whether a new open file on the path would have to wait for the lock.
    pub fn path_would_block(&self, process: Process, path: &[Name], shared: bool) -> bool {
        self.existing(process, path, true).is_ok_and(|inode| self.is_locked(inode, None, shared))
    }

    /// Whether another process holds a lock on the file that this path names.
    pub fn is_locked_by_another(&self, process: Process, path: &[Name]) -> bool {
        self.existing(process, path, false).is_ok_and(|inode| self.is_anothers(inode, process))
    }

    /// Whether the path leads to another file than the handle, or to none: what was opened under that name has lost it.
    pub fn has_lost_its_name(&self, process: Process, handle: Handle, path: &[Name]) -> bool {
        self.opened(handle).is_ok_and(|open| self.existing(process, path, true) != Ok(open.inode))
    }

    /// Whether another process holds a lock on a file in the directory that this path names, or below that.
    pub fn holds_locked_by_another(&self, process: Process, path: &[Name]) -> bool {
        // A directory has one name, so that no way leads round.
        let mut left: Vec<Inode> = self.existing(process, path, false).into_iter().collect();
        while let Some(inode) = left.pop() {
            if self.is_anothers(inode, process) {
                return true;
            }
            if let Node::Directory { entries, .. } = self.node(inode) {
                left.extend(entries.iter().map(|(_, entry)| *entry));
            }
        }
        false
    }

    /// Whether another process than this holds a lock on the file.
    fn is_anothers(&self, inode: Inode, process: Process) -> bool {
        let others = |of: Process| of != process;
        self.handles.iter().flatten().any(|o| o.inode == inode && o.lock.is_some() && others(o.process))
            || self.records.iter().any(|r| r.inode == inode && others(r.process))
    }

    fn is_locked(&self, inode: Inode, own: Option<Handle>, shared: bool) -> bool {
        self.handles.iter().enumerate().any(|(number, open)| {
            let Some(open) = open else { return false };
            own.is_none_or(|h| h.0 as usize != number)
                && open.inode == inode
                && open.lock.is_some_and(|lock| lock.keeps_out(shared))
        })
    }

    /// Whether the open file holds a lock.
    pub fn holds_lock(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| {
            open.lock.is_some()
                || self.records.iter().any(|r| r.inode == open.inode && r.process == open.process)
        })
    }

    /// Whether the open file has the lock, alone or not.
    pub fn is_locked_by(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.lock.is_some())
    }

    /// Gives the lock of the open file up.
    pub(super) fn unlock(&mut self, handle: Handle) -> Outcome<()> {
        self.opened_mut(handle)?.lock = None;
        Ok(())
    }

    /// fcntl(2) with F_SETLK: it replaces what the process holds on the file, through whichever handle.
    pub(super) fn lock_record(&mut self, handle: Handle, shared: bool) -> Outcome<()> {
        let open = self.opened(handle)?;
        let (inode, process) = (open.inode, open.process);
        // A shared lock needs a file open for reading, an exclusive one a file open for writing: EBADF.
        if if shared { !open.reads } else { !open.writes } {
            return Err(ErrorKind::Other);
        }
        if self.record_would_block(handle, shared) {
            return Err(ErrorKind::WouldBlock);
        }
        self.release_records(inode, process);
        self.records.push(Record { inode, process, lock: Lock::of(shared) });
        self.records.sort_unstable_by_key(|r| (r.inode, r.process));
        Ok(())
    }

    /// Whether fcntl(2) with F_SETLKW would have to wait.
    pub fn record_would_block(&self, handle: Handle, shared: bool) -> bool {
        self.opened(handle).is_ok_and(|open| {
            self.records
                .iter()
                .any(|r| r.inode == open.inode && r.process != open.process && r.lock.keeps_out(shared))
        })
    }

    /// Gives up what the process holds on the handle's file.
    pub(super) fn unlock_record(&mut self, handle: Handle) -> Outcome<()> {
        let open = self.opened(handle)?;
        let (inode, process) = (open.inode, open.process);
        self.release_records(inode, process);
        Ok(())
    }

    /// As close(2) of any of its handles on the file does.
    pub(super) fn release_records(&mut self, inode: Inode, process: Process) {
        self.records.retain(|r| r.inode != inode || r.process != process);
    }
}
