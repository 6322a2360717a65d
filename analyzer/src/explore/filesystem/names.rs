//! What changes names: directories, removals, renames, links.

use super::{Entry, Filesystem, Inode, Kind, Name, Node, Outcome, Process, ROOT};
use crate::explore::content::{Content, Contents, Half};
use crate::flow::ErrorKind;

impl Filesystem {
    /// mkdir(2). `content` says who made the directory.
    pub(super) fn mkdir(
        &mut self,
        process: Process,
        path: &[Name],
        private: bool,
        content: Content,
    ) -> Outcome<()> {
        let slot = self.free(self.resolve(process, path, false)?)?;
        self.may_change(process, slot.0)?;
        let access = self.made_by(process, private);
        let inode = self.add(Node::Directory {
            content,
            filled: Content::EMPTY,
            entries: Vec::new(),
            access,
            open: false,
        })?;
        self.put(slot, inode);
        Ok(())
    }

    /// Writes one of the two files that a filled directory holds, as open(2) with O_CREAT | O_TRUNC and write(2) do.
    pub(super) fn fill(
        &mut self,
        process: Process,
        path: &[Name],
        text: Content,
        half: Half,
        contents: &mut Contents,
    ) -> Outcome<()> {
        let inode = self.existing(process, path, true)?;
        if self.kind_of(inode) == Some(Kind::Directory) && !self.is_named(inode) {
            return Err(ErrorKind::NotFound);
        }
        if self.kind_of(inode) == Some(Kind::Directory) {
            self.may_change(process, inode)?;
        }
        let Some(Node::Directory { filled, .. }) = self.nodes.get_mut(inode.0 as usize) else {
            return Err(ErrorKind::NotADirectory);
        };
        let at = if half == Half::First { 0 } else { 1 };
        *filled = contents.write(*filled, at, text, half).0;
        Ok(())
    }

    /// rmdir(2).
    pub(super) fn rmdir(&mut self, process: Process, path: &[Name]) -> Outcome<()> {
        let entry = self.resolve(process, path, false)?;
        let inode = entry.inode.ok_or(ErrorKind::NotFound)?;
        // The root, or "." (EBUSY, EINVAL).
        let slot = entry.slot.ok_or(ErrorKind::Other)?;
        self.may_change(process, slot.0)?;
        match self.node(inode) {
            Node::Directory { .. } if self.is_empty(inode) => {}
            Node::Directory { .. } => return Err(ErrorKind::DirectoryNotEmpty),
            _ => return Err(ErrorKind::NotADirectory),
        }
        self.take(slot);
        self.collect(inode);
        Ok(())
    }

    /// Whether a directory holds nothing.
    fn is_empty(&self, directory: Inode) -> bool {
        matches!(self.node(directory), Node::Directory { entries, filled, .. }
            if entries.is_empty() && *filled == Content::EMPTY)
    }

