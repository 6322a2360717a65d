//! A small abstract filesystem, close to POSIX at the level of system calls, with what each process keeps for itself.
//!
//! Inodes outlive their names while a handle is open, a file may have several names, a handle keeps its position, and an
//! advisory lock belongs to the open file as with flock(2), or to the process as with fcntl(2). What files hold is provenance, see
//! [`Contents`]. [`Filesystem::perform`] is the only way in for the interpreter; the tests hold it against a real filesystem.

mod call;
mod locks;
mod names;
mod process;
#[cfg(test)]
mod tests;

pub use call::{Call, Reply, Status};
pub use process::Process;

use super::content::{Content, Contents, Half};
use crate::flow::{ErrorKind, OpenFlags};
use locks::{Lock, Record};
use process::Own;
use std::borrow::Cow;

/// A path's component, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u16);

impl Name {
    /// As a path's first component, the working directory of whoever looks the path up. As a name in the root directory, the
    /// directory that everybody starts in.
    pub const WORKING: Name = Name(0);
}

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

/// Who may open a file or directory, and whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Access {
    /// Only the owner may look inside: no mode bits for group and others.
    pub private: bool,
    /// It belongs to another user.
    pub foreign: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Free,
    File {
        content: Content,
        access: Access,
    },
    Directory {
        /// Who made it, or what is left of that.
        content: Content,
        /// What it was filled with.
        filled: Content,
        entries: Vec<(Name, Inode)>,
        access: Access,
        /// Whether every user may make and remove names in it.
        open: bool,
    },
    /// Leads to a path from the root.
    Symlink {
        target: Vec<Name>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OpenFile {
    inode: Inode,
    process: Process,
    reads: bool,
    writes: bool,
    append: bool,
    /// Where it writes next, in pieces.
    position: usize,
    lock: Option<Lock>,
}

/// What a path leads to: the directory and the name in it, and the inode if there is one.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// None for the root itself.
    slot: Option<(Inode, Name)>,
    inode: Option<Inode>,
}

/// How many symbolic links one path may lead through; as ELOOP, above it the lookup fails (path_resolution(7)).
const MAX_LINKS: usize = 40;

const ROOT: Inode = Inode(0);

const START: Inode = Inode(1);

/// The state of the filesystem and of the two processes. The root directory is the empty path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filesystem {
    nodes: Vec<Node>,
    handles: Vec<Option<OpenFile>>,
    records: Vec<Record>,
    processes: [Own; 2],
}

type Outcome<T> = Result<T, ErrorKind>;

impl Default for Filesystem {
    fn default() -> Self {
        let directory = |entries| Node::Directory {
            content: Content::EMPTY,
            filled: Content::EMPTY,
            entries,
            access: Access::default(),
            open: false,
        };
        Filesystem {
            nodes: vec![directory(vec![(Name::WORKING, START)]), directory(Vec::new())],
            handles: Vec::new(),
            records: Vec::new(),
            processes: [Own::default(), Own::default()],
        }
    }
}

impl Filesystem {
    fn node(&self, inode: Inode) -> &Node {
        self.nodes.get(inode.0 as usize).unwrap_or(&Node::Free)
    }

