//! A small abstract filesystem, close to POSIX at the level of system calls.
//!
//! Inodes outlive their names while a handle is open, a file may have several names, a handle keeps its position, and an
//! advisory lock belongs to the open file as with flock(2). What files hold is provenance, see [`Contents`].

mod locks;
mod names;
#[cfg(test)]
mod tests;

use super::content::{Content, Contents};
use crate::flow::{ErrorKind, OpenFlags};
use std::borrow::Cow;

/// A path's component, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u16);

/// A file, directory or link, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inode(u16);

/// An open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u16);

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Free,
    File { content: Content },
    Directory { content: Content, entries: Vec<(Name, Inode)> },
    Symlink { target: Vec<Name> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OpenFile {
    inode: Inode,
    append: bool,
    /// What the file holds if nobody else wrote since this handle did; none while the position is at the start.
    expected: Option<Content>,
    /// What it will hold once the write under way is complete.
    completed: Content,
    lock: Option<Lock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lock {
    Shared,
    Exclusive,
}

/// What a path leads to: the directory and the name in it, and the inode if there is one.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// None for the root itself.
    slot: Option<(Inode, Name)>,
    inode: Option<Inode>,
}

/// How many symbolic links one path may lead through; as ELOOP, above it the lookup fails.
const MAX_LINKS: usize = 8;

const ROOT: Inode = Inode(0);

/// The state of the filesystem. The root directory is the empty path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filesystem {
    nodes: Vec<Node>,
    handles: Vec<Option<OpenFile>>,
}

type Outcome<T> = Result<T, ErrorKind>;

impl Default for Filesystem {
    fn default() -> Self {
        let root = Node::Directory { content: Content::EMPTY, entries: Vec::new() };
        Filesystem { nodes: vec![root], handles: Vec::new() }
    }
}

impl Filesystem {
    fn node(&self, inode: Inode) -> &Node {
        self.nodes.get(inode.0 as usize).unwrap_or(&Node::Free)
    }

    fn resolve(&self, path: &[Name], follow: bool) -> Outcome<Entry> {
        let mut rest: Cow<'_, [Name]> = Cow::Borrowed(path);
        let mut next = 0;
        let mut links = 0;
        let mut entry = Entry { slot: None, inode: Some(ROOT) };
        while let Some(name) = rest.get(next).copied() {
            next += 1;
            let last = next == rest.len();
            let Some(directory) = entry.inode else { return Err(ErrorKind::NotFound) };
            let Node::Directory { entries, .. } = self.node(directory) else {
                return Err(ErrorKind::NotADirectory);
            };
            let found = entries.iter().find(|(n, _)| *n == name).map(|(_, inode)| *inode);
            let Some(inode) = found else {
                if last {
                    return Ok(Entry { slot: Some((directory, name)), inode: None });
                }
                return Err(ErrorKind::NotFound);
            };
            if let Node::Symlink { target } = self.node(inode)
                && (follow || !last)
            {
                links += 1;
                if links > MAX_LINKS {
                    return Err(ErrorKind::Other);
                }
                let mut redirected = target.clone();
                redirected.extend(rest.iter().skip(next).copied());
                rest = Cow::Owned(redirected);
                next = 0;
                entry = Entry { slot: None, inode: Some(ROOT) };
                continue;
            }
            entry = Entry { slot: Some((directory, name)), inode: Some(inode) };
        }
        Ok(entry)
    }

    fn existing(&self, path: &[Name], follow: bool) -> Outcome<Inode> {
        self.resolve(path, follow)?.inode.ok_or(ErrorKind::NotFound)
    }

    fn kind_of(&self, inode: Inode) -> Option<Kind> {
        match self.node(inode) {
            Node::Free => None,
            Node::File { .. } => Some(Kind::File),
            Node::Directory { .. } => Some(Kind::Directory),
            Node::Symlink { .. } => Some(Kind::Symlink),
        }
    }

    fn content_of(&self, inode: Inode) -> Content {
        match self.node(inode) {
            Node::File { content } | Node::Directory { content, .. } => *content,
            Node::Free | Node::Symlink { .. } => Content::EMPTY,
        }
    }

    fn set_content(&mut self, inode: Inode, new: Content) {
        if let Some(Node::File { content } | Node::Directory { content, .. }) =
            self.nodes.get_mut(inode.0 as usize)
        {
            *content = new;
        }
    }

    fn add(&mut self, node: Node) -> Outcome<Inode> {
        // The lowest free number, so that equal histories give equal states.
        if let Some(free) = self.nodes.iter().position(|n| *n == Node::Free)
            && let Some(slot) = self.nodes.get_mut(free)
        {
            *slot = node;
            return Ok(Inode(u16::try_from(free).map_err(|_| ErrorKind::Other)?));
        }
        let number = u16::try_from(self.nodes.len()).map_err(|_| ErrorKind::Other)?;
        self.nodes.push(node);
        Ok(Inode(number))
    }

