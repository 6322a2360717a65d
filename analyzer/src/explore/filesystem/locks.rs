//! Advisory locks on open files.

use super::{Filesystem, Handle, Inode, Lock, Name, Outcome};
use crate::flow::ErrorKind;

impl Filesystem {
    /// flock(2) on an open file, without waiting.
    pub fn lock(&mut self, handle: Handle, shared: bool) -> Outcome<()> {
        let inode = self.opened(handle)?.inode;
        if self.is_locked(inode, Some(handle), shared) {
            return Err(ErrorKind::WouldBlock);
        }
        self.opened_mut(handle)?.lock = Some(if shared { Lock::Shared } else { Lock::Exclusive });
        Ok(())
    }

    /// Whether flock(2) on the handle would have to wait.
    pub fn would_block(&self, handle: Handle, shared: bool) -> bool {
        self.opened(handle).is_ok_and(|open| self.is_locked(open.inode, Some(handle), shared))
    }

    /// Whether a new open file on the path would have to wait for the lock.
    pub fn path_would_block(&self, path: &[Name], shared: bool) -> bool {
        self.existing(path, true).is_ok_and(|inode| self.is_locked(inode, None, shared))
    }

    fn is_locked(&self, inode: Inode, own: Option<Handle>, shared: bool) -> bool {
        self.handles.iter().enumerate().any(|(number, open)| {
            let Some(open) = open else { return false };
            own.is_none_or(|h| h.0 as usize != number)
                && open.inode == inode
                && match open.lock {
                    None => false,
                    Some(Lock::Shared) => !shared,
                    Some(Lock::Exclusive) => true,
                }
        })
    }

    /// Whether the open file holds a lock.
    pub fn holds_lock(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.lock.is_some())
    }

    /// Gives the lock of the open file up.
    pub fn unlock(&mut self, handle: Handle) {
        if let Ok(open) = self.opened_mut(handle) {
            open.lock = None;
        }
    }
}
