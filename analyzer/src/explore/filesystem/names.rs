//! What changes names: directories, removals, renames, links.

use super::{Filesystem, Inode, Kind, Name, Node, Outcome};
use crate::explore::content::{Content, Contents};
use crate::flow::ErrorKind;

impl Filesystem {
    /// mkdir(2). `content` says who made the directory.
    pub fn mkdir(&mut self, path: &[Name], content: Content) -> Outcome<()> {
        let entry = self.resolve(path, false)?;
        let slot = match (entry.inode, entry.slot) {
            (None, Some(slot)) => slot,
            _ => return Err(ErrorKind::AlreadyExists),
        };
        let inode = self.add(Node::Directory { content, entries: Vec::new() })?;
        self.put(slot, inode);
        Ok(())
    }

    /// mkdir(2) of the path and of all missing directories above it; what is a directory already is no failure.
    pub fn mkdir_all(&mut self, path: &[Name], content: Content) -> Outcome<()> {
        for depth in 1..=path.len() {
            let Some(prefix) = path.get(..depth) else { break };
            match self.mkdir(prefix, content) {
                Err(ErrorKind::AlreadyExists) => match self.stat(prefix) {
                    Ok((Kind::Directory, _)) => {}
                    _ if depth < path.len() => return Err(ErrorKind::NotADirectory),
                    _ => return Err(ErrorKind::AlreadyExists),
                },
                other => other?,
            }
        }
        Ok(())
    }

    /// rmdir(2).
    pub fn rmdir(&mut self, path: &[Name]) -> Outcome<()> {
        let entry = self.resolve(path, false)?;
        let inode = entry.inode.ok_or(ErrorKind::NotFound)?;
        match self.node(inode) {
            Node::Directory { entries, .. } if entries.is_empty() => {}
            Node::Directory { .. } => return Err(ErrorKind::DirectoryNotEmpty),
            _ => return Err(ErrorKind::NotADirectory),
        }
        self.take(entry.slot.ok_or(ErrorKind::Other)?);
        self.collect(inode);
        Ok(())
    }

    /// unlink(2).
    pub fn unlink(&mut self, path: &[Name]) -> Outcome<()> {
        let entry = self.resolve(path, false)?;
        let inode = entry.inode.ok_or(ErrorKind::NotFound)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            return Err(ErrorKind::IsADirectory);
        }
        self.take(entry.slot.ok_or(ErrorKind::Other)?);
        self.collect(inode);
        Ok(())
    }

    /// Removes all below a directory and leaves it empty and incomplete.
    pub fn empty_directory(&mut self, path: &[Name], contents: &mut Contents) -> Outcome<()> {
        let inode = self.clear(path)?;
        let half = contents.half(self.content_of(inode));
        self.set_content(inode, half);
        Ok(())
    }

    fn clear(&mut self, path: &[Name]) -> Outcome<Inode> {
        let inode = self.existing(path, false)?;
        if self.kind_of(inode) != Some(Kind::Directory) {
            return Err(ErrorKind::NotADirectory);
        }
        let mut pending = vec![inode];
        let mut gone = Vec::new();
        while let Some(directory) = pending.pop() {
            let entries = self.entries_mut(directory).map(std::mem::take).unwrap_or_default();
            for (_, child) in entries {
                pending.push(child);
                gone.push(child);
            }
        }
        for child in gone {
            self.collect(child);
        }
        Ok(inode)
    }

    /// rename(2), with `replace: false` as renameat2(2) with RENAME_NOREPLACE.
    pub fn rename(&mut self, from: &[Name], to: &[Name], replace: bool) -> Outcome<()> {
        let source = self.resolve(from, false)?;
        let inode = source.inode.ok_or(ErrorKind::NotFound)?;
        let target = self.resolve(to, false)?;
        let (Some(from_slot), Some(to_slot)) = (source.slot, target.slot) else {
            return Err(ErrorKind::Other);
        };
        let directory = self.kind_of(inode) == Some(Kind::Directory);
        if let Some(old) = target.inode {
            if !replace {
                return Err(ErrorKind::AlreadyExists);
            }
            if old == inode {
                return Ok(());
            }
            match self.node(old) {
                Node::Directory { .. } if !directory => return Err(ErrorKind::IsADirectory),
                Node::Directory { entries, .. } if !entries.is_empty() => {
                    return Err(ErrorKind::DirectoryNotEmpty);
                }
                Node::Directory { .. } => {}
                _ if directory => return Err(ErrorKind::NotADirectory),
                _ => {}
            }
        }
        // A directory cannot be moved below itself: EINVAL.
        if directory && self.holds(inode, to_slot.0) {
            return Err(ErrorKind::Other);
        }
        self.take(from_slot);
        self.put(to_slot, inode);
        if let Some(old) = target.inode {
            self.collect(old);
        }
        Ok(())
    }

    /// Whether `inode` is `directory` or lies below it.
    fn holds(&self, directory: Inode, inode: Inode) -> bool {
        let mut pending = vec![directory];
        // Directories form a tree, each is met once.
        while let Some(current) = pending.pop() {
            if current == inode {
                return true;
            }
            if let Node::Directory { entries, .. } = self.node(current) {
                pending.extend(entries.iter().map(|(_, child)| *child));
            }
        }
        false
    }

    /// link(2).
    pub fn link(&mut self, from: &[Name], to: &[Name]) -> Outcome<()> {
        let inode = self.existing(from, false)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            return Err(ErrorKind::PermissionDenied);
        }
        let target = self.resolve(to, false)?;
        match (target.inode, target.slot) {
            (None, Some(slot)) => {
                self.put(slot, inode);
                Ok(())
            }
            _ => Err(ErrorKind::AlreadyExists),
        }
    }

    /// symlink(2); `target` is a path from the root.
    pub fn symlink(&mut self, target: &[Name], at: &[Name]) -> Outcome<()> {
        let entry = self.resolve(at, false)?;
        match (entry.inode, entry.slot) {
            (None, Some(slot)) => {
                let inode = self.add(Node::Symlink { target: target.to_vec() })?;
                self.put(slot, inode);
                Ok(())
            }
            _ => Err(ErrorKind::AlreadyExists),
        }
    }

    /// Puts a new complete file or directory at the path in one step, whatever was there (another's rename over it).
    pub fn replace(&mut self, path: &[Name], kind: Kind, content: Content) -> Outcome<()> {
        let entry = self.resolve(path, false)?;
        let slot = entry.slot.ok_or(ErrorKind::Other)?;
        if entry.inode.is_some() {
            self.remove(path)?;
        }
        let node = match kind {
            Kind::Directory => Node::Directory { content, entries: Vec::new() },
            Kind::File | Kind::Symlink => Node::File { content },
        };
        let inode = self.add(node)?;
        self.put(slot, inode);
        Ok(())
    }

    /// Removes whatever is at the path, with all below it, in one step (another's whole removal).
    pub fn remove(&mut self, path: &[Name]) -> Outcome<()> {
        let inode = self.existing(path, false)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            self.clear(path)?;
            self.rmdir(path)
        } else {
            self.unlink(path)
        }
    }
}