    fn entries_mut(&mut self, directory: Inode) -> Option<&mut Vec<(Name, Inode)>> {
        match self.nodes.get_mut(directory.0 as usize) {
            Some(Node::Directory { entries, .. }) => Some(entries),
            _ => None,
        }
    }

    fn put(&mut self, (directory, name): (Inode, Name), inode: Inode) {
        if let Some(entries) = self.entries_mut(directory) {
            match entries.binary_search_by_key(&name, |(n, _)| *n) {
                Ok(at) => {
                    if let Some(entry) = entries.get_mut(at) {
                        entry.1 = inode;
                    }
                }
                Err(at) => entries.insert(at, (name, inode)),
            }
        }
    }

    fn take(&mut self, (directory, name): (Inode, Name)) {
        if let Some(entries) = self.entries_mut(directory) {
            entries.retain(|(n, _)| *n != name);
        }
    }

    /// Frees the inode if it has neither a name nor a handle.
    fn collect(&mut self, inode: Inode) {
        let named = self.nodes.iter().any(|node| {
            matches!(node, Node::Directory { entries, .. } if entries.iter().any(|(_, i)| *i == inode))
        });
        let open = self.handles.iter().flatten().any(|open| open.inode == inode);
        if !named
            && !open
            && inode != ROOT
            && let Some(node) = self.nodes.get_mut(inode.0 as usize)
        {
            *node = Node::Free;
        }
    }

    /// stat(2): what is there, links followed.
    pub fn stat(&self, path: &[Name]) -> Outcome<(Kind, Content)> {
        let inode = self.existing(path, true)?;
        Ok((self.kind_of(inode).ok_or(ErrorKind::NotFound)?, self.content_of(inode)))
    }

    /// lstat(2): what is there, a link itself included.
    pub fn lstat(&self, path: &[Name]) -> Outcome<(Kind, Content)> {
        let inode = self.existing(path, false)?;
        Ok((self.kind_of(inode).ok_or(ErrorKind::NotFound)?, self.content_of(inode)))
    }

    /// open(2).
    pub fn open(&mut self, path: &[Name], flags: OpenFlags) -> Outcome<Handle> {
        let writes = flags.write || flags.append || flags.truncate;
        let entry = self.resolve(path, !flags.no_follow && !flags.create_new)?;
        let inode = match entry.inode {
            Some(_) if flags.create_new => return Err(ErrorKind::AlreadyExists),
            Some(inode) => {
                match self.node(inode) {
                    Node::Directory { .. } if writes || flags.create => return Err(ErrorKind::IsADirectory),
                    // Without following, a link cannot be opened: ELOOP.
                    Node::Symlink { .. } => return Err(ErrorKind::Other),
                    _ => {}
                }
                if flags.truncate {
                    self.set_content(inode, Content::EMPTY);
                }
                inode
            }
            None if flags.create || flags.create_new => {
                let slot = entry.slot.ok_or(ErrorKind::IsADirectory)?;
                let inode = self.add(Node::File { content: Content::EMPTY })?;
                self.put(slot, inode);
                inode
            }
            None => return Err(ErrorKind::NotFound),
        };
        self.handle_on(inode, flags.append)
    }

    /// Opens a directory for filling it.
    pub fn open_directory(&mut self, path: &[Name]) -> Outcome<Handle> {
        let inode = self.existing(path, true)?;
        if self.kind_of(inode) != Some(Kind::Directory) {
            return Err(ErrorKind::NotADirectory);
        }
        self.handle_on(inode, false)
    }

    fn handle_on(&mut self, inode: Inode, append: bool) -> Outcome<Handle> {
        let open = OpenFile { inode, append, expected: None, completed: Content::EMPTY, lock: None };
        if let Some(free) = self.handles.iter().position(Option::is_none)
            && let Some(slot) = self.handles.get_mut(free)
        {
            *slot = Some(open);
            return Ok(Handle(u16::try_from(free).map_err(|_| ErrorKind::Other)?));
        }
        let number = u16::try_from(self.handles.len()).map_err(|_| ErrorKind::Other)?;
        self.handles.push(Some(open));
        Ok(Handle(number))
    }

    fn opened(&self, handle: Handle) -> Outcome<&OpenFile> {
        self.handles.get(handle.0 as usize).and_then(Option::as_ref).ok_or(ErrorKind::Other)
    }

    fn opened_mut(&mut self, handle: Handle) -> Outcome<&mut OpenFile> {
        self.handles.get_mut(handle.0 as usize).and_then(Option::as_mut).ok_or(ErrorKind::Other)
    }