    /// unlink(2).
    pub(super) fn unlink(&mut self, process: Process, path: &[Name]) -> Outcome<()> {
        let entry = self.resolve(process, path, false)?;
        let inode = entry.inode.ok_or(ErrorKind::NotFound)?;
        let slot = entry.slot.ok_or(ErrorKind::IsADirectory)?;
        self.may_change(process, slot.0)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            return Err(ErrorKind::IsADirectory);
        }
        self.take(slot);
        self.collect(inode);
        Ok(())
    }

    /// Removes all below a directory and leaves it empty and incomplete.
    pub(super) fn clear(&mut self, process: Process, path: &[Name], contents: &mut Contents) -> Outcome<()> {
        let inode = self.existing(process, path, false)?;
        if self.kind_of(inode) != Some(Kind::Directory) {
            return Err(ErrorKind::NotADirectory);
        }
        self.may_look(process, self.access_of(inode))?;
        if !self.is_empty(inode) {
            self.may_change(process, inode)?;
        }
        self.empty(inode, contents);
        Ok(())
    }

    fn empty(&mut self, directory: Inode, contents: &mut Contents) {
        self.clear_inode(directory);
        let half = contents.half(self.content_of(directory));
        self.set_content(directory, half);
    }

    fn clear_inode(&mut self, inode: Inode) {
        let mut pending = vec![inode];
        let mut gone = Vec::new();
        while let Some(directory) = pending.pop() {
            let Some(Node::Directory { entries, filled, .. }) = self.nodes.get_mut(directory.0 as usize)
            else {
                continue;
            };
            *filled = Content::EMPTY;
            for (_, child) in std::mem::take(entries) {
                pending.push(child);
                gone.push(child);
            }
        }
        for child in gone {
            self.collect(child);
        }
    }

    /// Removes whatever is at the path, with all below it, in one step.
    pub(super) fn remove_all(
        &mut self,
        process: Process,
        path: &[Name],
        contents: &mut Contents,
    ) -> Outcome<()> {
        let inode = self.existing(process, path, false)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            self.clear(process, path, contents)?;
            self.rmdir(process, path)
        } else {
            self.unlink(process, path)
        }
    }

    /// Puts a new complete file or directory at the path in one step, whatever was there.
    pub(super) fn replace(
        &mut self,
        process: Process,
        path: &[Name],
        kind: Kind,
        content: Content,
        contents: &mut Contents,
    ) -> Outcome<()> {
        let entry = self.resolve(process, path, false)?;
        let slot = entry.slot.ok_or(ErrorKind::Other)?;
        self.must_stand(slot.0)?;
        self.may_change(process, slot.0)?;
        // The path is looked up once: it may lead through what is replaced.
        if let Some(old) = entry.inode {
            if self.kind_of(old) == Some(Kind::Directory) {
                self.empty(old, contents);
            }
            self.take(slot);
            self.collect(old);
        }
        let access = self.made_by(process, false);
        let node = match kind {
            Kind::Directory => {
                Node::Directory { content, filled: Content::EMPTY, entries: Vec::new(), access, open: false }
            }
            Kind::File | Kind::Symlink => Node::File { content, access },
        };
        let inode = self.add(node)?;
        self.put(slot, inode);
        Ok(())
    }

    /// rename(2), with `replace: false` as renameat2(2) with RENAME_NOREPLACE.
    pub(super) fn rename(
        &mut self,
        process: Process,
        from: &[Name],
        to: &[Name],
        replace: bool,
    ) -> Outcome<()> {
        // Both are looked up before either is judged.
        let (source, target) = (self.resolve(process, from, false)?, self.resolve(process, to, false)?);
        // "." can be neither moved nor moved onto (EBUSY), and is there.
        let from_slot = source.slot.ok_or(ErrorKind::Other)?;
        let occupied = if replace { ErrorKind::Other } else { ErrorKind::AlreadyExists };
        let to_slot = target.slot.ok_or(occupied)?;
        let inode = source.inode.ok_or(ErrorKind::NotFound)?;
        self.must_stand(to_slot.0)?;
        if target.inode.is_some() && !replace {
            return Err(ErrorKind::AlreadyExists);
        }
        let directory = self.kind_of(inode) == Some(Kind::Directory);
        // A directory cannot be moved below itself: EINVAL.
        if directory && self.holds(inode, to_slot.0) {
            return Err(ErrorKind::Other);
        }
        if let Some(old) = target.inode {
            // Nor over one that it is in.
            if self.holds(old, from_slot.0) {
                return Err(ErrorKind::DirectoryNotEmpty);
            }
            if old == inode {
                return Ok(());
            }
        }
        for changed in [from_slot.0, to_slot.0] {
            self.may_change(process, changed)?;
        }
        if let Some(old) = target.inode {
            match self.node(old) {
                Node::Directory { .. } if !directory => return Err(ErrorKind::IsADirectory),
                Node::Directory { .. } => {}
                _ if directory => return Err(ErrorKind::NotADirectory),
                _ => {}
            }
        }
        // Its ".." changes.
        if directory && from_slot.0 != to_slot.0 {
            self.may_change(process, inode)?;
        }
        // What may be done is asked before the filesystem looks into the directory that goes.
        if let Some(old) = target.inode
            && directory
            && !self.is_empty(old)
        {
            return Err(ErrorKind::DirectoryNotEmpty);
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
        if directory == ROOT {
            return true;
        }
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
    pub(super) fn link(&mut self, process: Process, from: &[Name], to: &[Name]) -> Outcome<()> {
        let inode = self.existing(process, from, false)?;
        let slot = self.free(self.resolve(process, to, false)?)?;
        if self.kind_of(inode) == Some(Kind::Directory) {
            return Err(ErrorKind::PermissionDenied);
        }
        self.may_change(process, slot.0)?;
        self.put(slot, inode);
        Ok(())
    }

    /// symlink(2); `target` is a path from the root.
    pub(super) fn symlink(&mut self, process: Process, target: &[Name], at: &[Name]) -> Outcome<()> {
        let slot = self.free(self.resolve(process, at, false)?)?;
        self.may_change(process, slot.0)?;
        let inode = self.add(Node::Symlink { target: target.to_vec() })?;
        self.put(slot, inode);
        Ok(())
    }

    /// Where something new can be put.
    fn free(&self, entry: Entry) -> Outcome<(Inode, Name)> {
        match (entry.inode, entry.slot) {
            (None, Some(slot)) => self.must_stand(slot.0).map(|()| slot),
            _ => Err(ErrorKind::AlreadyExists),
        }
    }
}