    /// Looks a path up as a process sees it.
    fn resolve(&self, process: Process, path: &[Name], follow: bool) -> Outcome<Entry> {
        let mut rest: Cow<'_, [Name]> = Cow::Borrowed(path);
        let mut next = 0;
        let mut links = 0;
        let mut entry = Entry { slot: None, inode: Some(ROOT) };
        if path.first() == Some(&Name::WORKING) {
            next = 1;
            let working = self.own(process).working;
            // Even "." is looked up in it.
            self.may_look(process, self.access_of(working))?;
            entry.inode = Some(working);
        }
        while let Some(name) = rest.get(next).copied() {
            next += 1;
            let last = next == rest.len();
            let Some(directory) = entry.inode else { return Err(ErrorKind::NotFound) };
            let Node::Directory { entries, access, .. } = self.node(directory) else {
                return Err(ErrorKind::NotADirectory);
            };
            self.may_look(process, *access)?;
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

    fn existing(&self, process: Process, path: &[Name], follow: bool) -> Outcome<Inode> {
        self.resolve(process, path, follow)?.inode.ok_or(ErrorKind::NotFound)
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
            Node::File { content, .. } => *content,
            Node::Directory { filled, .. } if *filled != Content::EMPTY => *filled,
            Node::Directory { content, .. } => *content,
            Node::Free | Node::Symlink { .. } => Content::EMPTY,
        }
    }

    fn access_of(&self, inode: Inode) -> Access {
        match self.node(inode) {
            Node::File { access, .. } | Node::Directory { access, .. } => *access,
            Node::Free | Node::Symlink { .. } => Access::default(),
        }
    }

    fn status_of(&self, inode: Inode) -> Outcome<Status> {
        Ok(Status {
            kind: self.kind_of(inode).ok_or(ErrorKind::NotFound)?,
            content: self.content_of(inode),
            access: self.access_of(inode),
        })
    }

    fn set_content(&mut self, inode: Inode, new: Content) {
        if let Some(Node::File { content, .. } | Node::Directory { content, .. }) =
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

    /// Whether some directory holds it, or it is the root.
    fn is_named(&self, inode: Inode) -> bool {
        inode == ROOT
            || self.nodes.iter().any(|node| {
                matches!(node, Node::Directory { entries, .. } if entries.iter().any(|(_, i)| *i == inode))
            })
    }

    /// Nothing can be made in a directory that is no longer in any other.
    fn must_stand(&self, directory: Inode) -> Outcome<()> {
        if self.is_named(directory) { Ok(()) } else { Err(ErrorKind::NotFound) }
    }

    /// Frees the inode if it has neither a name nor a handle, and nobody stands in it.
    fn collect(&mut self, inode: Inode) {
        let open = self.handles.iter().flatten().any(|open| open.inode == inode)
            || self.processes.iter().any(|own| own.working == inode);
        if !open
            && !self.is_named(inode)
            && let Some(node) = self.nodes.get_mut(inode.0 as usize)
        {
            *node = Node::Free;
        }
    }

    /// stat(2): what is there, links followed.
    pub fn stat(&self, process: Process, path: &[Name]) -> Outcome<Status> {
        self.status_of(self.existing(process, path, true)?)
    }

    /// lstat(2): what is there, a link itself included.
    pub fn lstat(&self, process: Process, path: &[Name]) -> Outcome<Status> {
        self.status_of(self.existing(process, path, false)?)
    }

    /// Whose it is, and for whom, when a process makes something.
    fn made_by(&self, process: Process, private: bool) -> Access {
        let own = self.own(process);
        Access { private: private || own.masks, foreign: own.foreign }
    }

    /// open(2).
    fn open(&mut self, process: Process, path: &[Name], flags: OpenFlags, private: bool) -> Outcome<Handle> {
        let writes = flags.write || flags.append;
        let entry = self.resolve(process, path, !flags.no_follow && !flags.create_new)?;
        let inode = match entry.inode {
            Some(_) if flags.create_new => return Err(ErrorKind::AlreadyExists),
            Some(inode) => {
                match self.node(inode) {
                    Node::Directory { .. } if writes || flags.truncate || flags.create => {
                        return Err(ErrorKind::IsADirectory);
                    }
                    // Without following, a link cannot be opened: ELOOP.
                    Node::Symlink { .. } => return Err(ErrorKind::Other),
                    _ => {}
                }
                let access = self.access_of(inode);
                self.may_look(process, access)?;
                if writes || flags.truncate {
                    self.must_own(process, access)?;
                }
                if flags.truncate {
                    self.set_content(inode, Content::EMPTY);
                }
                inode
            }
            None if flags.create || flags.create_new => {
                let slot = entry.slot.ok_or(ErrorKind::IsADirectory)?;
                self.must_stand(slot.0)?;
                self.may_change(process, slot.0)?;
                let access = self.made_by(process, private);
                let inode = self.add(Node::File { content: Content::EMPTY, access })?;
                self.put(slot, inode);
                inode
            }
            None => return Err(ErrorKind::NotFound),
        };
        let open = OpenFile {
            inode,
            process,
            reads: flags.read || !writes,
            writes,
            append: flags.append,
            position: 0,
            lock: None,
        };
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

    /// close(2): the lock of the open file goes with it, and all that the process has locked on the file by fcntl(2).
    fn close(&mut self, handle: Handle) -> Outcome<()> {
        let slot = self.handles.get_mut(handle.0 as usize).and_then(Option::take);
        let open = slot.ok_or(ErrorKind::Other)?;
        while self.handles.last().is_some_and(Option::is_none) {
            self.handles.pop();
        }
        self.release_records(open.inode, open.process);
        self.collect(open.inode);
        Ok(())
    }

    /// Whether the process has that file open.
    pub fn is_open(&self, process: Process, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.process == process)
    }

    fn read(&self, handle: Handle) -> Outcome<Content> {
        let open = self.opened(handle)?;
        match self.node(open.inode) {
            Node::File { content, .. } if open.reads => Ok(*content),
            Node::Directory { .. } => Err(ErrorKind::IsADirectory),
            _ => Err(ErrorKind::Other),
        }
    }

    fn stat_handle(&self, handle: Handle) -> Outcome<Status> {
        self.status_of(self.opened(handle)?.inode)
    }

    /// Whether writes through the handle go to the end.
    pub fn appends(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.append)
    }

    /// Whether anything can be written through the handle.
    pub fn writes(&self, handle: Handle) -> bool {
        self.opened(handle).is_ok_and(|open| open.writes)
    }

    fn write(&mut self, handle: Handle, text: Content, half: Half, contents: &mut Contents) -> Outcome<()> {
        let open = self.opened(handle)?;
        if !open.writes {
            return Err(ErrorKind::Other);
        }
        // Nothing that is written moves no position, not even that of a handle which appends.
        if contents.share(text, half).is_empty() {
            return Ok(());
        }
        let inode = open.inode;
        let old = self.content_of(inode);
        let at = if open.append { contents.length(old) } else { open.position };
        let (now, position) = contents.write(old, at, text, half);
        self.set_content(inode, now);
        self.opened_mut(handle)?.position = position;
        Ok(())
    }

    fn cut(&mut self, handle: Handle, contents: &mut Contents) -> Outcome<()> {
        let open = self.opened(handle)?;
        if !open.writes {
            return Err(ErrorKind::Other);
        }
        let (inode, length) = (open.inode, open.position);
        let cut = contents.resize(self.content_of(inode), length);
        self.set_content(inode, cut);
        Ok(())
    }

    fn truncate(&mut self, process: Process, path: &[Name]) -> Outcome<()> {
        let inode = self.existing(process, path, true)?;
        match self.kind_of(inode) {
            Some(Kind::Directory) => Err(ErrorKind::IsADirectory),
            _ => {
                self.must_own(process, self.access_of(inode))?;
                self.set_content(inode, Content::EMPTY);
                Ok(())
            }
        }
    }

    fn list(&self, process: Process, path: &[Name]) -> Outcome<Reply> {
        let inode = self.existing(process, path, true)?;
        match self.node(inode) {
            Node::Directory { entries, access, .. } => {
                self.may_look(process, *access)?;
                Ok(Reply::Names(entries.iter().map(|(n, _)| *n).collect(), self.content_of(inode)))
            }
            _ => Err(ErrorKind::NotADirectory),
        }
    }

    fn set_mode(&mut self, process: Process, path: &[Name], private: bool) -> Outcome<()> {
        let inode = self.existing(process, path, true)?;
        self.must_own(process, self.access_of(inode))?;
        self.set_private(inode, private);
        Ok(())
    }

    fn set_handle_mode(&mut self, handle: Handle, private: bool) -> Outcome<()> {
        let open = self.opened(handle)?;
        let inode = open.inode;
        self.must_own(open.process, self.access_of(inode))?;
        self.set_private(inode, private);
        Ok(())
    }

    fn set_private(&mut self, inode: Inode, private: bool) {
        if let Some(Node::File { access, .. } | Node::Directory { access, .. }) =
            self.nodes.get_mut(inode.0 as usize)
        {
            access.private = private;
        }
        if let Some(Node::Directory { open, .. }) = self.nodes.get_mut(inode.0 as usize) {
            *open = false;
        }
    }

    /// All that is there: paths with kind, content and access, parents before children.
    pub fn tree(&self) -> Vec<(Vec<Name>, Status)> {
        // Every end of every run is asked, so that no room is made twice.
        let mut found = Vec::with_capacity(self.nodes.len());
        let mut pending = Vec::with_capacity(self.nodes.len());
        pending.push((Vec::new(), ROOT));
        while let Some((path, inode)) = pending.pop() {
            if let Node::Directory { entries, .. } = self.node(inode) {
                for (name, child) in entries.iter().rev() {
                    let mut below: Vec<Name> = Vec::with_capacity(path.len() + 1);
                    below.extend_from_slice(&path);
                    below.push(*name);
                    pending.push((below, *child));
                }
            }
            if inode != ROOT
                && let Ok(status) = self.status_of(inode)
            {
                found.push((path, status));
            }
        }
        found
    }
}