    /// close(2): the lock of the open file goes with it.
    pub fn close(&mut self, handle: Handle) {
        let Some(open) = self.handles.get_mut(handle.0 as usize).and_then(Option::take) else { return };
        while self.handles.last().is_some_and(Option::is_none) {
            self.handles.pop();
        }
        self.collect(open.inode);
    }

    /// read(2) of all that is left.
    pub fn read(&self, handle: Handle) -> Outcome<Content> {
        let inode = self.opened(handle)?.inode;
        match self.node(inode) {
            Node::File { content } => Ok(*content),
            _ => Err(ErrorKind::IsADirectory),
        }
    }

    /// fstat(2).
    pub fn stat_handle(&self, handle: Handle) -> Outcome<(Kind, Content)> {
        let inode = self.opened(handle)?.inode;
        Ok((self.kind_of(inode).ok_or(ErrorKind::Other)?, self.content_of(inode)))
    }

    /// Whether writes through the handle go to the end in one step.
    pub fn appends(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.append)
    }

    /// The first of the two steps of writing `text` at the handle's position.
    pub fn write_first(&mut self, handle: Handle, text: Content, contents: &mut Contents) -> Outcome<()> {
        let open = self.opened(handle)?;
        let (inode, expected) = (open.inode, open.expected);
        let old = self.content_of(inode);
        let half = contents.half(text);
        let (now, completed) = match expected {
            None if old == Content::EMPTY || old == half => (half, text),
            // Overwriting from the start: with all of the new text written, nothing of the old shows.
            None => (contents.mixed(old, text), text),
            Some(expected) if expected == old => (contents.sequence(old, half), contents.sequence(old, text)),
            Some(_) => {
                let mixed = contents.mixed(old, text);
                (mixed, mixed)
            }
        };
        self.set_content(inode, now);
        let open = self.opened_mut(handle)?;
        open.expected = Some(now);
        open.completed = completed;
        Ok(())
    }

    /// The second step of writing `text`: clean if nobody else wrote or cut the file in between.
    pub fn write_rest(&mut self, handle: Handle, text: Content, contents: &mut Contents) -> Outcome<()> {
        let open = self.opened(handle)?;
        let (inode, expected, completed) = (open.inode, open.expected, open.completed);
        let old = self.content_of(inode);
        let now = if expected == Some(old) || old == text { completed } else { contents.mixed(old, text) };
        self.set_content(inode, now);
        self.opened_mut(handle)?.expected = Some(now);
        Ok(())
    }

    /// write(2) with O_APPEND, in one step.
    pub fn append(&mut self, handle: Handle, text: Content, contents: &mut Contents) -> Outcome<()> {
        let inode = self.opened(handle)?.inode;
        if self.kind_of(inode) != Some(Kind::File) {
            return Err(ErrorKind::IsADirectory);
        }
        let now = contents.sequence(self.content_of(inode), text);
        self.set_content(inode, now);
        Ok(())
    }

    /// ftruncate(2): before the handle has written, to nothing and with the position set back; after it, to what was written, which
    /// only cuts off what an older and longer content left behind.
    pub fn truncate_handle(&mut self, handle: Handle) -> Outcome<()> {
        let open = self.opened(handle)?;
        let inode = open.inode;
        if open.expected.is_none_or(|expected| expected == Content::EMPTY) {
            self.set_content(inode, Content::EMPTY);
            self.opened_mut(handle)?.expected = None;
        }
        Ok(())
    }

    /// truncate(2) to nothing.
    pub fn truncate(&mut self, path: &[Name]) -> Outcome<()> {
        let inode = self.existing(path, true)?;
        match self.kind_of(inode) {
            Some(Kind::Directory) => Err(ErrorKind::IsADirectory),
            _ => {
                self.set_content(inode, Content::EMPTY);
                Ok(())
            }
        }
    }

    /// The names in a directory.
    pub fn read_dir(&self, path: &[Name]) -> Outcome<(Content, Vec<Name>)> {
        let inode = self.existing(path, true)?;
        match self.node(inode) {
            Node::Directory { content, entries } => Ok((*content, entries.iter().map(|(n, _)| *n).collect())),
            _ => Err(ErrorKind::NotADirectory),
        }
    }

    /// All that is there: paths with kind and content, parents before children.
    pub fn tree(&self) -> Vec<(Vec<Name>, Kind, Content)> {
        let mut found = Vec::new();
        let mut pending = vec![(Vec::new(), ROOT)];
        while let Some((path, inode)) = pending.pop() {
            if let Node::Directory { entries, .. } = self.node(inode) {
                for (name, child) in entries.iter().rev() {
                    let mut below: Vec<Name> = path.clone();
                    below.push(*name);
                    pending.push((below, *child));
                }
            }
            if let Some(kind) = self.kind_of(inode)
                && inode != ROOT
            {
                found.push((path, kind, self.content_of(inode)));
            }
        }
        found
    }
}
